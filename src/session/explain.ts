/** EXPLAIN: the engine's plan in PostgreSQL's words and formats. ANALYZE runs the statement, also one that writes. */
import { PgError } from "../base/error.ts";
import { typeSize } from "../pgtypes/types.ts";
import type { EngineText, InsertPlan, ModifyPlan, Plan } from "../query/plan.ts";
import type { Backend } from "./backend.ts";
import { boundExecution } from "./cursor-plans.ts";
import { completeColumns } from "./describe.ts";
import { openRows } from "./engine-rows.ts";
import { formatted } from "./explain-format.ts";
import { type PlanNode, planTree } from "./explain-tree.ts";
import { type Outcome, TextRows } from "./portal.ts";
import type { Request } from "./request.ts";
import { createTextReader } from "./text-rows.ts";

type Explain = Extract<Plan, { kind: "explain" }>;

export async function explain(plan: Explain, backend: Backend, given: Request): Promise<Outcome> {
  const begun = performance.now();
  const request = plan.execute
    ? await boundExecution(plan.execute, backend, given)
    : { ...given, statement: plan.statement };
  const columns = await completeColumns(request.statement, backend);
  const width = (columns ?? []).reduce((sum, { typeOid }) => sum + widthOf(typeOid), 0);
  const started = performance.now();
  const { analyze } = plan.options;
  const root = await treeOf(request.statement.plan, width, backend, request, analyze);
  const lines = formatted(
    {
      root,
      planningMs: started - begun,
      executionMs: analyze ? performance.now() - started : undefined,
    },
    plan.options,
  );
  return { kind: "rows", rows: new TextRows(lines.map((line) => [line])), tag: () => "EXPLAIN" };
}

/** A type without a size is taken for 32 bytes, as PostgreSQL's planner takes it. */
function widthOf(typeOid: number): number {
  const size = typeSize(typeOid);
  return size > 0 ? size : 32;
}

async function treeOf(
  plan: Plan,
  width: number,
  backend: Backend,
  request: Request,
  analyze: boolean,
): Promise<PlanNode> {
  switch (plan.kind) {
    case "constant":
      return resultNode(plan.rows.length, width, analyze);
    case "select":
      return engineTree(plan.text, width, backend, request, analyze);
    case "insert":
    case "modify":
    case "with": {
      // Before it is run, as it will be run.
      const tree = await writeTree(plan, width, backend, request);
      if (!analyze) return tree;
      const started = performance.now();
      const outcome = await backend.services.execute(backend, request);
      if (outcome.kind === "rows") await outcome.rows.close();
      const milliseconds = performance.now() - started;
      return { ...tree, actual: { milliseconds, rows: 0 } };
    }
    default:
      throw new PgError("0A000", `EXPLAIN of ${plan.kind} is not supported`);
  }
}

async function writeTree(
  plan: Extract<Plan, { kind: "insert" | "modify" | "with" }>,
  width: number,
  backend: Backend,
  request: Request,
): Promise<PlanNode> {
  if (plan.kind !== "with") return modifyNode(plan, width, backend, request);
  const { main, steps } = plan;
  // What the steps give back is not there before they have been run: the texts that read it cannot be bound.
  const parts = await Promise.all(steps.map((step) => stepNode(step, width, backend, request)));
  const children = parts.map((node, at) => ({
    ...node,
    details: { ...node.details, "Subplan Name": `CTE ${at + 1}` },
  }));
  if (main.kind !== "select") {
    const node = await stepNode(main, width, backend, request);
    return { ...node, children: [...children, ...node.children] };
  }
  const rows = Math.max(1, ...children.map((child) => child.rows));
  const totalCost = children.reduce((sum, child) => sum + child.totalCost, 0);
  const cost = { startupCost: totalCost, totalCost, rows, width };
  return { type: "CTE Scan", details: {}, ...cost, children };
}

async function stepNode(
  step: InsertPlan | ModifyPlan,
  width: number,
  backend: Backend,
  request: Request,
): Promise<PlanNode> {
  const readsSteps = step.source.pieces.some(
    (piece) => typeof piece === "object" && "returned" in piece,
  );
  return readsSteps
    ? { ...writing(step), startupCost: 0, totalCost: 0.01, rows: 1, width: 0, children: [] }
    : modifyNode(step, width, backend, request);
}

async function modifyNode(
  plan: InsertPlan | ModifyPlan,
  width: number,
  backend: Backend,
  request: Request,
): Promise<PlanNode> {
  const child = await engineTree(plan.source, width, backend, request, false);
  const { startupCost, totalCost } = child;
  const hasRows = plan.returning !== undefined;
  const size = { rows: hasRows ? child.rows : 0, width: hasRows ? width : 0 };
  return { ...writing(plan), startupCost, totalCost, ...size, children: [child] };
}

function writing(plan: InsertPlan | ModifyPlan): Pick<PlanNode, "type" | "title" | "details"> {
  const verb = plan.kind === "insert" ? "INSERT" : plan.verb;
  const operation = `${verb.slice(0, 1)}${verb.slice(1).toLowerCase()}`;
  const { name } = plan.target;
  const details = { Operation: operation, "Relation Name": name, Alias: name };
  return { type: "ModifyTable", title: `${operation} on ${name}`, details };
}

async function engineTree(
  text: EngineText,
  width: number,
  backend: Backend,
  request: Request,
  analyze: boolean,
): Promise<PlanNode> {
  const drawing = await engineText(text, backend, request, analyze);
  // The catalog's are read without a scan of ours.
  const read = text.readsCatalog
    ? request.statement.relations
    : text.scans.map(({ relation }) => relation);
  const relations = new Set(read.map(({ name }) => name));
  const [relation] = relations.size === 1 ? relations : [];
  return planTree(drawing, { width, relation }) ?? resultNode(1, width, analyze);
}

function resultNode(rows: number, width: number, analyze: boolean): PlanNode {
  const cost = { startupCost: 0, totalCost: Math.max(1, rows) * 0.01, rows, width };
  const actual = analyze ? { actual: { milliseconds: 0, rows } } : {};
  return {
    type: rows > 1 ? "Values Scan" : "Result",
    details: {},
    ...cost,
    ...actual,
    children: [],
  };
}

/** The engine gives (key, text) pairs; the text is JSON. */
async function engineText(
  text: EngineText,
  backend: Backend,
  request: Request,
  analyze: boolean,
): Promise<string> {
  const verb = `EXPLAIN (${analyze ? "ANALYZE, " : ""}FORMAT JSON) `;
  const rows = await openRows(
    { ...text, pieces: [verb, ...text.pieces] },
    backend,
    request.parameters,
  );
  try {
    const read = createTextReader(
      rows.stream.columns.map(({ type }) => ({ type, typeOid: 25, typmod: -1 })),
      backend.textSettings(),
    );
    let json = "[]";
    for (let batch = await rows.ready(); batch !== undefined; batch = await rows.ready()) {
      for (const row of read(batch)) json = row[1] ?? json;
      rows.sent = batch.rowCount;
    }
    return json;
  } finally {
    await rows.close();
  }
}
