import { mkdirSync, mkdtempSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Notice, PgError } from "../base/error.ts";
import type { Catalog, CatalogChange, CatalogVersion } from "../catalog/catalog.ts";
import type { Relation } from "../catalog/relation.ts";
import { type Engine, openEngine } from "../engine/engine.ts";
import { openBuckets } from "../storage/buckets.ts";
import type { Buckets } from "../storage/storage.ts";
import { openTables, type Tables } from "../table/tables.ts";
import { ingest } from "./ingest.ts";
import type { IngestRequest, IngestResult } from "./request.ts";
import type { IngestSource } from "./staged-file.ts";

let engine: Engine;
let buckets: Buckets;
let tables: Tables;
const relations = new Map<string, Relation>();
const notices: Notice[] = [];
const signal = new AbortController().signal;

beforeAll(async () => {
  engine = await openEngine({
    temporaryDirectory: mkdtempSync(join(tmpdir(), "lakewire-engine-")),
  });
  buckets = await openBuckets({
    root: mkdtempSync(join(tmpdir(), "lakewire-data-")),
    buckets: [{ name: "primary", backend: "local" }],
  });
  tables = openTables(buckets, engine);
  await engine.seal(buckets.folders);
});
afterAll(async () => {
  await tables.settle();
  await engine.close();
  await buckets.close();
});

/** As much of a catalog as loading needs. */
const catalog = {
  current: async () =>
    ({ schemas: new Map([["primary", { oid: 1 }]]) }) as unknown as CatalogVersion,
  allotOid: async () => 20_000 + relations.size,
  commit: async (changes: readonly CatalogChange[]) => {
    for (const change of changes) {
      if (change.kind === "create table") relations.set(change.relation.name, change.relation);
    }
    return {} as CatalogVersion;
  },
} as unknown as Catalog;

function load(
  dataset: string,
  source: string | Uint8Array | IngestSource,
  options: Partial<IngestRequest> & { fileName?: string } = {},
): Promise<IngestResult> {
  const { fileName = `${dataset}.csv`, ...rest } = options;
  const bytes = typeof source === "string" ? Buffer.from(source) : source;
  const request: IngestRequest = {
    source: bytes instanceof Uint8Array ? { kind: "content", bytes, fileName } : bytes,
    bucket: "primary",
    dataset,
    relation: relations.get(dataset),
    mode: "append",
    format: undefined,
    csv: { delimiter: undefined, header: undefined },
    onError: "fail",
    owner: { oid: 10, name: "ann" },
    guard: async () => undefined,
    complete: (_relation, _given, write) => write((rows) => rows),
    ...rest,
  };
  const together = (_: unknown, decision: () => Promise<void>) => decision();
  return ingest(request, { engine, buckets, tables, catalog, together }, signal, (notice) =>
    notices.push(notice),
  );
}

async function rows(dataset: string): Promise<unknown[][]> {
  const relation = relations.get(dataset);
  if (relation?.source.kind !== "dataset") throw new Error(`there is no ${dataset}`);
  const table = tables.get(relation.source.bucket, relation.source.location);
  const names = relation.columns.map(({ name }) => name);
  const found = await engine.system(await table.scan(await table.current(), names));
  return found.map((row) => names.map((name) => row[name]));
}

const types = (dataset: string) =>
  relations.get(dataset)?.columns.map(({ name, typeOid }) => [name, typeOid]);

const refusal = (sqlstate: string, message: string | RegExp) =>
  expect.objectContaining({ sqlstate, message: expect.stringMatching(message) });

test("a CSV file becomes a dataset with the types of all its values", async () => {
  const result = await load(
    "people",
    'id,Full Name,zip,joined,seen,pay,active,note\n1,"Ann ""A"" Lee",01234,2024-02-29,2024-01-01 10:00:00,12.50,true,\n2,Bob,94107,2023-01-31,2024-01-02T11:30:00,7,false,""\n',
  );
  expect(result).toMatchObject({ rows: 2, rejected: 0, status: "loaded", format: "csv" });
  expect(result.sha256).toMatch(/^[0-9a-f]{64}$/);
  expect(types("people")).toEqual([
    ["id", 20],
    ["full_name", 25],
    ["zip", 25],
    ["joined", 1082],
    ["seen", 1114],
    ["pay", 701],
    ["active", 16],
    ["note", 25],
  ]);
  const [ann, bob] = await rows("people");
  expect(ann?.slice(0, 3)).toEqual([1n, 'Ann "A" Lee', "01234"]);
  expect([ann?.at(-1), bob?.at(-1)]).toEqual([null, ""]);
});

test("the same content is loaded once", async () => {
  const content = "a,b\n1,x\n";
  expect((await load("once", content)).status).toBe("loaded");
  expect(await load("once", content, { fileName: "other.csv" })).toMatchObject({
    status: "duplicate",
    rows: 0,
  });
  expect(await rows("once")).toHaveLength(1);
});

