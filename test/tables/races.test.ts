/** Servers that append, delete, compact and empty one dataset and another at random, together and alone: no row lost, none doubled. */
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { PgError } from "../../src/base/error.ts";
import { oids } from "../../src/pgtypes/oids.ts";
import { compact } from "../../src/table/compact.ts";
import { fieldsOf } from "../../src/table/schema.ts";
import type { Change, CommitInfo, Table, TableVersion } from "../../src/table/table.ts";
import { openTables, type Tables } from "../../src/table/tables.ts";
import { columns, type Lake, never, openLake } from "./lake.ts";

let lake: Lake;
beforeEach(async () => {
  lake = await openLake();
});
afterEach(() => lake.close());

const locations = ["a-1", "b-1"] as const;
const writers = 4;
const rounds = 40;

/** The same every time: mulberry32. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

/** By dataset, what committed transactions have added and deleted. No id is added twice. */
type Model = Readonly<
  Record<(typeof locations)[number], { readonly added: Set<number>; readonly deleted: Set<number> }>
>;

async function idsOf(tables: Tables, location: string, version?: TableVersion): Promise<number[]> {
  const table = tables.get("primary", location);
  const scan = await table.scan(version ?? (await table.current()), ["id"]);
  const rows = await lake.engine.system(`SELECT id FROM (${scan}) ORDER BY id`);
  return rows.map((row) => Number(row["id"]));
}

async function deletion(table: Table, base: TableVersion, residue: number): Promise<Change> {
  const scan = await table.scan(base, ["id"], { position: true });
  const rows = await lake.engine.system(
    `SELECT "@file" AS file, "@row" AS row, id FROM (${scan}) WHERE id % 5 = ${residue} ORDER BY ALL`,
  );
  const paths = [...base.files.keys()];
  const deletes = new Map<string, number[]>();
  for (const { file, row } of rows) {
    const path = paths[Number(file)] ?? "";
    deletes.set(path, [...(deletes.get(path) ?? []), Number(row)]);
  }
  return { deletes };
}

/** One transaction over one or both datasets; its effect on the model once it has committed. */
async function step(tables: Tables, model: Model, random: (below: number) => number, id: number) {
  const several = random(3) === 0;
  const used = several ? locations : [locations[random(2)] ?? "a-1"];
  const intent = several ? await tables.intents.open("primary") : undefined;
  const effects: (() => void)[] = [];
  try {
    for (const location of used) {
      const table = tables.get("primary", location);
      const base = await table.current();
      const { added, deleted } = model[location];
      const info: CommitInfo = { operation: "WRITE", actor: "t", ...(intent ? { intent } : {}) };
      if (random(3) > 0) {
        const ids = Array.from({ length: 1 + random(20) }, (_, i) => id + i);
        const values = ids.map((each) => `(${each})`).join(", ");
        const adds = await table.write(base, `SELECT * FROM (VALUES ${values}) AS t(id)`, never);
        await table.commit(base, { adds }, info);
        effects.push(() => {
          for (const each of ids) added.add(each);
        });
      } else {
        const before = await idsOf(tables, location, base);
        const residue = random(5);
        const change =
          random(10) === 0 ? { removes: "all" as const } : await deletion(table, base, residue);
        await table.commit(base, change, info);
        const gone = before.filter((each) => "removes" in change || each % 5 === residue);
        effects.push(() => {
          for (const each of gone) deleted.add(each);
        });
      }
    }
    if (random(8) === 0) await intent?.abort();
    await intent?.commit();
  } catch (error) {
    await intent?.abort();
    if (error instanceof PgError && error.sqlstate === "40001") return;
    throw error;
  }
  for (const effect of effects) effect();
}

test("random transactions of several servers leave exactly the rows they say", async () => {
  for (const location of locations) {
    const fields = fieldsOf(columns({ id: oids.int8 }));
    await lake.tables.create("primary", location, fields, {
      operation: "CREATE TABLE",
      actor: "t",
    });
  }
  const model: Model = {
    "a-1": { added: new Set(), deleted: new Set() },
    "b-1": { added: new Set(), deleted: new Set() },
  };
  let isOver = false;
  const servers = Array.from({ length: writers }, () => openTables(lake.buckets, lake.engine));
  const writing = Promise.all(
    servers.map(async (tables, writer) => {
      const random = randomFrom(writer + 1);
      for (let round = 0; round < rounds; round++) {
        await step(tables, model, random, writer * 1_000_000 + round * 100);
      }
      await tables.settle();
    }),
  ).finally(() => {
    isOver = true;
  });
  const compacting = (async () => {
    const tables = openTables(lake.buckets, lake.engine);
    const limits = { smallFileBytes: 1e9, deletedShareMax: 0.1, fileBytes: 1e9, runBytes: 1e9 };
    while (!isOver) {
      for (const location of locations) {
        await compact(tables.get("primary", location), { ...limits, actor: "t", signal: never });
      }
      await sleep(50);
    }
  })();
  await Promise.all([writing, compacting]);
  const fresh = openTables(lake.buckets, lake.engine);
  for (const location of locations) {
    const { added, deleted } = model[location];
    const expected = [...added].filter((id) => !deleted.has(id)).sort((a, b) => a - b);
    expect(expected.length).toBeGreaterThan(0);
    for (const tables of [fresh, ...servers]) {
      expect(await idsOf(tables, location)).toEqual(expected);
    }
  }
});
