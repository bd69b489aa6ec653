/** What psql shows of a server: the same as of a PostgreSQL 15 with the same objects. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { must } from "../../src/base/assert.ts";
import { routines } from "../../src/routines/registry.ts";
import { missing, program } from "../support/services.ts";
import { type Lab, lakewireLab, postgresLab, reader } from "./lab.ts";
import { comparable, shown } from "./shown.ts";

/** Shown alike, but for sizes, owners' names, and rows of schemas that only one of them has. */
const alike = [
  ...["\\dn", "\\dn sales", "\\dn pg_*", "\\dnS", "\\dn nope"],
  ...[
    "\\dt",
    "\\dt+",
    "\\dt public.*",
    "\\dt sales.*",
    "\\dt+ sales.*",
    "\\dt *.orders",
    "\\dt nope",
  ],
  ...['\\dt "Mixed*"', "\\dt ORDERS", '\\dt "ORDERS"', "\\dt o?ders", "\\dt (sales|public).orders"],
  ...["\\dt pg_catalog.pg_c*", "\\dtS", "\\dt nodb.sales.orders", "\\d a.b.c.d"],
  ...["\\d", "\\d+", "\\d customers", "\\d+ customers", "\\d public.orders", "\\d sales.orders"],
  ...[
    "\\d+ sales.regions",
    '\\d "Mixed ""Case"',
    "\\d public.*",
    "\\d *.orders",
    "\\d nope",
    "\\d cus*",
  ],
  ...["\\ds sales.*", "\\ds+ sales.*", "\\d sales.numbers", "\\d+ sales.numbers", "\\d sales.down"],
  ...["\\d sales.items", "\\d+ sales.items", "\\d sales.items_id_seq", "\\d sales.parts*"],
  "SELECT * FROM sales.parts_other_seq",
  ...["\\d pg_class", "\\d+ pg_class", "\\d pg_tables", "\\d information_schema.columns"],
  ...[
    "\\dv pg_catalog.*",
    "\\dv information_schema.*",
    "\\di",
    "\\diS pg_class*",
    "\\ds",
    "\\dm",
    "\\dE",
  ],
  ...[
    "\\dp public.*",
    "\\dp sales.*",
    "\\z customers",
    "\\ddp",
    `\\du ${reader}`,
    `\\dg+ ${reader}`,
  ],
  ...["\\dT", "\\dT int*", "\\dT+ numeric", "\\dTS", "\\dC", "\\dC int4", "\\dc", "\\dcS", "\\dD"],
  ...["\\do", "\\doS ||", "\\doS", "\\da", "\\daS", "\\da pg_catalog.sum"],
  ...[
    "\\dfS upper",
    "\\df+ pg_catalog.upper",
    "\\dfS array*",
    "\\df pg_catalog.pg_get*",
    "\\dfaS su*",
  ],
  ...[
    "\\dfwS",
    "\\dfn pg_catalog.lower",
    "\\dft",
    "\\sf pg_catalog.upper",
    "\\sf nope",
    "\\sv nope",
  ],
  ...["\\dO", '\\dOS "C"', "\\dF", "\\dFd", "\\dFp", "\\dFt", "\\dA", "\\dA+"],
  ...["\\dAo btree text_ops", "\\dAp hash text_ops", "\\dRp", "\\dRs", "\\dX", "\\deu"],
  ...["\\det", "\\dl", "\\dP", "\\dd", "\\ddS int4in", "\\dconfig max_identifier_length"],
  ...["\\dconfig default_statistics*", "\\encoding"],
  "SELECT 1 AS a, 'x'::text AS b, now() AS c, ARRAY[1] AS d, 1.5::numeric(5,2) AS e, NULL AS f \\gdesc",
  "SELECT * FROM public.customers \\gdesc",
  "SELECT count(*), sum(id), max(name) FROM public.customers \\gdesc",
];

