/** What is published is what the catalog tells, to whom it may. */
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  access,
  ann,
  bob,
  candidates,
  catalog,
  column,
  dataset,
  grant,
  type Lake,
  openLake,
  people,
  routines,
} from "./lake.ts";

const path = "['pg_catalog', 'primary', 'public', 'lakehouse', 'Testing']";

const primaryKey = {
  kind: "primary key",
  oid: 262_160,
  name: "candidates_pkey",
  columns: [1],
  indexOid: 262_164,
  isEnforced: true,
} as const;
const keyed = { ...candidates, constraints: [primaryKey] };

let lake: Lake;
beforeAll(async () => {
  lake = await openLake();
  await lake.publisher.publish({
    catalog: catalog("1", [keyed, people, ...lake.relations]),
    ...access("1", [grant("SELECT", candidates.oid)]),
    routines,
    statistics: new Map([
      [
        candidates.oid,
        {
          rows: 100_000,
          bytes: 20_000,
          files: 1,
          version: 3,
          created: undefined,
          updated: new Date("2026-01-31T12:00:00Z"),
          objects: [
            { bucket: "primary", key: "candidates-0/a.parquet", bytes: 20_000, rows: 100_000 },
          ],
        },
      ],
    ]),
  });
});
afterAll(() => lake.close());

test("a dataset is a table with its rows, pages, key and comment", async () => {
  expect(
    await lake.rows(`
      SELECT relkind, relnatts, reltuples::BIGINT, relpages, relhasindex, relam, relacl::VARCHAR
      FROM pg_shim.pg_class WHERE oid = ${candidates.oid}`),
  ).toEqual([["r", "5", "100000", "0", "true", "2", "['admin=arwdDxt/admin', 'staff=r/admin']"]]);
  expect(await lake.value(`SELECT pg_shim.obj_description(${candidates.oid}, 'pg_class')`)).toBe(
    "people who look for work",
  );
  expect(await lake.value(`SELECT pg_shim.col_description(${candidates.oid}, 2)`)).toBe(
    "as in the passport",
  );
  expect(
    await lake.value(
      `SELECT description FROM pg_shim.pg_description WHERE objoid = ${candidates.oid} AND objsubid = 2`,
    ),
  ).toBe("as in the passport");
});

test("its columns have PostgreSQL's types, lengths and defaults", async () => {
  expect(
    await lake.rows(`
      SELECT attname, pg_shim.format_type([]::VARCHAR[], atttypid, atttypmod), attlen, attnotnull, attndims
      FROM pg_shim.pg_attribute WHERE attrelid = ${candidates.oid} ORDER BY attnum`),
  ).toEqual([
    ["id", "integer", "4", "true", "0"],
    ["name", "character varying(64)", "-1", "false", "0"],
    ["pay", "numeric(12,2)", "-1", "false", "0"],
    ["skills", "text[]", "-1", "false", "1"],
    ["hired", "timestamp with time zone", "8", "false", "0"],
  ]);
  expect(
    await lake.rows(
      `SELECT adnum, pg_shim.pg_get_expr([]::VARCHAR[], adbin, adrelid) FROM pg_shim.pg_attrdef`,
    ),
  ).toEqual([["3", "0"]]);
});

test("a primary key is a constraint, an index and the index's columns", async () => {
  expect(await lake.value(`SELECT pg_shim.pg_get_constraintdef(${path}, ${primaryKey.oid})`)).toBe(
    "PRIMARY KEY (id)",
  );
  expect(await lake.value(`SELECT pg_shim.pg_get_indexdef(${path}, ${primaryKey.indexOid})`)).toBe(
    'CREATE UNIQUE INDEX candidates_pkey ON "primary".candidates USING btree (id)',
  );
  expect(
    await lake.rows(`
      SELECT class.relname, attribute.attname
      FROM pg_shim.pg_index AS index
      JOIN pg_shim.pg_class AS class ON class.oid = index.indexrelid
      JOIN pg_shim.pg_attribute AS attribute ON attribute.attrelid = class.oid
      WHERE index.indrelid = ${candidates.oid} AND index.indisprimary`),
  ).toEqual([["candidates_pkey", "id"]]);
  expect(
    await lake.rows(
      `SELECT column_name, ordinal_position FROM ${lake.from("information_schema.key_column_usage")} WHERE table_schema = 'primary'`,
    ),
  ).toEqual([["id", "1"]]);
});

test("the catalog's own relations are listed once, the lakehouse's too", async () => {
  expect(
    await lake.rows(`
      SELECT count(*), count(DISTINCT oid), count(*) FILTER (relname = 'pg_class') FROM pg_shim.pg_class`),
  ).toEqual([[expect.any(String), expect.any(String), "1"]]);
  const [[all, distinct] = []] = await lake.rows(
    "SELECT count(*), count(DISTINCT oid) FROM pg_shim.pg_class",
  );
  expect(all).toBe(distinct);
  expect(
    await lake.value(
      `SELECT relkind FROM pg_shim.pg_class WHERE relname = 'datasets' AND relnamespace = 88001`,
    ),
  ).toBe("v");
});

