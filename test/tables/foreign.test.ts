/** Datasets as other engines write them, made by hand where none of them is at hand. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { oids } from "../../src/pgtypes/oids.ts";
import { numericTypmod } from "../../src/pgtypes/types.ts";
import type { Action, DeltaField, DeltaType, Protocol } from "../../src/table/actions.ts";
import { columnsOf, fieldsOf } from "../../src/table/schema.ts";
import type { Table, TableVersion } from "../../src/table/table.ts";
import { add, columns, type Lake, never, openLake } from "./lake.ts";

let lake: Lake;
beforeEach(async () => {
  lake = await openLake();
});
afterEach(() => lake.close());

const location = "foreign";
const info = { operation: "WRITE", actor: "test" } as const;

const field = (
  name: string,
  type: DeltaType,
  metadata: DeltaField["metadata"] = {},
): DeltaField => ({
  name,
  type,
  nullable: true,
  metadata,
});

interface Foreign {
  readonly fields: readonly DeltaField[];
  readonly partitionColumns?: readonly string[];
  readonly protocol?: Protocol;
  readonly configuration?: Readonly<Record<string, string>>;
  /** A SELECT a file. */
  readonly files?: Readonly<Record<string, string>>;
  readonly partitions?: Readonly<Record<string, Readonly<Record<string, string | null>>>>;
  readonly more?: readonly Action[];
}

async function foreign(table: Foreign): Promise<Table> {
  const folder = join(lake.root, "primary", location);
  mkdirSync(join(folder, "_delta_log"), { recursive: true });
  const actions: Action[] = [
    { commitInfo: { timestamp: 1_700_000_000_000, operation: "WRITE" } },
    { protocol: table.protocol ?? { minReaderVersion: 1, minWriterVersion: 2 } },
    {
      metaData: {
        id: "f0e1",
        format: { provider: "parquet", options: {} },
        schemaString: JSON.stringify({ type: "struct", fields: table.fields }),
        partitionColumns: table.partitionColumns ?? [],
        configuration: table.configuration ?? {},
      },
    },
  ];
  for (const [path, select] of Object.entries(table.files ?? {})) {
    const file = join(folder, decodeURIComponent(path));
    mkdirSync(join(file, ".."), { recursive: true });
    await lake.engine.system(`COPY (${select}) TO '${file}' (FORMAT parquet)`);
    actions.push({
      add: {
        path,
        partitionValues: table.partitions?.[path] ?? {},
        size: 1,
        modificationTime: 0,
        dataChange: true,
      },
    });
  }
  actions.push(...(table.more ?? []));
  writeFileSync(
    join(folder, "_delta_log", "00000000000000000000.json"),
    actions.map((action) => JSON.stringify(action)).join("\n"),
  );
  return lake.tables.get("primary", location);
}

async function rows(table: Table, names: readonly string[], order = "ALL"): Promise<unknown[][]> {
  const scan = await table.scan(await table.current(), names);
  const found = await lake.engine.system(`SELECT * FROM (${scan}) ORDER BY ${order}`);
  return found.map((row) => Object.values(row));
}

