/** Bodies, run against real rooms; sessions and the wire are tested elsewhere. */
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Access, AccessVersion, Role } from "../access/access.ts";
import type { Notice } from "../base/error.ts";
import { silentLog } from "../base/log.ts";
import type { Catalog } from "../catalog/catalog.ts";
import { openCatalog } from "../catalog/open-catalog.ts";
import { loadConfig } from "../config/config.ts";
import { type Engine, openEngine } from "../engine/engine.ts";
import type { EngineValue } from "../pgtypes/vector.ts";
import { VectorIndexes } from "../search/vector-indexes.ts";
import { openBuckets } from "../storage/buckets.ts";
import type { Buckets } from "../storage/storage.ts";
import { HotCache } from "../table/hot-cache.ts";
import type { Table } from "../table/table.ts";
import { openTables, type Tables } from "../table/tables.ts";
import type { Routine, RoutineContext } from "./define.ts";
import { liveRelations } from "./live-relations.ts";
import { routines } from "./registry.ts";
import type { Rooms } from "./rooms.ts";

let engine: Engine;
let buckets: Buckets;
let tables: Tables;
let hotCache: HotCache;
let rooms: Rooms;
let catalog: Catalog;
let testingOid = 0;
let root = "";
const notices: Notice[] = [];
const folder = mkdtempSync(join(tmpdir(), "lakewire-incoming-"));

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), "lakewire-data-"));
  engine = await openEngine({
    temporaryDirectory: mkdtempSync(join(tmpdir(), "lakewire-engine-")),
  });
  buckets = await openBuckets({
    root,
    buckets: [
      { name: "primary", backend: "local" },
      { name: "testing", backend: "local" },
    ],
  });
  hotCache = new HotCache({
    engine,
    bytesMax: 1_000_000,
    oldestRunning: () => undefined,
    background: () => {},
  });
  tables = openTables(buckets, engine, { hotCache });
  await engine.seal(buckets.folders);
  catalog = await openCatalog({ buckets, tables, engine });
  testingOid = (await catalog.current()).schemas.get("testing")?.oid ?? 0;
  rooms = {
    forgetStatements: () => 0,
    together: (_, decision) => decision(),
    log: silentLog,
    engine,
    buckets,
    tables,
    hotCache,
    catalog,
    access: { current: async () => accessVersion } as unknown as Access,
    indexes: new VectorIndexes(buckets, engine),
    options: { ingestFolders: [folder], upkeep: loadConfig({}, {}).upkeep },
  };
});
beforeEach(() => {
  notices.length = 0;
});
afterAll(async () => {
  await tables.settle();
  await engine.close();
  await buckets.close();
});

const role = (oid: number, name: string, isSuperuser = false) =>
  ({ oid, name, isSuperuser }) as Role;
const admin = role(10, "admin", true);
const ann = role(11, "ann");
const bob = role(12, "bob");

/** Ann may make tables in testing; everybody may look into both; nobody else is granted anything. */
const accessVersion = {
  roleByOid: (oid: number) => [admin, ann, bob].find((one) => one.oid === oid),
  isMember: (member: number, of: number) => member === of,
  may: (asker: Role, privilege: string, object: { kind: string; oid: number; owner: number }) =>
    asker.isSuperuser ||
    asker.oid === object.owner ||
    (object.kind === "schema" &&
      (privilege === "USAGE" || (asker === ann && object.oid === testingOid))),
} as unknown as AccessVersion;

/** SQL of bodies, with the datasets it names put in. Stands in for a background session. */
async function* query(sql: string): AsyncIterable<readonly (readonly (string | null)[])[]> {
  let text = sql;
  for (const relation of (await catalog.current()).relations()) {
    const { source } = relation;
    const names = relation.columns.map(({ name }) => name);
    if (source.kind !== "dataset" && source.kind !== "legacy") continue;
    if (!sql.includes(`"${relation.schema}"."${relation.name}"`)) continue;
    const scan =
      source.kind === "legacy"
        ? await tables.legacyScan(relation, names)
        : await scanOf(tables.get(source.bucket, source.location), names);
    text = text.replaceAll(`"${relation.schema}"."${relation.name}"`, `(${scan})`);
  }
  const rows = await engine.system(text);
  yield rows.map((row) =>
    Object.values(row).map((value) => (value === null ? null : String(value))),
  );
}

const scanOf = async (table: Table, names: readonly string[]) =>
  table.scan(await table.current(), names);

type Row = Readonly<Record<string, EngineValue>>;