test("an append matches columns by name, and what the file lacks is NULL", async () => {
  await load("grow", "a,b,c\n1,x,2.5\n");
  expect(await load("grow", "C,a\n3,2\n")).toMatchObject({ rows: 1, status: "loaded" });
  expect(await rows("grow")).toEqual([
    [1n, "x", 2.5],
    [2n, null, 3],
  ]);
  await expect(load("grow", "a,b,d\n1,x,2\n")).rejects.toEqual(
    refusal("42703", 'column "d" of relation "grow" does not exist'),
  );
  await expect(load("grow", "a,b\n1,x\nzwei,y\n")).rejects.toEqual(
    refusal("22P02", /line 3: column "a": invalid input syntax for type bigint: "zwei"/),
  );
  expect(await rows("grow")).toHaveLength(2);
});

test("a malformed CSV file names its line and leaves nothing", async () => {
  const faults: readonly (readonly [string, string, RegExp])[] = [
    ["id,name,x\n1,a,2\n2,b\n", "22P04", /line 3: missing data for column "x"/],
    ["id,name\n1,a\n2,b,c\n", "22P04", /line 3: extra data after last expected column/],
    ['id,name\n1,a\n2,"b\n', "22P04", /line 3: unterminated CSV quoted field/],
    ["", "22P04", /is empty/],
  ];
  for (const [content, sqlstate, message] of faults) {
    await expect(load("faulty", content)).rejects.toEqual(refusal(sqlstate, message));
  }
  const latin = Buffer.from("id,name\n1,J\xf6rg\n", "latin1");
  await expect(load("faulty", latin)).rejects.toEqual(refusal("22021", /line 2/));
  expect(relations.has("faulty")).toBe(false);
});

test("lines that cannot be read are skipped and counted when that is asked for", async () => {
  const content = "id,name\n1,a\n2,b,c\n3,d\n4\n5,e\n";
  expect(await load("partly", content, { onError: "skip" })).toMatchObject({
    rows: 3,
    rejected: 2,
  });
  expect(await rows("partly")).toEqual([
    [1n, "a"],
    [3n, "d"],
    [5n, "e"],
  ]);
  expect(notices.map(({ message }) => message)).toEqual([
    expect.stringMatching(/^partly.csv, line 3: /),
    expect.stringMatching(/^partly.csv, line 5: /),
  ]);
});

test("a file without a header has numbered columns", async () => {
  await load("plain", "1;Ann\n2;Bob\n");
  expect(types("plain")).toEqual([
    ["column_1", 20],
    ["column_2", 25],
  ]);
  await load("said", "Ann,Rome\nBob,Oslo\n", { csv: { delimiter: undefined, header: false } });
  expect(await rows("said")).toHaveLength(2);
});

test("nested objects of a JSON array become columns, lists arrays, the rest jsonb", async () => {
  const objects = [
    {
      id: 1,
      name: { first: "Ann", last: "Lee" },
      tags: ["a", "b"],
      jobs: [{ at: "X" }],
      none: null,
    },
    { id: 2, name: { first: "Bob" }, tags: [], mixed: 1 },
    { id: 3, mixed: "one" },
  ];
  await load("nested", JSON.stringify(objects), { fileName: "nested.json" });
  expect(types("nested")).toEqual([
    ["id", 20],
    ["name_first", 25],
    ["name_last", 25],
    ["tags", 1009],
    ["jobs", 3802],
    ["none", 25],
    ["mixed", 3802],
  ]);
  expect(await rows("nested")).toEqual([
    [1n, "Ann", "Lee", ["a", "b"], '[{"at":"X"}]', null, null],
    [2n, "Bob", null, [], null, null, "1"],
    [3n, null, null, null, null, null, '"one"'],
  ]);
});

test("lines of JSON are loaded, also a field that only the last line has", async () => {
  const lines = Array.from({ length: 30_000 }, (_, id) => JSON.stringify({ id, v: `v${id}` }));
  lines.push('{"id":30000,"late":true}');
  await load("lines", lines.join("\n"), { fileName: "lines.jsonl" });
  expect(types("lines")?.at(-1)).toEqual(["late", 16]);
  expect(await rows("lines")).toHaveLength(30_001);
});

test("malformed JSON names its line", async () => {
  await expect(
    load("faulty", '{"a":1}\n{"a":\n{"a":3}\n', { fileName: "x.ndjson" }),
  ).rejects.toEqual(refusal("22P04", /"x.ndjson", line 2: malformed JSON/));
  await expect(load("faulty", '[{"a":1},\n{"a":2},', { fileName: "x.json" })).rejects.toEqual(
    refusal("22P04", /line 2: the array that begins the file does not end/),
  );
  await expect(load("faulty", "[1,2]", { fileName: "x.json" })).rejects.toEqual(
    refusal("22P04", /not objects/),
  );
});

