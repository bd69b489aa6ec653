import { cpSync, mkdirSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Catalog, CatalogChange } from "../../src/catalog/catalog.ts";
import { openCatalog } from "../../src/catalog/open-catalog.ts";
import type { Relation } from "../../src/catalog/relation.ts";
import { oids } from "../../src/pgtypes/oids.ts";
import { fieldsOf } from "../../src/table/schema.ts";
import { add, columns, type Lake, openLake } from "./lake.ts";

const legacyFolder = join(import.meta.dirname, "../data/legacy-catalog");

let lake: Lake;
let catalog: Catalog;
beforeEach(async () => {
  lake = await openLake();
  catalog = await openCatalog(lake);
});
afterEach(() => lake.close());

async function table(name: string, schema = "primary", on = catalog): Promise<Relation> {
  const names = await on.current();
  return {
    oid: await on.allotOid(schema),
    schema,
    schemaOid: names.schemas.get(schema)?.oid ?? 0,
    name,
    owner: 10,
    comment: null,
    columns: columns({ id: oids.int8, name: oids.text }),
    source: { kind: "dataset", bucket: schema, location: `${name}-00000001` },
  };
}

const create = (relation: Relation): CatalogChange => ({ kind: "create table", relation });
const schema = (name: string): CatalogChange => ({ kind: "create schema", name, owner: 10 });

/** A second server over the same folder. */
async function another(): Promise<{ catalog: Catalog; close: () => Promise<void> }> {
  const other = await lake.open();
  return { catalog: await openCatalog(other), close: () => other.close() };
}