async function call(
  name: string,
  args: Row,
  caller: Role = admin,
  settings: Readonly<Record<string, string>> = {},
): Promise<readonly Row[]> {
  const routine = routines.find((one) => one.name === name) as Routine;
  const context: RoutineContext = {
    role: caller,
    access: accessVersion,
    signal: new AbortController().signal,
    pid: 1,
    setting: (key) => ({ search_path: '"$user", public', ...settings })[key],
    notice: (notice) => notices.push(notice),
    sql: { query, execute: async () => "", transaction: async () => {} },
    guard: async () => undefined,
    complete: (_relation, _given, write) => write((rows) => rows),
    rooms,
  };
  const rows: Row[] = [];
  for await (const row of routine.run(args, context)) rows.push(row);
  return rows;
}

const content = (text: string, filename: string) => ({ content: Buffer.from(text), filename });
const refusal = (sqlstate: string, message?: string) =>
  expect.objectContaining({ sqlstate, ...(message === undefined ? {} : { message }) });

const animals =
  "id,species,habitat\n1,wolf,dense forest of the north\n2,otter,clear rivers\n3,lynx,dark forest\n4,pike,lakes and rivers\n5,eagle,high mountains\n";

test("a file is loaded into the bucket that is set, and the row says what happened", async () => {
  const [row] = await call("ingest_file", content(animals, "animals.csv"));
  expect(row).toMatchObject({
    dataset: "animals",
    bucket: "primary",
    rows: 5n,
    rejected: 0n,
    bytes: BigInt(animals.length),
    status: "loaded",
    format: "csv",
  });
  const settings = { "lakehouse.bucket": "testing" };
  const [other] = await call("ingest_file", content(animals, "animals.csv"), admin, settings);
  expect(other).toMatchObject({ bucket: "testing", status: "loaded" });
  const [again] = await call("ingest_file", {
    ...content(animals, "x.csv"),
    dataset: "testing.animals",
  });
  expect(again).toMatchObject({ dataset: "animals", status: "duplicate", rows: 0n });
});

test("loading is refused to who may not, as PostgreSQL refuses INSERT, CREATE TABLE and DROP", async () => {
  const file = content(animals, "animals.csv");
  await expect(call("ingest_file", { ...file, dataset: "fresh" }, bob)).rejects.toEqual(
    refusal("42501", "permission denied for schema primary"),
  );
  await expect(call("ingest_file", file, bob)).rejects.toEqual(
    refusal("42501", "permission denied for table animals"),
  );
  await expect(call("ingest_file", { ...file, mode: "replace" }, ann)).rejects.toEqual(
    refusal("42501", "must be owner of table animals"),
  );
  const [row] = await call("ingest_file", { ...file, dataset: "testing.hers" }, ann);
  expect(row).toMatchObject({ status: "loaded" });
  expect((await catalog.current()).relation("testing", "hers")?.owner).toBe(ann.oid);
});

test("a role that is not a superuser loads files only from the folders of the configuration", async () => {
  writeFileSync(join(folder, "visits.csv"), "a\n1\n");
  const outside = join(mkdtempSync(join(tmpdir(), "lakewire-outside-")), "visits.csv");
  writeFileSync(outside, "a\n2\n");
  const to = { bucket: "testing" };
  await expect(call("ingest_file", { source: outside, ...to }, ann)).rejects.toEqual(
    refusal("42501"),
  );
  const inside = { source: join(folder, "visits.csv"), ...to };
  expect(await call("ingest_file", inside, ann)).toMatchObject([{ dataset: "visits", rows: 1n }]);
  expect(await call("ingest_file", { source: outside, ...to })).toMatchObject([
    { status: "loaded" },
  ]);
});

test("a replacement with other columns is another dataset of the same name", async () => {
  await call("ingest_file", { ...content("a,b\n1,x\n", "swap.csv"), bucket: "testing" }, ann);
  const [row] = await call(
    "ingest_file",
    { ...content("c\ntrue\nfalse\n", "swap.csv"), bucket: "testing", mode: "replace" },
    admin,
  );
  expect(row).toMatchObject({ status: "loaded", rows: 2n });
  const relation = (await catalog.current()).relation("testing", "swap");
  expect(relation?.columns.map(({ name }) => name)).toEqual(["c"]);
  expect(relation?.owner).toBe(ann.oid);
});

