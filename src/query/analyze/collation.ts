/** COLLATION FOR: the collation that an expression names, or that its type has. */
import { PgError } from "../../base/error.ts";
import { typeOf } from "./coerce.ts";
import { make, nullConstant } from "./constant.ts";
import { oid } from "./oids.ts";
import type { Scope } from "./scope.ts";
import type { Expression } from "./tree.ts";
import { baseType, elementType, typeName, typeRow } from "./types.ts";

const named = new WeakMap<Expression, string>();

/** The expression, remembered to have been written with COLLATE. */
export function withCollation(expression: Expression, collation: string): Expression {
  const made = { ...expression };
  named.set(made, collation);
  return made;
}

/** NULL of a bare literal; 42804 of a type without collations. */
export function collationFor(
  argument: Expression,
  scope: Scope,
  location: number | undefined,
): Expression {
  const written = named.get(argument);
  if (written !== undefined) return make(oid.text, `"${written}"`, location);
  const type = typeOf(argument, scope.analysis);
  if (type === oid.unknown) return nullConstant(oid.text, location);
  const base = elementType(baseType(type)) ?? baseType(type);
  const { typcollation = 0 } = typeRow(base) ?? {};
  if (typcollation === 0)
    throw new PgError("42804", `collations are not supported by type ${typeName(type)}`);
  return make(oid.text, typcollation === collationC ? '"C"' : '"default"', location);
}

const collationC = 950;
