/** Every relation has PostgreSQL's columns; every file of sql/ follows its rules. */
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { builtins } from "../../src/catalog/builtins.ts";
import { engineType } from "../../src/catalog/engine-types.ts";
import { shimFunctions } from "../../src/catalog/shadow.ts";
import { type Lake, openLake } from "./lake.ts";

const sql = resolve(import.meta.dirname, "../../sql");
const known = JSON.parse(
  readFileSync(join(import.meta.dirname, "known-differences.json"), "utf8"),
) as { notOffered: Record<string, string[]> };

let lake: Lake;
beforeAll(async () => {
  lake = await openLake();
});
afterAll(() => lake.close());

test("all of PostgreSQL's relations are there, but for the known differences", () => {
  const here = new Set(lake.relations.map((relation) => `${relation.schema}.${relation.name}`));
  const missing = [...builtins().relations.keys()].filter((name) => !here.has(name));
  const expected = Object.entries(known.notOffered).flatMap(([schema, names]) =>
    names.map((name) => `${schema}.${name}`),
  );
  expect(missing.sort()).toEqual(expected.sort());
});

test("columns have PostgreSQL's names, order and types, on the wire and in the engine", async () => {
  for (const relation of lake.relations) {
    const builtin = builtins().relations.get(`${relation.schema}.${relation.name}`);
    if (builtin === undefined) continue;
    const name = `${relation.schema}.${relation.name}`;
    expect(relation.oid, name).toBe(builtin.oid);
    expect(relation.columns.map((column) => column.name)).toEqual(
      builtin.columns.map((column) => column.name),
    );
    const held = await lake.rows(`DESCRIBE SELECT * FROM ${lake.from(name)}`);
    const types = new Map(held.map(([column, type]) => [column, type]));
    for (const { name: column, typeOid } of builtin.columns) {
      const type = engineType(typeOid)
        .replace("TIMESTAMPTZ", "TIMESTAMP WITH TIME ZONE")
        .replace("(38, 0)", "(38,0)");
      expect(types.get(column), `${name}.${column}`).toBe(type);
    }
    for (const column of relation.systemColumns ?? []) {
      expect(types.has(column.name), `${name}.${column.name}`).toBe(true);
    }
  }
});

test("a domain's column is its base type on the wire", () => {
  const schemata = lake.relations.find(({ name }) => name === "schemata");
  expect(schemata?.columns[1]).toMatchObject({ name: "schema_name", typeOid: 19 });
});

test("relations of our own have OIDs of their own", () => {
  const own = lake.relations.filter(({ schema }) => schema === "lakehouse");
  const oids = own.map(({ oid }) => oid);
  expect(own.length).toBeGreaterThan(2);
  expect(new Set(oids).size).toBe(oids.length);
  for (const oid of oids) expect(oid).toBeGreaterThanOrEqual(89_000);
  for (const oid of oids) expect(oid).toBeLessThan(90_000);
});

test("every file of sql/ begins with what it is, and says where PostgreSQL tells it", () => {
  for (const folder of ["pg_catalog", "information_schema", "lakehouse"]) {
    for (const file of readdirSync(join(sql, folder)).filter((name) => name.endsWith(".sql"))) {
      const [first = "", second = ""] = readFileSync(join(sql, folder, file), "utf8").split("\n");
      expect(first, file).toMatch(/^-- [A-Z].*\.$/);
      if (folder !== "lakehouse")
        expect(second, file).toMatch(/^-- https:\/\/www\.postgresql\.org\/docs\/15\//);
    }
  }
});

test("comments of relations are their files' first comment, without directives", () => {
  const comment = lake.relations.find(({ name }) => name === "pg_class")?.comment;
  expect(comment).toMatch(/^Relations: datasets as tables/);
  expect(comment).not.toMatch(/Differs|https/);
});

test("functions are known with the parameters the session gives first", () => {
  expect(shimFunctions.get("format_type")?.forms).toEqual([["search_path", "type_oid", "typmod"]]);
  expect(shimFunctions.get("pg_table_is_visible")?.forms).toEqual([["path", "o"]]);
  expect(shimFunctions.get("has_table_privilege")?.forms).toEqual([
    ["role", "path", "object", "privilege"],
    ["role", "path", "user_", "object", "privilege"],
  ]);
});
