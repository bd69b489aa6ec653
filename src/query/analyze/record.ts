/** The fields of a value that is a row: known from what made it. */
import type { BuiltinProc } from "../../catalog/builtins.ts";
import { userType } from "../../catalog/types-in-force.ts";
import { oid } from "./oids.ts";
import type { Expression } from "./tree.ts";
import { baseType, elementType } from "./types.ts";

export interface Field {
  readonly name: string;
  readonly type: number;
  readonly typmod: number;
}

/** undefined: nothing says what fields it has. */
export function fieldsOf(expression: Expression): readonly Field[] | undefined {
  switch (expression.kind) {
    case "row":
      return expression.fields.map(({ type, typmod }, i) => ({
        name: expression.names[i] ?? `f${i + 1}`,
        type,
        typmod,
      }));
    case "whole row":
      return expression.entry.columns;
    case "function":
      return (
        compositeFields(expression.type) ??
        outputColumns(expression.proc, expression.type, expression.arguments)
      );
    case "cast":
      return compositeFields(expression.type) ?? fieldsOf(expression.argument);
    case "column": {
      const own = compositeFields(expression.type);
      if (own !== undefined) return own;
      if (expression.column.fields !== undefined) return expression.column.fields;
      const { source } = expression.entry;
      if (source.kind !== "query" && source.kind !== "view") return undefined;
      if (source.query.body.kind !== "select") return undefined;
      const at = expression.entry.columns.indexOf(expression.column);
      const target = source.query.body.targets[at];
      return target === undefined ? undefined : fieldsOf(target.expression);
    }
    case "subquery": {
      const { body } = expression.query;
      const [target] = body.kind === "select" ? body.targets : [];
      return target === undefined ? undefined : fieldsOf(target.expression);
    }
    case "case": {
      const results = expression.branches.map(({ result }) => result);
      return fieldsOfAny([...results, ...(expression.otherwise ? [expression.otherwise] : [])]);
    }
    case "aggregate":
    case "window":
      return sameRows.has(expression.proc.proname) ? fieldsOfAny(expression.arguments) : undefined;
    case "array":
      return fieldsOfAny(expression.elements);
    case "subscript":
      return fieldsOf(expression.argument);
    case "coalesce":
      return fieldsOfAny(expression.arguments);
    default:
      return compositeFields(expression.type);
  }
}

/** What gives back the rows it is given, or an array of them. */
const sameRows: ReadonlySet<string> = new Set(
  "array_agg min max lag lead first_value last_value nth_value".split(" "),
);

/** Of the first that is more than NULL. */
function fieldsOfAny(values: readonly Expression[]): readonly Field[] | undefined {
  for (const value of values) {
    const fields = fieldsOf(value);
    if (fields !== undefined) return fields;
  }
  return undefined;
}

/** Of a type made by CREATE TYPE, or of a table's rows. */
export function compositeFields(type: number): readonly Field[] | undefined {
  const own = userType(baseType(type));
  if (own?.kind !== "composite") return undefined;
  return own.columns.map(({ name, typeOid, typmod }) => ({ name, type: typeOid, typmod }));
}

/** OUT, INOUT and TABLE arguments of a function that returns a record; undefined for any other function. */
export function outputColumns(
  proc: BuiltinProc,
  result: number,
  values: readonly Expression[],
): readonly Field[] | undefined {
  const { proallargtypes: types, proargmodes: modes, proargnames: names } = proc;
  if (result !== oid.record || types === null || modes === null) return undefined;
  const columns: Field[] = [];
  for (const [i, type] of types.entries()) {
    if (!"obt".includes(modes[i] ?? "i")) continue;
    columns.push({
      name: names?.[i] || `column${columns.length + 1}`,
      type: concrete(type, values),
      typmod: -1,
    });
  }
  return columns.length > 1 ? columns : undefined;
}

/** anyelement OUT of an anyarray IN: the array's elements. */
function concrete(type: number, values: readonly Expression[]): number {
  if (type !== oid.anyelement) return type;
  return elementOfFirst(values) ?? type;
}

function elementOfFirst(values: readonly Expression[]): number | undefined {
  const [first] = values;
  return first === undefined ? undefined : elementType(first.type);
}
