"""Reads one table with engines that are not ours. Lines of JSON in: {"engine", "path", "columns"}; out: {"rows", "sha"} or {"error"}.

`path` is a Delta table's folder, for the Iceberg readers a metadata file, for "lakewire" a query's text. The sha is of
all rows in one canonical form, sorted, so that engines can be compared without carrying rows about.
"""
import datetime
import decimal
import glob
import hashlib
import importlib
import json
import os
import sys
import time
import uuid

os.environ["TZ"] = "UTC"
time.tzset()


def canonical(value):
    if value is None:
        return "\\N"
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, decimal.Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, datetime.datetime):
        if value.tzinfo is not None:
            value = value.astimezone(datetime.timezone.utc).replace(tzinfo=None)
        return value.isoformat(timespec="microseconds")
    if isinstance(value, (datetime.date, uuid.UUID)):
        return str(value)
    if isinstance(value, (bytes, bytearray)):
        return bytes(value).hex()
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(canonical(item) for item in value) + "]"
    return str(value)


def arrow_rows(table, columns):
    lists = [table.column(name).to_pylist() for name in columns]
    return list(zip(*lists)) if lists else []


def deltalake(path, columns):
    from deltalake import DeltaTable, QueryBuilder
    import pyarrow

    names = ", ".join(f'"{name}"' for name in columns)
    found = QueryBuilder().register("t", DeltaTable(path)).execute(f"select {names} from t")
    return arrow_rows(pyarrow.table(found.read_all()), columns)


def duckdb_with(function, *extensions):
    """The extensions come as packages: a file of each, for exactly that version."""
    connection = None

    def read(path, columns):
        nonlocal connection
        if connection is None:
            import duckdb

            connection = duckdb.connect()
            connection.execute("SET TimeZone = 'UTC'")
            for extension in extensions:
                folder = importlib.import_module(f"duckdb_extension_{extension}").__path__[0]
                [file] = glob.glob(f"{folder}/extensions/*/{extension}.duckdb_extension")
                connection.execute(f"LOAD '{file}'")
        names = ", ".join(f'"{name}"' for name in columns)
        return connection.execute(f"SELECT {names} FROM {function}(?)", [path]).fetchall()

    return read


def pyiceberg(path, columns):
    from pyiceberg.table import StaticTable

    return arrow_rows(StaticTable.from_metadata(path).scan().to_arrow(), columns)


def clickhouse(path, columns):
    # It reads files below the folder in which it was started only.
    os.chdir("/")
    import chdb

    names = ", ".join(f"`{name}`" for name in columns)
    settings = "SETTINGS session_timezone = 'UTC', output_format_arrow_string_as_string = 1"
    found = chdb.query(f"SELECT {names} FROM deltaLakeLocal('{path}') {settings}", "ArrowTable")
    return arrow_rows(found, columns)


spark_session = None


def spark(path, columns):
    frame = spark_started().read.format("delta").load(path)
    return [tuple(row) for row in frame.select(*[f"`{name}`" for name in columns]).collect()]


def spark_started():
    global spark_session
    if spark_session is None:
        from pyspark.sql import SparkSession

        spark_session = (
            SparkSession.builder.master("local[1]")
            .config("spark.jars", os.environ["SPARK_JARS"])
            .config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
            .config("spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog")
            .config("spark.sql.session.timeZone", "UTC")
            .config("spark.ui.enabled", "false")
            .config("spark.sql.shuffle.partitions", "1")
            .config("spark.driver.bindAddress", "127.0.0.1")
            .config("spark.driver.host", "127.0.0.1")
            .getOrCreate()
        )
        spark_session.sparkContext.setLogLevel("OFF")
    return spark_session


def spark_sql(path, columns):
    """Not a read: statements that Spark runs, one a line."""
    for statement in path.split("\n"):
        spark_started().sql(statement)
    return []


def lakewire(path, columns):
    import psycopg

    with psycopg.connect(os.environ["LAKEWIRE_DSN"], autocommit=True) as connection:
        connection.execute("SET timezone = 'UTC'")
        return connection.execute(path).fetchall()


engines = {
    "deltalake": deltalake,
    "duckdb": duckdb_with("delta_scan", "delta"),
    "duckdb-iceberg": duckdb_with("iceberg_scan", "avro", "iceberg"),
    "pyiceberg": pyiceberg,
    "clickhouse": clickhouse,
    "spark": spark,
    "spark-sql": spark_sql,
    "lakewire": lakewire,
}

out = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)
for line in sys.stdin:
    asked = json.loads(line)
    try:
        rows = engines[asked["engine"]](asked["path"], asked["columns"])
        lines = sorted("\t".join(canonical(value) for value in row) for row in rows)
        sha = hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]
        answer = {"rows": len(lines), "sha": sha, "first": lines[:3]}
    except BaseException as error:
        answer = {"error": f"{type(error).__name__}: {error}"[:600]}
    out.write(json.dumps(answer) + "\n")
    out.flush()
