"""DuckDB's own postgres extension: ATTACH, and what it reads and writes; a JSON line a step."""

import json
import os

import duckdb
from duckdb_extensions import import_extension

import_extension("postgres_scanner")
connection = duckdb.connect()
connection.execute("LOAD postgres_scanner")
words = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "dbname": "PGDATABASE"}
address = " ".join(f"{word}={os.environ[name]}" for word, name in words.items())
# The password is libpq's to find.
connection.execute(f"ATTACH '{address}' AS p (TYPE postgres)")

for step in [
    "SELECT table_name FROM information_schema.tables WHERE table_catalog = 'p' AND table_schema = 'tools' ORDER BY 1",
    "SELECT table_name, column_name, data_type FROM information_schema.columns"
    " WHERE table_catalog = 'p' AND table_schema = 'tools' ORDER BY table_name, ordinal_position",
    "SELECT id, email, name, score, tags FROM p.tools.customer ORDER BY id",
    "SELECT name, sum(total) FROM p.tools.customer c JOIN p.tools.orders o ON o.customer_id = c.id GROUP BY 1 ORDER BY 1",
    "SELECT * FROM p.tools.big_orders ORDER BY 1",
    "INSERT INTO p.tools.pair VALUES (7, 8, 'duck')",
    "SELECT * FROM p.tools.pair",
    "CREATE TABLE p.tools.made AS SELECT 1 AS a, 'x' AS b, 2.5::DECIMAL(5,2) AS c, DATE '2020-01-01' AS d",
    "SELECT * FROM p.tools.made",
    "DROP TABLE p.tools.made",
    "SELECT * FROM postgres_query('p', 'SELECT 42 AS x')",
]:
    try:
        answer = repr(connection.execute(step).fetchall())
    except Exception as error:
        answer = f"{type(error).__name__}: {error}"
    print(json.dumps({"step": step, "answer": answer}), flush=True)
