/** CALL of a procedure of ours. https://www.postgresql.org/docs/15/sql-call.html */
import type { CallStmt, Node } from "libpg-query";
import { must } from "../../base/assert.ts";
import { PgError, unsupported } from "../../base/error.ts";
import { builtins } from "../../catalog/builtins.ts";
import type { Columns, Routine } from "../../routines/define.ts";
import { routineNamed } from "../analyze/routine.ts";
import { typeName } from "../analyze/types.ts";
import { type Draft, positionOf, type Scope } from "../draft.ts";
import type { CallArgument, ResultColumn } from "../plan.ts";
import { strings } from "./names.ts";
import { argument } from "./parameters.ts";

interface Given {
  readonly name: string | undefined;
  readonly value: CallArgument;
}

export function callStatement(node: CallStmt, scope: Scope): Draft {
  const call = must(node.funccall, "CALL has a call");
  if (call.func_variadic === true || call.agg_star === true)
    throw unsupported("CALL with VARIADIC or *", positionOf(scope, call.location));
  const path = strings(call.funcname);
  const given = (call.args ?? []).map((arg) => givenArgument(arg, scope));
  checkOrder(call.args ?? [], given, scope);
  const routine = procedure(path, given, scope, call.location);
  const types = [...scope.parameterTypes];
  const arguments_ = matched(routine, given, types);
  if (arguments_ === undefined) throw unknownProcedure(path, given, scope, call.location);
  const columns = resultColumns(routine);
  return {
    plan: { kind: "call", call: { routine, arguments: arguments_ } },
    columns: columns.length === 0 ? undefined : columns,
    parameterTypes: Array.from(types, (type) => type ?? 0),
    routines: [routine],
    isReadOnly: routine.volatility !== "volatile",
  };
}

function givenArgument(node: Node, scope: Scope): Given {
  if (!("NamedArgExpr" in node)) return { name: undefined, value: argument(node, scope) };
  const { name = "", arg } = node.NamedArgExpr;
  return { name, value: argument(must(arg, "a named argument has a value"), scope) };
}

function checkOrder(nodes: readonly Node[], given: readonly Given[], scope: Scope): void {
  const firstNamed = given.findIndex(({ name }) => name !== undefined);
  if (firstNamed < 0) return;
  for (const [at, { name }] of given.entries()) {
    const node = nodes[at];
    const location =
      node !== undefined && "NamedArgExpr" in node ? node.NamedArgExpr.location : undefined;
    if (name === undefined && at > firstNamed)
      throw new PgError("42601", "positional argument cannot follow named argument");
    if (name !== undefined && given.findIndex((other) => other.name === name) !== at)
      throw new PgError(
        "42601",
        `argument name "${name}" used more than once`,
        positionOf(scope, location),
      );
  }
}

function procedure(
  path: readonly string[],
  given: readonly Given[],
  scope: Scope,
  location: number | undefined,
): Routine {
  const [name = "", schema] = path.toReversed();
  const routine = routineNamed(path);
  if (routine?.kind === "procedure") return routine;
  const isBuiltin =
    (schema === undefined || schema === "pg_catalog") && builtins().procsByName.has(name);
  const isFunction = routine !== undefined || isBuiltin;
  if (!isFunction) throw unknownProcedure(path, given, scope, location);
  throw new PgError("42809", `${signature(path, given)} is not a procedure`, {
    ...positionOf(scope, location),
    hint: "To call a function, use SELECT.",
  });
}

function unknownProcedure(
  path: readonly string[],
  given: readonly Given[],
  scope: Scope,
  location: number | undefined,
): PgError {
  return new PgError("42883", `procedure ${signature(path, given)} does not exist`, {
    ...positionOf(scope, location),
    hint: "No procedure matches the given name and argument types. You might need to add explicit type casts.",
  });
}

function signature(path: readonly string[], given: readonly Given[]): string {
  const shown = given.map(({ name, value }) => {
    const type = value.typeOid === 0 ? "unknown" : typeName(value.typeOid);
    return name === undefined ? type : `${name} => ${type}`;
  });
  return `${path.join(".")}(${shown.join(", ")})`;
}

/** In the declaration's order; undefined when they do not fit it. Types inferred for parameters go into `types`. */
export function matched(
  routine: Routine,
  given: readonly Given[],
  types: number[],
): readonly CallArgument[] | undefined {
  const declared = Object.entries(routine.arguments);
  if (given.length > declared.length) return undefined;
  const isKnown = ({ name }: Given) => name === undefined || name in routine.arguments;
  if (!given.every(isKnown)) return undefined;
  const result: CallArgument[] = [];
  for (const [at, [name, column]] of declared.entries()) {
    const positional = given[at]?.name === undefined ? given[at] : undefined;
    const named = given.find((candidate) => candidate.name === name);
    if (positional !== undefined && named !== undefined) return undefined;
    const value = (positional ?? named)?.value;
    if (value === undefined) {
      if (!column.isOptional) return undefined;
      result.push(defaultOf(column));
      continue;
    }
    const typed = fitted(value, column.typeOid, types);
    if (typed === undefined) return undefined;
    result.push(typed);
  }
  return result;
}

const unknownType = 705;

function fitted(value: CallArgument, typeOid: number, types: number[]): CallArgument | undefined {
  if (value.kind === "parameter") {
    types[value.index] = types[value.index] || typeOid;
    const type = types[value.index] ?? typeOid;
    return isAccepted(type, typeOid) ? { ...value, typeOid: type } : undefined;
  }
  if (value.typeOid === unknownType || value.text === null) return { ...value, typeOid };
  return isAccepted(value.typeOid, typeOid) ? value : undefined;
}

function isAccepted(source: number, target: number): boolean {
  if (source === target || source === unknownType) return true;
  return builtins().castsFrom(source, target)?.castcontext === "i";
}

/** A default as PostgreSQL's text form of its type. */
function defaultOf({ fallback, typeOid }: Columns[string]): CallArgument {
  return { kind: "constant", text: textForm(fallback, typeOid), typeOid };
}

function textForm(value: unknown, typeOid: number): string | null {
  if (value === null || value === undefined) return null;
  if (value instanceof Uint8Array) return `\\x${Buffer.from(value).toString("hex")}`;
  if (Array.isArray(value))
    return `{${value.map((item) => `"${String(item).replace(/["\\]/g, "\\$&")}"`).join(",")}}`;
  // timestamptz values are microseconds since 1970.
  if (typeof value === "bigint" && typeOid === 1184)
    return new Date(Number(value / 1000n)).toISOString();
  return String(value);
}

function resultColumns(routine: Routine): readonly ResultColumn[] {
  return Object.entries(routine.returns).map(([name, { typeOid }]) => ({
    name,
    typeOid,
    typmod: -1,
    tableOid: 0,
    columnNumber: 0,
  }));
}
