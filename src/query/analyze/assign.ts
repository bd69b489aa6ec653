/** A value on its way into a column: cast by assignment, else its default. */
import { must } from "../../base/assert.ts";
import { PgError } from "../../base/error.ts";
import { builtins } from "../../catalog/builtins.ts";
import type { RelationColumn } from "../../catalog/relation.ts";
import type { Analysis } from "./analysis.ts";
import { coerceToTarget, typeOf } from "./coerce.ts";
import { make, nullConstant } from "./constant.ts";
import { defaultTextOf, domainsOf } from "./domain.ts";
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
  return assigned(value, column, scope) ?? fail(value, column, "expression", value.location, scope);
}

/** The same of what is declared with a column: PostgreSQL tells no place. */
export function assignDeclared(
  value: Expression,
  column: Pick<RelationColumn, "name" | "typeOid" | "typmod">,
  scope: Scope,
): Expression {
  return (
    assigned(value, column, scope) ?? fail(value, column, "default expression", undefined, scope)
  );
}

function assigned(
  value: Expression,
  column: Pick<RelationColumn, "name" | "typeOid" | "typmod">,
  { analysis }: Scope,
): Expression | undefined {
  const settled = coerceToTarget(value, column.typeOid, column.typmod, analysis, "assignment");
  return settled && asStored(settled, column);
}

function fail(
  value: Expression,
  { name, typeOid }: Pick<RelationColumn, "name" | "typeOid">,
  what: string,
  location: number | undefined,
  { analysis }: Scope,
): never {
  throw analysis.error(
    "42804",
    `column "${name}" is of type ${typeName(typeOid)} but ${what} is of type ${typeName(typeOf(value, analysis))}`,
    location,
    {
      hint: "You will need to rewrite or cast the expression.",
      routine: "transformAssignedExpr",
    },
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

/** The column's own DEFAULT, else NULL; what is generated comes later. */
export function defaultValue(column: RelationColumn, analysis: Analysis): Expression {
  if (column.identity !== undefined)
    return assign(numberOf(column.identity.sequence), column, newScope(analysis, undefined));
  const text = column.isGenerated === true ? null : defaultTextOf(column);
  if (text === null && domainsOf(column.typeOid).some(({ notNull }) => notNull))
    return assign(nullConstant(oid.unknown, undefined), column, newScope(analysis, undefined));
  if (text === null) return { ...nullConstant(column.typeOid, undefined), typmod: column.typmod };
  const scope = newScope(analysis, undefined, "DEFAULT expressions");
  const node = analysis.rules.parseExpression(text);
  return assign(analysis.rules.expression(node, scope), column, scope);
}

/** The next number of a column's own sequence: no privilege is asked for it. */
export function numberOf(sequence: number): Expression {
  const proc = must(builtins().procsByName.get("nextval")?.[0], "PostgreSQL has nextval");
  return {
    kind: "function",
    proc,
    arguments: [make(oid.regclass, String(sequence), undefined)],
    isVariadicArray: false,
    isOwners: true,
    type: oid.int8,
    typmod: -1,
    location: undefined,
  };
}

/** 428C9 in PostgreSQL's words when a value is given to what gives itself one; the column takes its default where true. */
export function refuseValue(
  { name, identity, isGenerated }: RelationColumn,
  verb: "insert" | "update",
  override: "system" | "user" | undefined,
): boolean {
  if (verb === "insert" && identity !== undefined && override === "user") return true;
  const isAlways = identity?.kind === "always" && (verb === "update" || override !== "system");
  if (!isAlways && isGenerated !== true) return false;
  const message =
    verb === "insert"
      ? `cannot insert a non-DEFAULT value into column "${name}"`
      : `column "${name}" can only be updated to DEFAULT`;
  if (isGenerated === true)
    throw new PgError("428C9", message, { detail: `Column "${name}" is a generated column.` });
  throw new PgError("428C9", message, {
    detail: `Column "${name}" is an identity column defined as GENERATED ALWAYS.`,
    ...(verb === "insert" ? { hint: "Use OVERRIDING SYSTEM VALUE to override." } : {}),
  });
}
