/** EXPLAIN: PostgreSQL's outline (a first line with cost, rows and width, which tools read), then the engine's own plan. */
import { PgError, unsupported } from "../base/error.ts";
import type { EngineText, Plan } from "../query/plan.ts";
import type { Backend } from "./backend.ts";
import { openRows } from "./engine-rows.ts";
import { type Outcome, TextRows } from "./portal.ts";
import type { Request } from "./request.ts";
import { createTextReader } from "./text-rows.ts";

type Explain = Extract<Plan, { kind: "explain" }>;

export async function explain(plan: Explain, backend: Backend, request: Request): Promise<Outcome> {
  const inner = plan.statement.plan;
  const started = performance.now();
  const lines = await planLines(inner, backend, request, plan.analyze);
  const elapsedMs = performance.now() - started;
  const estimate = await estimateOf(inner, backend);
  const rows =
    plan.format === "json"
      ? [
          JSON.stringify(
            [jsonPlan(inner, estimate, lines, plan.analyze ? elapsedMs : undefined)],
            null,
            2,
          ),
        ]
      : [
          headLine(inner, estimate),
          ...lines.map((line) => `  ${line}`),
          ...(plan.analyze ? [`Execution Time: ${elapsedMs.toFixed(3)} ms`] : []),
        ];
  return {
    kind: "rows",
    rows: new TextRows(rows.map((line) => [line])),
    tag: () => "EXPLAIN",
  };
}

async function planLines(
  inner: Plan,
  backend: Backend,
  request: Request,
  analyze: boolean,
): Promise<string[]> {
  if (inner.kind === "constant") return [];
  if (inner.kind === "select") return engineLines(inner.text, analyze, backend, request);
  if (inner.kind === "with") throw unsupported("EXPLAIN of a data-modifying WITH");
  if (inner.kind === "insert" || inner.kind === "modify") {
    // Before it is run, as it will be run.
    const lines = await engineLines(inner.source, false, backend, request);
    if (!analyze) return lines;
    const outcome = await backend.services.execute(backend, {
      ...request,
      statement: { ...request.statement, plan: inner },
    });
    if (outcome.kind === "rows") await outcome.rows.close();
    return lines;
  }
  throw new PgError("0A000", `EXPLAIN of ${inner.kind} is not supported`);
}

/** The engine gives (key, text) pairs; the text is a drawing of many lines. */
async function engineLines(
  text: EngineText,
  analyze: boolean,
  backend: Backend,
  request: Request,
): Promise<string[]> {
  const explained: EngineText = {
    ...text,
    pieces: [analyze ? "EXPLAIN ANALYZE " : "EXPLAIN ", ...text.pieces],
  };
  const rows = await openRows(explained, backend, request.parameters);
  try {
    const lines: string[] = [];
    const read = createTextReader(
      rows.stream.columns.map(({ type }) => ({ type, typeOid: 25, typmod: -1 })),
      backend.textSettings(),
    );
    for (let batch = await rows.ready(); batch !== undefined; batch = await rows.ready()) {
      for (const row of read(batch)) lines.push(...(row[1] ?? "").split("\n"));
      rows.sent = batch.rowCount;
    }
    return lines.filter((line) => line.trim() !== "" && !ofBits.test(line));
  } finally {
    await rows.close();
  }
}

/** A line of the drawing that has nothing but the bits of deleted rows: a constant to the engine, and as long as the table. */
const ofBits = /^[^\w]*[01]{8,}[^\w]*$/;

interface Estimate {
  readonly cost: number;
  readonly rows: number;
  readonly width: number;
}

/** In PostgreSQL's units: a page of 8 kB read is 1, a row looked at 0.01. Filters are not weighed: rows is an upper bound. */
async function estimateOf(inner: Plan, backend: Backend): Promise<Estimate> {
  if (inner.kind === "constant") return { cost: 0.01, rows: inner.rows.length, width: 8 };
  const text =
    inner.kind === "insert" || inner.kind === "modify"
      ? inner.source
      : inner.kind === "select"
        ? inner.text
        : undefined;
  let rows = 0;
  let bytes = 0;
  for (const { relation } of text?.scans ?? []) {
    if (relation.source.kind !== "dataset" || backend.transaction.isCreatedHere(relation)) continue;
    const version = await backend.transaction.version(relation);
    rows += version.rowCount ?? 0;
    bytes += version.byteCount;
  }
  return {
    cost: bytes / 8192 + rows / 100,
    rows: Math.max(rows, 1),
    width: Math.ceil(bytes / Math.max(rows, 1)),
  };
}

function headLine(inner: Plan, { cost, rows, width }: Estimate): string {
  return `${nodeName(inner)}  (cost=0.00..${cost.toFixed(2)} rows=${rows} width=${width})`;
}

function jsonPlan(
  inner: Plan,
  estimate: Estimate,
  lines: readonly string[],
  elapsedMs: number | undefined,
) {
  return {
    Plan: {
      "Node Type": nodeName(inner),
      "Startup Cost": 0,
      "Total Cost": Number(estimate.cost.toFixed(2)),
      "Plan Rows": estimate.rows,
      "Plan Width": estimate.width,
      "Engine Plan": lines,
    },
    ...(elapsedMs === undefined ? {} : { "Execution Time": Number(elapsedMs.toFixed(3)) }),
  };
}

function nodeName(inner: Plan): string {
  if (inner.kind === "constant") return "Result";
  if (inner.kind === "insert") return `Insert on ${inner.target.name}`;
  if (inner.kind !== "modify") return "Engine Scan";
  const { verb, target } = inner;
  return `${verb.slice(0, 1)}${verb.slice(1).toLowerCase()} on ${target.name}`;
}
