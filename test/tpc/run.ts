/**
 * TPC-H and TPC-DS beside PostgreSQL, query by query:
 *
 *     npm run test:tpc -- tpch|tpcds [--scale 0.01] [--queries <folder>] [--only 07] [--ours <postgres://…>]
 *
 * Both servers get the same tables in a schema `tpch` or `tpcds`, unless they have them. The queries are those that come
 * with DuckDB, or a folder's `.sql` files (PostgreSQL's text from a kit of TPC's, say). Without --ours a server is started.
 */
import { parseArgs } from "node:util";
import { loadModule } from "libpg-query";
import pg from "pg";
import { cacheFolder } from "../support/packages.ts";
import { startServer } from "../support/server.ts";
import { postgres } from "../support/services.ts";
import { type Benchmark, benchmark, load, queriesOf, type SuiteName } from "./benchmark.ts";
import { compare } from "./compare.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    scale: { type: "string", default: "0.01" },
    queries: { type: "string" },
    only: { type: "string" },
    ours: { type: "string" },
  },
});

async function main(suite: SuiteName): Promise<number> {
  const data = await benchmark(suite, Number(values.scale));
  const oracle = await postgres();
  if (data === undefined || oracle === undefined) return 2;
  console.log(`tables of scale ${values.scale} from ${cacheFolder()}`);
  const server = values.ours === undefined ? await startServer() : undefined;
  const ours = await loaded(data, new pg.Client(values.ours ?? { ...server }));
  const theirs = await loaded(data, new pg.Client({ ...oracle }));
  await theirs.query("SET statement_timeout = '60s'");
  await loadModule();
  let failed = 0;
  const only = values.only?.split(",");
  const queries = queriesOf(values.queries ?? `${data.folder}/queries`).filter(
    ({ name }) => only?.includes(name) ?? true,
  );
  for (const { name, sql } of queries) {
    const { difference, rowCount, oursMs, theirsMs } = await compare(sql, ours, theirs);
    if (difference !== undefined) failed++;
    const times = `${oursMs.toFixed(0)} ms, PostgreSQL ${theirsMs.toFixed(0)} ms`;
    console.log(`${name}: ${difference?.slice(0, 2000) ?? "same"}; ${rowCount} rows, ${times}`);
  }
  console.log(`${queries.length - failed} of ${queries.length} give PostgreSQL's rows`);
  await Promise.all([ours.end(), theirs.end()]);
  await server?.stop();
  return failed === 0 ? 0 : 1;
}

async function loaded(data: Benchmark, client: pg.Client): Promise<pg.Client> {
  await client.connect();
  const schema = `${data.suite}_${values.scale.replace(".", "_")}`;
  const found = await client.query("SELECT FROM pg_namespace WHERE nspname = $1", [schema]);
  if (found.rowCount === 0) await client.query(`CREATE SCHEMA ${schema}`);
  await client.query(`SET search_path = ${schema}`);
  if (found.rowCount === 0) await load(data, client);
  return client;
}

const [suite] = positionals;
if (suite === "tpch" || suite === "tpcds") process.exitCode = await main(suite);
else {
  console.error(
    "usage: tpch|tpcds [--scale 0.01] [--queries <folder>] [--only 07] [--ours <postgres://…>]",
  );
  process.exitCode = 2;
}
