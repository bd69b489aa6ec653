/** ANALYZE: how many different values each column has, estimated, and kept for pg_stats and the clients that ask it. */
import { PgError } from "../base/error.ts";
import { quoteName } from "../base/quote.ts";
import type { AnalyzedColumn } from "../catalog/analysis.ts";
import { qualified } from "../catalog/identifiers.ts";
import type { Relation, RelationColumn } from "../catalog/relation.ts";
import { typeRow } from "../catalog/types-in-force.ts";
import { readValue } from "../pgtypes/read-value.ts";
import type { AnalyzePlan, AnalyzeTarget } from "../query/plan.ts";
import type { TableVersion } from "../table/table.ts";
import type { Backend } from "./backend.ts";
import type { Outcome } from "./portal.ts";

export async function analyze(plan: AnalyzePlan, backend: Backend): Promise<Outcome> {
  for (const { relation, columns } of plan.targets ?? (await ownDatasets(backend))) {
    if (relation.source.kind !== "dataset") {
      skip(relation, backend);
      continue;
    }
    if (plan.verbose) info(`analyzing "${relation.schema}.${relation.name}"`, backend);
    await analyzeDataset(relation, columns, plan.verbose, backend);
  }
  return { kind: "command", tag: "ANALYZE" };
}

/** Without a name: every dataset that is the role's to analyze. */
async function ownDatasets(backend: Backend): Promise<readonly AnalyzeTarget[]> {
  const { role } = backend;
  const access = await backend.services.access.current();
  return [...(await backend.transaction.catalog()).relations()].flatMap((relation) => {
    const isOwn = role.isSuperuser || access.isMember(role.oid, relation.owner);
    return isOwn && relation.source.kind === "dataset" ? [{ relation, columns: undefined }] : [];
  });
}

function skip(relation: Relation, backend: Backend): void {
  const { schema, name } = relation;
  if (relation.source.kind === "view") {
    const message = `skipping "${name}" --- cannot analyze non-tables or special system tables`;
    backend.notice({ severity: "WARNING", sqlstate: "01000", message });
    return;
  }
  backend.notice({
    severity: "WARNING",
    sqlstate: "01000",
    message: `skipping "${name}" --- cannot analyze this foreign table`,
    detail: `${qualified(schema, name)} is somebody else's: what its files tell is what is known of it.`,
  });
}

function info(message: string, backend: Backend): void {
  backend.notice({ severity: "INFO", sqlstate: "00000", message });
}

async function analyzeDataset(
  relation: Relation,
  only: readonly string[] | undefined,
  verbose: boolean,
  backend: Backend,
): Promise<void> {
  const { source } = relation;
  if (source.kind !== "dataset" || backend.transaction.isCreatedHere(relation)) return;
  const { catalog, statistics } = backend.services;
  const version = await backend.transaction.pinned(relation);
  const columns = relation.columns.filter(({ name }) => only?.includes(name) ?? true);
  const { rows, sampled, figures } = await look(relation, version, columns, backend);
  const earlier = only ? await catalog.analysis(source) : undefined;
  const looked = new Set(figures.map(({ number }) => number));
  const kept = (earlier?.columns ?? []).filter(({ number }) => !looked.has(number));
  await catalog.keepAnalysis(source, {
    version: version.number,
    analyzed: new Date().toISOString(),
    rows,
    columns: [...kept, ...figures],
  });
  statistics.countTable(relation.oid, "analyze_count");
  if (!verbose) return;
  info(
    `"${relation.name}": scanned ${version.files.size} of ${version.files.size} files, containing ${rows} live rows; ${sampled} rows in sample`,
    backend,
  );
}

interface Looked {
  readonly rows: number;
  readonly sampled: number;
  readonly figures: readonly AnalyzedColumn[];
}

/** One pass over the rows, or over a part of them when there are very many. */
async function look(
  relation: Relation,
  version: TableVersion,
  columns: readonly RelationColumn[],
  backend: Backend,
): Promise<Looked> {
  const table = backend.transaction.table(relation);
  const scan = await table.scan(
    version,
    columns.map(({ name }) => name),
  );
  const { analyzeRowsMax } = backend.services.limits;
  const rows = version.rowCount;
  const share = rows === undefined ? 1 : Math.min(1, analyzeRowsMax / Math.max(rows, 1));
  const sample = share < 1 ? ` USING SAMPLE ${(share * 100).toFixed(4)} PERCENT (system)` : "";
  const list = columns.flatMap((column) => {
    const name = quoteName(column.name);
    const width = typeLength(column.typeOid) > 0 ? "NULL" : `avg(strlen(CAST(${name} AS VARCHAR)))`;
    return [`approx_count_distinct(${name})`, `count(${name})`, width];
  });
  const values = await firstRow(
    `SELECT count(*), ${list.join(", ")} FROM (SELECT * FROM (${scan})${sample}) AS looked`,
    backend,
  );
  const sampled = values[0] ?? 0;
  const all = rows ?? sampled;
  return {
    rows: all,
    sampled,
    figures: columns.map(({ number, typeOid }, at) => {
      const [distinct = 0, present = 0, width = 0] = values.slice(1 + at * 3, 4 + at * 3);
      return {
        number,
        // The estimate is out by a few per cent: no more values than there are rows.
        distinct: scaled(Math.min(distinct, present), sampled, all),
        nullFraction: sampled === 0 ? 0 : 1 - present / sampled,
        width: typeLength(typeOid) > 0 ? typeLength(typeOid) : Math.round(width),
      };
    }),
  };
}

/** Values that hardly repeat in a sample are taken to grow with the rows; others were all seen. */
function scaled(distinct: number, sampled: number, rows: number): number {
  return sampled > 0 && distinct > sampled / 2 ? Math.round((distinct * rows) / sampled) : distinct;
}

/** NULL is 0. */
async function firstRow(sql: string, backend: Backend): Promise<readonly number[]> {
  const connection = await backend.services.engine.connect();
  try {
    const stream = await connection.stream(sql, [], backend.signal);
    const batch = await stream.next();
    if (!batch) throw new PgError("XX000", "an aggregate gave no row");
    return batch.vectors.map((vector) => Number(readValue(vector, 0) ?? 0));
  } finally {
    connection.release();
  }
}

/** In bytes; 0 or less where values differ in length. */
function typeLength(typeOid: number): number {
  return typeRow(typeOid)?.typlen ?? 0;
}
