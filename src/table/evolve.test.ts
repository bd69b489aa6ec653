import { expect, test } from "vitest";
import { oids } from "../pgtypes/oids.ts";
import type { DeltaField } from "./actions.ts";
import { evolvedFields } from "./evolve.ts";
import { columnsOf, fieldsOf, physicalName, usesColumnMapping } from "./schema.ts";
import type { Column, TableVersion } from "./table.ts";

const column = (number: number, name: string, more: Partial<Column> = {}): Column => ({
  name,
  number,
  typeOid: oids.int4,
  typmod: -1,
  notNull: false,
  defaultText: null,
  comment: null,
  ...more,
});

const versionOf = (fields: readonly DeltaField[], number = 3): TableVersion => ({
  number,
  id: "0f3c2e1a-0000-4000-8000-000000000000",
  fields,
  files: new Map(),
  rowCount: 0,
  byteCount: 0,
  createdAt: new Date(0),
  committedAt: new Date(0),
  protocol: { minReaderVersion: 1, minWriterVersion: 2 },
  metaData: {
    id: "0f3c2e1a-0000-4000-8000-000000000000",
    format: { provider: "parquet", options: {} },
    schemaString: "",
    partitionColumns: [],
    configuration: {},
  },
  transactions: new Map(),
});

const [a, b] = [column(1, "a"), column(2, "b", { comment: "second", defaultText: "7" })];
const base = versionOf(fieldsOf([a, b]));

test("columns that are as they were are fields that are as they were", () => {
  expect(evolvedFields(base, [a, b])).toEqual(base.fields);
});

test("an added column needs no mapping", () => {
  const fields = evolvedFields(base, [a, b, column(3, "c")]);
  expect(usesColumnMapping(fields)).toBe(false);
  expect(columnsOf(fields).map(({ name }) => name)).toEqual(["a", "b", "c"]);
});

test("after a rename files keep the names they have, and a new column gets one no file has", () => {
  const renamed = evolvedFields(base, [{ ...a, name: "x" }, b]);
  expect(renamed.map(physicalName)).toEqual(["a", "b"]);
  const added = evolvedFields(versionOf(renamed, 4), [{ ...a, name: "x" }, b, column(3, "a")]);
  expect(added.map(physicalName).slice(0, 2)).toEqual(["a", "b"]);
  expect(new Set(added.map(physicalName)).size).toBe(3);
  expect(columnsOf(added)).toEqual([{ ...a, name: "x" }, b, column(3, "a")]);
});

test("a dropped column's name in files is not taken by the next of its name", () => {
  const dropped = evolvedFields(base, [a]);
  expect(usesColumnMapping(dropped)).toBe(true);
  const again = evolvedFields(versionOf(dropped, 4), [a, column(3, "b")]);
  expect(again.map(physicalName)).not.toContain("b");
});

test("whoever asks gets the same names", () => {
  const columns = [{ ...a, name: "x" }, column(3, "c")];
  expect(evolvedFields(base, columns)).toEqual(evolvedFields(base, columns));
});

test("a column made longer stays where it is, one stored otherwise is another to mapped files", () => {
  const text = versionOf(fieldsOf([column(1, "t", { typeOid: oids.varchar, typmod: 14 })]));
  const [widened] = evolvedFields(text, [column(1, "t", { typeOid: oids.text })]);
  expect(widened?.type).toBe("string");
  const mapped = versionOf(evolvedFields(base, [{ ...a, name: "x" }, b]), 4);
  const retyped = evolvedFields(mapped, [{ ...a, name: "x", typeOid: oids.int8 }, b]);
  expect(retyped[0]?.type).toBe("long");
  expect(physicalName(retyped[0] as DeltaField)).not.toBe("a");
  expect(columnsOf(retyped)[0]?.typeOid).toBe(oids.int8);
});

test("what other writers have noted on a field stays", () => {
  const foreign = versionOf([
    { name: "a", type: "integer", nullable: true, metadata: { theirs: 1, comment: "old" } },
  ]);
  const [field] = evolvedFields(foreign, [{ ...a, comment: "new" }]);
  expect(field?.metadata).toMatchObject({ theirs: 1, comment: "new" });
  expect(field?.type).toBe("integer");
});