test("Parquet files keep their types", async () => {
  const stage = await buckets.get("primary")?.stage();
  const path = join(stage?.folder ?? "", "x.parquet");
  await engine.system(
    `COPY (SELECT 1::INTEGER AS a, 2.50::DECIMAL(9,2) AS b, DATE '2024-02-29' AS c, {'x': 1, 'y': 'q'} AS d) TO '${path}' (FORMAT parquet)`,
  );
  const source: IngestSource = { kind: "path", path, folders: undefined };
  expect(await load("typed", source)).toMatchObject({ rows: 1, format: "parquet" });
  expect(types("typed")).toEqual([
    ["a", 23],
    ["b", 1700],
    ["c", 1082],
    ["d_x", 23],
    ["d_y", 25],
  ]);
  await stage?.discard();
  await expect(load("faulty", "PAR1 no", { fileName: "x.parquet" })).rejects.toEqual(
    refusal("22P04", /"x.parquet" is not a Parquet file/),
  );
});

test("a replacement keeps the dataset when its columns stay, and says duplicate when nothing changed", async () => {
  await load("swap", "a,b\n1,x\n");
  const before = relations.get("swap")?.oid;
  expect(await load("swap", "a,b\n2,y\n3,z\n", { mode: "replace" })).toMatchObject({ rows: 2 });
  expect(relations.get("swap")?.oid).toBe(before);
  expect((await load("swap", "a,b\n2,y\n3,z\n", { mode: "replace" })).status).toBe("duplicate");
  expect(await rows("swap")).toEqual([
    [2n, "y"],
    [3n, "z"],
  ]);
  // What a replacement took away is new again.
  expect(await load("swap", "a,b\n1,x\n")).toMatchObject({ status: "loaded" });
  await load("swap", "c\ntrue\n", { mode: "replace" });
  expect(types("swap")).toEqual([["c", 16]]);
});

test("only regular files inside the folders are read, and not by way of a link", async () => {
  const folder = mkdtempSync(join(tmpdir(), "lakewire-files-"));
  mkdirSync(join(folder, "in"));
  writeFileSync(join(folder, "in", "a.csv"), "a\n1\n");
  writeFileSync(join(folder, "out.csv"), "a\n1\n");
  symlinkSync(join(folder, "out.csv"), join(folder, "in", "link.csv"));
  symlinkSync(folder, join(folder, "in", "up"));
  const from = (path: string) =>
    load("reached", { kind: "path", path: join(folder, path), folders: [join(folder, "in")] });
  for (const path of ["out.csv", "in/../out.csv", "in/up/out.csv", "in/link.csv", "missing.csv"]) {
    await expect(from(path)).rejects.toEqual(refusal("42501", /./));
  }
  await expect(from("in/missing.csv")).rejects.toEqual(refusal("58P01", /No such file/));
  const any: IngestSource = { kind: "path", path: folder, folders: undefined };
  await expect(load("reached", any)).rejects.toEqual(refusal("42809", /is a directory/));
  expect(await from("in/a.csv")).toMatchObject({ status: "loaded" });
  expect(readdirSync(join(folder, "in")).sort()).toEqual(["a.csv", "link.csv", "up"]);
});

test("a cancelled load leaves nothing", async () => {
  const controller = new AbortController();
  controller.abort(new PgError("57014", "canceling statement due to user request"));
  await expect(
    ingest(
      {
        source: { kind: "content", bytes: Buffer.from("a\n1\n"), fileName: "a.csv" },
        bucket: "primary",
        dataset: "stopped",
        relation: undefined,
        mode: "append",
        format: undefined,
        csv: { delimiter: undefined, header: undefined },
        onError: "fail",
        owner: { oid: 10, name: "ann" },
        guard: async () => undefined,
        complete: (_relation, _given, write) => write((rows) => rows),
      },
      { engine, buckets, tables, catalog, together: (_, decision) => decision() },
      controller.signal,
      () => {},
    ),
  ).rejects.toMatchObject({ sqlstate: "57014" });
  expect(relations.has("stopped")).toBe(false);
});

test("a dataset whose name was taken meanwhile leaves no objects", async () => {
  const objects = async () => (await buckets.get("primary")?.list("taken-"))?.length;
  const commit = catalog.commit;
  catalog.commit = async () => {
    throw new PgError("42P07", 'relation "taken" already exists');
  };
  await expect(load("taken", "a\n1\n")).rejects.toEqual(refusal("42P07", /taken/));
  catalog.commit = commit;
  expect(await objects()).toBe(0);
});

test("formats that are not read say so", async () => {
  for (const fileName of ["a.xlsx", "a.pdf", "a.csv.gz"]) {
    await expect(load("faulty", "x", { fileName })).rejects.toEqual(
      refusal("0A000", /not supported/),
    );
  }
});