test("types come from Delta where nothing else is said; records are json", async () => {
  const struct: DeltaType = {
    type: "struct",
    fields: [field("a", "integer"), field("b", "string")],
  };
  const table = await foreign({
    fields: [
      field("b", "byte"),
      field("l", "long"),
      field("d", "decimal(12,2)"),
      field("t", "timestamp"),
      field("n", "timestamp_ntz"),
      field("arr", { type: "array", elementType: "integer", containsNull: true }),
      field("s", struct),
      field("m", { type: "map", keyType: "string", valueType: "long", valueContainsNull: true }),
      field("list", { type: "array", elementType: struct, containsNull: true }),
      field("missing", struct),
    ],
    files: {
      "a.parquet": `SELECT 7::TINYINT AS b, 8::BIGINT AS l, 1.25::DECIMAL(12,2) AS d,
        TIMESTAMPTZ '2024-01-01 00:00:00+00' AS t, TIMESTAMP '2024-01-01 00:00:00' AS n, [1, NULL] AS arr,
        {'a': 1, 'b': 'x'} AS s, MAP {'k': 5::BIGINT} AS m, [{'a': 2, 'b': NULL}] AS list`,
    },
  });
  const found = columnsOf((await table.current()).fields);
  expect(found.map(({ typeOid, typmod }) => [typeOid, typmod])).toEqual([
    [oids.int2, -1],
    [oids.int8, -1],
    [oids.numeric, numericTypmod(12, 2)],
    [oids.timestamptz, -1],
    [oids.timestamp, -1],
    [1007, -1],
    [oids.json, -1],
    [oids.json, -1],
    [oids.json, -1],
    [oids.json, -1],
  ]);
  expect(
    await rows(
      table,
      found.map(({ name }) => name),
      "1",
    ),
  ).toEqual([
    [
      7,
      8n,
      "1.25",
      "2024-01-01 00:00:00+00",
      "2024-01-01 00:00:00",
      [1, null],
      '{"a":1,"b":"x"}',
      '{"k":5}',
      '[{"a":2,"b":null}]',
      null,
    ],
  ]);
  const types = await lake.engine.system(
    `DESCRIBE ${await table.scan(await table.current(), ["b", "s", "missing"])}`,
  );
  expect(types.map((row) => row["column_type"])).toEqual(["SMALLINT", "JSON", "JSON"]);
  await expect(table.write(await table.current(), "SELECT 1 AS b", never)).rejects.toMatchObject({
    sqlstate: "0A000",
  });
});

describe("a partitioned dataset", () => {
  const make = () =>
    foreign({
      fields: [
        field("id", "long"),
        field("day", "date"),
        field("at", "timestamp"),
        field("where", "string"),
      ],
      partitionColumns: ["day", "at", "where"],
      files: {
        "day=2024-01-01/a%20b.parquet": "SELECT 1::BIGINT AS id UNION ALL SELECT 2",
        "day=x/c[1]*.parquet": "SELECT 3::BIGINT AS id",
        "n.parquet": "SELECT 4::BIGINT AS id",
      },
      partitions: {
        "day=2024-01-01/a%20b.parquet": {
          day: "2024-01-01",
          at: "2024-01-01 10:00:00",
          where: "it's",
        },
        "day=x/c[1]*.parquet": { day: "2024-02-01", at: "2024-01-01T10:00:00.5Z", where: "there" },
        "n.parquet": { day: null, at: "", where: null },
      },
    });

  test("has its partition values in every row", async () => {
    const table = await make();
    expect(await rows(table, ["where", "id", "day", "at"], "id")).toEqual([
      ["it's", 1n, "2024-01-01", "2024-01-01 10:00:00+00"],
      ["it's", 2n, "2024-01-01", "2024-01-01 10:00:00+00"],
      ["there", 3n, "2024-02-01", "2024-01-01 10:00:00.5+00"],
      [null, 4n, null, null],
    ]);
    expect((await rows(table, ["where"], "1 NULLS LAST")).flat()).toEqual([
      "it's",
      "it's",
      "there",
      null,
    ]);
  });

  test("leaves out the files of other partitions, and keeps values with their files", async () => {
    const table = await make();
    const scan = await table.scan(await table.current(), ["id", "where"], {
      where: [{ column: "day", operator: ">=", values: ["2024-01-15"] }],
      position: true,
    });
    expect(scan).not.toContain("a b.parquet");
    const found = await lake.engine.system(`SELECT * FROM (${scan}) ORDER BY id`);
    expect(found).toEqual([
      { id: 3n, where: "there", "@file": 1, "@row": 0n },
      { id: 4n, where: null, "@file": 2, "@row": 0n },
    ]);
  });

  test("is written to, a file for each partition", async () => {
    const table = await make();
    const values = "SELECT 5 AS id, DATE '2024-02-01' AS day, NULL AS at, 'n' AS \"where\"";
    await add(table, `${values} UNION ALL SELECT 6, DATE '2024-02-01', NULL, 'n'`);
    const { files } = await table.current();
    expect([...files.values()].at(-1)).toMatchObject({
      path: expect.stringMatching(/^day=2024-02-01\/at=__HIVE_DEFAULT_PARTITION__\/where=n\/part-/),
      partitionValues: { day: "2024-02-01", at: null, where: "n" },
    });
    expect((await rows(table, ["id"], "1")).flat()).toEqual([1n, 2n, 3n, 4n, 5n, 6n]);
  });
});

