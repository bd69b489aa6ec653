/**
 * COPY's rows that cannot go straight into the stage: some columns are left out and have defaults, or WHERE leaves out rows. They
 * wait in a table of their own; defaults join them there, and the condition is asked of whole rows.
 */
import { must } from "../base/assert.ts";
import { quoteName } from "../base/quote.ts";
import type { RelationColumn } from "../catalog/relation.ts";
import type { EngineConnection } from "../engine/engine.ts";
import { engineTypeName } from "../pgtypes/engine-type.ts";
import type { LogicalType } from "../pgtypes/logical-type.ts";
import { logicalTypeFor } from "../pgtypes/types.ts";
import { completedRows } from "../query/analyze/analyze.ts";
import { defaultTextOf } from "../query/analyze/domain.ts";
import type { Plan } from "../query/plan.ts";
import type { Backend } from "./backend.ts";
import { checkedRows } from "./checked-rows.ts";
import { runText } from "./engine-rows.ts";
import type { Stage } from "./stage.ts";

type CopyInPlan = Extract<Plan, { kind: "copy in" }>;

/** Where rows are to be put: the statement's columns, by their names. */
export interface WaitingTable {
  readonly schema: string;
  readonly name: string;
  /** Quoted and qualified. */
  readonly engineName: string;
  readonly types: readonly LogicalType[];
}

let serial = 0;

export function mustWait({ target, columns, where }: CopyInPlan): boolean {
  if (where !== undefined) return true;
  const given = new Set(columns.map(({ name }) => name));
  return target.columns.some((column) => !given.has(column.name) && givesItself(column));
}

/** A default, an identity or an expression. */
export function givesItself(column: RelationColumn): boolean {
  return defaultTextOf(column) !== null || column.identity !== undefined;
}

/** The number of rows staged. */
export async function throughWaiting(
  plan: CopyInPlan,
  fill: (table: WaitingTable, connection: EngineConnection) => Promise<unknown>,
  stage: Stage,
  mark: number,
  backend: Backend,
): Promise<number> {
  const { target, where } = plan;
  const { engine } = backend.services;
  const table = waitingTable(plan.columns);
  const whole = `call.w${++serial}`;
  const definitions = table.types.map(
    (type, at) => `${quoteName(plan.columns[at]?.name ?? "")} ${engineTypeName(type)}`,
  );
  const { text } = completedRows(target, plan.columns, await backend.context());
  await engine.system(`CREATE TABLE ${table.engineName} (${definitions.join(", ")})`);
  const connection = await engine.connect();
  try {
    await fill(table, connection);
    const given = { written: table.engineName };
    const wrap = (sql: string) => stage.insertion(target, checkedRows(sql, target, mark));
    if (where === undefined) return await runText(text, wrap, backend, [], given);
    const names = target.columns.map(({ name }) => quoteName(name)).join(", ");
    const creation = (sql: string) =>
      `CREATE TABLE ${whole} AS SELECT * FROM (${sql}) AS filled(${names})`;
    await runText(text, creation, backend, [], given);
    return await runText(where, wrap, backend, [], { written: whole });
  } finally {
    connection.release();
    await engine.system(`DROP TABLE IF EXISTS ${table.engineName}`);
    await engine.system(`DROP TABLE IF EXISTS ${whole}`);
  }
}

function waitingTable(columns: readonly RelationColumn[]): WaitingTable {
  const [schema, name] = ["call", `w${++serial}`];
  return { schema, name, engineName: `${schema}.${quoteName(name)}`, types: columns.map(typeOf) };
}

function typeOf({ typeOid, typmod }: RelationColumn): LogicalType {
  return must(logicalTypeFor(typeOid, typmod), "a column has an engine type");
}
