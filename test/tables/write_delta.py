"""Writes Delta tables with delta-rs: a partitioned one with records in it, and appends to one that is there."""

import sys
from datetime import date, datetime, timezone
from decimal import Decimal

import pyarrow as pa
from deltalake import DeltaTable, write_deltalake

fresh, existing = sys.argv[1:]

schema = pa.schema(
    [
        ("id", pa.int64()),
        ("small", pa.int16()),
        ("price", pa.decimal128(12, 2)),
        ("at", pa.timestamp("us", tz="UTC")),
        ("day", pa.date32()),
        ("tags", pa.list_(pa.string())),
        ("place", pa.struct([("city", pa.string()), ("floor", pa.int32())])),
        ("kind", pa.string()),
    ]
)
for part in range(3):
    rows = [
        {
            "id": part * 10 + i,
            "small": i,
            "price": Decimal(f"{i}.25"),
            "at": datetime(2024, 1, 1 + i, 12, 0, 0, 123456, tzinfo=timezone.utc),
            "day": date(2024, 1 + part, 1),
            "tags": [f"t{i}", None],
            "place": {"city": "Rom", "floor": i},
            "kind": None if i == 0 else f"k {i % 2}/%",
        }
        for i in range(5)
    ]
    table = pa.Table.from_pylist(rows, schema=schema)
    write_deltalake(fresh, table, partition_by=["day", "kind"], mode="append")
DeltaTable(fresh).delete("id = 11")

types = pa.schema([("id", pa.int64()), ("name", pa.string())])
write_deltalake(existing, pa.Table.from_pylist([{"id": 2, "name": "theirs"}], schema=types), mode="append")
