/** CALL of a procedure of ours. https://www.postgresql.org/docs/15/sql-call.html */
import type { CallStmt } from "libpg-query";
import { PgError } from "../../base/error.ts";
import { builtins } from "../../catalog/builtins.ts";
import { analyzeCall } from "../analyze/analyze.ts";
import type { Draft, Scope } from "../draft.ts";
import type { ResultColumn } from "../plan.ts";
import { strings } from "./names.ts";

export function callStatement(node: CallStmt, scope: Scope): Draft {
  const made = analyzed(node, scope);
  const { parameterTypes } = made;
  if (made.kind === "procedure") {
    const { call, called } = made;
    return {
      plan: { kind: "call procedure", call },
      columns: call.columns.length === 0 ? undefined : call.columns.map(resultColumn),
      parameterTypes,
      called,
      isReadOnly: true,
    };
  }
  const { call } = made;
  const { routine } = call;
  const columns = Object.entries(routine.returns).map(
    ([name, { typeOid }]): ResultColumn => resultColumn({ name, typeOid }),
  );
  return {
    plan: { kind: "call", call },
    columns: columns.length === 0 ? undefined : columns,
    parameterTypes,
    routines: [routine],
    isReadOnly: routine.volatility !== "volatile",
  };
}

function resultColumn(column: { readonly name: string; readonly typeOid: number }): ResultColumn {
  return { ...column, typmod: -1, tableOid: 0, columnNumber: 0 };
}

function analyzed(node: CallStmt, scope: Scope): ReturnType<typeof analyzeCall> {
  try {
    return analyzeCall(node, scope.source, scope.parameterTypes, scope.context);
  } catch (error) {
    if (!(error instanceof PgError) || !isBuiltinFunction(node)) throw error;
    const [, call] = /^procedure (.*) does not exist$/s.exec(error.message) ?? [];
    if (call === undefined) throw error;
    throw new PgError("42809", `${call} is not a procedure`, {
      ...error.details,
      hint: "To call a function, use SELECT.",
    });
  }
}

function isBuiltinFunction({ funccall }: CallStmt): boolean {
  const [name = "", schema = "pg_catalog"] = strings(funccall?.funcname).toReversed();
  return schema === "pg_catalog" && builtins().procsByName.has(name);
}
