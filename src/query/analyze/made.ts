/** Expressions that the analyzer makes itself. */
import { raisedField } from "../../engine/errors.ts";
import { make } from "./constant.ts";
import { oid } from "./oids.ts";
import type { EntryColumn, Expression, SortKey } from "./tree.ts";

const nowhere = { typmod: -1, location: undefined } as const;

export function isNull(argument: Expression, isNegated = false): Expression {
  return { kind: "null test", isNegated, argument, type: oid.bool, ...nowhere };
}

export function allOf(conditions: readonly Expression[]): Expression {
  return joined("AND", conditions);
}

export function anyOf(conditions: readonly Expression[]): Expression {
  return joined("OR", conditions);
}

function joined(operation: "AND" | "OR", conditions: readonly Expression[]): Expression {
  const [first, second] = conditions;
  if (first === undefined) return truth(operation === "AND");
  if (second === undefined) return first;
  return { kind: "boolean", operation, arguments: conditions, type: oid.bool, ...nowhere };
}

export function truth(value: boolean): Expression {
  return make(oid.bool, value ? "t" : "f", undefined);
}

/** The first branch that is true; `otherwise` gives the type. */
export function choose(
  branches: readonly { readonly when: Expression; readonly result: Expression }[],
  otherwise: Expression,
): Expression {
  const { type, typmod } = otherwise;
  return { kind: "case", branches, otherwise, type, typmod, location: undefined };
}

/** row_number() over the rows that share `partition`, in the order of `order`; over all rows as they come when both are empty. */
export function rowNumber(
  partition: readonly Expression[],
  order: Expression | undefined,
  isDescending = false,
): Expression {
  return windowCall("row_number", partition, order, isDescending);
}

export function partitionCount(partition: readonly Expression[]): Expression {
  return windowCall("count", partition, undefined, false);
}

function windowCall(
  name: string,
  partition: readonly Expression[],
  order: Expression | undefined,
  isDescending: boolean,
): Expression {
  const keys: readonly SortKey[] =
    order === undefined
      ? []
      : [{ expression: order, target: undefined, isDescending, nullsFirst: false }];
  return {
    kind: "engine function",
    name,
    arguments: [],
    aggregate: undefined,
    over: { partition, order: keys, frame: undefined },
    type: oid.int8,
    ...nowhere,
  };
}

/** Fails where it is evaluated. As boolean, so that it can stand for a condition. */
export function raise(sqlstate: string, message: string, hint: string | undefined): Expression {
  const further = hint === undefined ? "" : `${raisedField}H${hint}`;
  const text = make(oid.text, `PGERR:${sqlstate}:${message}${further}`, undefined);
  return engineCall("error", [text], oid.bool);
}

export function engineCall(name: string, given: readonly Expression[], type: number): Expression {
  return {
    kind: "engine function",
    name,
    arguments: given,
    aggregate: undefined,
    over: undefined,
    type,
    ...nowhere,
  };
}

export function hiddenColumn(name: string, type: number): EntryColumn {
  return { name, engineName: name, type, typmod: -1, number: 0 };
}
