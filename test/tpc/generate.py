"""TPC-H's or TPC-DS's tables as CSV, what their columns are, and the queries, from DuckDB's extensions out of PyPI.

    generate.py tpch|tpcds <scale factor> <folder>

What is made is nobody's to publish: it stays in the folder.
"""

import importlib
import json
import re
import sys
from pathlib import Path

import duckdb

# Columns that the specifications make char(n); the generators know only text.
CHAR = {
    "tpch": {
        1: "l_returnflag l_linestatus o_orderstatus",
        10: "c_mktsegment p_brand p_container l_shipmode",
        15: "c_phone s_phone o_orderpriority o_clerk",
        25: "n_name r_name s_name p_mfgr l_shipinstruct",
    },
    "tpcds": {
        1: r"cd_gender cd_marital_status d_holiday d_weekend d_following_holiday d_current_\w+ c_preferred_cust_flag"
        r" wp_autogen_flag p_discount_active p_channel_(dmail|email|catalog|tv|radio|press|event|demo)",
        2: r"\w+_state t_am_pm",
        6: "d_quarter_name",
        9: "d_day_name",
        10: r"\w+_zip \w+_suite_number (ca|w|cc|web)_street_number cd_credit_rating sm_code i_units i_container"
        r" c_salutation",
        13: "c_login",
        15: r"\w+_street_type hd_buy_potential p_purpose",
        16: r"\w+_id",
        20: r"ca_location_type cd_education_status sm_carrier sm_contract t_shift t_sub_shift t_meal_time i_size"
        r" i_formulation i_color (s|cc)_hours c_first_name",
        30: "sm_type c_last_name",
        50: r"(cc|web)_company_name cc_mkt_class i_brand i_class i_category i_manufact i_product_name c_email_address"
        r" wp_type p_promo_name",
        100: "r_reason_desc",
    },
}

GENERATOR = {"tpch": "dbgen", "tpcds": "dsdgen"}


def main(suite, scale, folder):
    connection = duckdb.connect()
    package = Path(importlib.import_module(f"duckdb_extension_{suite}").__file__).parent
    [extension] = package.glob(f"extensions/v{duckdb.__version__}/*.duckdb_extension")
    connection.execute(f"LOAD '{extension}'")
    connection.execute(f"CALL {GENERATOR[suite]}(sf = {float(scale)})")
    tables = [name for (name,) in connection.execute("SELECT table_name FROM duckdb_tables() ORDER BY 1").fetchall()]
    folder = Path(folder)
    (folder / "queries").mkdir(parents=True)
    for table in tables:
        connection.execute(f"COPY {table} TO '{folder / table}.csv' (FORMAT csv, HEADER false)")
    (folder / "tables.json").write_text(json.dumps([described(connection, suite, table) for table in tables]))
    for number, text in connection.execute(f"SELECT query_nr, query FROM {suite}_queries()").fetchall():
        (folder / "queries" / f"{number:02}.sql").write_text(text)


def described(connection, suite, table):
    columns = connection.execute(
        "SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = ? ORDER BY column_index", [table]
    ).fetchall()
    key = columns[0][0]
    [(is_key,)] = connection.execute(f"SELECT count(DISTINCT {key}) = count(*) FROM {table}").fetchall()
    return {
        "name": table,
        "columns": [{"name": name, "type": declared(suite, name, type)} for name, type in columns],
        "key": key if is_key else None,
    }


def declared(suite, column, type):
    if type == "BIGINT":
        return "integer"
    if type != "VARCHAR":
        return type.lower().replace("decimal", "numeric")
    for length, names in CHAR[suite].items():
        if any(re.fullmatch(name, column) for name in names.split()):
            return f"char({length})"
    return "varchar(200)"


main(*sys.argv[1:])
