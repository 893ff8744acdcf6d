//! Parquet files are read back.
