/** What a change makes of a schema's functions, with PostgreSQL's checks and words. */
import { isDeepStrictEqual } from "node:util";
import { PgError } from "../base/error.ts";
import type { CatalogChange, CatalogVersion } from "./catalog.ts";
import { inputTypes, type UserFunction } from "./user-function.ts";

export type ChangedFunctions = readonly (readonly [
  schema: string,
  functions: ReadonlyMap<number, UserFunction>,
])[];

/** Its name and its arguments are its alone. The schemas that change, each with its functions as they become. */
export function putFunction(
  names: Pick<CatalogVersion, "functionsIn" | "schemas">,
  { made, base }: Extract<CatalogChange, { kind: "put function" }>,
): ChangedFunctions {
  const before = base && names.functionsIn(base.schema).get(base.oid);
  if (base !== undefined && !isDeepStrictEqual(before, base))
    throw new PgError("40001", "could not serialize access due to concurrent update", {
      detail: `Function "${base.name}" was altered meanwhile.`,
    });
  if (!names.schemas.has(made.schema))
    throw new PgError("3F000", `schema "${made.schema}" does not exist`);
  const types = inputTypes(made).join();
  for (const other of names.functionsIn(made.schema).values())
    if (other.oid !== made.oid && other.name === made.name && inputTypes(other).join() === types)
      throw new PgError("42723", `function "${made.name}" already exists with same argument types`);
  const after: ChangedFunctions = [
    [made.schema, new Map(names.functionsIn(made.schema)).set(made.oid, made)],
  ];
  if (base === undefined || base.schema === made.schema) return after;
  const without = new Map(names.functionsIn(base.schema));
  without.delete(made.oid);
  return [[base.schema, without], ...after];
}
