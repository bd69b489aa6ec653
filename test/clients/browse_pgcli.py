"""pgcli: what it asks for its completions, and its \\d commands over the schema `shop`; a JSON line a step."""

import json
import os

from pgcli.pgexecute import PGExecute
from pgspecial.main import PGSpecial

executor = PGExecute(
    os.environ["PGDATABASE"],
    os.environ["PGUSER"],
    os.environ["PGPASSWORD"],
    os.environ["PGHOST"],
    os.environ["PGPORT"],
)
special = PGSpecial()


def report(step, ask):
    try:
        answer = repr(ask())
    except Exception as error:
        answer = f"{type(error).__name__}: {error}".split("\n")[0]
    print(json.dumps({"step": step, "answer": answer}), flush=True)


def in_shop(rows):
    return sorted(str(row) for row in rows if row[0] == "shop")


for name in ["tables", "views", "table_columns", "view_columns", "foreignkeys", "datatypes"]:
    report(name, lambda: in_shop(getattr(executor, name)()))
report("functions", lambda: sorted(str(vars(f)) for f in executor.functions() if f.schema_name == "shop"))
report("search path", executor.search_path)
report("time zone", lambda: len(executor.get_timezone()) > 0)
report("view", lambda: executor.view_definition("shop.big"))
report("function", lambda: executor.function_definition("shop.add"))
for command in [
    r"\d shop.customer",
    r"\d+ shop.orders",
    r"\d+ shop.big",
    r"\d shop.orders_pkey",
    r"\d shop.numbers",
    r"\dt shop.*",
    r"\dt+ shop.*",
    r"\dv shop.*",
    r"\dm shop.*",
    r"\di shop.*",
    r"\ds shop.*",
    r"\df shop.*",
    r"\dT shop.*",
    r"\dD shop.*",
    r"\dn shop",
    r"\dE shop.*",
    r"\sf shop.add",
]:

    def run():
        told = []
        for _, rows, headers, status, *_ in executor.run(command, special):
            told.append((headers, sorted(str(row) for row in rows or []), status))
        return told

    report(command, run)