/** What is ours alone, or differs as it must, has its own expectation below. */
const own = [
  "\\dn+",
  "\\l",
  "\\df",
  "\\df lakehouse.*",
  "\\df+ vector_search",
  "\\du",
  "\\db",
  "\\des",
  "\\dew",
  "\\dx",
  "\\dy",
  "\\dv",
  "\\d lakehouse.buckets",
];

/** An unqualified name is looked for in every bucket; PostgreSQL must be told to, and so must what writes names down. */
const path = '-c search_path="$user",public,sales';

const psql = program("psql");
const oracle = psql ? await postgresLab() : undefined;
if (!psql) missing("psql", "install postgresql-client-15");

describe.runIf(psql)("psql shows", () => {
  let lab: Lab;
  let ours: ReadonlyMap<string, string>;
  let theirs: ReadonlyMap<string, string> | undefined;
  beforeAll(async () => {
    lab = await lakewireLab();
    ours = await shown(lab, [...alike, ...own], path);
    theirs = oracle && (await shown(oracle, alike, path));
  });
  afterAll(async () => {
    await lab?.close();
    await oracle?.close();
  });

  test.runIf(oracle).for(alike)("%s as of PostgreSQL", (command) => {
    expect(comparable(ours.get(command))).toBe(comparable(theirs?.get(command)));
  });

  test("buckets as schemas", () => {
    expect(ours.get("\\dn+")).toBe(`List of schemas
Name|Owner|Access privileges|Description
cron|admin||scheduled jobs, as pg_cron has them
lakehouse|admin||functions, procedures and views of the lakehouse
primary|admin||
public|admin||standard public schema
sales|admin|admin=UC/admin
${reader}=U/admin|
`);
  });

  test("the database", () => {
    expect(ours.get("\\l")).toBe(`List of databases
Name|Owner|Encoding|Collate|Ctype|ICU Locale|Locale Provider|Access privileges
lakehouse|admin|UTF8|C|C.UTF-8||libc|
`);
  });

  test("every routine, with its arguments and its summary", () => {
    for (const command of ["\\df", "\\df lakehouse.*"])
      for (const { name } of routines)
        expect(ours.get(command)).toMatch(new RegExp(`^lakehouse\\|${name}\\|`, "m"));
    const search = routines.find(({ name }) => name === "vector_search");
    expect(ours.get("\\df+ vector_search")).toContain(
      "index text, query text, k integer DEFAULT 10",
    );
    expect(ours.get("\\df+ vector_search")).toContain(must(search, "vector_search").summary);
  });

  test("the roles", () => {
    expect(ours.get("\\du")).toBe(`List of roles
Role name|Attributes|Member of
admin|Superuser, Create role, Create DB, Bypass RLS|{}
agent|Cannot login|{}
analyst|Cannot login|{}
${reader}|Cannot login|{}
recruiter|Cannot login|{}
`);
  });

  test("the views of the lakehouse", () => {
    expect(ours.get("\\dv")).toMatch(/^lakehouse\|buckets\|view\|admin$/m);
    expect(ours.get("\\d lakehouse.buckets")).toMatch(/^name\|text\|\|\|$/m);
  });

  test("the server that foreign tables are of", () => {
    expect(ours.get("\\des")).toBe(
      "List of foreign servers\nName|Owner|Foreign-data wrapper\nlakewire|admin|lakewire\n",
    );
    expect(ours.get("\\dew")).toBe(
      "List of foreign-data wrappers\nName|Owner|Handler|Validator\nlakewire|admin|-|-\n",
    );
  });

  test("the one extension, which all is that PostgreSQL has not", () => {
    expect(ours.get("\\dx")).toBe(
      "List of installed extensions\nName|Version|Schema|Description\nlakewire|1.0|lakehouse|\n",
    );
    expect(ours.get("\\dy")).toBe(
      "List of event triggers\nName|Event|Owner|Enabled|Function|Tags\n",
    );
  });
});
