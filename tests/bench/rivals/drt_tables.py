"""The tap's records as a Parquet file, which drt-core reads through DuckDB.

python drt_tables.py FILE < messages

Not measured: drt-core starts from a warehouse that is filled.
"""

from __future__ import annotations

import sys
import tempfile

import duckdb

COPY = """
COPY (SELECT record.* FROM read_json(
    ?, format = 'newline_delimited', columns = {
        record: 'STRUCT(id BIGINT, first_name VARCHAR, last_name VARCHAR, gender VARCHAR,
                 born_on DATE, contact STRUCT(email VARCHAR, mobile VARCHAR), street VARCHAR,
                 city VARCHAR, state VARCHAR, zip VARCHAR, status VARCHAR, plan VARCHAR,
                 club VARCHAR, source VARCHAR, interests VARCHAR[], sms_consent BOOLEAN,
                 email_optout BOOLEAN, height_cm DOUBLE, visits BIGINT, joined_at TIMESTAMP,
                 updated_at TIMESTAMP)'})) TO '{path}'
"""


def main(path: str) -> None:
    with tempfile.NamedTemporaryFile("wb", suffix=".jsonl") as file:
        file.writelines(line for line in sys.stdin.buffer if b'"RECORD"' in line)
        file.flush()
        duckdb.execute(COPY.replace("{path}", path), [file.name])


if __name__ == "__main__":
    main(sys.argv[1])
