import { expect, test } from "vitest";
import { isLasting } from "./lasting.ts";

test("what reads the catalog alone lasts as long as its facts", () => {
  for (const text of [
    `SELECT CASE c.relkind WHEN 'S' THEN 'sequence' END FROM kept.pg_class AS c WHERE pg_shim.pg_table_is_visible(['public'], c.oid)`,
    `SELECT * FROM pg_shim."pg_namespace"`,
    `SELECT * FROM info_shim."columns"(CAST(10 AS UINTEGER), ['public'])`,
  ])
    expect([text, isLasting(text)]).toEqual([text, true]);
});

test("what tells a moment, chance or a session, or does something, does not, however deep that is", () => {
  for (const text of [
    "SELECT random() FROM kept.pg_class",
    "SELECT CAST('now' AS DATE) FROM kept.pg_class",
    "SELECT pg_shim.sleep(1) FROM kept.pg_class",
    "SELECT pg_shim.pg_advisory_lock(1, 7) FROM kept.pg_class",
    "SELECT pg_shim.pg_listening_channels(7)",
    `SELECT * FROM pg_shim."pg_stat_user_tables"`,
    `SELECT * FROM lake_shim."datasets"(CAST(10 AS UINTEGER))`,
  ])
    expect([text, isLasting(text)]).toEqual([text, false]);
});
