/** What a call gives a function's parameters, and their names. */
import { must } from "../../base/assert.ts";
import { type FunctionParameter, isInput, type UserFunction } from "../../catalog/user-function.ts";
import type { Analysis } from "./analysis.ts";
import { coerce, coerceToTarget } from "./coerce.ts";
import type { FoundFunction } from "./function.ts";
import { type NamespaceItem, newScope, type Scope } from "./scope.ts";
import type { Expression } from "./tree.ts";
import { arrayType } from "./types.ts";
import { walk } from "./walk.ts";

export type Found = Extract<FoundFunction, { kind: "proc" }>;

/** By the function's own parameters: names found, defaults filled in, what VARIADIC takes put together. */
export function boundArguments(
  made: UserFunction,
  found: Found,
  scope: Scope,
  /** It is evaluated once, before the function begins. */
  isBefore = false,
): readonly Expression[] {
  const { analysis } = scope;
  const inputs = made.parameters.filter(isInput);
  const isSpread = !found.isVariadicArray && found.proc.provariadic !== 0;
  return inputs.map((parameter, i) => {
    const given = found.named === undefined ? found.arguments[i] : found.named.get(parameter.name);
    if (parameter.mode === "v" && isSpread && found.named === undefined)
      return spread(found, i, analysis);
    if (given !== undefined)
      return isBefore ? given : refuseVolatile(given, made, parameter, analysis);
    const text = must(parameter.defaultText, "an argument left out has a default");
    const value = analysis.rules.expression(analysis.rules.parseExpression(text), blank(scope));
    return must(
      coerceToTarget(value, parameter.type, -1, analysis, "assignment"),
      "a default was judged when it was made",
    );
  });
}

function spread({ arguments: given, proc }: Found, from: number, analysis: Analysis): Expression {
  const type = must(arrayType(proc.provariadic), "what VARIADIC takes has an array");
  const elements = given.slice(from).map((one) => coerce(one, proc.provariadic, analysis));
  return { kind: "array", elements, type, typmod: -1, location: undefined };
}

/** An argument stands wherever the function names it: what is another value each time must not. */
function refuseVolatile(
  value: Expression,
  made: UserFunction,
  parameter: FunctionParameter,
  analysis: Analysis,
): Expression {
  walk(value, (part) => {
    if (part.kind === "function" && part.proc.provolatile === "v")
      throw analysis.error(
        "0A000",
        `a volatile value for parameter "${parameter.name}" of function ${made.name} is not supported`,
        value.location,
        { hint: "Compute it in a subquery in FROM." },
      );
  });
  return value;
}

/** The level above the function's text, where its arguments have names and nothing else is seen. */
export function blank({ analysis, depth }: Scope, items: readonly NamespaceItem[] = []): Scope {
  return { ...newScope(analysis, undefined), depth, items };
}

export function argumentNames(made: UserFunction, bound: readonly Expression[]): NamespaceItem {
  const inputs = made.parameters.filter(isInput);
  return {
    name: made.name,
    schema: undefined,
    aliasOf: undefined,
    columns: inputs.flatMap(({ name }, i) => {
      const value = bound[i];
      return name === "" || value === undefined ? [] : [{ name, expression: () => value }];
    }),
    entry: undefined,
    isNameVisible: true,
    areColumnsVisible: true,
    isLateralOnly: false,
    lateralOk: true,
  };
}

/** What stands for its arguments inside a function that nobody has called yet. */
export function ownParameters(made: UserFunction): Expression[] {
  return made.parameters.filter(isInput).map(
    ({ type }, index): Expression => ({
      kind: "parameter",
      index,
      type,
      typmod: -1,
      location: undefined,
    }),
  );
}
