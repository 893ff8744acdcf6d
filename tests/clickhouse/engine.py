"""Loads records into ClickHouse's engine (chdb) by the files of config/clickhouse, and compares.

Arguments: the folder with the SQL, the work folder, and the program if it can send to Kafka. The work folder has
flows.jsonl and summary.json of one replay, and short.jsonl and long.jsonl of others whose records expire soon and
late. Prints a line for each thing that was found to be so; ends with an error at the first that is not."""

import collections
import json
import pathlib
import re
import subprocess
import sys
import time

import chdb.session

SQL, WORK = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
PROGRAM = sys.argv[3] if len(sys.argv) > 3 else None
# Not in every record.
TERMS = ("collected_at", "community_id", "expires_at")

session = chdb.session.Session(str(WORK / "engine"))


def ask(query, form="JSONEachRow"):
    return str(session.query(query, form).data())


def rows(query):
    return [json.loads(line) for line in ask(query).splitlines() if line]


def value(query):
    return list(rows(query)[0].values())[0]


def statements(name, **changes):
    """The statements of a file, without comments; each change is made exactly once."""
    text = (SQL / name).read_text()
    for old, new in changes.items():
        assert text.count(old) == 1, (name, old)
        text = text.replace(old, new)
    text = re.sub(r"^ *--.*$", "", text, flags=re.M)
    return [one.strip() for one in text.split(";") if one.strip()]


def lines(name):
    return [json.loads(line) for line in (WORK / name).read_text().splitlines()]


def load(name):
    ask(
        f"INSERT INTO sekisho.flows FROM INFILE '{WORK / name}' "
        "SETTINGS date_time_input_format = 'best_effort' FORMAT JSONEachRow"
    )


def so(what):
    print("so:", what, flush=True)


def equal(found, expected):
    assert found == expected, f"\n found {found}\n  not  {expected}"


def count_hours():
    ask("SYSTEM REFRESH VIEW sekisho.hours_counted")
    ask("SYSTEM WAIT VIEW sekisho.hours_counted")


def as_json(table):
    """The records of a table as the program writes them, by their keys."""
    found = rows(
        f"SELECT * EXCEPT (src_ip, dst_ip, arrived, src_address, dst_address), "
        f"src_address AS src_ip, dst_address AS dst_ip FROM {table} "
        "SETTINGS date_time_output_format = 'iso', output_format_json_quote_64bit_integers = 0"
    )
    for row in found:
        for field in TERMS:
            if row[field] is None:
                del row[field]
    return {(row["sensor"], row["start"], row["seq"]): row for row in found}


def by_key(records):
    return {(one["sensor"], one["start"], one["seq"]): one for one in records}


def sums():
    return rows(
        "SELECT count() AS records, sum(src_packets + dst_packets) AS packets, "
        "sum(src_wire_bytes + dst_wire_bytes) AS bytes FROM sekisho.flows_once "
        "SETTINGS output_format_json_quote_64bit_integers = 0"
    )[0]


def hours(view="sekisho.class_by_hour"):
    return {
        (row["hour"][:13], row["class"]): (row["records"], row["packets"], row["bytes"], row["wire_bytes"])
        for row in rows(f"SELECT * FROM {view} SETTINGS output_format_json_quote_64bit_integers = 0")
    }


def hours_of(records):
    expected = collections.defaultdict(lambda: [0, 0, 0, 0])
    for one in records:
        hour = one["start"][:13].replace("T", " ")
        there, back = one["class"], "_".join(reversed(one["class"].split("_")))
        expected[hour, there][0] += 1
        for way, end in ((there, "src"), (back, "dst")):
            for at, kind in enumerate(("packets", "bytes", "wire_bytes"), 1):
                expected[hour, way][at] += one[f"{end}_{kind}"]
    return {key: tuple(numbers) for key, numbers in expected.items()}


def refused(what):
    try:
        load("odd.jsonl")
    except Exception as error:  # The engine has one kind.
        return str(error)
    raise AssertionError(f"{what} was taken")


records, summary = lines("flows.jsonl"), json.loads((WORK / "summary.json").read_text())
assert any(":" in one["src_ip"] for one in records) and any("." in one["src_ip"] for one in records)
for name in ("schema.sql", "views.sql"):
    for statement in statements(name) * 2:
        ask(statement)
so("schema and views are taken, and taken again")

load("flows.jsonl")
expected = {"records": summary["flows"]["exported"], **{k: summary["admitted"][k] for k in ("packets", "bytes")}}
equal(sums(), expected)
equal(as_json("sekisho.flows"), by_key(records))
so("records come back as they are in JSON, and add up to the summary")

count_hours()
equal(hours(), hours_of(records))
by_class = {name: (n["packets"], n["bytes"]) for name, n in summary["admitted"]["by_class"].items() if n["packets"]}
found = collections.defaultdict(lambda: (0, 0))
for (_, name), (_, packets, _, wire_bytes) in hours().items():
    found[name] = (found[name][0] + packets, found[name][1] + wire_bytes)
equal(dict(found), by_class)
so("classes by hour are those of the records, and of the summary")

for _ in range(2):
    load("flows.jsonl")
    count_hours()
    equal(sums(), expected)
    equal(hours(), hours_of(records))
