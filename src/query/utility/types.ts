/** A type as a statement names it. */
import type { TypeName } from "libpg-query";
import { must } from "../../base/assert.ts";
import { PgError } from "../../base/error.ts";
import { useTypes } from "../../catalog/types-in-force.ts";
import { searchSchemas } from "../analyze/registered.ts";
import { resolveType } from "../analyze/types.ts";
import { positionOf, type Scope } from "../draft.ts";
import { strings } from "./names.ts";

export interface Type {
  readonly oid: number;
  readonly typmod: number;
}

/** 42704 `type "x" does not exist`. */
export function typeNamed(node: TypeName | undefined, scope: Scope): Type {
  const name = must(node, "a type is named");
  const [written = ""] = strings(name.names).slice(-1);
  if (/^(small|big)?serial[248]?$/.test(written))
    throw new PgError("0A000", `type ${written} is not supported`, {
      ...positionOf(scope, name.location),
      hint: "Use bigint and give the value, or uuid with DEFAULT gen_random_uuid().",
    });
  useTypes(scope.context.catalog, searchSchemas(scope.context));
  const { type, typmod } = resolveType(name, (error, location) => {
    throw error.with(positionOf(scope, location));
  });
  return { oid: type, typmod };
}
