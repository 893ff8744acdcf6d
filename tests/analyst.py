"""Runs the queries of a page in DuckDB: a job as JSON on standard input, the answers as JSON on standard output."""

import contextlib
import io
import json
import sys

import duckdb

job = json.load(sys.stdin)
connection = duckdb.connect()
for statement in job["prepare"]:
    connection.execute(statement)
answers = []
for query in job["questions"]:
    text = io.StringIO()
    with contextlib.redirect_stdout(text):
        connection.sql(query).show(max_width=100, max_rows=60)
    rows = [[str(value) for value in row] for row in connection.sql(query).fetchall()]
    answers.append({"text": text.getvalue(), "rows": rows})
json.dump({"version": duckdb.__version__, "answers": answers}, sys.stdout)
