/** REASSIGN OWNED BY … TO …: everything of some roles becomes another's. https://www.postgresql.org/docs/15/sql-reassign-owned.html */
import type { ReassignOwnedStmt } from "libpg-query";
import { must } from "../../base/assert.ts";
import { PgError } from "../../base/error.ts";
import { bootstrapRole } from "../authorize.ts";
import type { DefinitionPlan } from "../definition-plan.ts";
import type { Draft, Requirement, Scope } from "../draft.ts";
import { begin, draftOf } from "./alter-table.ts";
import { roleNamed } from "./role-names.ts";

export function reassignOwned(node: ReassignOwnedStmt, scope: Scope): Draft {
  const roles = (node.roles ?? []).map((item) =>
    roleNamed(must("RoleSpec" in item ? item.RoleSpec : undefined, "a role"), scope),
  );
  const owner = roleNamed(must(node.newrole, "a role"), scope);
  const [pinned] = roles.filter(({ oid }) => oid === bootstrapRole);
  if (pinned !== undefined)
    throw new PgError(
      "2BP01",
      `cannot reassign ownership of objects owned by role ${pinned.name} because they are required by the database system`,
    );
  const owners = new Set(roles.map(({ oid }) => oid));
  return {
    plan: {
      kind: "several",
      tag: "REASSIGN OWNED",
      plans: plansFor(owners, owner.oid, scope),
    },
    parameterTypes: [],
    requirements: [...roles, owner].map(
      (role): Requirement => ({
        kind: "member",
        role,
        message: "permission denied to reassign objects",
      }),
    ),
    isReadOnly: false,
  };
}

/** Sequences of a table's columns come with the table. */
function plansFor(
  owners: ReadonlySet<number>,
  owner: number,
  scope: Scope,
): readonly DefinitionPlan[] {
  const { catalog } = scope.context;
  const plans: DefinitionPlan[] = [];
  for (const schema of catalog.schemas.values()) {
    if (schema.kind !== "bucket") continue;
    if (owners.has(schema.owner)) plans.push({ kind: "alter schema", name: schema.name, owner });
    for (const made of catalog.functionsIn(schema.name).values())
      if (owners.has(made.owner))
        plans.push({ kind: "put function", tag: "", base: made, made: { ...made, owner } });
  }
  for (const type of catalog.types())
    if (owners.has(type.owner) && !(type.kind === "composite" && type.isRowType === true))
      plans.push({ kind: "alter type", tag: "", base: type, type: { ...type, owner } });
  for (const relation of catalog.relations()) {
    const { source } = relation;
    const isOurs = source.kind !== "shadow" && source.kind !== "live";
    const isOwned = source.kind === "sequence" && source.ownedBy !== undefined;
    if (!isOurs || isOwned || !owners.has(relation.owner)) continue;
    const altering = begin(relation, scope);
    altering.relation = { ...relation, owner };
    const { plan } = draftOf(altering);
    if (plan.kind === "alter table") plans.push(plan);
  }
  return plans;
}
