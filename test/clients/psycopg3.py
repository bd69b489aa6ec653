"""The dozen steps by psycopg 3: parameters and results in binary, rows by three by a named cursor, each a line of JSON."""

import json
import threading
import uuid
from datetime import date, datetime, timezone
from decimal import Decimal

import psycopg


def main():
    report("wrong password", wrong_password())
    with psycopg.connect(autocommit=True) as connection:
        report("login", rows(connection, "SELECT current_user, current_setting('server_version_num')::int4 / 10000"))
        parameters(connection)
        values(connection)
        errors(connection)
        repeated(connection)
        cancel(connection)
        describe(connection)
        transactions(connection)


def wrong_password():
    """libpq knows no SQLSTATE of a connection that was refused, only its words."""
    try:
        psycopg.connect(password="wrong").close()
        return "no error"
    except psycopg.OperationalError as error:
        return "28P01" if 'password authentication failed for user "' in str(error) else str(error)


def parameters(connection):
    words = "It's \"quoted\", back\\slashed, naïve, 日本 and 🦊"
    report("text parameter", rows(connection, "SELECT %(w)s::text, length(%(w)s::text)", {"w": words}))
    typed = (
        -2147483648,
        9223372036854775807,
        0.1,
        True,
        Decimal("12345678901234567890.1234567890"),
        datetime(2024, 2, 29, 12, 34, 56, 123456, timezone.utc),
        uuid.UUID("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
        b"\x00\xff\\'",
        date(1999, 12, 31),
    )
    report(
        "typed parameters",
        rows(
            connection,
            "SELECT %b::int4, %b::int8, %b::float8, %b::bool, %b::numeric(38,10), %b::timestamptz, %b::uuid,"
            " %b::bytea, %b::date",
            typed,
        ),
    )
    report(
        "computed with parameters",
        rows(
            connection,
            "SELECT %b::int4 + 1, %b::int8 - 1, %b::float8 * 3, NOT %b::bool, (%b::numeric + 1)::numeric(38,10),"
            " %b::timestamptz + interval '1 day', upper(%b::uuid::text), length(%b::bytea), %b::date + 1",
            typed,
        ),
    )
    report(
        "null parameters",
        rows(
            connection,
            "SELECT %(n)s::int4, %(n)s::text, %(n)s::int4 IS NULL, coalesce(%(n)s::text, 'none')",
            {"n": None},
        ),
    )
    report(
        "array parameters",
        rows(
            connection,
            "SELECT %(n)b::int4[], %(t)b::text[], (%(n)b::int4[])[3], cardinality(%(t)b::text[])",
            {"n": [1, None, -3], "t": ["a,b", 'say "hi"', None, "", "back\\slash", "NULL"]},
        ),
    )


def values(connection):
    report(
        "arrays",
        rows(
            connection,
            "SELECT ARRAY[1, NULL, 3], ARRAY['a,b', 'say \"hi\"', NULL], ARRAY[]::text[], '{{1,2},{3,4}}'::int4[]",
        ),
    )
    report(
        "numbers",
        rows(
            connection,
            "SELECT 12345678901234567890.1234567890::numeric(38,10), 1.500::numeric(10,3), 0.00::numeric(4,2),"
            " 7 / 2, (7 / 2.0)::numeric(5,2), 1.0::float8, 'NaN'::float8, '-Infinity'::float8",
        ),
    )
    report(
        "dates",
        rows(
            connection,
            "SELECT timestamp '2024-02-29 12:34:56.5', timestamptz '2024-02-29 12:34:56.123456+02',"
            " date '1999-12-31', date '2024-03-01' - date '2024-02-28'",
        ),
    )


def errors(connection):
    report("division by zero", sqlstate(connection, "SELECT 1 / 0"))
    report("after the error", rows(connection, "SELECT 1"))
    report("unknown table", sqlstate(connection, "SELECT * FROM no_such_table"))
    report("unknown column", sqlstate(connection, "SELECT no_such_column"))
    report("unknown function", sqlstate(connection, "SELECT no_such_function(1)"))
    report("syntax error", sqlstate(connection, "SELEC 1"))
    report("bad parameter", sqlstate(connection, "SELECT %s::int4", ["one"]))
    report("after the errors", rows(connection, "SELECT 2"))


def repeated(connection):
    squares = [rows(connection, "SELECT %(i)b::int4 * %(i)b::int4", {"i": i})[0][0] for i in range(1, 8)]
    report("same statement again", [squares])
    counts = []
    with connection.transaction(), connection.cursor("series") as cursor:
        cursor.execute("SELECT i FROM generate_series(1, 10) AS s(i)")
        while page := cursor.fetchmany(3):
            counts.append(str(len(page)))
    report("rows by three", [counts])


def cancel(connection):
    other = threading.Timer(0.5, connection.cancel_safe)
    other.start()
    report("cancel", sqlstate(connection, "SELECT count(*) FROM generate_series(1, 100000) a, generate_series(1, 100000) b"))
    other.join()
    report("after the cancel", rows(connection, "SELECT 3"))


TYPES = {16: "boolean", 23: "integer", 25: "text", 1009: "text[]", 1184: "timestamp with time zone", 1700: "numeric"}


def describe(connection):
    connection.execute("DROP TABLE IF EXISTS client_notes")
    connection.execute(
        "CREATE TABLE client_notes"
        " (id int4 NOT NULL, amount numeric(38,10), label text, made timestamptz, tags text[], done bool)"
    )
    link = connection.pgconn
    link.prepare(b"described", b"SELECT *, id / 0 AS quotient FROM client_notes WHERE id = $1 AND label = $2")
    found = link.describe_prepared(b"described")
    names = [[found.fname(i).decode(), TYPES.get(found.ftype(i), found.ftype(i))] for i in range(found.nfields)]
    report("describe", names)
    report("describe parameters", [[TYPES.get(found.param_type(i)) for i in range(found.nparams)]])


def transactions(connection):
    connection.autocommit = False
    report(
        "insert returning",
        rows(
            connection,
            "INSERT INTO client_notes VALUES (%b, %b, %s, %b, %b, %b), (2, NULL, NULL, NULL, NULL, NULL)"
            " RETURNING id, amount, upper(label), made, tags, done",
            (1, Decimal("1.5"), "first", datetime(2024, 2, 29, 12, 34, 56, 0, timezone.utc), ["a,b", None], True),
        ),
    )
    report("seen inside", count(connection))
    connection.rollback()
    report("after rollback", count(connection))
    inserted = connection.execute("INSERT INTO client_notes (id, label) VALUES (1, 'kept'), (2, NULL)")
    report("rows inserted", [[str(inserted.rowcount)]])
    connection.commit()
    report("after commit", rows(connection, "SELECT * FROM client_notes ORDER BY id"))
    connection.commit()

    connection.execute("INSERT INTO client_notes (id) VALUES (3)")
    try:
        with connection.transaction():
            connection.execute("INSERT INTO client_notes (id) VALUES (4)")
            raise psycopg.Rollback
    except psycopg.Rollback:
        pass
    connection.execute("INSERT INTO client_notes (id) VALUES (5)")
    connection.commit()
    report("after savepoint", rows(connection, "SELECT id FROM client_notes ORDER BY id"))
    connection.commit()

    connection.execute("INSERT INTO client_notes (id) VALUES (6)")
    sqlstate(connection, "SELECT 1 / 0")
    report("in failed transaction", sqlstate(connection, "INSERT INTO client_notes (id) VALUES (7)"))
    connection.rollback()
    report("after failed transaction", count(connection))
    connection.commit()

    connection.autocommit = True
    connection.execute("DROP TABLE client_notes")
    report("after drop", sqlstate(connection, "SELECT * FROM client_notes"))


def count(connection):
    return rows(connection, "SELECT count(*) FROM client_notes")


def rows(connection, sql, parameters=None):
    with connection.cursor(binary=True) as cursor:
        cursor.execute(sql, parameters)
        return [[text(value) for value in row] for row in cursor]


def sqlstate(connection, sql, parameters=None):
    try:
        connection.execute(sql, parameters)
        return "no error"
    except psycopg.Error as error:
        return error.sqlstate


def text(value):
    """A value of Python's in PostgreSQL's text form."""
    match value:
        case None:
            return None
        case bool():
            return "t" if value else "f"
        case float():
            return {"nan": "NaN", "-inf": "-Infinity"}.get(str(value), str(value).removesuffix(".0"))
        case Decimal():
            return f"{value:f}"
        case datetime():
            local = value.astimezone(timezone.utc).replace(tzinfo=None) if value.tzinfo else value
            day, _, fraction = local.isoformat(" ").partition(".")
            return day + (f".{fraction.rstrip('0')}" if fraction else "") + ("+00" if value.tzinfo else "")
        case bytes():
            return f"\\x{value.hex()}"
        case list():
            return "{" + ",".join(element(item) for item in value) + "}"
        case _:
            return str(value)


def element(item):
    if item is None:
        return "NULL"
    shown = text(item)
    if isinstance(item, list) or (shown and shown.upper() != "NULL" and not set(shown) & set('{},"\\ ')):
        return shown
    return '"' + shown.replace("\\", "\\\\").replace('"', '\\"') + '"'


def report(step, answer):
    print(json.dumps({"step": step, "answer": answer}), flush=True)


if __name__ == "__main__":
    main()
