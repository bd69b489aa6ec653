/** Functions and procedures that are run before the statement they stand in: their rows wait in an engine table. */

import { userType } from "../../catalog/types-in-force.ts";
import type { UserFunction } from "../../catalog/user-function.ts";
import type { FunctionCall } from "../plan.ts";
import { printText } from "../print/print.ts";
import { boundArguments, type Found } from "./bound-arguments.ts";
import { makeFunctionEntry } from "./function-entry.ts";
import { oid } from "./oids.ts";
import { plainSelect } from "./plain-select.ts";
import { columnUse, type Scope } from "./scope.ts";
import type { Expression, Query } from "./tree.ts";
import { walk } from "./walk.ts";

/** A query of the rows that a call gives. */
export function runRows(
  made: UserFunction,
  found: Found,
  scope: Scope,
  location: number | undefined,
): Query {
  const { analysis } = scope;
  const call = functionCall(made, found, scope, location);
  const index = analysis.calls.push({ kind: "function", call }) - 1;
  const columns = call.columns.map(({ name, typeOid: type }) => ({ name, type }));
  const source = { kind: "call", call: index, relation: undefined, hasOrdinality: false } as const;
  const entry = makeFunctionEntry(undefined, made.name, columns, source, scope);
  return plainSelect({
    targets: entry.columns.map((column) => {
      entry.used.add(column);
      return {
        name: column.name,
        expression: columnUse(entry, column, undefined),
        isJunk: false,
      };
    }),
    from: [{ kind: "entry", entry, isLateral: false }],
    columns: entry.columns,
  });
}

/** 0A000 where its arguments are not known before the statement begins. */
export function functionCall(
  made: UserFunction,
  found: Found,
  scope: Scope,
  location: number | undefined,
): FunctionCall {
  const { analysis } = scope;
  const bound = boundArguments(made, found, scope, true);
  for (const value of bound) refuseOpen(value, made, scope);
  analysis.calledFunctions.push({
    made,
    as: analysis.definer,
    within: analysis.view?.relation.oid,
  });
  const columns = outputColumns(made);
  if (columns === undefined)
    throw analysis.error(
      "0A000",
      `function ${made.name}, whose columns only its call would tell, is not supported`,
      location,
      { hint: "Declare it RETURNS TABLE (…)." },
    );
  return { made, arguments: argumentsText(bound, scope), columns };
}

function refuseOpen(value: Expression, made: UserFunction, { analysis }: Scope): void {
  walk(value, (part) => {
    if (part.kind !== "column" && part.kind !== "whole row" && part.kind !== "subquery") return;
    throw analysis.error(
      "0A000",
      `an argument of ${made.name} that reads other rows is not supported`,
      value.location,
      { hint: "It is run once, before the statement begins: give it constants or parameters." },
    );
  });
}

function argumentsText(bound: readonly Expression[], { analysis }: Scope) {
  if (bound.length === 0) return undefined;
  const columns = bound.map(({ type, typmod }, i) => ({
    name: `@${i}`,
    engineName: `@${i}`,
    type,
    typmod,
  }));
  const targets = bound.map((expression, i) => ({ name: `@${i}`, expression, isJunk: false }));
  return printText(plainSelect({ targets, from: [], columns }), analysis, false).text;
}

/** Undefined: only the call says them. */
export function outputColumns(made: UserFunction): FunctionCall["columns"] | undefined {
  const outputs = made.parameters.filter(({ mode }) => "obt".includes(mode));
  if (outputs.length > 0)
    return outputs.map(({ name, type }, i) => ({
      name: name === "" ? `column${i + 1}` : name,
      typeOid: type,
    }));
  if (made.isProcedure) return [];
  const row = userType(made.returnType);
  if (row?.kind === "composite") return row.columns.map(({ name, typeOid }) => ({ name, typeOid }));
  return made.returnType === oid.record
    ? undefined
    : [{ name: made.name, typeOid: made.returnType }];
}