# Unless parts were merged in between, what came twice is there, and only FINAL does not see it.
assert value("SELECT count() FROM sekisho.flows") >= len(records)
ask("OPTIMIZE TABLE sekisho.flows FINAL")
equal(int(value("SELECT count() FROM sekisho.flows")), len(records))
so("what is sent again changes no count")

(WORK / "twin.jsonl").write_text(json.dumps(dict(records[0], seq=1_000_000)))
load("twin.jsonl")
ask("OPTIMIZE TABLE sekisho.flows FINAL")
equal(as_json("sekisho.flows"), by_key(records + lines("twin.jsonl")))
ask("ALTER TABLE sekisho.flows DELETE WHERE seq = 1000000 SETTINGS mutations_sync = 2")
so("records of one sensor and moment are two where their numbers are")

odd = dict(records[0], **{"class": "domestic_domestic"})
(WORK / "odd.jsonl").write_text(json.dumps(odd))
refused("a domestic class")
(WORK / "odd.jsonl").write_text('{"start":"2026-10-05T09:00:00Z","seq":1,"sensor":"x"}')
reason = refused("no class")
assert "is_a_record" in reason, reason
equal(sums(), expected)
so("a domestic class, or none, is refused")

for name in ("short.jsonl", "long.jsonl"):
    assert all("expires_at" in one for one in lines(name))
    load(name)
ask("ALTER TABLE sekisho.flows MATERIALIZE TTL SETTINGS mutations_sync = 2")
ask("OPTIMIZE TABLE sekisho.flows FINAL")
kept = by_key(records + lines("long.jsonl"))
equal(as_json("sekisho.flows"), kept)
so("records go when they expire, and not before")

# As the program's own: a folder for each date and class, which stand in the files too, and text for names.
TEXTS = "src_place dst_place class scope initiator end_reason geo sensor authorisation".split()
texts = [f"toString({name}) AS {name}" for name in TEXTS]
texts += [f"CAST({end}_country, 'Nullable(String)') AS {end}_country" for end in ("src", "dst")]
texts += [f"{end}_address AS {end}_ip" for end in ("src", "dst")]
for date, name in sorted({(row["start"][:10], row["class"]) for row in records}):
    folder = WORK / f"parquet/date={date}/class={name}"
    folder.mkdir(parents=True)
    ask(
        f"INSERT INTO FUNCTION file('{folder}/part.parquet', Parquet) "
        f"SELECT * EXCEPT (arrived, src_address, dst_address) REPLACE ({', '.join(texts)}) FROM sekisho.flows "
        f"WHERE sensor = 'tokyo-1' AND flows.class = '{name}' AND toDate(start) = '{date}'"
    )
ask("TRUNCATE TABLE sekisho.flows")
for statement in statements("parquet.sql", **{"records/date": f"{WORK}/parquet/date"}):
    ask(statement)
equal(as_json("sekisho.flows"), by_key(records))
so("Parquet in folders by date and class is taken")


def produce():
    """A cluster over TCP with a topic of records, and what is none."""
    import confluent_kafka

    producer = confluent_kafka.Producer(
        {"test.mock.num.brokers": 3, "bootstrap.servers": "replaced", "log_level": 0, "enable.idempotence": True}
    )
    ports = [broker.port for broker in producer.list_topics(timeout=30).brokers.values()]
    brokers = ",".join(f"127.0.0.1:{port}" for port in ports)
    if PROGRAM:
        config = WORK / "sekisho.toml"
        replay = [PROGRAM, "replay", "-c", config, WORK / "example.pcap", "-o", f"kafka://{brokers}/flows"]
        # Twice, as after a crash.
        for _ in range(2):
            subprocess.run(replay, check=True, stderr=subprocess.DEVNULL)
    else:
        for _ in range(2):
            for one in (WORK / "flows.jsonl").read_text().splitlines():
                producer.produce("flows", one, key=json.loads(one)["sensor"])
    for one in ("no record", json.dumps(odd), "{}"):
        producer.produce("flows", one, key="tokyo-1")
    assert producer.flush(30) == 0
    return producer, brokers


ask("TRUNCATE TABLE sekisho.flows")
cluster, brokers = produce()
for statement in statements("kafka.sql", **{"localhost:9092": brokers}):
    try:
        ask(statement)
    except Exception as error:
        # The engine says so of a table that it has made nevertheless; each statement may be given again.
        if "Shutdown was called" not in str(error):
            raise
        ask(statement)
for _ in range(360):
    if value("SELECT count() FROM sekisho.flows_rejected") == 3 and sums()["records"] == len(records):
        break
    time.sleep(0.5)
else:
    print(ask("SELECT * FROM system.kafka_consumers"), ask("SELECT * FROM sekisho.flows_rejected LIMIT 5"))
equal(as_json("sekisho.flows FINAL"), by_key(records))
equal(value("SELECT count() FROM sekisho.flows_rejected"), 3)
so("records come from a topic" + (", sent by the program" if PROGRAM else "") + "; what is none is put aside")
for name in ("flows_from_queue", "flows_rejected_from_queue", "flows_queue"):
    ask(f"DROP TABLE sekisho.{name}")
print("all of it", flush=True)
