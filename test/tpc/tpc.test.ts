/** Every query of TPC-H and TPC-DS gives PostgreSQL's columns and rows. `npm run test:tpc` has other scales and texts. */
import { loadModule } from "libpg-query";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RunningServer, startServer } from "../support/server.ts";
import { missing, postgres } from "../support/services.ts";
import { benchmark, load, queriesOf } from "./benchmark.ts";
import { compare } from "./compare.ts";

const oracle = await postgres();
const suites = [
  ["tpch", await benchmark("tpch", 0.01), 22],
  ["tpcds", await benchmark("tpcds", 0.01), 99],
] as const;
if (suites.some(([, data]) => data === undefined))
  missing("DuckDB's generators of TPC's tables", "python3 with venv, and PyPI");

const schema = (suite: string) => `${suite}_${process.pid}`;
let server: RunningServer;

beforeAll(async () => {
  await loadModule();
  server = await startServer();
});

afterAll(async () => {
  await server.stop();
});

describe.for(suites)("%s", ([suite, data, count]) => {
  test.skipIf(oracle === undefined || data === undefined)(
    "gives PostgreSQL's rows",
    { timeout: 300_000 },
    async () => {
      if (oracle === undefined || data === undefined) return;
      const [ours, theirs] = [new pg.Client({ ...server }), new pg.Client({ ...oracle })];
      for (const client of [ours, theirs]) {
        await client.connect();
        await client.query(`CREATE SCHEMA ${schema(suite)}; SET search_path = ${schema(suite)}`);
        await load(data, client);
      }
      const queries = queriesOf(`${data.folder}/queries`);
      const apart: string[] = [];
      for (const { name, sql } of queries) {
        const { difference } = await compare(sql, ours, theirs);
        if (difference !== undefined) apart.push(`${name}: ${difference}`);
      }
      await theirs.query(`DROP SCHEMA ${schema(suite)} CASCADE`);
      await Promise.all([ours.end(), theirs.end()]);
      expect(apart).toEqual([]);
      expect(queries).toHaveLength(count);
    },
  );
});
