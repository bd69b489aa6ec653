/** Result columns whose type only the engine knows: it is asked by preparing, never by executing. */
import { must } from "../base/assert.ts";
import { quoteName } from "../base/quote.ts";
import type { EngineColumn, EngineParameter } from "../engine/engine.ts";
import { engineTypeName, oidForLogical } from "../pgtypes/engine-type.ts";
import { logicalTypeFor } from "../pgtypes/types.ts";
import { nameAsWritten } from "../query/duckdb/sizes.ts";
import {
  type Call,
  type EngineText,
  type PlannedStatement,
  type ResultColumn,
  unknownColumns,
} from "../query/plan.ts";
import type { Backend } from "./backend.ts";
import { executionOf, expand } from "./expand.ts";

export async function completeColumns(
  planned: PlannedStatement,
  backend: Backend,
): Promise<readonly ResultColumn[] | undefined> {
  const { columns, plan } = planned;
  if (columns === undefined || !needsEngine(columns)) return columns;
  const text =
    plan.kind === "select" ? plan.text : plan.kind === "copy out" ? plan.text : undefined;
  if (text === undefined) return columns;
  return completed(columns, await engineColumns(text, planned.parameterTypes, backend));
}

export function needsEngine(columns: readonly ResultColumn[]): boolean {
  return columns === unknownColumns || columns.some((column) => column.typeOid === 0);
}

export function completed(
  columns: readonly ResultColumn[],
  engine: readonly EngineColumn[],
): ResultColumn[] {
  // A row needs a column in the engine, even one that nobody asked for.
  if (columns.length === 0 && columns !== unknownColumns) return [];
  return engine.map((column, at) => {
    const known = columns[at];
    if (known !== undefined && known.typeOid !== 0) return known;
    return {
      name: known?.name ?? nameAsWritten(column.name),
      ...oidForLogical(column.type),
      tableOid: known?.tableOid ?? 0,
      columnNumber: known?.columnNumber ?? 0,
    };
  });
}

export async function engineColumns(
  text: EngineText,
  parameterTypes: readonly number[],
  backend: Backend,
): Promise<readonly EngineColumn[]> {
  const { engine } = backend.services;
  const names: string[] = [];
  const connection = await engine.connect();
  try {
    for (const call of text.calls) names.push(await emptyRows(call, backend));
    const runnable = await expand(
      text,
      { calls: names },
      backend.transaction,
      executionOf(backend, parameterTypes.map(nullParameter)),
      backend.services,
    );
    const statement = await connection.prepare(runnable.sql);
    const columns = statement.columns;
    statement.close();
    return columns;
  } finally {
    connection.release();
    for (const name of names) await engine.system(`DROP TABLE IF EXISTS ${name}`);
  }
}

function nullParameter(typeOid: number): EngineParameter {
  return { type: logicalTypeFor(typeOid, -1) ?? { id: "VARCHAR" }, value: null };
}

let serial = 0;

/** A table shaped as the call's rows, for binding only. */
async function emptyRows(call: Call, backend: Backend): Promise<string> {
  const columns = columnsOf(call);
  const definitions = columns.map(({ name, typeOid }) => {
    const type = must(logicalTypeFor(typeOid, -1), `type ${typeOid} has an engine type`);
    return `${quoteName(name)} ${engineTypeName(type)}`;
  });
  const name = `call.d${++serial}`;
  await backend.services.engine.system(`CREATE TABLE ${name} (${definitions.join(", ")})`);
  return name;
}

function columnsOf(call: Call): readonly { readonly name: string; readonly typeOid: number }[] {
  switch (call.kind) {
    case "function":
      return call.call.columns;
    case "routine":
      return Object.entries(call.call.routine.returns).map(([name, { typeOid }]) => ({
        name,
        typeOid,
      }));
    case "live":
      return call.relation.columns;
    case "current row":
      return [
        { name: "file", typeOid: 23 },
        { name: "row", typeOid: 20 },
      ];
    default:
      return call satisfies never;
  }
}
