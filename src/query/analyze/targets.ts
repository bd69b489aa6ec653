/** The select list: stars spread out, names found, literals left until someone says what they are. */
import type { ColumnRef, Node, ResTarget } from "@pgsql/types";
import { itemNamed } from "./column.ts";
import { field } from "./indirection.ts";
import { figureName } from "./names.ts";
import { fieldsOf } from "./record.ts";
import type { NamespaceItem, Scope } from "./scope.ts";
import type { Expression } from "./tree.ts";
import { nameParts } from "./types.ts";

/** Still open: a set operation or ORDER BY may give a literal its type. */
export interface OpenTarget {
  readonly name: string;
  expression: Expression;
  readonly isJunk: boolean;
}

export function targetList(nodes: readonly Node[], scope: Scope): OpenTarget[] {
  return nodes.flatMap((node) => ("ResTarget" in node ? target(node.ResTarget, scope) : []));
}

function target(node: ResTarget, scope: Scope): OpenTarget[] {
  const { analysis } = scope;
  const { val } = node;
  if (val === undefined) return [];
  if ("ColumnRef" in val && endsInStar(val.ColumnRef.fields))
    return starColumns(val.ColumnRef, scope);
  if ("A_Indirection" in val && endsInStar(val.A_Indirection.indirection)) {
    const inner = {
      ...val.A_Indirection,
      indirection: val.A_Indirection.indirection?.slice(0, -1) ?? [],
    };
    const value = analysis.rules.expression({ A_Indirection: inner }, scope);
    return rowColumns(value, scope);
  }
  const expression = analysis.rules.expression(val, scope);
  return [{ name: node.name ?? figureName(val), expression, isJunk: false }];
}

function endsInStar(fields: readonly Node[] | undefined): boolean {
  const last = fields?.at(-1);
  return last !== undefined && "A_Star" in last;
}

function starColumns(node: ColumnRef, scope: Scope): OpenTarget[] {
  const { analysis } = scope;
  const names = nameParts(node.fields).slice(0, -1);
  if (names.length > 0) return itemColumns(itemNamed(names, scope, node.location), node.location);
  const visible = scope.items.filter((item) => item.areColumnsVisible);
  if (visible.length === 0)
    throw analysis.error("42601", "SELECT * with no tables specified is not valid", node.location);
  return visible.flatMap((item) => itemColumns(item, node.location));
}

function itemColumns(item: NamespaceItem, location: number | undefined): OpenTarget[] {
  return item.columns.map((column) => ({
    name: column.name,
    expression: column.expression(location),
    isJunk: false,
  }));
}

/** (f(x)).*: a column for every field. */
function rowColumns(value: Expression, scope: Scope): OpenTarget[] {
  const fields = fieldsOf(value);
  if (fields === undefined)
    throw scope.analysis.error(
      "42809",
      'row expansion via "*" is applied to a value that is not a row',
      value.location,
    );
  return fields.map(({ name }) => ({
    name,
    expression: field(value, name, scope),
    isJunk: false,
  }));
}
