/** A type as a statement names it. */
import type { TypeName } from "libpg-query";
import { must } from "../../base/assert.ts";
import { useTypes } from "../../catalog/types-in-force.ts";
import { searchSchemas } from "../analyze/registered.ts";
import { resolveType } from "../analyze/types.ts";
import { positionOf, type Scope } from "../draft.ts";

export interface Type {
  readonly oid: number;
  readonly typmod: number;
}

/** 42704 `type "x" does not exist`. */
export function typeNamed(node: TypeName | undefined, scope: Scope): Type {
  const name = must(node, "a type is named");
  useTypes(scope.context.catalog, searchSchemas(scope.context));
  const { type, typmod } = resolveType(name, (error, location) => {
    throw error.with(positionOf(scope, location));
  });
  return { oid: type, typmod };
}
