/** What the engine holds a PostgreSQL type as inside a query, spelled in its SQL. */
import { PgError } from "../../base/error.ts";
import { engineTypeName } from "../../pgtypes/engine-type.ts";
import { logicalTypeFor } from "../../pgtypes/types.ts";
import { oid, registered } from "../analyze/oids.ts";
import { baseType, elementType, typeName } from "../analyze/types.ts";

/** 0A000 for a type that values cannot have here: ranges, composites, pseudo-types. */
export function engineType(type: number, typmod = -1): string {
  const base = baseType(type);
  // Names of catalog entries are OIDs until they are shown.
  if (registered.has(base)) return "UINTEGER";
  if (base === oid.void) return "VARCHAR";
  // Only columns of the catalog are of this type (pg_attribute.attmissingval, pg_stats).
  if (base === oid.anyarray) return "VARCHAR[]";
  const element = elementType(base);
  if (element !== undefined && registered.has(element)) return "UINTEGER[]";
  const logical = logicalTypeFor(base, typmod);
  if (logical === undefined)
    throw new PgError("0A000", `values of type ${typeName(type)} are not supported yet`);
  return engineTypeName(logical);
}