describe("a deletion vector", () => {
  /** Rows 3, 4, 7, 11, 18, 29. */
  const vector = {
    storageType: "i",
    pathOrInlineDv: "^Bg9^0rr910000000000iXQKl0rr91000f55c8Xg0@@D72lkbi5=-{L",
    sizeInBytes: 44,
    cardinality: 6,
  } as const;

  async function make(): Promise<Table> {
    await lake.tables.create("primary", location, fieldsOf(columns({ id: oids.int8 })), info);
    const table = lake.tables.get("primary", location);
    await add(table, "SELECT i AS id FROM range(40) t(i)");
    await add(table, "SELECT i AS id FROM range(100, 140) t(i)");
    const version = await table.current();
    const [, second] = [...version.files.values()];
    if (!second) throw new Error("two files");
    const features = ["deletionVectors"];
    const actions: Action[] = [
      { add: { ...second, deletionVector: vector } },
      { remove: { path: second.path, dataChange: true, deletionTimestamp: 1 } },
      {
        protocol: {
          minReaderVersion: 3,
          minWriterVersion: 7,
          readerFeatures: features,
          writerFeatures: features,
        },
      },
    ];
    writeFileSync(
      join(lake.root, "primary", location, "_delta_log/00000000000000000003.json"),
      actions.map((action) => JSON.stringify(action)).join("\n"),
    );
    return table;
  }

  test("hides its rows, in whatever part of the dataset, and counts less", async () => {
    const table = await make();
    expect((await table.current()).rowCount).toBe(74);
    const found = (await rows(table, ["id"])).flat().map(Number);
    const gone = [3, 4, 7, 11, 18, 29].map((row) => row + 100);
    const all = [...Array(40).keys(), ...Array.from({ length: 40 }, (_, i) => i + 100)];
    expect(found).toEqual(all.filter((id) => !gone.includes(id)));
    const scan = await table.scan(await table.current(), ["id"], { position: true });
    const [one] = await lake.engine.system(`SELECT * FROM (${scan}) WHERE id = 105`);
    expect(one).toEqual({ id: 105n, "@file": 1, "@row": 5n });
    expect((await table.at(2)).rowCount).toBe(80);
  });

  test("survives an append and a checkpoint, and one that is damaged is told", async () => {
    const table = await make();
    await add(table, "SELECT 1000 AS id");
    await table.checkpoint();
    const other = await lake.open();
    const again = other.tables.get("primary", location);
    expect((await rows(again, ["id"])).length).toBe(75);
    expect((await again.current()).protocol.readerFeatures).toEqual(["deletionVectors"]);
    await other.close();
    const version = await table.current();
    const files = new Map(version.files);
    for (const [path, file] of files) {
      if (file.deletionVector)
        files.set(path, { ...file, deletionVector: { ...vector, cardinality: 5 } });
    }
    const { fields, metaData } = version;
    const damaged = { fields, metaData, files } as unknown as TableVersion;
    await expect(table.scan(damaged, ["id"])).rejects.toMatchObject({ sqlstate: "XX001" });
  });
});

test.each(["json", "parquet"])(
  "a V2 checkpoint in %s and its sidecar stand for the log before it",
  async (form) => {
    await lake.tables.create("primary", location, fieldsOf(columns({ id: oids.int8 })), info);
    const table = lake.tables.get("primary", location);
    await add(table, "SELECT i AS id FROM range(5) t(i)");
    await add(table, "SELECT i AS id FROM range(5, 9) t(i)");
    await table.checkpoint();
    await add(table, "SELECT 100 AS id");
    const log = join(lake.root, "primary", location, "_delta_log");
    const name = (version: number) => String(version).padStart(20, "0");
    const classic = `read_parquet('${log}/${name(2)}.checkpoint.parquet')`;
    mkdirSync(join(log, "_sidecars"));
    await lake.engine.system(
      `COPY (SELECT add FROM ${classic} WHERE add IS NOT NULL) TO '${log}/_sidecars/one.parquet' (FORMAT parquet)`,
    );
    const sidecar = `{'path': 'one.parquet', 'sizeInBytes': 1, 'modificationTime': 1} AS sidecar`;
    const features = "3 AS r, 7 AS w, ['v2Checkpoint'] AS f";
    const rows = `SELECT NULL AS sidecar, {'minReaderVersion': r, 'minWriterVersion': w, 'readerFeatures': f, 'writerFeatures': f} AS protocol, NULL AS "metaData" FROM (SELECT ${features})
    UNION ALL SELECT NULL, NULL, "metaData" FROM ${classic} WHERE "metaData" IS NOT NULL
    UNION ALL SELECT sidecar, NULL, NULL FROM (SELECT ${sidecar})`;
    const target = `${log}/${name(2)}.checkpoint.80a083e8-7026-4e79-81be-64bd76c43a11.${form}`;
    await lake.engine.system(`COPY (${rows}) TO '${target}' (FORMAT ${form})`);
    if (form === "json") dropNulls(target);
    rmSync(join(log, `${name(2)}.checkpoint.parquet`));
    for (const version of [0, 1, 2]) rmSync(join(log, `${name(version)}.json`));
    const other = await lake.open();
    const again = other.tables.get("primary", location);
    expect((await rowsOf(other, again)).length).toBe(10);
    await expect(again.write(await again.current(), "SELECT 1 AS id", never)).rejects.toMatchObject(
      {
        sqlstate: "0A000",
        message: expect.stringContaining("v2Checkpoint"),
      },
    );
    await other.close();
  },
);

