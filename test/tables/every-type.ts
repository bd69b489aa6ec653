/** A table with a column of every type that can be stored, and rows of their edges as SELECT lists. */
import { oids } from "../../src/pgtypes/oids.ts";
import { arrayOf, numericTypmod } from "../../src/pgtypes/types.ts";
import type { Column } from "../../src/table/table.ts";
import { column } from "./lake.ts";

const edges: readonly (readonly [name: string, typeOid: number, values: readonly string[]])[] = [
  ["id", oids.int8, ["1", "9223372036854775807", "-9223372036854775808"]],
  ["flag", oids.bool, ["true", "false", "NULL"]],
  ["small", oids.int2, ["32767", "-32768", "NULL"]],
  ["whole", oids.int4, ["2147483647", "-2147483648", "NULL"]],
  ["number", oids.oid, ["4294967295", "0", "NULL"]],
  ["single", oids.float4, ["1.5::FLOAT", "'NaN'", "'-inf'"]],
  ["double", oids.float8, ["0.1::DOUBLE", "'NaN'", "'inf'"]],
  ["bare", oids.numeric, ["0.1", "9999999999999999999999999999.0123456789", "NULL"]],
  ["words", oids.text, ["'héllo \"x\"'", "''", "NULL"]],
  ["long words", oids.varchar, ["repeat('x', 1000)", "'|'", "NULL"]],
  ["bytes", oids.bytea, ["'\\x00\\xFF'::BLOB", "''::BLOB", "NULL"]],
  ["day", oids.date, ["'2024-02-29'", "'0001-01-01'", "NULL"]],
  ["clock", oids.time, ["'23:59:59.999999'", "'00:00:00'", "NULL"]],
  ["clock_zone", oids.timetz, ["'12:00:00+05:30'", "'00:00:00-08'", "NULL"]],
  [
    "local",
    oids.timestamp,
    ["'2024-02-29 12:34:56.123456'", "'1969-12-31 23:59:59.999999'", "NULL"],
  ],
  [
    "instant",
    oids.timestamptz,
    ["'2024-02-29 12:34:56.123456+05'", "'1901-01-01 00:00:00+00'", "NULL"],
  ],
  ["span", oids.interval, ["'1 year 2 months -3 days 04:05:06.7'", "'00:00:00'", "NULL"]],
  [
    "key",
    oids.uuid,
    ["'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'", "'00000000-0000-0000-0000-000000000000'", "NULL"],
  ],
  ["document", oids.json, ["'{\"a\": [1, null]}'", "'null'", "NULL"]],
  ["bits", oids.varbit, ["'10110'", "'0'", "NULL"]],
];

/** Every type alone, numeric with a precision, and an array of each. */
export function everyType(): {
  readonly table: readonly Column[];
  readonly rows: readonly string[];
} {
  const list = edges.flatMap(([name, typeOid, values]) => [
    { column: column(name, typeOid), values },
    {
      column: column(`${name} list`, arrayOf(typeOid)),
      values: [`[${values.join(", ")}]`, "[]", "NULL"],
    },
  ]);
  list.push({
    column: column("price", oids.numeric, { typmod: numericTypmod(12, 2) }),
    values: ["1234567890.12", "-0.01", "NULL"],
  });
  return {
    table: list.map((each, i) => ({ ...each.column, number: i + 1 })),
    rows: [0, 1, 2].map((row) =>
      list.map((each) => `${each.values[row]} AS "${each.column.name}"`).join(", "),
    ),
  };
}
