/** The tables of sql/kept/ are what their SELECTs give, whatever came and went. */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Relation, TableConstraint } from "../../src/catalog/relation.ts";
import type { UserType } from "../../src/catalog/user-type.ts";
import { catalog, column, dataset, type Lake, openLake } from "./lake.ts";

let lake: Lake;
beforeAll(async () => {
  lake = await openLake();
});
afterAll(() => lake.close());

/** A generator with a seed: a failure comes again. */
function seeded(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * below);
  };
}

const primaryBucket = 262_144;

/** Table `n`, in the shape of its `kind`: keyed, with a reference to another, or neither. */
function table(n: number, kind: number, target: number, typeOid: number): Relation {
  const oid = primaryBucket + 100 + n * 20;
  const key: TableConstraint = {
    kind: "primary key",
    oid: oid + 5,
    name: `t${n}_pkey`,
    columns: [1],
    indexOid: oid + 6,
    isEnforced: true,
  };
  const reference: TableConstraint = {
    kind: "foreign key",
    oid: oid + 7,
    name: `t${n}_fkey`,
    columns: [1],
    target: primaryBucket + 100 + target * 20,
    targetColumns: [1],
    match: "simple",
    onUpdate: "no action",
    onDelete: "no action",
    isEnforced: true,
  };
  const constraints = [...(kind > 0 ? [key] : []), ...(kind > 1 ? [reference] : [])];
  return dataset(
    oid,
    primaryBucket,
    `t${n}`,
    [column("id", 1, 23), column("odd", 2, typeOid), column("more", 3, 1009)],
    { constraints },
  );
}

const composite: UserType = {
  oid: primaryBucket + 51,
  schema: "primary",
  name: "pair",
  owner: 10,
  comment: null,
  kind: "composite",
  columns: [column("a", 1, 23), column("b", 2, 25)],
  columnsMade: 2,
};
const mood: UserType = {
  oid: primaryBucket + 61,
  schema: "primary",
  name: "mood",
  owner: 10,
  comment: null,
  kind: "enum",
  labels: [{ oid: primaryBucket + 64, label: "glad", sortOrder: 1 }],
};
const short: UserType = {
  oid: primaryBucket + 71,
  schema: "primary",
  name: "short",
  owner: 10,
  comment: null,
  kind: "domain",
  base: 1043,
  typmod: 14,
  notNull: true,
  defaultText: null,
  checks: [],
};

const keptTables = [
  "pg_type",
  "pg_class",
  "pg_attribute",
  "pg_constraint",
  "pg_index",
  "pg_attrdef",
  "pg_namespace",
];

let asked = 0;

/** Rows of one that are not among the other's, as text. */
async function differences(name: string): Promise<readonly string[]> {
  // Another text each time: see HeldFacts.
  asked++;
  const texts = async (from: string) =>
    (await lake.rows(`SELECT t::VARCHAR FROM kept.${from} AS t ORDER BY 1 /* ${asked} */`)).map(
      String,
    );
  const [is, should] = [await texts(name), await texts(`${name}_source`)];
  return is.join("\n") === should.join("\n")
    ? []
    : [
        ...is.filter((row) => !should.includes(row)),
        ...should.filter((row) => !is.includes(row)),
        name,
      ];
}

test("after any changes of tables, keys, references and types", async () => {
  const random = seeded(7);
  const tables = new Map<number, Relation>();
  const types = new Set<UserType>();
  const made = [composite, short];
  for (let step = 0; step < 25; step++) {
    for (let change = random(4); change >= 0; change--) {
      const n = random(8);
      if (random(3) === 0) tables.delete(n);
      else tables.set(n, table(n, random(3), random(8), [25, 1700, mood.oid][step % 3] ?? 25));
      const type = made[random(2)];
      if (type !== undefined && !types.delete(type)) types.add(type);
    }
    // What a column is of does not go before it.
    const inForce = [mood, ...types];
    const byOid = new Map(inForce.map((type) => [type.oid, type]));
    await lake.publisher.publish({
      catalog: catalog(String(step), [...tables.values(), ...lake.relations], {
        types: () => inForce,
        typeByOid: (oid) => byOid.get(oid),
      }),
    });
    for (const name of keptTables)
      expect([step, name, await differences(name)]).toEqual([step, name, []]);
    const known = [...tables.values()].flatMap(({ oid, constraints = [] }) =>
      constraints.some(({ kind }) => kind === "primary key") ? [oid, oid + 6] : [oid],
    );
    const oids = `SELECT oid FROM kept.pg_class WHERE oid >= 262144 AND relkind <> 'c' ORDER BY 1 /* ${step} */`;
    expect((await lake.rows(oids)).map(([oid]) => Number(oid))).toEqual(
      known.sort((a, b) => a - b),
    );
  }
  expect(
    Number(await lake.value("SELECT count(*) FROM kept.pg_class WHERE oid >= 262144")),
  ).toBeGreaterThan(3);
});

test("and after more of them at once than a statement can name", async () => {
  const many = Array.from({ length: 300 }, (_, n) => table(n, n % 2, 0, 25));
  await lake.publisher.publish({ catalog: catalog("many", [...many, ...lake.relations]) });
  for (const name of keptTables) expect([name, await differences(name)]).toEqual([name, []]);
  expect(
    await lake.value("SELECT count(*) FROM kept.pg_class WHERE relkind = 'r' AND oid >= 262144"),
  ).toBe("300");
});
