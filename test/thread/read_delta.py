"""Reads a Delta table with delta-rs and prints its rows: a JSON array a line, values in PostgreSQL's text form.
The second argument names the columns; all of them without it."""

import json
import math
import sys
from datetime import datetime, timezone
from decimal import Decimal

import pyarrow
from deltalake import DeltaTable, QueryBuilder


def text(value):
    if value is None:
        return None
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, float):
        if not math.isfinite(value):
            return {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}[str(value)]
        return str(value).removesuffix(".0")
    if isinstance(value, datetime):
        local = value.astimezone(timezone.utc).replace(tzinfo=None) if value.tzinfo else value
        day, _, fraction = local.isoformat(" ").partition(".")
        return day + (f".{fraction.rstrip('0')}" if fraction else "") + ("+00" if value.tzinfo else "")
    if isinstance(value, bytes):
        return "\\x" + value.hex()
    if isinstance(value, list):
        return "{" + ",".join(element(item) for item in value) + "}"
    if isinstance(value, Decimal):
        return f"{value:f}"
    return str(value)


def element(item):
    if item is None:
        return "NULL"
    shown = text(item)
    if shown and shown.upper() != "NULL" and not set(shown) & set('{},"\\ '):
        return shown
    return '"' + shown.replace("\\", "\\\\").replace('"', '\\"') + '"'


columns = sys.argv[2] if len(sys.argv) > 2 else "*"
table = DeltaTable(sys.argv[1])
rows = pyarrow.table(QueryBuilder().register("t", table).execute(f"SELECT {columns} FROM t").read_all())
for row in rows.to_pylist():
    print(json.dumps([text(row[name]) for name in rows.column_names]))
