import { expect, test } from "vitest";
import { oids } from "../pgtypes/oids.ts";
import { migrationSteps } from "./migration.ts";
import { type SchemaColumn, schemaDiff, wordsOf } from "./schema-diff.ts";

const column = (name: string, typeOid: number = oids.text, number?: number): SchemaColumn => ({
  name,
  typeOid,
  typmod: -1,
  ...(number === undefined ? {} : { number }),
});
const told = (a: readonly SchemaColumn[], b: readonly SchemaColumn[]) =>
  schemaDiff(a, b).map((change) =>
    "from" in change
      ? `${change.kind} ${change.from.name} ${change.to.name}`
      : `${change.kind} ${change.column.name}`,
  );

test("names are taken apart at case, digits and punctuation", () => {
  expect(wordsOf("customerID")).toEqual(["customer", "id"]);
  expect(wordsOf("HTTPServer_port-2")).toEqual(["http", "server", "port", "2"]);
  expect(wordsOf("Straße Nr.")).toEqual(["straße", "nr"]);
});

test("equal columns do not differ, in whatever order", () => {
  expect(told([column("a"), column("b")], [column("b"), column("a")])).toEqual([]);
});

test("a rename is found by the words that names share", () => {
  expect(told([column("phone_number")], [column("phoneNumber")])).toEqual([
    "renamed phone_number phoneNumber",
  ]);
  expect(told([column("addr")], [column("address")])).toEqual(["renamed addr address"]);
  expect(told([column("order_date")], [column("date_of_order")])).toEqual([
    "renamed order_date date_of_order",
  ]);
  expect(told([column("boss")], [column("manager")])).toEqual(["added manager", "removed boss"]);
});

test("each name is used once, by the likeliest", () => {
  const a = [column("customer_name"), column("customer_first_name")];
  const b = [column("first_name"), column("customer_name_full")];
  expect(told(a, b)).toEqual([
    "renamed customer_name customer_name_full",
    "renamed customer_first_name first_name",
  ]);
});

test("a rename of another type is less likely, and less than certain", () => {
  const [same] = schemaDiff([column("due_date", oids.date)], [column("date_due", oids.date)]);
  const [other] = schemaDiff([column("due_date", oids.date)], [column("date_due", oids.bool)]);
  expect(same?.confidence).toBe(0.95);
  expect(other?.confidence).toBeLessThan(same?.confidence ?? 0);
});

test("in versions of one dataset a column is known by its number", () => {
  const a = [column("a", oids.int4, 1), column("b", oids.int4, 2)];
  const b = [column("b", oids.int8, 1), column("a", oids.int4, 3)];
  expect(told(a, b)).toEqual(["renamed a b", "added a", "removed b"]);
});

test("a column that is in the way is dropped first, others last", () => {
  const a = [column("a", oids.int4, 1), column("b", oids.int4, 2), column("c", oids.int4, 3)];
  const b = [column("a", oids.int8, 1), column("b", oids.text, 4)];
  const steps = migrationSteps("t", schemaDiff(a, b)).map(({ sql }) => sql);
  expect(steps).toEqual([
    "ALTER TABLE t DROP COLUMN b",
    "ALTER TABLE t ALTER COLUMN a TYPE bigint",
    "ALTER TABLE t ADD COLUMN b text",
    "ALTER TABLE t DROP COLUMN c",
  ]);
});

test("where no cast leads there is a step without a statement", () => {
  const [step] = migrationSteps(
    "t",
    schemaDiff([column("a", oids.bool)], [column("a", oids.date)]),
  );
  expect(step).toMatchObject({ action: "ask", sql: undefined, confidence: 0 });
});
