"""SQLAlchemy's inspector, reflection and statements over the schema `tools`; a JSON line a step."""

import json
import os

from sqlalchemy import Column, Enum, ForeignKey, Identity, Integer, MetaData, String, Table
from sqlalchemy import create_engine, func, inspect, select, text
from sqlalchemy.engine import URL

schema = "tools"
engine = create_engine(
    URL.create(
        "postgresql+psycopg",
        os.environ["PGUSER"],
        os.environ["PGPASSWORD"],
        os.environ["PGHOST"],
        int(os.environ["PGPORT"]),
        os.environ["PGDATABASE"],
    )
)
inspector = inspect(engine)


def report(step, ask):
    try:
        answer = repr(ask())
    except Exception as error:
        answer = f"{type(error).__name__}: {error}".split("\n")[0]
    print(json.dumps({"step": step, "answer": answer}), flush=True)


def columns(table):
    found = inspector.get_columns(table, schema)
    return [{name: str(value) for name, value in column.items()} for column in found]


for list_of in ["table_names", "view_names", "materialized_view_names", "sequence_names"]:
    report(list_of, lambda: sorted(getattr(inspector, f"get_{list_of}")(schema)))
for list_of in ["enums", "domains", "foreign_table_names"]:
    report(list_of, lambda: getattr(inspector, f"get_{list_of}")(schema))
for table in ["customer", "orders", "pair", "pairref", "person", "big_orders"]:
    report(f"columns of {table}", lambda: columns(table))
    for kind in [
        "pk_constraint",
        "foreign_keys",
        "indexes",
        "unique_constraints",
        "check_constraints",
        "table_comment",
        "table_options",
    ]:
        report(f"{kind} of {table}", lambda: getattr(inspector, f"get_{kind}")(table, schema))
report("view definition", lambda: inspector.get_view_definition("big_orders", schema))
report("has table", lambda: [inspector.has_table(name, schema) for name in ["pair", "nobody"]])
report("has index", lambda: inspector.has_index("orders", "orders_customer", schema))


def reflected():
    metadata = MetaData()
    metadata.reflect(engine, schema, views=True)
    return sorted((table.name, [str(c.type) for c in table.columns]) for table in metadata.tables.values())


def statements():
    metadata = MetaData()
    customer = Table("customer", metadata, schema=schema, autoload_with=engine)
    orders = Table("orders", metadata, schema=schema, autoload_with=engine)
    sums = select(customer.c.name, func.sum(orders.c.total)).join_from(customer, orders)
    with engine.begin() as connection:
        rows = connection.execute(sums.group_by(customer.c.name).order_by(customer.c.name)).all()
        added = [{"email": "c@x", "name": "C"}, {"email": "d@x", "name": "D"}]
        made = connection.execute(customer.insert().returning(customer.c.name), added).all()
        change = customer.update().where(customer.c.email == "c@x").values(name="CC")
        changed = connection.execute(change.returning(customer.c.name)).all()
        with connection.begin_nested():
            connection.execute(text("SELECT 1"))
        gone = connection.execute(customer.delete().where(customer.c.email.in_(["c@x", "d@x"])))
        return rows, made, changed, gone.rowcount


def streamed():
    with engine.connect() as connection:
        options = {"stream_results": True, "yield_per": 2}
        rows = connection.execution_options(**options).execute(
            text("SELECT g FROM generate_series(1, 5) AS g")
        )
        return [row[0] for row in rows]


def created():
    metadata = MetaData(schema=schema)
    first = Table(
        "made_first",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("name", String(20), unique=True, comment="a name"),
        Column("kind", Enum("x", "y", name="made_kind")),
        comment="made",
    )
    Table(
        "made_second",
        metadata,
        Column("id", Integer, Identity(), primary_key=True),
        Column("first", ForeignKey(first.c.id), index=True),
    )
    metadata.create_all(engine)
    metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(first.insert(), [{"name": "1", "kind": "x"}])
        rows = connection.execute(select(first)).all()
    metadata.drop_all(engine)
    return rows


report("reflected", reflected)
report("statements", statements)
report("streamed", streamed)
report("created", created)
