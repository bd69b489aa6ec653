/** COPY into a table with columns that give themselves a value: rows wait in a table of their own, and are completed by sets. */
import { must } from "../base/assert.ts";
import { quoteName } from "../base/quote.ts";
import { engineTypeName } from "../pgtypes/engine-type.ts";
import { logicalTypeFor } from "../pgtypes/types.ts";
import type { AppendBatch } from "../pgtypes/vector.ts";
import { completedRows } from "../query/analyze/analyze.ts";
import { defaultTextOf } from "../query/analyze/domain.ts";
import type { Plan } from "../query/plan.ts";
import type { Backend } from "./backend.ts";
import { checkedRows } from "./checked-rows.ts";
import { runText } from "./engine-rows.ts";
import type { Stage } from "./stage.ts";

type CopyInPlan = Extract<Plan, { kind: "copy in" }>;

export interface ColumnDefaults {
  insert(batches: AsyncIterable<AppendBatch>, stage: Stage, mark: number): Promise<number>;
}

let serial = 0;

/** Undefined when no column left out has a default, an identity or an expression. */
export function columnDefaults(plan: CopyInPlan, backend: Backend): ColumnDefaults | undefined {
  const { target, columns } = plan;
  const given = new Set(columns.map(({ name }) => name));
  const isNeeded = target.columns.some(
    (column) =>
      !given.has(column.name) && (defaultTextOf(column) !== null || column.identity !== undefined),
  );
  if (!isNeeded) return undefined;
  return { insert: (batches, stage, mark) => insert(plan, batches, stage, mark, backend) };
}

async function insert(
  { target, columns }: CopyInPlan,
  batches: AsyncIterable<AppendBatch>,
  stage: Stage,
  mark: number,
  backend: Backend,
): Promise<number> {
  const { engine } = backend.services;
  const table = { schema: "call", name: `w${++serial}` };
  const written = `${table.schema}.${quoteName(table.name)}`;
  const types = columns.map(({ typeOid, typmod }) =>
    must(logicalTypeFor(typeOid, typmod), "a column has an engine type"),
  );
  const definitions = types.map(
    (type, at) => `${quoteName(columns[at]?.name ?? "")} ${engineTypeName(type)}`,
  );
  const { text } = completedRows(target, columns, await backend.context());
  await engine.system(`CREATE TABLE ${written} (${definitions.join(", ")})`);
  const connection = await engine.connect();
  try {
    await connection.appendColumns(table, types, batches);
    const wrap = (sql: string) => stage.insertion(target, checkedRows(sql, target, mark));
    return await runText(text, wrap, backend, [], { written });
  } finally {
    connection.release();
    await engine.system(`DROP TABLE IF EXISTS ${written}`);
  }
}