test("a name is visible where it is found first, and printed with its schema elsewhere", async () => {
  const [[first, second] = []] = await lake.rows(`
    SELECT pg_shim.pg_table_is_visible(${path}, ${candidates.oid}), pg_shim.pg_table_is_visible(${path}, ${people.oid})`);
  expect([first, second]).toEqual(["true", "false"]);
  expect(await lake.value(`SELECT pg_shim.regclass_out(${path}, ${people.oid})`)).toBe(
    '"Testing".candidates',
  );
  expect(await lake.value(`SELECT pg_shim.to_regclass(${path}, '"Testing".candidates')`)).toBe(
    String(people.oid),
  );
  expect(await lake.value(`SELECT pg_shim.to_regclass(${path}, 'nothing')`)).toBeNull();
  await expect(lake.value(`SELECT pg_shim.regclass_in(${path}, 'nothing')`)).rejects.toMatchObject({
    sqlstate: "42P01",
    message: 'relation "nothing" does not exist',
  });
  await expect(lake.value(`SELECT pg_shim.regclass_in(${path}, 'no.thing')`)).rejects.toMatchObject(
    {
      sqlstate: "3F000",
    },
  );
});

test("a role sees what it has a right on, and PostgreSQL's own relations", async () => {
  const seen = async (role: number) =>
    (
      await lake.rows(`
        SELECT table_schema || '.' || table_name FROM ${lake.from("information_schema.tables", role)}
        WHERE table_schema NOT IN ('pg_catalog', 'information_schema', 'lakehouse') ORDER BY 1`)
    ).flat();
  expect(await seen(10)).toEqual(["Testing.candidates", "primary.candidates"]);
  expect(await seen(ann)).toEqual(["primary.candidates"]);
  expect(await seen(bob)).toEqual([]);
  expect(
    await lake.value(
      `SELECT count(*) FROM ${lake.from("information_schema.columns", bob)} WHERE table_name = 'pg_class'`,
    ),
  ).toBe("33");
  expect(
    await lake.rows(
      `SELECT name, rows, bytes, version FROM ${lake.from("lakehouse.datasets", ann)}`,
    ),
  ).toEqual([["candidates", "100000", "20000", "3"]]);
  expect(await lake.rows(`SELECT key FROM ${lake.from("lakehouse.objects", bob)}`)).toEqual([]);
});

test("verifiers are for superusers", async () => {
  expect(await lake.rows(`SELECT rolname FROM ${lake.from("pg_catalog.pg_authid", ann)}`)).toEqual(
    [],
  );
  expect(
    (await lake.rows(`SELECT rolname FROM ${lake.from("pg_catalog.pg_authid", 10)}`)).length,
  ).toBeGreaterThan(3);
  expect(await lake.value("SELECT rolpassword FROM pg_shim.pg_roles LIMIT 1")).toBe("********");
});

test("privileges are asked by name or OID, of oneself or another", async () => {
  const may = (sql: string) => lake.value(`SELECT pg_shim.${sql}`);
  expect(await may(`has_table_privilege(${ann}, ${path}, 'candidates', 'SELECT')`)).toBe("true");
  expect(
    await may(`has_table_privilege(${ann}, ${path}, ${candidates.oid}::UINTEGER, 'INSERT')`),
  ).toBe("false");
  expect(
    await may(
      `has_table_privilege(${ann}, ${path}, ${candidates.oid}::UINTEGER, 'INSERT, select')`,
    ),
  ).toBe("true");
  expect(await may(`has_table_privilege(10, ${path}, 'Bob B', 'candidates', 'SELECT')`)).toBe(
    "false",
  );
  expect(await may(`has_table_privilege(10, ${path}, 99999::UINTEGER, 'SELECT')`)).toBeNull();
  expect(await may(`has_schema_privilege(${bob}, ${path}, 'primary', 'CREATE')`)).toBe("false");
  expect(await may(`has_database_privilege(${bob}, ${path}, 'lakehouse', 'CONNECT')`)).toBe("true");
  expect(await may(`has_function_privilege(${bob}, ${path}, 'lower(text)', 'EXECUTE')`)).toBe(
    "true",
  );
  expect(await may(`has_function_privilege(${bob}, ${path}, 'pg_ls_logdir()', 'EXECUTE')`)).toBe(
    "false",
  );
  expect(await may(`pg_has_role(${ann}, 'staff', 'USAGE')`)).toBe("true");
  expect(await may(`pg_has_role(10, 'Bob B', 'staff', 'MEMBER')`)).toBe("false");
  await expect(
    may(`has_table_privilege(${ann}, ${path}, 'candidates', 'FLY')`),
  ).rejects.toMatchObject({
    sqlstate: "22023",
    message: 'unrecognized privilege type: "FLY"',
  });
  await expect(
    may(`has_schema_privilege(10, ${path}, 'nobody', 'primary', 'USAGE')`),
  ).rejects.toMatchObject({
    sqlstate: "42704",
  });
});

