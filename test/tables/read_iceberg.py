"""Reads published Iceberg metadata by pyiceberg and by DuckDB's iceberg extension, and prints what both see as JSON.

python read_iceberg.py FOLDER_OF_THE_DATASET [METADATA_FILE]
"""

import json
import os
import sys

import duckdb
from pyiceberg.table import StaticTable

folder = sys.argv[1]
with open(os.path.join(folder, "metadata", "version-hint.text")) as hint:
    metadata = f"{folder}/metadata/v{hint.read()}.metadata.json"
if len(sys.argv) > 2:
    metadata = sys.argv[2]

table = StaticTable.from_metadata(f"file://{metadata}")
arrow = table.scan().to_arrow()
snapshot = table.current_snapshot()

engine = duckdb.connect()
engine.sql("SET autoinstall_known_extensions = false")
for name in ("avro", "iceberg"):
    package = os.path.dirname(__import__(f"duckdb_extension_{name}").__file__)
    for where, _, files in os.walk(package):
        for file in files:
            if file.endswith(".duckdb_extension"):
                engine.sql(f"LOAD '{os.path.join(where, file)}'")


def as_text(relation: str) -> list:
    """Every value as the engine prints it, rows in order."""
    names = [row[0] for row in engine.sql(f"DESCRIBE SELECT * FROM {relation}").fetchall()]
    columns = ", ".join(f'"{name}"::VARCHAR' for name in names)
    return engine.sql(f"SELECT {columns} FROM {relation} ORDER BY ALL").fetchall()


print(
    json.dumps(
        {
            "version": snapshot.summary["lakewire.delta.version"],
            "snapshots": [one.snapshot_id for one in table.metadata.snapshots],
            "names": arrow.column_names,
            "pyiceberg": as_text("arrow"),
            "duckdb": as_text(f"iceberg_scan('{metadata}')"),
            "partitions": [field.name for field in table.spec().fields],
            "low": table.scan(row_filter="id <= 1").to_arrow().num_rows,
        }
    )
)
