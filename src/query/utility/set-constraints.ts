/** SET CONSTRAINTS: when those that are deferrable are checked, for the rest of the transaction. */
import type { ConstraintsSetStmt, Node } from "libpg-query";
import { PgError } from "../../base/error.ts";
import { constraintsIn } from "../../catalog/constraints.ts";
import type { TableConstraint } from "../../catalog/relation.ts";
import { searchSchemas } from "../analyze/registered.ts";
import type { Draft, Scope } from "../draft.ts";
import { existingSchema, nameOf } from "./names.ts";

/** https://www.postgresql.org/docs/15/sql-set-constraints.html */
export function setConstraints(node: ConstraintsSetStmt, scope: Scope): Draft {
  const isDeferred = node.deferred === true;
  const named = node.constraints?.flatMap((item) => constraintsNamed(item, isDeferred, scope));
  return {
    plan: {
      kind: "set constraints",
      constraints: named?.map(({ oid }) => oid),
      isDeferred,
    },
    parameterTypes: [],
    isReadOnly: true,
  };
}

/** In the first schema of the path that has some of that name: 42704 when none has, 42809 when they cannot be deferred. */
function constraintsNamed(
  item: Node,
  isDeferred: boolean,
  { context }: Scope,
): readonly TableConstraint[] {
  const { schema, name } = nameOf("RangeVar" in item ? item.RangeVar : {}, context);
  if (schema !== undefined) existingSchema(schema, context);
  const all = [...constraintsIn(context.catalog).byOid.values()].filter(
    ({ constraint }) =>
      constraint.name === name && !("isIndex" in constraint && constraint.isIndex),
  );
  const home = (schema === undefined ? searchSchemas(context) : [schema]).find((each) =>
    all.some(({ relation }) => relation.schema === each),
  );
  const found = all.filter(({ relation }) => relation.schema === home);
  if (found.length === 0) throw new PgError("42704", `constraint "${name}" does not exist`);
  if (isDeferred && found.some(({ constraint }) => constraint.deferrable === undefined))
    throw new PgError("42809", `constraint "${name}" is not deferrable`);
  return found.flatMap(({ constraint }) =>
    constraint.deferrable === undefined ? [] : [constraint],
  );
}
