/** COPY into some columns of a table whose others have defaults: rows wait in a table of their own, defaults join them. */
import { must } from "../base/assert.ts";
import { quoteName, quoteText } from "../base/quote.ts";
import { engineTypeName } from "../pgtypes/engine-type.ts";
import { numbered } from "../pgtypes/repeated.ts";
import { logicalTypeFor } from "../pgtypes/types.ts";
import type { AppendBatch } from "../pgtypes/vector.ts";
import type { EngineText, Piece, Plan } from "../query/plan.ts";
import type { Backend } from "./backend.ts";
import { checkedRows } from "./checked-rows.ts";
import { runText } from "./engine-rows.ts";
import type { Stage } from "./stage.ts";

type CopyInPlan = Extract<Plan, { kind: "copy in" }>;

export interface ColumnDefaults {
  insert(batches: AsyncIterable<AppendBatch>, stage: Stage, mark: number): Promise<number>;
}

let serial = 0;

/** Undefined when no column left out has a default. */
export async function columnDefaults(
  plan: CopyInPlan,
  backend: Backend,
): Promise<ColumnDefaults | undefined> {
  const { target, columns } = plan;
  const given = new Map(columns.map((column, at) => [column.name, at] as const));
  if (!target.columns.some(({ name, defaultText }) => !given.has(name) && defaultText !== null)) {
    return undefined;
  }
  const pieces: Piece[] = [];
  const sources: Source[] = [];
  for (const [at, column] of target.columns.entries()) {
    pieces.push(at === 0 ? "SELECT " : ", ");
    const place = given.get(column.name);
    const source = place === undefined ? await defaultOf(column.defaultText, backend) : undefined;
    if (place !== undefined) pieces.push(`waiting.c${place}`);
    else if (source === undefined) pieces.push("NULL");
    else {
      sources.push(source);
      pieces.push(...source.pieces);
    }
  }
  const text = (engineName: string): EngineText => ({
    pieces: [...pieces, ` FROM ${engineName} AS waiting`],
    scans: [],
    calls: [],
    parameters: sources.flatMap(({ parameters }) => parameters),
    readsCatalog: false,
  });
  return { insert: (batches, stage, mark) => insert(plan, batches, stage, mark, text, backend) };
}

type Source = Pick<EngineText, "pieces" | "parameters">;

/** Correlated with the row's number, so that a volatile default is drawn for each row. */
async function defaultOf(
  defaultText: string | null,
  backend: Backend,
): Promise<Source | undefined> {
  if (defaultText === null) return undefined;
  const [statement] = backend.services.parse(`SELECT ${defaultText}`);
  const { plan, columns } = await backend.plan(must(statement, "a default is an expression"), []);
  if (plan.kind === "constant") {
    const value = plan.rows[0]?.[0] ?? null;
    const type = must(logicalTypeFor(columns?.[0]?.typeOid ?? 25, -1), "a default has a type");
    return {
      pieces: [value === null ? "NULL" : `CAST(${quoteText(value)} AS ${engineTypeName(type)})`],
      parameters: [],
    };
  }
  const { text } = must(plan.kind === "select" ? plan : undefined, "a default is a query's value");
  return {
    pieces: ["(SELECT * FROM (", ...text.pieces, ") AS drawn WHERE waiting.n IS NOT NULL)"],
    parameters: text.parameters,
  };
}

async function insert(
  { target, columns }: CopyInPlan,
  batches: AsyncIterable<AppendBatch>,
  stage: Stage,
  mark: number,
  text: (engineName: string) => EngineText,
  backend: Backend,
): Promise<number> {
  const { engine } = backend.services;
  const table = { schema: "call", name: `w${++serial}` };
  const engineName = `${table.schema}.${quoteName(table.name)}`;
  const types = columns.map(({ typeOid, typmod }) =>
    must(logicalTypeFor(typeOid, typmod), "a column has an engine type"),
  );
  const definitions = types.map((type, at) => `c${at} ${engineTypeName(type)}`);
  await engine.system(`CREATE TABLE ${engineName} (${["n BIGINT", ...definitions].join(", ")})`);
  const connection = await engine.connect();
  try {
    await connection.appendColumns(table, [{ id: "BIGINT" }, ...types], numbered(batches));
    const wrap = (sql: string) => stage.insertion(target, checkedRows(sql, target, mark));
    return await runText(text(engineName), wrap, backend, []);
  } finally {
    connection.release();
    await engine.system(`DROP TABLE IF EXISTS ${engineName}`);
  }
}
