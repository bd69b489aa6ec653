/** What a function that people made gives, as one value: a row of its columns, or a set of such values in a select list. */
import { must } from "../../base/assert.ts";
import { builtins } from "../../catalog/builtins.ts";
import type { Found } from "./bound-arguments.ts";
import { coerceToTarget } from "./coerce.ts";
import { oid } from "./oids.ts";
import { isRow } from "./pathway.ts";
import { plainSelect } from "./plain-select.ts";
import { outputColumns } from "./record.ts";
import { columnUse, type Scope } from "./scope.ts";
import type { Expression, Query, RangeEntry } from "./tree.ts";
import { arrayType, baseType, elementType } from "./types.ts";

/** True when the columns are to become one value: a record, or a row of a type that has a name. */
export function isRowOf({ columns }: Query, result: number): boolean {
  const [only, second] = columns;
  const isWhole = only !== undefined && second === undefined && isRow(baseType(only.type));
  return isRow(baseType(result)) && !isWhole;
}

/** One column of the type the function declares: what the query gives, or rows of it. */
export function asOneColumn(
  name: string,
  query: Query,
  { proc, result, arguments: given }: Found,
  scope: Scope,
): Query {
  const entry = entryOf(query, scope);
  const uses = entry.columns.map((column) => columnUse(entry, column, undefined));
  const [only] = uses;
  const value =
    isRowOf(query, result) || only === undefined
      ? rowOf(uses, outputColumns(proc, result, given) ?? query.columns, scope)
      : only;
  const expression =
    result === oid.record ? value : coerceToTarget(value, result, -1, scope.analysis, "explicit");
  return plainSelect({
    targets: [
      {
        name,
        expression: must(expression, "a function's result was judged when it was made"),
        isJunk: false,
      },
    ],
    from: [{ kind: "entry", entry, isLateral: false }],
    columns: [{ name, engineName: name, type: result, typmod: -1 }],
  });
}

function rowOf(
  values: readonly Expression[],
  declared: readonly { readonly name: string; readonly type: number }[],
  { analysis }: Scope,
): Expression {
  const names = declared.map(({ name }) => name);
  const fields = values.map(
    (value, i) =>
      coerceToTarget(value, declared[i]?.type ?? value.type, -1, analysis, "assignment") ?? value,
  );
  return { kind: "row", fields, names, type: oid.record, typmod: -1, location: undefined };
}

/** A row for every value; undefined where values are arrays themselves, which would be spread out too. */
export function spreadOut(
  query: Query,
  result: number,
  location: number | undefined,
): { readonly array: Expression; readonly spread: (array: Expression) => Expression } | undefined {
  const type = result === oid.record ? oid.recordArray : arrayType(result);
  if (type === undefined || elementType(baseType(result)) !== undefined) return undefined;
  const none = { left: [], tests: [], entry: undefined, operator: "" } as const;
  const typed = { type, typmod: -1, location } as const;
  const unnest = builtins().procsByName.get("unnest")?.find(takesAnyArray);
  return {
    array: { kind: "subquery", form: "array", query, ...none, ...typed },
    spread: (array) => ({
      kind: "function",
      proc: must(unnest, "unnest(anyarray) is there"),
      arguments: [array],
      isVariadicArray: false,
      type: result,
      typmod: -1,
      location,
    }),
  };
}

const takesAnyArray = ({ proargtypes: [first] }: { readonly proargtypes: readonly number[] }) =>
  first === oid.anyarray;

/** A query in FROM, one level below the scope. */
export function entryOf(query: Query, { analysis, depth }: Scope): RangeEntry {
  const columns = query.columns.map((column) => ({ ...column, number: 0 }));
  const alias = analysis.alias("called");
  return {
    alias,
    name: alias,
    depth: depth + 1,
    columns,
    source: { kind: "query", query },
    used: new Set(columns),
  };
}
