/** Arguments of a routine of ours: matched to its declaration, cast, and settled before anything runs. */
import type { FuncCall, Node } from "@pgsql/types";
import type { PgError } from "../../base/error.ts";
import type { Routine } from "../../routines/define.ts";
import type { CallArgument, RoutineCall } from "../plan.ts";
import { canCoerce, coerce, typeOf } from "./coerce.ts";
import { fold } from "./fold.ts";
import type { Scope } from "./scope.ts";
import type { Expression } from "./tree.ts";
import { typeName } from "./types.ts";

/** 42883 when the call does not fit the declaration; `form` is what the statement takes the routine for. */
export function routineCall(
  node: FuncCall,
  routine: Routine,
  form: Routine["kind"],
  scope: Scope,
): RoutineCall {
  const { analysis } = scope;
  const given = (node.args ?? []).map((one) => namedArgument(one, scope));
  checkNames(given, scope);
  const noMatch = () => doesNotExist(routine, form, given, node, scope);
  const declared = Object.entries(routine.arguments);
  const byName = new Map<string, Expression>();
  for (const [i, { name, value }] of given.entries()) {
    const key = name ?? declared[i]?.[0];
    const column = key === undefined ? undefined : routine.arguments[key];
    if (key === undefined || column === undefined || byName.has(key)) throw noMatch();
    if (!canCoerce([typeOf(value, analysis)], [column.typeOid], "implicit")) throw noMatch();
    byName.set(key, coerce(value, column.typeOid, analysis));
  }
  const values = declared.map(([name, column]): CallArgument => {
    const value = byName.get(name);
    if (value !== undefined) return settled(value, routine, scope);
    if (!column.isOptional) throw noMatch();
    return defaultArgument(column.defaultText, column.typeOid, scope);
  });
  analysis.routines.push(routine);
  return { routine, arguments: values };
}

/** The declared default is SQL text; `undefined` and NULL are NULL. */
function defaultArgument(text: string | undefined, typeOid: number, scope: Scope): CallArgument {
  const value = text === undefined ? undefined : scope.analysis.rules.parseExpression(text);
  if (value === undefined) return { kind: "constant", text: null, typeOid };
  const constant = fold(
    coerce(scope.analysis.rules.expression(value, scope), typeOid, scope.analysis),
  );
  return {
    kind: "constant",
    text: constant?.kind === "constant" ? constant.text : null,
    typeOid,
  };
}

interface Given {
  readonly name: string | undefined;
  readonly value: Expression;
  readonly location: number | undefined;
}

function namedArgument(node: Node, scope: Scope): Given {
  const named = "NamedArgExpr" in node ? node.NamedArgExpr : undefined;
  const value = scope.analysis.rules.expression(named?.arg ?? node, scope);
  return { name: named?.name, value, location: named?.location ?? value.location };
}

/** What PostgreSQL finds wrong before it looks for a function. */
function checkNames(given: readonly Given[], { analysis }: Scope): void {
  const seen = new Set<string>();
  for (const { name, location } of given) {
    if (name === undefined) {
      if (seen.size === 0) continue;
      throw analysis.error("42601", "positional argument cannot follow named argument", location);
    }
    if (seen.has(name)) {
      throw analysis.error("42601", `argument name "${name}" used more than once`, location);
    }
    seen.add(name);
  }
}

/** What a call is given must be known when it starts. */
export function settled(
  value: Expression,
  routine: Routine | undefined,
  scope: Scope,
): CallArgument {
  const { analysis } = scope;
  const constant = fold(value);
  if (constant?.kind === "parameter")
    return { kind: "parameter", index: constant.index, typeOid: typeOf(constant, analysis) };
  if (constant?.kind === "constant")
    return { kind: "constant", text: constant.text, typeOid: constant.type };
  const name = routine === undefined ? "this call" : `${routine.kind} ${routine.name}`;
  throw analysis.error(
    "0A000",
    `arguments of ${name} must be constants or parameters`,
    value.location,
    { hint: "Compute the value first and pass it as a parameter." },
  );
}

function doesNotExist(
  routine: Routine,
  form: Routine["kind"],
  given: readonly Given[],
  node: FuncCall,
  scope: Scope,
): PgError {
  const list = given.map(({ name, value }) => {
    const type = typeName(typeOf(value, scope.analysis));
    return name === undefined ? type : `${name} => ${type}`;
  });
  const declared = Object.entries(routine.arguments).map(
    ([name, column]) =>
      `${name} ${column.typeName}${column.isOptional ? ` => ${column.defaultText ?? "NULL"}` : ""}`,
  );
  return scope.analysis.error(
    "42883",
    `${form} ${routine.name}(${list.join(", ")}) does not exist`,
    node.location,
    { hint: `It is ${routine.name}(${declared.join(", ")}).` },
  );
}
