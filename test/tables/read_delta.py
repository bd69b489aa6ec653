"""Reads Delta tables with delta-rs and prints their rows: one JSON array a line, values in the engine's text form."""

import json
import math
import sys
from datetime import date, datetime, timezone
from decimal import Decimal

import pyarrow
from deltalake import DeltaTable, QueryBuilder


def plain(value):
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, datetime):
        local = value.astimezone(timezone.utc).replace(tzinfo=None) if value.tzinfo else value
        return local.isoformat(" ") + ("+00" if value.tzinfo else "")
    if isinstance(value, (int, Decimal, date)):
        return str(value)
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, list):
        return [plain(item) for item in value]
    raise TypeError(type(value))


for path in sys.argv[1:]:
    table = DeltaTable(path)
    rows = pyarrow.table(QueryBuilder().register("t", table).execute("SELECT * FROM t").read_all())
    first = table.schema().fields[0].name
    low = pyarrow.table(
        QueryBuilder().register("t", table).execute(f'SELECT * FROM t WHERE "{first}" <= 1').read_all()
    )
    print(json.dumps({"version": table.version(), "names": rows.column_names, "low": low.num_rows}))
    for row in rows.to_pylist():
        print(json.dumps([plain(row[name]) for name in rows.column_names]))
    print()
