/** Functions in FROM: one, several side by side (ROWS FROM, unnest of several arrays), routines of ours. */
import type { FuncCall, Node, RangeFunction } from "@pgsql/types";
import { builtins } from "../../catalog/builtins.ts";
import { userType } from "../../catalog/types-in-force.ts";
import { functionOfProc, type UserFunction } from "../../catalog/user-function.ts";
import { callSyntax } from "./call.ts";
import { typeOf } from "./coerce.ts";
import { findFunction } from "./function.ts";
import { makeFunctionEntry } from "./function-entry.ts";
import { figureName } from "./names.ts";
import { oid } from "./oids.ts";
import { compositeFields, outputColumns } from "./record.ts";
import { functionsVisible } from "./registered.ts";
import { routineNamed } from "./routine.ts";
import { routineCall } from "./routine-call.ts";
import { inClause, type NamespaceItem, namespaceItem, type Scope } from "./scope.ts";
import type { Expression, FromFunction, Query, RangeEntry } from "./tree.ts";
import { nameParts, resolveType, typeName } from "./types.ts";
import { userRows } from "./user-call.ts";
import { walk } from "./walk.ts";

export interface FunctionItem {
  readonly entry: RangeEntry;
  readonly isLateral: boolean;
  readonly names: readonly NamespaceItem[];
}

export function functionItem(node: RangeFunction, scope: Scope): FunctionItem {
  const { analysis } = scope;
  const calls = functionCalls(node);
  const [only] = calls;
  if (calls.length === 1 && only !== undefined && "FuncCall" in only.call) {
    const call = only.call.FuncCall;
    const name = nameParts(call.funcname);
    const routine = builtins().procsByName.has(name.at(-1) ?? "") ? undefined : routineNamed(name);
    if (routine !== undefined) {
      const index = analysis.calls.push({
        kind: "routine",
        call: inClause(scope, "functions in FROM", () =>
          routineCall(call, routine, "function", scope),
        ),
      });
      const columns = Object.entries(routine.returns).map(([column, { typeOid }]) => ({
        name: column,
        type: typeOid,
      }));
      const hasOrdinality = node.ordinality ?? false;
      const source = { kind: "call", call: index - 1, relation: undefined, hasOrdinality } as const;
      const entry = makeFunctionEntry(node.alias, routine.name, columns, source, scope);
      return { entry, isLateral: false, names: [namespaceItem(entry, analysis)] };
    }
  }
  return userItem(node, calls, scope) ?? builtinFunctions(node, calls, scope);
}

/** A function that somebody made stands in FROM as its query does. */
function userItem(
  node: RangeFunction,
  calls: readonly Call[],
  scope: Scope,
): FunctionItem | undefined {
  const { analysis } = scope;
  for (const { call, definitions } of calls) {
    if (!("FuncCall" in call)) continue;
    const name = nameParts(call.FuncCall.funcname);
    if (functionsVisible(name, analysis.context).length === 0) continue;
    const { location } = call.FuncCall;
    const found = inClause(scope, "functions in FROM", () =>
      findFunction(callSyntax(call.FuncCall, scope), analysis),
    );
    const made = found.kind === "proc" ? functionOfProc(found.proc) : undefined;
    if (made === undefined || found.kind !== "proc") continue;
    if (calls.length > 1 || node.ordinality === true)
      throw analysis.error(
        "0A000",
        `function ${made.name} in ROWS FROM or WITH ORDINALITY is not supported`,
        location,
      );
    const isLateral = found.arguments.some((argument) => readsSibling(argument, scope));
    const query = userRows(made, found, scope, location);
    const fields = resultFields(made, node.alias?.aliasname, definitions, query, scope);
    const columns = query.columns.map((column, i) => ({
      ...column,
      name: fields[i]?.name ?? column.name,
    }));
    const written = { proc: found.proc, arguments: found.arguments };
    const source = { kind: "query", query, written } as const;
    const entry = makeFunctionEntry(node.alias, made.name, columns, source, scope);
    return { entry, isLateral, names: [namespaceItem(entry, analysis)] };
  }
  return undefined;
}

/** What the columns of a call are called. */
function resultFields(
  made: UserFunction,
  alias: string | undefined,
  definitions: readonly Node[],
  query: Query,
  scope: Scope,
): readonly { readonly name: string }[] {
  const outputs = made.parameters.filter(({ mode }) => "obt".includes(mode));
  if (outputs.length > 0) return outputs;
  if (definitions.length > 0) return definedColumns(definitions, scope);
  const row = userType(made.returnType);
  if (row?.kind === "composite") return row.columns;
  if (made.returnType === oid.record)
    throw scope.analysis.error(
      "42601",
      'a column definition list is required for functions returning "record"',
      undefined,
    );
  return query.columns.length === 1 ? [{ name: alias ?? made.name }] : [];
}

interface Call {
  readonly call: Node;
  readonly definitions: readonly Node[];
}

