"""Reads Parquet files of records as one engine does: totals by class, and every row, as JSON.

read.py duckdb|polars|clickhouse FOLDER
"""

import ipaddress
import json
import sys

COUNTS = [
    "src_packets", "dst_packets", "src_bytes", "dst_bytes", "src_wire_bytes", "dst_wire_bytes",
]


def duckdb(files):
    import duckdb

    connection = duckdb.connect()
    source = f"read_parquet('{files}', hive_partitioning = true)"
    types = connection.execute(f"describe select * from {source}").fetchall()
    columns = [
        f'epoch_ns("{name}") as "{name}"' if kind.startswith("TIMESTAMP") else f'"{name}"'
        for name, kind, *_ in types
    ]
    names = [name for name, *_ in types]
    rows = connection.execute(f"select {', '.join(columns)} from {source}").fetchall()
    sums = ", ".join(f"sum({name})" for name in COUNTS)
    totals = f"select class, count(*), {sums} from {source} group by class"
    totals = connection.execute(totals).fetchall()
    # A class alone: of the other folders nothing is read.
    some = connection.execute(f"select count(*) from {source} where class = 'foreign_foreign'")
    some = some.fetchall()[0][0]
    return totals, [dict(zip(names, row)) for row in rows], some


def polars(files):
    import polars

    source = polars.scan_parquet(files, hive_partitioning=True)
    sums = [polars.col(name).sum() for name in COUNTS]
    totals = source.group_by("class").agg(polars.len(), *sums).collect().rows()
    times = polars.selectors.datetime().dt.timestamp("ns")
    rows = source.with_columns(times).collect().to_dicts()
    some = source.filter(polars.col("class") == "foreign_foreign").select(polars.len())
    return totals, rows, some.collect().item()


def clickhouse(files):
    import chdb

    def ask(query):
        settings = "use_hive_partitioning = 1, output_format_json_quote_64bit_integers = 0"
        answer = chdb.query(f"{query} settings {settings}", "JSONCompactEachRow")
        return [json.loads(line) for line in str(answer).splitlines()]

    source = f"file('{files}', 'Parquet')"
    types = ask(f"describe {source}")

    def column(name, kind):
        if "DateTime64" in kind:
            return f'toUnixTimestamp64Nano("{name}")'
        return f'IPv6NumToString("{name}")' if "FixedString(16)" in kind else f'"{name}"'

    names = [name for name, *_ in types]
    columns = ", ".join(column(name, kind) for name, kind, *_ in types)
    rows = ask(f"select {columns} from {source}")
    sums = ", ".join(f"sum({name})" for name in COUNTS)
    totals = ask(f"select class, count(), {sums} from {source} group by class")
    some = ask(f"select count() from {source} where class = 'foreign_foreign'")
    return totals, [dict(zip(names, row)) for row in rows], some[0][0]


def plain(name, value):
    if name in ("src_ip", "dst_ip"):
        address = ipaddress.ip_address(value)
        return str(getattr(address, "ipv4_mapped", None) or address)
    return value


engine, folder = sys.argv[1:]
try:
    totals, rows, some = globals()[engine](f"{folder}/**/*.parquet")
except ModuleNotFoundError as missing:
    print(missing, file=sys.stderr)
    sys.exit(42)
json.dump(
    {
        "totals": {
            kind: dict(zip(["records", *COUNTS], map(int, sums))) for kind, *sums in totals
        },
        "rows": [{name: plain(name, value) for name, value in row.items()} for row in rows],
        "some": some,
    },
    sys.stdout,
    default=str,
)