describe("names", () => {
  test("primary and public are there from the first start, with the system's schemas", async () => {
    const { schemas, buckets } = await catalog.current();
    expect(buckets).toEqual(["primary", "public"]);
    expect(schemas.get("public")).toMatchObject({ oid: 2200, comment: "standard public schema" });
    expect(schemas.get("pg_catalog")).toMatchObject({ oid: 11, kind: "system" });
    expect(schemas.get("primary")).toMatchObject({ oid: 262_144, kind: "bucket", owner: 10 });
  });

  test("a relation is found by name and OID, here, elsewhere and after a restart", async () => {
    const relation = await table("people");
    const before = await catalog.current();
    const after = await catalog.commit([create(relation)]);
    expect(after.id).not.toBe(before.id);
    expect(before.relation("primary", "people")).toBeUndefined();
    expect(after.relation("primary", "people")).toEqual(relation);
    const other = await another();
    const there = await other.catalog.current();
    expect(there.relation("primary", "people")).toEqual(relation);
    expect(there.relationByOid(relation.oid)?.name).toBe("people");
    expect(there.schemas.get("primary")?.oid).toBe(after.schemas.get("primary")?.oid);
    expect((await catalog.current()).id).toBe(after.id);
    await other.close();
  });

  test("rename, owner, comments and drop are one entry each, or one together", async () => {
    const relation = await table("people");
    const { oid } = relation;
    await catalog.commit([
      create(relation),
      { kind: "rename table", oid, to: "persons" },
      {
        kind: "replace table",
        base: { ...relation, name: "persons" },
        relation: { ...relation, name: "persons", owner: 77 },
      },
      { kind: "comment", oid, column: 0, text: "who" },
      { kind: "comment", oid, column: 2, text: "what they are called" },
    ]);
    const found = (await catalog.current()).relation("primary", "persons");
    expect(found).toMatchObject({ oid, owner: 77, comment: "who" });
    expect(found?.columns[1]?.comment).toBe("what they are called");
    expect(found?.source).toEqual(relation.source);
    const after = await catalog.commit([{ kind: "drop table", oid }]);
    expect(after.relation("primary", "persons")).toBeUndefined();
    expect(after.relationByOid(oid)).toBeUndefined();
  });

  test("a dataset that is dropped, here or elsewhere, is forgotten", async () => {
    const known = (name: string) => lake.tables.known("primary", `${name}-00000001`)?.number;
    const other = await another();
    for (const [name, dropping] of [
      ["here", catalog],
      ["there", other.catalog],
    ] as const) {
      const relation = await table(name);
      const info = { operation: "CREATE TABLE", actor: "test" } as const;
      await lake.tables.create("primary", `${name}-00000001`, fieldsOf(relation.columns), info);
      await catalog.commit([create(relation)]);
      await dropping.current();
      expect(known(name)).toBe(0);
      await dropping.commit([{ kind: "drop table", oid: relation.oid }]);
      await catalog.current();
      expect(known(name)).toBeUndefined();
    }
    await other.close();
  });

  test("names in several buckets change together, once their intent is committed", async () => {
    await catalog.commit([{ kind: "create schema", name: "sales", owner: 5 }]);
    const relation = await table("people");
    await catalog.commit([create(relation)]);
    const moved = { ...relation, schema: "sales" };
    const changes: CatalogChange[] = [{ kind: "replace table", base: relation, relation: moved }];
    const { intents } = lake.tables;
    const aborted = await intents.open("primary");
    await catalog.commit(changes, aborted);
    await aborted.abort();
    expect((await catalog.current()).relation("sales", "people")).toBeUndefined();
    const intent = await intents.open("primary");
    await catalog.commit(changes, intent);
    const { catalog: there, close } = await another();
    expect((await there.current()).relation("primary", "people")?.oid).toBe(relation.oid);
    await intent.commit();
    for (const each of [catalog, there]) {
      const names = await each.current();
      expect(names.relation("primary", "people")).toBeUndefined();
      expect(names.relation("sales", "people")).toMatchObject({
        oid: relation.oid,
        source: relation.source,
      });
    }
    await close();
  });

  test("a relation is replaced only where it is what it was made from", async () => {
    const relation = await table("people");
    await catalog.commit([create(relation)]);
    const replaced = (comment: string): CatalogChange => ({
      kind: "replace table",
      base: relation,
      relation: { ...relation, comment },
    });
    const { catalog: there, close } = await another();
    await there.commit([replaced("theirs")]);
    await expect(catalog.commit([replaced("ours")])).rejects.toMatchObject({ sqlstate: "40001" });
    expect((await catalog.current()).relation("primary", "people")?.comment).toBe("theirs");
    await close();
  });

  test("what is wrong is said in PostgreSQL's words, and nothing of the commit is done", async () => {
    const relation = await table("people");
    await catalog.commit([create(relation)]);
    const twin = await table("people");
    const wrong: [CatalogChange[], string, string][] = [
      [[create(twin)], "42P07", 'relation "people" already exists'],
      [[create(await table("x")), create(twin)], "42P07", 'relation "people" already exists'],
      [
        [{ ...create(twin), relation: { ...twin, schema: "nope" } } as CatalogChange],
        "3F000",
        'schema "nope" does not exist',
      ],
      [
        [{ ...create(twin), relation: { ...twin, schema: "pg_catalog" } } as CatalogChange],
        "42501",
        'permission denied to create "pg_catalog.people"',
      ],
      [[{ kind: "drop table", oid: 5 }], "42P01", "relation with OID 5 does not exist"],
      [[{ kind: "drop schema", name: "nope" }], "3F000", 'schema "nope" does not exist'],
      [
        [{ kind: "drop schema", name: "primary" }],
        "2BP01",
        "cannot drop schema primary because it is required by the database system",
      ],
      [
        [{ kind: "drop schema", name: "pg_catalog" }],
        "2BP01",
        "cannot drop schema pg_catalog because it is required by the database system",
      ],
      [[schema("primary")], "42P06", 'schema "primary" already exists'],
      [[schema("pg_x")], "42939", 'unacceptable schema name "pg_x"'],
      [
        [{ kind: "rename schema", name: "primary", to: "x" }],
        "0A000",
        "ALTER SCHEMA … RENAME TO is not supported",
      ],
      [
        [{ kind: "comment", oid: relation.oid, column: 9, text: "" }],
        "42703",
        'column 9 of relation "people" does not exist',
      ],
    ];
    for (const [changes, sqlstate, message] of wrong) {
      await expect(catalog.commit(changes)).rejects.toMatchObject({ sqlstate, message });
    }
    const now = await catalog.current();
    expect([...now.relations()].map(({ name }) => name)).toEqual(["people"]);
    expect(() => catalog.overlay(now, [create(twin)])).toThrow("already exists");
  });

  test("an overlay shows its own changes to its transaction alone", async () => {
    const base = await catalog.current();
    const relation = await table("draft");
    const over = catalog.overlay(base, [create(relation)]);
    expect(over.id).not.toBe(base.id);
    expect(over.relation("primary", "draft")?.oid).toBe(relation.oid);
    expect(base.relation("primary", "draft")).toBeUndefined();
    expect((await catalog.current()).relation("primary", "draft")).toBeUndefined();
    const made = catalog.overlay(base, [schema("new")]);
    expect(made.schemas.get("new")?.kind).toBe("bucket");
    expect(made.buckets).toEqual(["primary", "public", "new"]);
  });

  test("a bucket is made, found by another server and after a restart, dropped and made again", async () => {
    const inside = (await catalog.commit([schema("profile:ann")])).schemas.get("profile:ann");
    const relation = await table("t", "profile:ann");
    await catalog.commit([create(relation)]);
    const other = await another();
    const there = await other.catalog.current();
    expect(there.buckets).toEqual(["primary", "public", "profile:ann"]);
    expect(there.relation("profile:ann", "t")?.oid).toBe(relation.oid);
    expect(there.schemas.get("profile:ann")?.oid).toBe(inside?.oid);
    const drop: CatalogChange = { kind: "drop schema", name: "profile:ann" };
    await expect(catalog.commit([drop])).rejects.toMatchObject({
      sqlstate: "2BP01",
      message: "cannot drop schema profile:ann because other objects depend on it",
    });
    await catalog.commit([{ kind: "drop table", oid: relation.oid }, drop]);
    expect((await other.catalog.current()).buckets).toEqual(["primary", "public"]);
    expect(lake.buckets.get("profile:ann")).toBeUndefined();
    const again = await other.catalog.commit([schema("profile:ann")]);
    expect(again.schemas.get("profile:ann")?.oid).toBe(inside?.oid);
    expect((await catalog.current()).buckets).toEqual(["primary", "public", "profile:ann"]);
    expect(lake.buckets.get("profile:ann")).toBeDefined();
    await other.close();
    const third = await another();
    expect((await third.catalog.current()).buckets).toEqual(["primary", "public", "profile:ann"]);
    await third.close();
  });

  test("a schema and a table in it are one entry, two buckets want an intent", async () => {
    const oid = await catalog.allotOid("fresh");
    const made = { ...(await table("t")), oid, schema: "fresh", schemaOid: 0 };
    const after = await catalog.commit([schema("fresh"), create(made)]);
    expect(after.relation("fresh", "t")?.schemaOid).toBe(after.schemas.get("fresh")?.oid);
    await expect(
      catalog.commit([create(await table("a")), create(await table("b", "fresh"))]),
    ).rejects.toMatchObject({ sqlstate: "0A000" });
  });

  test("a transaction that lost its race is tried again, or is 40001", async () => {
    const other = await another();
    const here = await Promise.all(Array.from({ length: 10 }, (_, i) => table(`here${i}`)));
    const there = await Promise.all(
      Array.from({ length: 10 }, (_, i) => table(`there${i}`, "primary", other.catalog)),
    );
    await Promise.all([
      ...here.map((relation) => catalog.commit([create(relation)])),
      ...there.map((relation) => other.catalog.commit([create(relation)])),
    ]);
    const all = [...(await catalog.current()).relations()];
    expect(all.length).toBe(20);
    expect(new Set(all.map(({ oid }) => oid)).size).toBe(20);
    const results = await Promise.allSettled([
      catalog.commit([create(await table("same"))]),
      other.catalog.commit([create(await table("same", "primary", other.catalog))]),
    ]);
    const lost = results.filter((result) => result.status === "rejected");
    expect(lost.length).toBe(1);
    expect(["40001", "42P07"]).toContain(lost[0]?.reason.sqlstate);
    await other.close();
  });

  test("OIDs are nobody else's, over buckets and servers, and blocks are used up before others are taken", async () => {
    const other = await another();
    const taken = await Promise.all(
      Array.from({ length: 120 }, (_, i) =>
        (i % 2 === 0 ? catalog : other.catalog).allotOid(i % 3 === 0 ? "a" : "b"),
      ),
    );
    expect(new Set(taken).size).toBe(120);
    expect(taken.every((oid) => oid >= 262_144 && oid % 4 === 0)).toBe(true);
    expect(new Set(taken.map((oid) => Math.floor(oid / 2 ** 18))).size).toBe(2);
    const schemas = [...(await catalog.current()).schemas.values()].map(({ oid }) => oid);
    for (const oid of schemas) expect(taken).not.toContain(oid);
    await other.close();
  });

  test("a long log is read by its snapshot", async () => {
    for (let i = 0; i < 60; i++) await catalog.commit([create(await table(`t${i}`))]);
    await catalog.commit([schema("b")]);
    for (let i = 0; i < 45; i++) {
      unlinkSync(
        join(lake.root, "primary/_lakehouse/catalog", `${String(i).padStart(20, "0")}.json`),
      );
    }
    const other = await another();
    const names = await other.catalog.current();
    expect([...names.relations()].length).toBe(60);
    await other.catalog.commit([create(await table("more", "primary", other.catalog))]);
    expect((await catalog.current()).relation("primary", "more")).toBeDefined();
    await other.close();
  });

  test("a look at a thousand relations that have not changed is quick", async () => {
    const relations: CatalogChange[] = [];
    for (let i = 0; i < 1000; i++) relations.push(create(await table(`t${i}`)));
    await catalog.commit(relations);
    const started = performance.now();
    for (let i = 0; i < 20; i++) await catalog.current();
    expect((performance.now() - started) / 20).toBeLessThan(20);
    expect([...(await catalog.current()).relations()].length).toBe(1000);
  });

  test("relations handed in as data are found, and cannot be changed", async () => {
    const shadow: Relation = {
      ...(await table("pg_class")),
      oid: 1259,
      schema: "pg_catalog",
      schemaOid: 0,
      source: { kind: "shadow", engineName: '"pg_shim"."pg_class"' },
    };
    const before = await catalog.current();
    catalog.publishRelations([shadow]);
    const names = await catalog.current();
    expect(names.id).not.toBe(before.id);
    expect(names.relation("pg_catalog", "pg_class")).toMatchObject({ oid: 1259, schemaOid: 11 });
    await expect(catalog.commit([{ kind: "drop table", oid: 1259 }])).rejects.toMatchObject({
      sqlstate: "42501",
    });
  });

  test("figures and objects follow the data, and columns another engine changed can be taken over", async () => {
    const relation = await table("people");
    const { source } = relation;
    if (source.kind !== "dataset") throw new Error("a dataset");
    await lake.tables.create("primary", source.location, fieldsOf(relation.columns), {
      operation: "CREATE TABLE",
      actor: "t",
    });
    const names = await catalog.commit([create(relation)]);
    const dataset = lake.tables.get("primary", source.location);
    await add(dataset, "SELECT i AS id, 'x' AS name FROM range(5) t(i)");
    const figures = await catalog.statistics(names);
    expect(figures.get(relation.oid)).toMatchObject({ rows: 5, files: 1, version: 1 });
    expect(await catalog.statistics(names)).toBe(figures);
    const objects = await catalog.objectReferences();
    expect(objects.length).toBe(1);
    expect(objects[0]).toMatchObject({
      schema: "primary",
      dataset: "people",
      bucket: "primary",
      rows: 5,
    });
    expect(objects[0]?.key).toMatch(/^people-00000001\/part-.*\.parquet$/);

    expect(await catalog.reconcile(relation.oid)).toBe(false);
    const version = await dataset.current();
    const more = [
      ...version.fields,
      { name: "extra", type: "double", nullable: true, metadata: {} },
    ];
    const metaData = {
      ...version.metaData,
      schemaString: JSON.stringify({ type: "struct", fields: more }),
    };
    writeFileSync(
      join(lake.root, "primary", source.location, "_delta_log/00000000000000000002.json"),
      `${JSON.stringify({ metaData })}\n`,
    );
    expect(await catalog.reconcile(relation.oid)).toBe(true);
    const found = (await catalog.current()).relation("primary", "people");
    expect(found?.columns[2]).toMatchObject({ name: "extra", typeOid: oids.float8 });
  });
});