/** What is not said in a log's line is absent there. */
function dropNulls(path: string): void {
  const lines = readFileSync(path, "utf8").trim().split("\n");
  const without = (_: string, value: unknown) =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).filter(([, each]) => each !== null))
      : value;
  writeFileSync(path, lines.map((line) => JSON.stringify(JSON.parse(line), without)).join("\n"));
}

async function rowsOf({ engine }: Lake, table: Table): Promise<unknown[]> {
  return engine.system(await table.scan(await table.current(), ["id"]));
}

test("what this server does not know is refused by name", async () => {
  const features = ["typeWidening", "timestampNtz", "variantType"];
  const table = await foreign({
    fields: [field("id", "long")],
    protocol: {
      minReaderVersion: 3,
      minWriterVersion: 7,
      readerFeatures: features,
      writerFeatures: [],
    },
  });
  await expect(table.current()).rejects.toMatchObject({
    sqlstate: "0A000",
    message:
      'reading dataset "foreign" of bucket "primary": typeWidening, variantType is not supported',
  });
});

test.each([
  ["checkConstraints", { "delta.constraints.c": "id > 0" }, {}],
  ["changeDataFeed", { "delta.enableChangeDataFeed": "true" }, {}],
  ["invariants", {}, { "delta.invariants": "{}" }],
  ["generatedColumns", {}, { "delta.generationExpression": "id" }],
])("a dataset with %s is read and not written to", async (rule, configuration, metadata) => {
  const table = await foreign({ fields: [field("id", "long", metadata)], configuration });
  expect(await rows(table, ["id"])).toEqual([]);
  await expect(table.write(await table.current(), "SELECT 1 AS id", never)).rejects.toMatchObject({
    sqlstate: "0A000",
    message: expect.stringContaining(rule),
  });
});

test("a file elsewhere is refused, and an append-only dataset is not replaced", async () => {
  const file = {
    path: "file:///etc/x.parquet",
    partitionValues: {},
    size: 1,
    modificationTime: 0,
    dataChange: true,
  };
  const table = await foreign({
    fields: [field("id", "long")],
    configuration: { "delta.appendOnly": "true" },
    more: [{ add: file }],
  });
  await expect(rows(table, ["id"])).rejects.toMatchObject({ sqlstate: "0A000" });
  await expect(
    table.commit(await table.current(), { adds: [], removes: "all" }, info),
  ).rejects.toMatchObject({
    sqlstate: "55000",
  });
});

test("a wider type than the file's does not lose rows to a filter", async () => {
  const table = await foreign({
    fields: [field("t", "string", { "lakewire.typeOid": oids.timetz, "lakewire.typmod": -1 })],
    files: { "a.parquet": "SELECT unnest(['10:00:00+05', '09:00:00+00']) AS t" },
  });
  const scan = await table.scan(await table.current(), ["t"]);
  const found = await lake.engine.system(`FROM (${scan}) WHERE t > '08:00:00+00'::TIMETZ`);
  expect(found.map((row) => row["t"])).toEqual(["09:00:00+00"]);
});
