import { mkdtempSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { missing } from "../../test/support/services.ts";
import { PgError } from "../base/error.ts";
import { type Engine, openEngine } from "../engine/engine.ts";
import { openBuckets } from "../storage/buckets.ts";
import type { Buckets } from "../storage/storage.ts";
import type { IndexSource } from "./build-index.ts";
import { isHnswAvailable } from "./hnsw-engine.ts";
import { type IndexManifest, indexesFolder } from "./index-log.ts";
import type { Search } from "./open-index.ts";
import { type Backend, backends } from "./vector-engine.ts";
import { VectorIndexes } from "./vector-indexes.ts";

let engine: Engine;
let buckets: Buckets;
const signal = new AbortController().signal;
if (!isHnswAvailable()) missing("hnswlib-node", "install make and g++, then npm ci");
const usable = backends.filter((backend) => backend === "exact" || isHnswAvailable());

beforeAll(async () => {
  engine = await openEngine({
    temporaryDirectory: mkdtempSync(join(tmpdir(), "lakewire-engine-")),
  });
  buckets = await openBuckets({
    root: mkdtempSync(join(tmpdir(), "lakewire-data-")),
    buckets: [{ name: "primary", backend: "local" }],
  });
  await engine.seal(buckets.folders);
});
afterAll(async () => {
  await engine.close();
  await buckets.close();
});

const foods = ["red apple pie", "green pear tart", "plum cake", "rye bread", "apple juice"];
const rows: readonly (readonly [string, string])[] = Array.from({ length: 400 }, (_, at) => [
  `k${at}`,
  `${foods[at % foods.length]} number ${at}. Served with coffee ${at % 7} times.`,
]);

function source(name: string, backend: Backend, given = rows): IndexSource {
  return {
    name,
    dataset: { oid: 20_000, name: "primary.menu", version: 3 },
    textColumn: "dish",
    keyColumn: "id",
    options: {
      size: 40,
      overlap: 10,
      m: 16,
      efConstruction: 80,
      efSearch: 30,
      backend,
      metric: "cosine",
    },
    createdBy: "ann",
    rows: (async function* () {
      yield given.slice(0, 100);
      yield given.slice(100);
    })(),
  };
}

const search = (query: string, more: Partial<Search> = {}): Search => ({
  query,
  k: 5,
  efSearch: undefined,
  keys: undefined,
  minScore: undefined,
  ...more,
});

const create = (indexes: VectorIndexes, what: IndexSource, stop = signal) =>
  indexes.create(what, "primary", stop, () => {});

const files = async () =>
  (await buckets.get("primary")?.list(`${indexesFolder}/`))?.map(({ key }) => key) ?? [];

test.for(usable)(
  "%s: an index built is an index found, also by a server started later",
  async (backend) => {
    const indexes = new VectorIndexes(buckets, engine);
    const manifest = await create(indexes, source(`menu_${backend}`, backend));
    expect(manifest).toMatchObject({ rows: 400, recall: expect.any(Number) });
    expect(manifest.chunks).toBeGreaterThan(400);
    const hits = await (await indexes.open(manifest)).search(search("pear tart"), signal);
    expect(hits).toHaveLength(5);
    for (const { text, score, distance } of hits) {
      expect(text).toMatch(/pear tart/);
      expect(score).toBeCloseTo(1 - distance, 6);
    }
    const later = new VectorIndexes(buckets, engine);
    const found = (await later.get("primary", `menu_${backend}`)) as IndexManifest;
    expect(await (await later.open(found)).search(search("pear tart"), signal)).toEqual(hits);
  },
);

test.for(usable)("%s: with a filter, k rows come back whenever k match", async (backend) => {
  const indexes = new VectorIndexes(buckets, engine);
  const open = await indexes.open(
    (await indexes.get("primary", `menu_${backend}`)) as IndexManifest,
  );
  for (const step of [100, 50, 2]) {
    const keys = new Set(rows.filter((_, at) => at % step === 3 % step).map(([key]) => key));
    const found = await open.search(search("apple pie", { keys, k: 4 }), signal);
    expect(found).toHaveLength(4);
    expect(found.every(({ key }) => keys.has(key))).toBe(true);
  }
  expect(await open.search(search("apple", { keys: new Set() }), signal)).toEqual([]);
  const good = await open.search(search("apple juice", { minScore: 0.4, k: 1000 }), signal);
  expect(good.length).toBeGreaterThan(0);
  expect(good.every(({ score }) => score >= 0.4)).toBe(true);
});

test("rows with one text share a vector and are all found", async () => {
  const indexes = new VectorIndexes(buckets, engine);
  const same = Array.from({ length: 60 }, (_, at) => [`k${at}`, "dummy package"] as const);
  const manifest = await create(indexes, source("same", usable[0] ?? "exact", same));
  expect(manifest).toMatchObject({ rows: 60, chunks: 60, vectors: 1 });
  const open = await indexes.open(manifest);
  expect(await open.search(search("dummy", { k: 50 }), signal)).toHaveLength(50);
  const keys = new Set(["k59"]);
  expect(await open.search(search("dummy", { keys }), signal)).toMatchObject([{ key: "k59" }]);
});

test("a dataset without text has an index that finds nothing", async () => {
  const indexes = new VectorIndexes(buckets, engine);
  for (const backend of usable) {
    const manifest = await create(indexes, source(`empty_${backend}`, backend, []));
    expect(manifest).toMatchObject({ rows: 0, chunks: 0, recall: 1 });
    expect(await (await indexes.open(manifest)).search(search("x"), signal)).toEqual([]);
  }
});

test("of two servers that create one name, one does, and the other leaves nothing", async () => {
  const before = await files();
  const results = await Promise.allSettled(
    [0, 1].map(() => create(new VectorIndexes(buckets, engine), source("race", "exact"))),
  );
  expect(results.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
  const lost = results.find(({ status }) => status === "rejected");
  expect(lost).toMatchObject({ reason: { sqlstate: "42710" } });
  const folders = new Set(
    (await files()).filter((key) => !before.includes(key)).map((key) => key.split("/")[2]),
  );
  expect(folders.size).toBe(2); // the log and the winner's
});

test("a cancelled build leaves nothing, in the bucket and in the engine", async () => {
  const before = await files();
  const controller = new AbortController();
  const slow: IndexSource = {
    ...source("stopped", "exact"),
    rows: (async function* () {
      yield rows;
      controller.abort(new PgError("57014", "canceling statement due to user request"));
      yield rows;
    })(),
  };
  const indexes = new VectorIndexes(buckets, engine);
  await expect(create(indexes, slow, controller.signal)).rejects.toMatchObject({
    sqlstate: "57014",
  });
  expect(await files()).toEqual(before);
  const tables = await engine.system("SELECT * FROM duckdb_tables() WHERE schema_name = 'search'");
  expect(tables).toEqual([]);
});

test("a dropped index is gone, and its name is free", async () => {
  const indexes = new VectorIndexes(buckets, engine);
  const manifest = await create(indexes, source("brief", "exact"));
  await indexes.drop(manifest);
  expect((await files()).filter((key) => key.startsWith(manifest.folder))).toEqual([]);
  expect(await new VectorIndexes(buckets, engine).get("primary", "brief")).toBeUndefined();
  await expect(indexes.drop(manifest)).rejects.toMatchObject({ sqlstate: "42704" });
  await create(indexes, source("brief", "exact"));
});

test.skipIf(!isHnswAvailable())("a graph that is not what was written is refused", async () => {
  const indexes = new VectorIndexes(buckets, engine);
  const manifest = await create(indexes, source("torn", "hnsw"));
  const key = `${manifest.folder}/graph.hnsw`;
  const path = await buckets.get("primary")?.pathFor(key);
  const bytes = await buckets.get("primary")?.read(key);
  bytes?.writeUInt8(bytes.readUInt8(5000) ^ 1, 5000);
  await writeFile(path ?? "", bytes ?? "");
  await expect(indexes.open(manifest)).rejects.toMatchObject({ sqlstate: "XX001" });
});

test("open indexes beyond the limit are let go", async () => {
  const indexes = new VectorIndexes(buckets, engine, { bytesMax: 1 });
  const [first, second] = [
    await indexes.get("primary", "race"),
    await indexes.get("primary", "brief"),
  ];
  const opened = await indexes.open(first as IndexManifest);
  expect(await indexes.open(first as IndexManifest)).toBe(opened);
  await indexes.open(second as IndexManifest);
  expect(await indexes.open(first as IndexManifest)).not.toBe(opened);
});