test("a wrong call of ingest_file says what is wrong", async () => {
  const file = content(animals, "animals.csv");
  const faults: readonly (readonly [Row, string])[] = [
    [{}, "22023"],
    [{ ...file, source: "/x.csv" }, "22023"],
    [{ content: Buffer.from("a\n1\n") }, "22023"],
    [{ ...file, bucket: "nowhere" }, "3F000"],
    [{ ...file, mode: "upsert" }, "0A000"],
    [{ ...file, mode: "merge" }, "22023"],
    [{ ...file, dataset: "a.b.c" }, "0A000"],
    [{ ...file, dataset: "testing.animals", bucket: "primary" }, "22023"],
    [{ source: "/no/such/file.csv" }, "58P01"],
    [{ source: "https://example.com/a.csv" }, "0A000"],
  ];
  for (const [args, sqlstate] of faults) {
    await expect(call("ingest_file", args), JSON.stringify(args)).rejects.toEqual(
      refusal(sqlstate),
    );
  }
});

const index = { name: "habitats", dataset: "primary.animals", text_column: "habitat" };

test("an index is made, searched by its name or its dataset's, filtered and dropped", async () => {
  const [made] = await call("create_vector_index", index);
  expect(made).toMatchObject({
    name: "habitats",
    dataset: '"primary".animals',
    rows: 5n,
    chunks: 5n,
    dimensions: 768,
  });
  const found = await call("vector_search", { index: "habitats", query: "forests", k: 2 });
  expect(found.map(({ key }) => key).sort()).toEqual(["1", "3"]);
  expect(found[0]).toMatchObject({ chunk: 0, text: expect.stringContaining("forest") });
  expect(await call("vector_search", { index: "primary.animals", query: "forests", k: 2 })).toEqual(
    found,
  );
  const filter = "species <> 'lynx' -- and not it";
  const filtered = await call("vector_search", {
    index: "habitats",
    query: "forests",
    k: 1,
    filter,
  });
  expect(filtered).toMatchObject([{ key: "1" }]);

  await expect(call("create_vector_index", index)).rejects.toEqual(
    refusal("42710", 'vector index "habitats" already exists'),
  );
  await expect(call("create_vector_index", index, bob)).rejects.toEqual(
    refusal("42501", "permission denied for table animals"),
  );
  await expect(call("vector_search", { index: "habitats", query: "x" }, bob)).rejects.toEqual(
    refusal("42501", "permission denied for table animals"),
  );
  await expect(call("drop_vector_index", { name: "habitats" }, bob)).rejects.toEqual(
    refusal("42501", "must be owner of table animals"),
  );
});

test("lakehouse.vector_indexes tells who may know whether an index is up to date", async () => {
  const relation = liveRelations(rooms).find(({ name }) => name === "vector_indexes");
  const at = (name: string) => relation?.columns.findIndex((column) => column.name === name) ?? -1;
  const rows = async (asker: Role) =>
    (await relation?.rows({
      roleOid: asker.oid,
      roleName: asker.name,
      isSuperuser: asker.isSuperuser,
      pid: 1,
    })) ?? [];
  const [row = []] = await rows(admin);
  expect(row).toHaveLength(relation?.columns.length ?? 0);
  expect([row[at("name")], row[at("state")], row[at("rows")]]).toEqual(["habitats", "ready", 5n]);
  expect(await rows(bob)).toEqual([]);
  await call("ingest_file", {
    ...content("id,habitat\n6,desert\n", "more.csv"),
    dataset: "primary.animals",
  });
  const [stale = []] = await rows(admin);
  expect([stale[at("state")], typeof stale[at("stale_since")]]).toEqual(["stale", "bigint"]);

  await call("drop_vector_index", { name: "primary.habitats" });
  expect(await rows(admin)).toEqual([]);
  await expect(call("vector_search", { index: "habitats", query: "x" })).rejects.toEqual(
    refusal("42704"),
  );
});

test("a key is found when it is clear, and asked for when it is not", async () => {
  const loaded = async (name: string, text: string) =>
    call("ingest_file", { ...content(text, "x.csv"), dataset: name });
  await loaded("keyed", "kind,code,note\na,1,one\na,2,two\nb,3,three\n");
  await loaded("keyless", "kind,note\na,one\na,two\n");
  await loaded("torn", "code,note\n1,one\n,two\n");
  const make = (name: string, key_column: string | null = null) =>
    call("create_vector_index", { name, dataset: name, text_column: "note", key_column });
  expect(await make("keyed")).toMatchObject([{ rows: 3n }]);
  expect((await rooms.indexes.get("primary", "keyed"))?.keyColumn).toBe("code");
  await expect(make("keyless")).rejects.toEqual(refusal("22023"));
  await expect(make("torn", "code")).rejects.toEqual(refusal("23502"));
  await expect(make("torn", "nosuch")).rejects.toEqual(refusal("42703"));
  expect(await make("keyless", "kind")).toMatchObject([{ rows: 2n }]);
  expect(notices.map(({ severity }) => severity)).toContain("WARNING");
});

