/** Apache Superset: a database added, a dataset synced, charts drawn in a browser; on PostgreSQL it says the same. */
import { copyFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { cacheFolder, pythonWith } from "../support/packages.ts";
import { coloursOf } from "../support/png.ts";
import { type RunningServer, startServer } from "../support/server.ts";
import { missing, postgres, program } from "../support/services.ts";
import type { SqlLogin } from "../support/sql-client.ts";
import { Superset, supersetPackages } from "./superset.ts";

const oracle = await postgres();
const python =
  (await pythonWith(...supersetPackages)) ??
  missing("Apache Superset", "install python3-venv, and let pip reach PyPI");
const browser = program("chromium") ?? missing("a browser", "install Debian's chromium");
const database = `lakewire_superset_${process.pid}`;
let server: RunningServer;
let superset: Superset;

beforeAll(async () => {
  if (oracle === undefined || python === undefined) return;
  server = await startServer();
  const admin = await connected(oracle);
  await admin.query(`CREATE DATABASE ${database}`);
  await admin.end();
  for (const login of [server, { ...oracle, database }]) {
    const client = await connected(login);
    await client.query(readFileSync(new URL("superset.sql", import.meta.url), "utf8"));
    await client.end();
  }
  superset = await Superset.start(python);
}, 600_000);

afterAll(async () => {
  if (oracle === undefined || python === undefined) return;
  await superset.stop();
  await server.stop();
  const admin = await connected(oracle);
  await admin.query(`DROP DATABASE ${database} WITH (FORCE)`);
  await admin.end();
});

test.skipIf(oracle === undefined || python === undefined)(
  "a database is added, a dataset synced, and charts get PostgreSQL's rows",
  { timeout: 300_000 },
  async () => {
    if (oracle === undefined) return;
    const theirs = await explored({ ...oracle, database });
    const ours = await explored(server);
    expect(ours.answers).toEqual(theirs.answers);
    if (browser === undefined) return;

    const table = await superset.draw(browser, ours.tableChart);
    expect(table.elements).toContain("north");
    expect(table.elements).toContain("2024-01-01 07:00:00");

    const bars = await superset.draw(browser, ours.barChart);
    copyFileSync(bars.picture, join(cacheFolder(), "superset.png"));
    const [, ...drawn] = coloursOf(readFileSync(bars.picture));
    // Seven products, each with bars of its own colour.
    expect(drawn.filter(([, pixels]) => pixels > 20_000)).toHaveLength(7);
  },
);

async function connected({ host, port, user, password, database: name }: SqlLogin) {
  const client = new pg.Client({ host, port, user, password, database: name });
  await client.connect();
  return client;
}

interface Named {
  readonly id: number;
}

/** What Superset finds in a database, without what differs from one to another. */
async function explored({ host, port, user, password, database: name }: SqlLogin) {
  const login = [user, password].map(encodeURIComponent).join(":");
  const uri = `postgresql+psycopg2://${login}@${host}:${port}/${name}`;
  const added = { database_name: `of ${user}`, sqlalchemy_uri: uri };
  await superset.call("POST", "database/test_connection/", added);
  const { id } = await superset.call("POST", "database/", added);
  const ask = (path: string) => superset.call("GET", `database/${id}/${path}`);
  const found = {
    tables: await ask(`tables/?q=${encodeURIComponent("(force:!t,schema_name:shop)")}`),
    table: await ask("table_metadata/?name=sales&schema=shop"),
    view: await ask("table_metadata/?name=by_region&schema=shop"),
  };
  const table = { database: id, schema: "shop", table_name: "sales" };
  const { id: dataset } = await superset.call("POST", "dataset/", table);
  await superset.call("PUT", `dataset/${dataset}/refresh`);
  const synced = await superset.call("GET", `dataset/${dataset}`);
  const { columns, description } = synced["result"] as { columns: Named[]; description: string };
  const data = [];
  for (const query of questions) data.push(await chartData(Number(dataset), query));
  const charts = await Promise.all([bars, rows].map((params) => newChart(Number(dataset), params)));
  // A dataset's name is taken until it goes, in whichever database it is.
  if (name === database) await superset.call("DELETE", `dataset/${dataset}`);
  const shown = columns.map((column) => ({
    ...column,
    id: 0,
    uuid: "",
    changed_on: "",
    created_on: "",
  }));
  return {
    answers: { ...found, columns: shown, description, data },
    barChart: charts[0] ?? 0,
    tableChart: charts[1] ?? 0,
  };
}

const total = {
  expressionType: "SIMPLE",
  column: { column_name: "amount" },
  aggregate: "SUM",
  label: "total",
};

const bars = {
  viz_type: "echarts_timeseries_bar",
  x_axis: "region",
  metrics: [total],
  groupby: ["product"],
  stack: "Stack",
};

const rows = {
  viz_type: "table",
  query_mode: "raw",
  all_columns: ["id", "region", "amount", "sold", "tags", "meta"],
  order_by_cols: ['["id", true]'],
};

const grains = "PT1S PT5S PT30S PT1M PT5M PT10M PT15M PT30M PT1H P1D P1W P1M P3M P1Y";

const questions = [
  {
    columns: ["region"],
    metrics: [total],
    orderby: [["region", true]],
    filters: [
      { col: "sold", op: "TEMPORAL_RANGE", val: "2024-01-01 : 2025-01-01" },
      { col: "product", op: "IN", val: ["p1", "p2"] },
      { col: "region", op: "ILIKE", val: "%o%" },
    ],
  },
  ...grains.split(" ").map((timeGrain) => ({
    columns: [
      {
        timeGrain,
        columnType: "BASE_AXIS",
        sqlExpression: "sold",
        label: "sold",
        expressionType: "SQL",
      },
    ],
    metrics: [
      "count",
      { expressionType: "SQL", sqlExpression: "AVG(amount)", label: "mean" },
      { ...total, column: { column_name: "product" }, aggregate: "COUNT_DISTINCT", label: "kinds" },
    ],
    orderby: [["sold", true]],
    granularity: "sold",
  })),
  { columns: ["id", "tags", "meta", "ok", "day"], metrics: [], orderby: [["id", true]] },
  {
    columns: ["region"],
    metrics: ["count"],
    orderby: [["region", true]],
    extras: { where: "(amount > 10 AND ok)", having: "(count(*) > 5)" },
  },
];

async function chartData(dataset: number, query: object): Promise<unknown> {
  const datasource = { id: dataset, type: "table" };
  const { result } = await superset.call("POST", "chart/data", {
    datasource,
    force: true,
    result_format: "json",
    result_type: "full",
    queries: [{ row_limit: 20, ...query }],
  });
  const [{ data, coltypes, colnames, error }] = result as [Record<string, unknown>];
  return { data, coltypes, colnames, error };
}

async function newChart(dataset: number, params: object): Promise<number> {
  const viz = "viz_type" in params ? params.viz_type : "";
  const form = { datasource: `${dataset}__table`, row_limit: 1000, adhoc_filters: [], ...params };
  const { id } = await superset.call("POST", "chart/", {
    slice_name: String(viz),
    viz_type: viz,
    datasource_id: dataset,
    datasource_type: "table",
    params: JSON.stringify(form),
  });
  return Number(id);
}
