"""Writes Delta tables with delta-rs into a folder and prints, a line a table, what is in each: columns and rows as texts."""
import datetime as d
import decimal
import json
import os
import sys
import uuid

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import CommitProperties, DeltaTable, write_deltalake

base = sys.argv[1]
utc = d.timezone.utc


def text(value):
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, bytes):
        return "\\x" + value.hex()
    if isinstance(value, d.datetime):
        plain = value.replace(tzinfo=None).isoformat(" ")
        plain = plain.rstrip("0") if "." in plain else plain
        return plain + ("" if value.tzinfo is None else "+00")
    if isinstance(value, float):
        return str(int(value)) if value == int(value) else repr(value)
    return str(value)


def nested(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def tell(name, records=()):
    table = DeltaTable(os.path.join(base, name)).to_pyarrow_table()
    rows = [
        [nested(row[c]) if c in records and row[c] is not None else text(row[c]) for c in table.column_names]
        for row in table.to_pylist()
    ]
    rows.sort(key=lambda row: json.dumps(row[0]))
    print(json.dumps({"name": name, "columns": table.column_names, "records": list(records), "rows": rows}))


def types():
    return pa.table(
        {
            "id": pa.array(["a", "b", "c"]),
            "i8": pa.array([1, -128, None], pa.int8()),
            "i16": pa.array([1, -32768, None], pa.int16()),
            "i32": pa.array([1, -(2**31), None], pa.int32()),
            "i64": pa.array([1, -(2**63), None], pa.int64()),
            "f32": pa.array([1.5, -0.25, None], pa.float32()),
            "f64": pa.array([1.5, -123456.5, None], pa.float64()),
            "yes": pa.array([True, False, None]),
            "bin": pa.array([b"\x00\xff", b"", None], pa.binary()),
            "text": pa.array(["ä'\"\\ \n", "", None]),
            "day": pa.array([d.date(2024, 2, 29), d.date(1600, 1, 1), None]),
            "at": pa.array([d.datetime(2024, 1, 1, 1, 2, 3, 456789, utc), d.datetime(1950, 1, 1, tzinfo=utc), None], pa.timestamp("us", "UTC")),
            "local": pa.array([d.datetime(2024, 1, 1, 1, 2, 3, 456789), d.datetime(1950, 1, 1), None], pa.timestamp("us")),
            "small": pa.array([decimal.Decimal("1.25"), decimal.Decimal("-99999.99"), None], pa.decimal128(7, 2)),
            "large": pa.array([decimal.Decimal("1"), decimal.Decimal("-" + "9" * 38), None], pa.decimal128(38, 0)),
        }
    )


def records():
    inner = pa.struct([("a", pa.int32()), ("b", pa.struct([("c", pa.string())]))])
    return pa.table(
        {
            "id": pa.array([1, 2, 3], pa.int64()),
            "s": pa.array([{"a": 1, "b": {"c": "x"}}, {"a": None, "b": None}, None], inner),
            "m": pa.array([[("k", 1), ("l", None)], [], None], pa.map_(pa.string(), pa.int64())),
            "l": pa.array([[{"a": 1, "b": None}], [], None], pa.list_(inner)),
            "ll": pa.array([[[1, 2], []], [None], None], pa.list_(pa.list_(pa.int32()))),
        }
    )


def places():
    return pa.table(
        {
            "id": pa.array([1, 2, 3, 4], pa.int64()),
            "city": pa.array(["Bonn", "a/b=c%20 ü'", "", None]),
            "day": pa.array([d.date(2024, 1, 1), d.date(2024, 1, 2), None, d.date(2024, 1, 1)]),
            "at": pa.array([d.datetime(2024, 1, 1, 1, 2, 3, 456000, utc)] * 3 + [None], pa.timestamp("us", "UTC")),
            "n": pa.array([1, -7, None, 2], pa.int32()),
            "yes": pa.array([True, False, None, True]),
            "price": pa.array([decimal.Decimal("1.50"), None, decimal.Decimal("12.25"), decimal.Decimal("0.00")], pa.decimal128(9, 2)),
        }
    )


def at(name):
    return os.path.join(base, name)


write_deltalake(at("types"), types())
tell("types")

write_deltalake(at("records"), records())
tell("records", ("s", "m", "l", "ll"))

write_deltalake(at("places"), places(), partition_by=["city", "day", "at", "n", "yes", "price"])
tell("places")

numbers = pa.table({"id": pa.array(range(100), pa.int64()), "half": pa.array([n / 2 for n in range(100)])})
write_deltalake(at("life"), numbers)
write_deltalake(at("life"), numbers, mode="append", commit_properties=CommitProperties(custom_metadata={"who": "me"}))
table = DeltaTable(at("life"))
table.delete("id >= 50")
table.update(predicate="id < 10", updates={"half": "half + 1"})
table.merge(
    pa.table({"id": pa.array([1, 1000], pa.int64()), "half": pa.array([7.0, 8.0])}), "t.id = s.id", source_alias="s", target_alias="t"
).when_matched_update_all().when_not_matched_insert_all().execute()
wider = pa.table({"id": pa.array([2000], pa.int64()), "half": pa.array([1.5]), "more": pa.array(["new"])})
write_deltalake(at("life"), wider, mode="append", schema_mode="merge")
table = DeltaTable(at("life"))
table.optimize.compact()
tell("life")

write_deltalake(at("checkpointed"), numbers, configuration={"delta.checkpointInterval": "5"})
for n in range(12):
    write_deltalake(at("checkpointed"), numbers.slice(n, 1), mode="append")
table = DeltaTable(at("checkpointed"))
table.create_checkpoint()
table.cleanup_metadata()
for name in os.listdir(at("checkpointed/_delta_log")):
    if name.endswith(".json") and int(name[:20]) < 12:
        os.unlink(os.path.join(at("checkpointed/_delta_log"), name))
tell("checkpointed")

write_deltalake(at("nostats"), numbers, configuration={"delta.dataSkippingNumIndexedCols": "0"})
tell("nostats")

write_deltalake(at("spaced"), pa.table({"id": pa.array([1]), "unit price": pa.array([2.5]), "Größe": pa.array(["x"])}) , configuration={"delta.columnMapping.mode": "none"})
tell("spaced")

write_deltalake(at("empty"), numbers.slice(0, 0))
tell("empty")

# As Spark writes instants unless told otherwise.
os.makedirs(at("spark/_delta_log"))
instants = pa.timestamp("us", "UTC")
moment = d.datetime(2024, 7, 1, 10, 0, 0, 123456, utc)
pq.write_table(
    pa.table(
        {
            "id": pa.array([1, 2], pa.int64()),
            "at": pa.array([moment, None], instants),
            "all": pa.array([[moment, None], None], pa.list_(instants)),
        }
    ),
    at("spark/part-00000-c000.snappy.parquet"),
    use_deprecated_int96_timestamps=True,
)
elements = {"type": "array", "elementType": "timestamp", "containsNull": True}
fields = [
    {"name": name, "type": kind, "nullable": True, "metadata": {}}
    for name, kind in (("id", "long"), ("at", "timestamp"), ("all", elements))
]
with open(at("spark/_delta_log/00000000000000000000.json"), "w") as log:
    for action in (
        {"protocol": {"minReaderVersion": 1, "minWriterVersion": 2}},
        {
            "metaData": {
                "id": str(uuid.uuid4()),
                "format": {"provider": "parquet", "options": {}},
                "schemaString": json.dumps({"type": "struct", "fields": fields}),
                "partitionColumns": [],
                "configuration": {},
            }
        },
        {
            "add": {
                "path": "part-00000-c000.snappy.parquet",
                "partitionValues": {},
                "size": os.path.getsize(at("spark/part-00000-c000.snappy.parquet")),
                "modificationTime": 1,
                "dataChange": True,
            }
        },
    ):
        log.write(json.dumps(action) + "\n")
