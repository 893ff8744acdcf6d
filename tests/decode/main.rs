//! Decoding through the public door: hand-made packets of every encapsulation, and properties that
//! hold for any bytes.

mod encapsulations;
mod layers;
mod packets;
mod properties;
