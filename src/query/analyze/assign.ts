/** A value on its way into a column: cast by assignment, else its default. */
import type { RelationColumn } from "../../catalog/relation.ts";
import type { Analysis } from "./analysis.ts";
import { coerceToTarget, typeOf } from "./coerce.ts";
import { nullConstant } from "./constant.ts";
import { oid } from "./oids.ts";
import { newScope, type Scope } from "./scope.ts";
import type { Expression } from "./tree.ts";
import { typeName } from "./types.ts";

/** 42804 when the column cannot take it. */
export function assign(
  value: Expression,
  column: Pick<RelationColumn, "name" | "typeOid" | "typmod">,
  scope: Scope,
): Expression {
  const { analysis } = scope;
  const settled = coerceToTarget(value, column.typeOid, column.typmod, analysis, "assignment");
  if (settled !== undefined) return asStored(settled, column);
  throw analysis.error(
    "42804",
    `column "${column.name}" is of type ${typeName(column.typeOid)} but expression is of type ${typeName(typeOf(value, analysis))}`,
    value.location,
    { hint: "You will need to rewrite or cast the expression." },
  );
}

/** A numeric in a query may be of any scale; in a column it has the column's. */
function asStored(
  value: Expression,
  column: Pick<RelationColumn, "typeOid" | "typmod">,
): Expression {
  if (column.typeOid !== oid.numeric || column.typmod >= 0) return value;
  const { location } = value;
  return {
    kind: "cast",
    argument: value,
    type: oid.numeric,
    typmod: -1,
    method: "length",
    context: "assignment",
    location,
  };
}

/** The column's own DEFAULT, else NULL. */
export function defaultValue(column: RelationColumn, analysis: Analysis): Expression {
  if (column.defaultText === null)
    return { ...nullConstant(column.typeOid, undefined), typmod: column.typmod };
  const scope = newScope(analysis, undefined, "DEFAULT expressions");
  const node = analysis.rules.parseExpression(column.defaultText);
  return assign(analysis.rules.expression(node, scope), column, scope);
}