test("a bucket that cannot be read keeps its names, and is told", async () => {
  let broken = false;
  const faulty = await openLake({
    fault: (_operation, bucket) => {
      if (broken && bucket === "far") throw new Error("EIO");
    },
  });
  const on = await openCatalog(faulty);
  await on.commit([schema("far")]);
  await on.commit([create(await table("t", "far", on))]);
  broken = true;
  expect((await on.current()).relation("far", "t")).toBeDefined();
  expect(on.unreachable.get("far")).toMatchObject({ sqlstate: "58030" });
  await expect(on.commit([create(await table("u", "far", on))])).rejects.toMatchObject({
    sqlstate: "58030",
  });
  await on.commit([create(await table("u", "primary", on))]);
  broken = false;
  await on.current();
  expect(on.unreachable.size).toBe(0);
  await faulty.close();
});

describe("a catalog of the reference system", () => {
  const rows: Record<string, number> = { animals_old: 12, events: 300, people: 55 };
  let folder: string;
  beforeEach(() => {
    folder = join(lake.root, "old");
    cpSync(legacyFolder, folder, { recursive: true });
    rmSync(join(folder, "README.md"));
  });

  async function count(name: string): Promise<number> {
    const relation = (await catalog.current()).relation("primary", name);
    if (!relation) throw new Error(`no ${name}`);
    const scan = await lake.tables.legacyScan(
      relation,
      relation.columns.map((c) => c.name),
    );
    const [row] = await lake.engine.system(`SELECT count(*) AS n FROM (${scan})`);
    return Number(row?.["n"]);
  }

  test("is served in place, and its references are normalized once", async () => {
    const done = await catalog.importLegacy(folder, "primary", 10);
    expect(done).toEqual({
      imported: ["animals_old", "events", "invoices", "notes", "people"],
      skipped: [],
      damaged: [],
    });
    for (const [name, expected] of Object.entries(rows)) expect(await count(name)).toBe(expected);
    const invoices = await count("invoices");
    expect(invoices).toBeGreaterThan(0);
    const names = await catalog.current();
    expect(names.relation("primary", "invoices")?.columns.map((c) => [c.name, c.typeOid])).toEqual([
      ["id", oids.int8],
      ["person_id", oids.int8],
      ["amount", oids.numeric],
      ["due", oids.date],
    ]);
    expect(names.relation("primary", "people")?.comment).toBe("Legacy dataset people");
    const objects = await catalog.objectReferences();
    expect(objects.length).toBe(14);
    expect(objects.filter(({ bucket }) => bucket === "data").length).toBe(12);

    const plan = await catalog.migrateBuckets(true);
    expect(plan.changes.length).toBe(12);
    expect((await catalog.migrateBuckets(true)).changes).toEqual(plan.changes);
    expect(await catalog.migrateBuckets(false)).toEqual(plan);
    expect(await catalog.migrateBuckets(false)).toEqual({ changes: [], unknown: [] });
    expect(plan.changes[0]).toEqual({
      schema: "primary",
      dataset: "events",
      object: "datasets/events/base-0000.parquet",
      from: "data",
      to: "primary",
    });
    for (const [name, expected] of Object.entries(rows)) expect(await count(name)).toBe(expected);
    expect(await count("invoices")).toBe(invoices);
    const again = await catalog.importLegacy("old", "primary", 10);
    expect(again.imported).toEqual([]);
    expect(again.skipped.length).toBe(5);
    const other = await another();
    const there = (await other.catalog.current()).relation("primary", "people");
    expect(there?.source).toMatchObject({ kind: "legacy", root: { folder: "old" } });
    await other.close();
  });

  test("may lie in a bucket", async () => {
    cpSync(folder, join(lake.root, "primary", "from", "before"), { recursive: true });
    await catalog.importLegacy(join(lake.root, "primary", "from", "before"), "public", 10);
    const relation = (await catalog.current()).relation("public", "people");
    expect(relation?.source).toMatchObject({ root: { bucket: "primary", prefix: "from/before/" } });
    if (!relation) return;
    const scan = await lake.tables.legacyScan(relation, ["city", "id"]);
    expect((await lake.engine.system(`DESCRIBE ${scan}`)).map((row) => row["column_type"])).toEqual(
      ["VARCHAR", "BIGINT"],
    );
  });

  test("lists what is damaged, older twins and names that are no bucket", async () => {
    unlinkSync(join(folder, "datasets/people/delta-0001.parquet"));
    const manifests = join(folder, "_catalog/manifests");
    const key = "datasets/events/base-0000.parquet";
    const write = (file: string, manifest: object) =>
      writeFileSync(join(manifests, file), JSON.stringify(manifest));
    write("twin.json", { name: "events", updated_at: "2020-01-01T00:00:00Z", objects: [] });
    write("lost.json", { name: "lost", objects: [{ bucket: "elsewhere", key }] });
    write("bare.json", {
      name: "bare",
      objects: [{ key }, { bucket: "", key }, { bucket: "local", key }],
    });
    const done = await catalog.importLegacy(folder, "primary", 10);
    expect(done.skipped).toEqual([
      {
        dataset: "events",
        reason: "another manifest of this name is newer than 2020-01-01T00:00:00Z",
      },
    ]);
    expect(done.damaged).toEqual([
      { dataset: "lost", objects: [key] },
      { dataset: "people", objects: ["datasets/people/delta-0001.parquet"] },
    ]);
    await expect(count("people")).rejects.toMatchObject({
      sqlstate: "58P01",
      message: 'object "datasets/people/delta-0001.parquet" of bucket "old" does not exist',
    });
    await expect(count("lost")).rejects.toMatchObject({ sqlstate: "3F000" });
    const one = await count("bare");
    const migration = await catalog.migrateBuckets(false);
    expect(migration.unknown).toEqual([
      { schema: "primary", dataset: "lost", object: key, from: "elsewhere" },
    ]);
    expect(
      migration.changes.filter(({ dataset }) => dataset === "bare").map((c) => c.from),
    ).toEqual(["", "", "local"]);
    expect(await count("bare")).toBe(one);
    expect((await catalog.migrateBuckets(false)).unknown.length).toBe(1);
  });

  test("is refused from elsewhere, without manifests, or with one that is malformed", async () => {
    await expect(catalog.importLegacy("/etc", "primary", 10)).rejects.toMatchObject({
      sqlstate: "42501",
    });
    mkdirSync(join(lake.root, "empty"));
    await expect(catalog.importLegacy("empty", "primary", 10)).rejects.toMatchObject({
      sqlstate: "58P01",
    });
    await expect(catalog.importLegacy("old", "nope", 10)).rejects.toMatchObject({
      sqlstate: "3F000",
    });
    for (const text of ["{", "[]", "{}", '{"name":"x"}', '{"name":"x","objects":[{}]}']) {
      writeFileSync(join(folder, "_catalog/manifests/bad.json"), text);
      await expect(catalog.importLegacy("old", "primary", 10)).rejects.toMatchObject({
        sqlstate: "22023",
        message: expect.stringContaining("_catalog/manifests/bad.json"),
      });
    }
    expect([...(await catalog.current()).relations()]).toEqual([]);
  });

  test("a manifest's types never become text of a query", async () => {
    writeFileSync(
      join(folder, "_catalog/manifests/evil.json"),
      JSON.stringify({
        name: "evil",
        columns: [{ name: "id", type: "INT) AS x, (SELECT 1" }],
        objects: [{ key: "datasets/events/base-0000.parquet" }],
      }),
    );
    await catalog.importLegacy("old", "primary", 10);
    const relation = (await catalog.current()).relation("primary", "evil");
    expect(relation?.columns.map((c) => c.name)).toEqual(["id", "person_id", "kind", "at"]);
  });
});
