/** SET CONSTRAINTS: every constraint is checked at the end of its statement, so there is nothing to set. */
import type { ConstraintsSetStmt, Node } from "libpg-query";
import { PgError } from "../../base/error.ts";
import type { Draft, Scope } from "../draft.ts";
import { nameOf } from "./names.ts";

/** https://www.postgresql.org/docs/15/sql-set-constraints.html. 42704 and 42809 for those that are named. */
export function setConstraints(node: ConstraintsSetStmt, scope: Scope): Draft {
  for (const item of node.constraints ?? []) refuseNamed(item, scope);
  return {
    plan: { kind: "nothing", tag: "SET CONSTRAINTS" },
    parameterTypes: [],
    isReadOnly: true,
  };
}

function refuseNamed(item: Node, { context }: Scope): never {
  const { name } = nameOf("RangeVar" in item ? item.RangeVar : {}, context);
  for (const relation of context.catalog.relations()) {
    if (relation.constraints?.some((constraint) => constraint.name === name))
      throw new PgError("42809", `constraint "${name}" is not deferrable`);
  }
  throw new PgError("42704", `constraint "${name}" does not exist`);
}
