/** SET and SHOW beside a real PostgreSQL: same value, or the same error. */
import { Client, DatabaseError } from "pg";
import { expect, test } from "vitest";
import { PgError } from "../../src/base/error.ts";
import { Parameters } from "../../src/config/parameters.ts";
import { parameters as declared } from "../../src/config/run-time.ts";
import { postgres } from "../support/services.ts";

const server = await postgres();

/** Name and value, as set_config takes them. */
const settings: readonly (readonly [string, string])[] = [
  ["statement_timeout", "abc"],
  ["statement_timeout", "5 x"],
  ["statement_timeout", "-5"],
  ["statement_timeout", "1.5s"],
  ["statement_timeout", "90s"],
  ["statement_timeout", " 2 min "],
  ["statement_timeout", "0.1min"],
  ["statement_timeout", "99999999999"],
  ["statement_timeout", "25d"],
  ["statement_timeout", "0x10"],
  ["statement_timeout", "010"],
  ["statement_timeout", "2.5"],
  ["statement_timeout", "3.5"],
  ["statement_timeout", "1e3"],
  ["statement_timeout", "0"],
  ["statement_timeout", ""],
  ["work_mem", "100MB"],
  ["work_mem", "30.1GB"],
  ["work_mem", "1.5GB"],
  ["work_mem", "10XB"],
  ["work_mem", "10mb"],
  ["work_mem", "1"],
  ["temp_buffers", "1GB"],
  ["effective_cache_size", "12345"],
  ["extra_float_digits", "5"],
  ["extra_float_digits", "1MB"],
  ["extra_float_digits", "3"],
  ["enable_seqscan", "maybe"],
  ["enable_seqscan", "OF"],
  ["enable_seqscan", "o"],
  ["enable_seqscan", "tRu"],
  ["enable_seqscan", "1"],
  ["bytea_output", "foo"],
  ["bytea_output", "HEX"],
  ["client_min_messages", "debug"],
  ["client_min_messages", "info"],
  ["client_min_messages", "fatal"],
  ["synchronous_commit", "true"],
  ["synchronous_commit", "2"],
  ["constraint_exclusion", "no"],
  ["backslash_quote", "1"],
  ["server_version", "x"],
  ["max_connections", "3"],
  ["ssl", "on"],
  ["nosuch", "1"],
  ["my.own", "anything at all"],
  ["my.1bar", "1"],
  ["my.", "1"],
  ["1my.bar", "1"],
  ["my.deeper.name", "1"],
  ["datestyle", "ISO"],
  ["datestyle", "iso, dmy"],
  ["datestyle", "iso"],
  ["datestyle", "YMD"],
  ["datestyle", "European"],
  ["datestyle", "US"],
  ["datestyle", "sql"],
  ["datestyle", "Postgres, MDY"],
  ["datestyle", "german"],
  ["datestyle", "German, YMD"],
  ["datestyle", "iso, nope"],
  ["datestyle", "SQL, ISO"],
  ["datestyle", "euro, us"],
  ["datestyle", "iso, "],
  ["client_encoding", "nope"],
  ["client_encoding", "'utf-8'"],
  ["client_encoding", "unicode"],
  ["client_encoding", "SQL_ASCII"],
  ["timezone", "asia/kolkata"],
  ["timezone", "utc"],
  ["timezone", "-8"],
  ["timezone", "+3"],
  ["timezone", "UTC+3"],
  ["timezone", "<+05>-05"],
  ["timezone", "foo5"],
  ["timezone", "nope/x"],
  ["timezone", "est5edt"],
  ["timezone", "interval '5 hours'"],
  ["timezone", "interval '+05:00'"],
  ["timezone", ""],
  ["timezone", "GMT+05"],
  ["timezone", "Europe/Kyiv"],
  ["intervalstyle", "POSTGRES"],
  ["intervalstyle", "nope"],
  ["intervalstyle", "sql_standard"],
  ["bytea_output", "Escape"],
  ["extra_float_digits", "-15"],
  ["search_path", "a b,c"],
  ["search_path", '"a b",C'],
  ["search_path", ""],
  ["search_path", "a,,b"],
  ["search_path", 'a, "B'],
  ["search_path", '"$user", public'],
  ["application_name", "é\nx"],
  ["default_transaction_isolation", "Serializable"],
  ["default_transaction_isolation", "snapshot"],
  ["default_tablespace", "nope"],
  ["default_table_access_method", "nope"],
  ["cursor_tuple_fraction", "2"],
  ["cursor_tuple_fraction", "x"],
  ["cursor_tuple_fraction", "1e-3"],
  ["random_page_cost", "1.1"],
  ["random_page_cost", "-1"],
  ["standard_conforming_strings", "on"],
  ["lc_monetary", "C"],
  ["row_security", "off"],
];

function ours(parameters: Parameters, name: string, value: string): unknown {
  try {
    parameters.set(name, value, { isLocal: false });
    return parameters.show(name);
  } catch (error) {
    if (!(error instanceof PgError)) throw error;
    const { detail, hint } = error.details;
    return { sqlstate: error.sqlstate, message: error.message, detail, hint };
  }
}

async function theirs(client: Client, name: string, value: string): Promise<unknown> {
  try {
    const { rows } = await client.query("SELECT set_config($1, $2, false) AS value", [name, value]);
    return rows[0].value;
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error;
    const { code, message, detail, hint } = error;
    return { sqlstate: code, message, detail, hint };
  }
}

test.skipIf(!server)("SET answers as PostgreSQL does", async () => {
  const client = new Client(server);
  await client.connect();
  const parameters = new Parameters({
    sessionAuthorization: "postgres",
    isSuperuser: true,
    onReport: () => {},
  });
  const got: unknown[] = [];
  const wanted: unknown[] = [];
  for (const [name, value] of settings) {
    got.push({ name, value, result: ours(parameters, name, value) });
    wanted.push({ name, value, result: await theirs(client, name, value) });
  }
  expect(got).toEqual(wanted);
  await client.end();
});

test.skipIf(!server)("a declaration says of a parameter what pg_settings says of it", async () => {
  const client = new Client(server);
  await client.connect();
  const { rows } = await client.query(
    "SELECT name, vartype, context, unit, category, short_desc, min_val, max_val, enumvals::text[] FROM pg_settings",
  );
  await client.end();
  const real = new Map(rows.map((row) => [row.name, row]));
  for (const each of declared.filter(
    ({ isHidden, category }) => !isHidden && category !== "Lakehouse",
  )) {
    const row = real.get(each.name);
    expect(row, each.name).toBeDefined();
    const context = each.context;
    expect([each.name, each.type, context, each.category, each.summary]).toEqual([
      row.name,
      row.vartype,
      row.context,
      row.category,
      row.short_desc,
    ]);
    if (each.type === "enum") expect(each.values).toEqual(row.enumvals);
    if (each.type === "integer" && each.context !== "internal")
      expect([each.name, each.unit ?? null, String(each.min), String(each.max)]).toEqual([
        each.name,
        row.unit,
        row.min_val,
        row.max_val,
      ]);
  }
});
