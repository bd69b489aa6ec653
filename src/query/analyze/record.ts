/** The fields of a value that is a row: known from what made it. */
import type { BuiltinProc } from "../../catalog/builtins.ts";
import { userType } from "../../catalog/types-in-force.ts";
import type { RecordField } from "../../pgtypes/composite-codec.ts";
import { oid } from "./oids.ts";
import type { Expression, Query } from "./tree.ts";
import { baseType, elementType } from "./types.ts";

export interface Field {
  readonly name: string;
  readonly type: number;
  readonly typmod: number;
  /** Of a row without a type of its own within the row, or of an array of such rows. */
  readonly fields?: readonly Field[] | undefined;
}

/** undefined: nothing says what fields it has. */
export function fieldsOf(expression: Expression): readonly Field[] | undefined {
  switch (expression.kind) {
    case "row":
      return expression.fields.map((field, i) => ({
        name: expression.names[i] ?? `f${i + 1}`,
        type: field.type,
        typmod: field.typmod,
        ...(isRecord(field.type) ? { fields: fieldsOf(field) } : {}),
      }));
    case "whole row":
      return expression.entry.columns;
    case "function":
      return (
        compositeFields(expression.type) ??
        (expression.proc.proname === "unnest" ? fieldsOfAny(expression.arguments) : undefined) ??
        outputColumns(expression.proc, expression.type, expression.arguments)
      );
    case "cast":
      return compositeFields(expression.type) ?? fieldsOf(expression.argument);
    case "column": {
      const own = compositeFields(expression.type);
      if (own !== undefined) return own;
      if (expression.column.fields !== undefined) return expression.column.fields;
      const { source } = expression.entry;
      const at = expression.entry.columns.indexOf(expression.column);
      if (source.kind === "common table") return fieldsOfColumn(source.table().query, at);
      if (source.kind !== "query" && source.kind !== "view") return undefined;
      return fieldsOfColumn(source.query, at);
    }
    case "subquery":
      return fieldsOfColumn(expression.query, 0);
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

/** The same of a column of a query. Where it is of several, what comes first says it. */
export function fieldsOfColumn({ body, columns }: Query, at: number): readonly Field[] | undefined {
  switch (body.kind) {
    case "select": {
      const target = body.targets[at];
      return columns[at]?.fields ?? (target && fieldsOf(target.expression));
    }
    case "set":
      return fieldsOfColumn(body.left.query, at);
    case "values":
      return sameFields(body.rows.map((row) => row[at]));
    default:
      return body satisfies never;
  }
}

/** Undefined: they are not all alike. */
function sameFields(values: readonly (Expression | undefined)[]): readonly Field[] | undefined {
  const shapes = values.map((value) => value && fieldsOf(value));
  const [first] = shapes;
  const typesOf = (fields: readonly Field[] | undefined) => fields?.map(({ type }) => type).join();
  return shapes.every((shape) => typesOf(shape) === typesOf(first)) ? first : undefined;
}

/** Of a result column, as the binary form tells each. */
export function recordFields(query: Query, at: number): readonly RecordField[] | undefined {
  const { body } = query;
  const made = body.kind === "select" ? body.targets[at]?.expression : undefined;
  const unknowns = made?.kind === "row" ? made.unknowns : undefined;
  return asRecord(fieldsOfColumn(query, at), unknowns);
}

function asRecord(
  fields: readonly Field[] | undefined,
  unknowns?: readonly number[],
): readonly RecordField[] | undefined {
  return fields?.map(({ type, typmod, fields: own }, at) => {
    const typeOid = unknowns?.includes(at) ? oid.unknown : baseType(type);
    return { typeOid, typmod, fields: asRecord(own) };
  });
}

export function isRecord(type: number): boolean {
  return type === oid.record || type === oid.recordArray;
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