function functionCalls(node: RangeFunction): readonly Call[] {
  return (node.functions ?? []).flatMap((item): Call[] => {
    const [call, list] = "List" in item ? (item.List.items ?? []) : [];
    if (call === undefined) return [];
    const own = list !== undefined && "List" in list ? (list.List.items ?? []) : [];
    const definitions = own.length > 0 ? own : (node.coldeflist ?? []);
    return severalArrays(call).map((one) => ({ call: one, definitions }));
  });
}

/** unnest(a, b) is unnest(a) beside unnest(b). */
function severalArrays(call: Node): readonly Node[] {
  if (!("FuncCall" in call)) return [call];
  const { funcname, args = [] } = call.FuncCall;
  const name = nameParts(funcname);
  const isUnnest = name.at(-1) === "unnest" && (name.length === 1 || name[0] === "pg_catalog");
  if (!isUnnest || args.length < 2) return [call];
  return args.map((arg) => ({ FuncCall: { ...call.FuncCall, args: [arg] } satisfies FuncCall }));
}

function builtinFunctions(node: RangeFunction, calls: readonly Call[], scope: Scope): FunctionItem {
  const { analysis } = scope;
  const functions = calls.map(({ call, definitions }) => {
    const expression = inClause(scope, "functions in FROM", () =>
      analysis.rules.expression(call, scope),
    );
    return fromFunction(call, expression, definitions, scope);
  });
  const [first] = calls;
  const name = first === undefined ? "" : figureName(first.call);
  const hasOrdinality = node.ordinality ?? false;
  // A lone scalar function's column goes by the alias.
  const [only] = functions;
  const alias = node.alias?.aliasname;
  const isScalar = functions.length === 1 && only !== undefined && isPlainScalar(only);
  const columns = functions.flatMap((one) =>
    isScalar && alias !== undefined
      ? one.columns.map((column) => ({ ...column, name: alias }))
      : one.columns,
  );
  const source = { kind: "functions", functions, hasOrdinality } as const;
  const entry = makeFunctionEntry(node.alias, name, columns, source, scope);
  const isLateral = functions.some(({ expression }) => readsSibling(expression, scope));
  return { entry, isLateral, names: [namespaceItem(entry, analysis)] };
}

/** One column that is not named by an OUT argument. */
function isPlainScalar(one: FromFunction): boolean {
  if (one.isDefined || one.columns.length !== 1) return false;
  return one.expression.kind !== "function" || namedOutput(one.expression.proc.proargmodes) === 0;
}

const namedOutput = (modes: readonly string[] | null) =>
  (modes ?? []).filter((mode) => "obt".includes(mode)).length;

function fromFunction(
  call: Node,
  expression: Expression,
  definitions: readonly Node[],
  scope: Scope,
): FromFunction {
  const { analysis } = scope;
  const type = typeOf(expression, analysis);
  const isRecord = type === oid.record;
  if (definitions.length > 0) {
    if (!isRecord)
      throw analysis.error(
        "42601",
        'a column definition list is only allowed for functions returning "record"',
        expression.location,
      );
    return { expression, columns: definedColumns(definitions, scope), isDefined: true };
  }
  const fields = compositeFields(type);
  if (fields !== undefined) return { expression, columns: fields, isDefined: false };
  if (expression.kind === "function") {
    const columns = outputColumns(expression.proc, type, expression.arguments);
    if (columns !== undefined) return { expression, columns, isDefined: false };
    if (isRecord)
      throw analysis.error(
        "42601",
        'a column definition list is required for functions returning "record"',
        expression.location,
      );
  }
  const name = singleOutputName(expression) ?? figureName(call);
  return { expression, columns: [{ name, type }], isDefined: false };
}

function singleOutputName(expression: Expression): string | undefined {
  if (expression.kind !== "function") return undefined;
  const { proargmodes: modes, proargnames: names } = expression.proc;
  if (modes === null || namedOutput(modes) !== 1) return undefined;
  return names?.[modes.findIndex((mode) => "obt".includes(mode))] || undefined;
}

function definedColumns(
  definitions: readonly Node[],
  scope: Scope,
): readonly { readonly name: string; readonly type: number }[] {
  return definitions.flatMap((node) => {
    if (!("ColumnDef" in node) || node.ColumnDef.typeName === undefined) return [];
    const { type } = resolveType(node.ColumnDef.typeName, (error, location) => {
      throw scope.analysis.at(error, location);
    });
    if (type === oid.record)
      throw scope.analysis.error(
        "42P16",
        `column "${node.ColumnDef.colname}" has pseudo-type ${typeName(type)}`,
        node.ColumnDef.location,
      );
    return [{ name: node.ColumnDef.colname ?? "", type }];
  });
}

/** Reads a column of the query it stands in: the engine needs LATERAL. */
export function readsSibling(expression: Expression, scope: Scope): boolean {
  let found = false;
  walk(expression, (part) => {
    if (part.kind === "column" || part.kind === "whole row")
      found ||= part.entry.depth === scope.depth;
    if (part.kind === "subquery") found = true;
  });
  return found;
}