test("wrong arguments of an index are refused before any work", async () => {
  const faults: readonly (readonly [Row, string])[] = [
    [{ provider: "ollama" }, "0A000"],
    [{ model: "big" }, "22023"],
    [{ metric: "cosin" }, "22023"],
    [{ m: 1 }, "22023"],
    [{ chunk_size: 100, chunk_overlap: 90 }, "22023"],
    [{ name: "a.b" }, "42602"],
    [{ dataset: "primary.nosuch" }, "42P01"],
    [{ dataset: "nowhere.animals" }, "3F000"],
    [{ text_column: "nosuch" }, "42703"],
    [{ k: 3, name: null }, "22004"],
  ];
  for (const [args, sqlstate] of faults) {
    await expect(
      call("create_vector_index", { ...index, name: "wrong", ...args }),
      JSON.stringify(args),
    ).rejects.toEqual(refusal(sqlstate));
  }
  expect(await rooms.indexes.get("primary", "wrong")).toBeUndefined();
});

test("objects of a bucket are listed to superusers", async () => {
  const rows = await call("storage_list", { bucket: "testing", prefix: "animals" });
  expect(rows.length).toBeGreaterThan(2);
  expect(rows[0]).toMatchObject({
    key: expect.stringMatching(/^animals-/),
    bytes: expect.any(BigInt),
  });
  await expect(call("storage_list", { bucket: "testing" }, ann)).rejects.toEqual(refusal("42501"));
  await expect(call("storage_list", { bucket: "nowhere" })).rejects.toEqual(
    refusal("3F000", 'bucket "nowhere" does not exist'),
  );
});

test("lakehouse.buckets counts datasets and their files", async () => {
  const [relation] = liveRelations(rooms);
  const rows = await relation?.rows({ roleOid: 12, roleName: "bob", isSuperuser: false, pid: 1 });
  const testing = rows?.find(([name]) => name === "testing");
  expect(testing?.slice(1, 5)).toEqual(["local", null, true, "bucket"]);
  expect(testing?.[5]).toBe(4n);
  expect(Number(testing?.[6])).toBeGreaterThanOrEqual(4);
});

/** A catalog as the reference system wrote it: three objects, two of them under its old bucket names. */
async function legacyCatalog(name: string): Promise<void> {
  const objects = ["data", "", "primary"].map((bucket, at) => ({
    ...(bucket === "" ? {} : { bucket }),
    key: `datasets/notes/part-${at}.parquet`,
    size_bytes: 100,
  }));
  mkdirSync(join(root, name, "_catalog", "manifests"), { recursive: true });
  mkdirSync(join(root, name, "datasets", "notes"), { recursive: true });
  for (const [at, { key }] of objects.entries()) {
    const path = join(root, name, key);
    await engine.system(
      `COPY (SELECT ${at} AS id, 'note ${at}' AS note) TO '${path}' (FORMAT parquet)`,
    );
  }
  const manifest = { id: "1", name: "notes", columns: null, objects };
  const file = join(root, name, "_catalog", "manifests", "1.json");
  writeFileSync(file, JSON.stringify(manifest));
}

test("a legacy catalog is served in place, migrated once, and can be searched", async () => {
  await legacyCatalog("old-lake");
  await expect(call("import_legacy_catalog", { path: "old-lake" }, ann)).rejects.toEqual(
    refusal("42501"),
  );
  await expect(call("import_legacy_catalog", { path: tmpdir() })).rejects.toEqual(refusal("42501"));
  expect(await call("import_legacy_catalog", { path: "old-lake" })).toEqual([
    { dataset: "notes", status: "imported", detail: null },
  ]);
  const planned = await call("migrate_buckets", { dry_run: true });
  expect(planned.map((row) => [row["old"], row["new"]])).toEqual([
    ["data", "primary"],
    ["", "primary"],
  ]);
  expect(await call("migrate_buckets", {})).toEqual(planned);
  expect(await call("migrate_buckets", {})).toEqual([]);
  expect(notices.at(-1)?.message).toMatch(/^0 of \d+ object references changed/);
  const made = { name: "notes", dataset: "notes", text_column: "note" };
  expect(await call("create_vector_index", made)).toMatchObject([{ rows: 3n }]);
  await expect(call("ingest_file", content("id\n1\n", "notes.csv"))).rejects.toEqual(
    refusal("0A000"),
  );
});
