/** WHERE CURRENT OF: the row of the target that a cursor stands on. */
import type { Node } from "@pgsql/types";
import { makeFunctionEntry } from "./function-entry.ts";
import { allOf } from "./made.ts";
import { oid } from "./oids.ts";
import { makeOperator } from "./operator.ts";
import { plainSelect } from "./plain-select.ts";
import { columnUse, type Scope } from "./scope.ts";
import { placeOf, type WriteTarget } from "./target.ts";
import type { Expression } from "./tree.ts";

/** Undefined when the condition is another. */
export function currentOf(
  node: Node | undefined,
  { relation, entry }: WriteTarget,
  scope: Scope,
): Expression | undefined {
  if (node === undefined || !("CurrentOfExpr" in node)) return undefined;
  const { analysis } = scope;
  const cursor = node.CurrentOfExpr.cursor_name ?? "";
  const call = analysis.calls.push({ kind: "current row", cursor, relation }) - 1;
  const { file, row } = placeOf(entry);
  const same = (place: Expression, name: string, type: number) =>
    makeOperator("=", place, placeIn(call, name, type, scope), analysis, undefined);
  return allOf([same(file, "file", oid.int4), same(row, "row", oid.int8)]);
}

function placeIn(call: number, name: string, type: number, scope: Scope): Expression {
  const columns = [
    { name: "file", type: oid.int4 },
    { name: "row", type: oid.int8 },
  ];
  const source = { kind: "call", call, relation: undefined, hasOrdinality: false } as const;
  const entry = makeFunctionEntry(undefined, "current_row", columns, source, scope);
  const chosen = entry.columns.filter((column) => column.name === name);
  const query = plainSelect({
    targets: chosen.map((column) => {
      entry.used.add(column);
      return { name, expression: columnUse(entry, column, undefined), isJunk: false };
    }),
    from: [{ kind: "entry", entry, isLateral: false }],
    columns: chosen,
  });
  const none = { left: [], tests: [], entry: undefined, operator: "" } as const;
  return {
    kind: "subquery",
    form: "scalar",
    query,
    ...none,
    type,
    typmod: -1,
    location: undefined,
  };
}
