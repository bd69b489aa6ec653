/** Datasets whose rows lie in a folder for each value of some columns. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { oids } from "../../src/pgtypes/oids.ts";
import { numericTypmod } from "../../src/pgtypes/types.ts";
import { fieldsOf } from "../../src/table/schema.ts";
import type { Column, Table } from "../../src/table/table.ts";
import { openTables } from "../../src/table/tables.ts";
import { add, column, columns, type Lake, never, openLake } from "./lake.ts";

let lake: Lake;
beforeEach(async () => {
  lake = await openLake({ sealed: true });
});
afterEach(() => lake.close());

const info = { operation: "CREATE TABLE", actor: "test" } as const;

async function create(
  table: readonly Column[],
  partitionColumns: readonly string[],
): Promise<Table> {
  await lake.tables.create("primary", "parts", fieldsOf(table), info, [], { partitionColumns });
  return lake.tables.get("primary", "parts");
}

async function rows(table: Table, names: readonly string[], order = "ALL"): Promise<unknown[][]> {
  const scan = await table.scan(await table.current(), names);
  const found = await lake.engine.system(`SELECT * FROM (${scan}) ORDER BY ${order}`);
  return found.map((row) => names.map((name) => row[name]));
}

const types = {
  id: oids.int8,
  i2: oids.int2,
  i4: oids.int4,
  i8: oids.int8,
  b: oids.bool,
  t: oids.text,
  d: oids.date,
  ts: oids.timestamp,
  tz: oids.timestamptz,
  u: oids.uuid,
};

test("every type that may partition is given back as it was", async () => {
  const definition = [
    ...columns(types),
    column("n", oids.numeric, { number: 11, typmod: numericTypmod(10, 2) }),
  ];
  const names = definition.map(({ name }) => name);
  const table = await create(definition, names.slice(1));
  const source = `
    SELECT 1::BIGINT AS id, -5::SMALLINT AS i2, 7::INTEGER AS i4, -9007199254740993::BIGINT AS i8, true AS b, 'a b/é?*[x]=%"''' AS t,
      DATE '1999-12-31' AS d, TIMESTAMP '2024-02-29 01:02:03.000456' AS ts,
      TIMESTAMPTZ '2024-02-29 01:02:03.4+00' AS tz, '0e1f6d6e-7c2a-4b6e-8a55-0d2d6f6b7a11'::UUID AS u, -1.50::DECIMAL(10,2) AS n
    UNION ALL SELECT 2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
    UNION ALL SELECT 3, 0, 0, 0, false, '__HIVE_DEFAULT_PARTITION__', DATE '2024-01-01', TIMESTAMP '2024-01-01 00:00:00',
      TIMESTAMPTZ '1969-12-31 23:59:59.999999+00', '00000000-0000-0000-0000-000000000000'::UUID, 0.00`;
  await add(table, source);
  const expected = await lake.engine.system(`SELECT * FROM (${source}) ORDER BY id`);
  expect(await rows(table, names, "id")).toEqual(expected.map((row) => names.map((n) => row[n])));
  expect((await table.current()).files.size).toBe(3);
  for (const [where, ids] of [
    [{ column: "d", operator: "<", values: ["2000-01-01"] }, [1n]],
    [{ column: "i2", operator: "is null", values: [] }, [2n]],
    [{ column: "n", operator: "=", values: ["0"] }, [3n]],
  ] as const) {
    const scan = await table.scan(await table.current(), ["id"], { where: [where] });
    expect((await lake.engine.system(scan)).map((row) => row["id"])).toEqual(ids);
  }
});

test("rows are deleted from a partition, and a value too long for a folder is refused", async () => {
  const table = await create(columns({ id: oids.int8, k: oids.text }), ["k"]);
  await add(
    table,
    "SELECT i AS id, repeat(chr(233 + (i % 3)::INTEGER), 40) AS k FROM range(30) t(i)",
  );
  const base = await table.current();
  const path = [...base.files.keys()][1] ?? "";
  const long = add(table, "SELECT 1 AS id, repeat('é', 60) AS k");
  await expect(long).rejects.toMatchObject({ sqlstate: "54000" });
  await table.commit(
    base,
    { deletes: new Map([[path, [0, 1]]]) },
    { ...info, operation: "DELETE" },
  );
  expect((await rows(table, ["id"])).length).toBe(28);
  expect(new Set((await rows(table, ["k"])).flat()).size).toBe(3);
});

test("a column of the partition key is renamed with it and not dropped", async () => {
  const definition = columns({ id: oids.int8, k: oids.text });
  const table = await create(definition, ["k"]);
  await add(table, "SELECT 1 AS id, 'x' AS k");
  const base = await table.current();
  const mapped = base.fields.map((field, i) => ({
    ...field,
    name: field.name === "k" ? "kind" : field.name,
    metadata: {
      ...field.metadata,
      "delta.columnMapping.id": i + 1,
      "delta.columnMapping.physicalName": field.name,
    },
  }));
  const staged = table.withFields(base, mapped);
  const scan = await table.scan(staged, ["kind", "id"]);
  expect(await lake.engine.system(scan)).toEqual([{ kind: "x", id: 1n }]);
  const adds = await table.write(staged, "SELECT 2 AS id, 'y' AS kind", never);
  const change = { adds, metaData: { fields: mapped } };
  const next = await table.commit(base, change, { ...info, operation: "RENAME COLUMN" });
  expect(next.metaData.partitionColumns).toEqual(["kind"]);
  expect(next.protocol).toEqual({ minReaderVersion: 2, minWriterVersion: 5 });
  expect(await rows(table, ["id", "kind"])).toEqual([
    [1n, "x"],
    [2n, "y"],
  ]);
  expect(() => table.withFields(next, mapped.slice(0, 1))).toThrow("part of the partition key");
});

test("what no folder can stand for is refused: empty texts, odd types, all columns, too many values", async () => {
  const table = await create(columns({ id: oids.int8, k: oids.text }), ["k"]);
  await expect(add(table, "SELECT 1 AS id, '' AS k")).rejects.toMatchObject({ sqlstate: "0A000" });
  for (const [types, by] of [
    [{ id: oids.int8, f: oids.float8 }, ["f"]],
    [{ id: oids.int8 }, ["id"]],
  ] as const) {
    const made = lake.tables.create("primary", "no", fieldsOf(columns(types)), info, [], {
      partitionColumns: by,
    });
    await expect(made).rejects.toMatchObject({ sqlstate: "0A000" });
  }
  const small = openTables(lake.buckets, lake.engine, { partitionsMax: 10 });
  const there = small.get("primary", "parts");
  await add(there, "SELECT i AS id, 'v' || i AS k FROM range(10) t(i)");
  await expect(
    add(there, "SELECT i AS id, 'v' || i AS k FROM range(11) t(i)"),
  ).rejects.toMatchObject({ sqlstate: "54000" });
  expect((await there.current()).rowCount).toBe(10);
});

test("dates that Delta's text of a partition cannot say are refused, and old ones are kept", async () => {
  const types = { id: oids.int8, d: oids.date, ts: oids.timestamp, tz: oids.timestamptz };
  const table = await create(columns(types), ["d", "ts", "tz"]);
  const row = (d: string, ts: string, tz: string) =>
    `SELECT 1 AS id, DATE '${d}' AS d, TIMESTAMP '${ts}' AS ts, TIMESTAMPTZ '${tz}' AS tz`;
  await add(table, row("0001-01-01", "0999-12-31 00:00:00", "9999-12-31 00:00:00+00"));
  expect(await rows(table, ["d", "ts", "tz"])).toEqual([
    ["0001-01-01", "0999-12-31 00:00:00", "9999-12-31 00:00:00+00"],
  ]);
  const good = "2024-01-01";
  for (const bad of ["infinity", "-infinity", "0044-01-01 (BC)", "10000-01-01"]) {
    for (const select of [row(bad, good, good), row(good, bad, good), row(good, good, bad)]) {
      await expect(add(table, select)).rejects.toMatchObject({ sqlstate: "0A000" });
    }
  }
});

test("rows are sorted within their files by the columns a dataset is clustered by", async () => {
  const fields = fieldsOf(columns({ id: oids.int8, k: oids.int4 }));
  await lake.tables.create("primary", "sorted", fields, info, [], {
    configuration: { "lakewire.clusterBy": '["k","id"]' },
  });
  const table = lake.tables.get("primary", "sorted");
  await add(table, "SELECT i AS id, (i * 7919) % 100 AS k FROM range(1000) t(i)");
  const scan = await table.scan(await table.current(), ["k", "id"], { position: true });
  const found = await lake.engine.system(`SELECT k, id FROM (${scan}) ORDER BY "@file", "@row"`);
  const sorted = await lake.engine.system(`SELECT k, id FROM (${scan}) ORDER BY k, id`);
  expect(found).toEqual(sorted);
});