test("an access control list comes apart into grantor, grantee and privilege", async () => {
  expect(
    await lake.rows(`
      SELECT unnest(pg_shim.aclexplode(['"Bob B"=r*w/admin', '=X/admin', 'gone=r/admin']), recursive := true)`),
  ).toEqual([
    ["10", String(bob), "SELECT", "true"],
    ["10", String(bob), "UPDATE", "false"],
    ["10", "0", "EXECUTE", "false"],
    ["10", null, "SELECT", "false"],
  ]);
  expect(await lake.value("SELECT pg_shim.acldefault('f', 10)::VARCHAR")).toBe(
    "['=X/admin', 'admin=X/admin']",
  );
});

test("routines of ours are functions and procedures with their arguments", async () => {
  expect(
    await lake.rows(`
      SELECT
        proname, prokind, proretset, prorettype, pronargs, pronargdefaults, proargmodes::VARCHAR,
        pg_shim.pg_get_function_arguments(${path}, oid), pg_shim.pg_get_function_result(${path}, oid)
      FROM pg_shim.pg_proc WHERE oid >= 90000 ORDER BY oid`),
  ).toEqual([
    [
      "vector_search",
      "f",
      "true",
      "2249",
      "2",
      "1",
      "[i, i, t, t]",
      "index text, k integer DEFAULT 10",
      "TABLE(key text, chunk integer)",
    ],
    [
      "compact",
      "p",
      "false",
      "2249",
      "1",
      "0",
      "[i, o]",
      "IN dataset text, OUT files integer",
      null,
    ],
  ]);
});

test("a version changes only what differs, and a question with constants is answered anew", async () => {
  // With the facts' number in it, as a session puts it there: what is of constants alone is computed when it is prepared.
  const asked = async () => {
    const held = await lake.publisher.hold({});
    held.release();
    return lake.value(`SELECT pg_shim.to_regclass(${path}, 'clients') /* facts ${held.number} */`);
  };
  expect(await asked()).toBeNull();
  const before = lake.publisher.current.catalog;
  const clients = dataset(262_152, 262_144, "clients", [column("id", 1, 20)]);
  await lake.publisher.publish({ catalog: catalog("2", [candidates, people, clients]) });
  expect(await asked()).toBe("262152");
  expect(
    await lake.value("SELECT count(*) FROM facts.attribute WHERE relation_oid >= 262144"),
  ).toBe("7");
  await lake.publisher.publish({ catalog: before });
  expect(await asked()).toBeNull();
});

test("who holds a version keeps the others waiting, and those of the same version not", async () => {
  const { publisher } = lake;
  const one = publisher.current.catalog;
  const two = catalog("3", [candidates]);
  const first = await publisher.hold({ catalog: one });
  const second = await publisher.hold({ catalog: one });
  let isThere = false;
  const waiting = publisher.hold({ catalog: two }).then((held) => {
    isThere = true;
    return held;
  });
  first.release();
  first.release();
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(isThere).toBe(false);
  second.release();
  expect(second.number).toBe(first.number);
  const other = await waiting;
  expect(other.number).not.toBe(first.number);
  other.release();
  expect(publisher.current.catalog).toBe(two);
  await publisher.publish({ catalog: one });
});

test("figures of one dataset are written without touching the others'", async () => {
  const { publisher } = lake;
  const before = publisher.current.statistics;
  const kept = before.get(candidates.oid);
  const more = { rows: 1, bytes: 10, files: 1, version: 0, created: undefined, updated: undefined };
  await publisher.publish({
    statistics: new Map([...(kept ? ([[candidates.oid, kept]] as const) : []), [people.oid, more]]),
  });
  expect(
    await lake.rows(
      "SELECT relname, reltuples::BIGINT FROM pg_shim.pg_class WHERE oid > 262144 AND relkind = 'r' ORDER BY oid",
    ),
  ).toEqual([
    ["candidates", "100000"],
    ["candidates", "1"],
  ]);
  expect(
    await lake.rows(`SELECT dataset, key, rows FROM ${lake.from("lakehouse.objects")}`),
  ).toEqual([["candidates", "candidates-0/a.parquet", "100000"]]);
  expect(
    await lake.value("SELECT pg_shim.pg_size_pretty(pg_shim.pg_database_size('lakehouse'))"),
  ).toBe("20 kB");
  await publisher.publish({ statistics: before });
});

test("the catalog is there soon after start", async () => {
  const start = performance.now();
  const other = await openLake();
  const loadMs = performance.now() - start;
  await other.close();
  console.info(`the catalog is loaded in ${Math.round(loadMs)} ms`);
  // About 400 on an idle machine of two cores.
  expect(loadMs).toBeLessThan(5000);
});
