/** DROP OWNED BY …: what some roles own goes, and what was granted to them. https://www.postgresql.org/docs/15/sql-drop-owned.html */
import type { DropOwnedStmt } from "libpg-query";
import type { Role } from "../../access/access.ts";
import { PgError } from "../../base/error.ts";
import type { Policy, Relation } from "../../catalog/relation.ts";
import { useTypes } from "../../catalog/types-in-force.ts";
import { searchSchemas } from "../analyze/registered.ts";
import { bootstrapRole } from "../authorize.ts";
import type { DefinitionPlan } from "../definition-plan.ts";
import type { Draft, Scope } from "../draft.ts";
import { begin, draftOf } from "./alter-table.ts";
import { rolesNamed } from "./role-names.ts";
import { typesOfSchemas, typesOwned } from "./user-types.ts";

export function dropOwned(node: DropOwnedStmt, scope: Scope): Draft {
  const roles = rolesNamed(node.roles, scope);
  const { access } = scope.context;
  const [pinned] = roles.filter(({ oid }) => oid === bootstrapRole);
  if (pinned !== undefined)
    throw new PgError(
      "2BP01",
      `cannot drop objects owned by role ${pinned.name} because they are required by the database system`,
    );
  for (const role of roles)
    if (!access.isMember(scope.context.role.oid, role.oid))
      throw new PgError("42501", "permission denied to drop objects");
  return {
    plan: {
      kind: "several",
      tag: "DROP OWNED",
      plans: [
        ...plansFor(roles, node.behavior === "DROP_CASCADE", scope),
        { kind: "revoke all", roles: roles.map(({ oid }) => oid) },
      ],
    },
    parameterTypes: [],
    isReadOnly: false,
  };
}

/** Schemas last, for what the roles own in others' goes too. */
function plansFor(
  roles: readonly Role[],
  cascade: boolean,
  scope: Scope,
): readonly DefinitionPlan[] {
  const { catalog } = scope.context;
  useTypes(catalog, searchSchemas(scope.context));
  const owners = new Set(roles.map(({ oid }) => oid));
  const isGoing = ({ owner }: { readonly owner: number }) => owners.has(owner);
  const schemas = [...catalog.schemas.values()].filter(
    (schema) => schema.kind === "bucket" && isGoing(schema),
  );
  const relations = [...catalog.relations()].filter(
    (relation) => isOurs(relation) && isGoing(relation),
  );
  const functions = [...catalog.schemas.keys()]
    .flatMap((name) => [...catalog.functionsIn(name).values()])
    .filter(isGoing);
  const types = [...catalog.types()].filter(
    (type) => isGoing(type) && !(type.kind === "composite" && type.isRowType === true),
  );
  const names = schemas.map(({ name }) => name);
  const plans: DefinitionPlan[] = policiesWithout(owners, isGoing, scope);
  const { dependents: _, ...gone } = typesOwned(types, isGoing, cascade, scope);
  // What stands on types and stays is altered as it was planned: before anything else is taken from it.
  if (types.length > 0)
    plans.push({ kind: "drop type", tag: "", notices: [], ...gone, targets: [] });
  if (relations.length > 0)
    plans.push({ kind: "drop table", what: "table", cascade, targets: relations, missing: [] });
  if (functions.length > 0)
    plans.push({ kind: "drop function", tag: "", targets: functions, missing: [], cascade });
  if (types.length > 0)
    plans.push({
      kind: "drop type",
      tag: "",
      notices: [],
      targets: gone.targets,
      alterations: [],
      altered: [],
      views: [],
      functions: [],
    });
  if (names.length > 0) {
    const inside = typesOfSchemas(names, scope, isGoing);
    plans.push({ kind: "drop schema", names, missing: [], cascade, types: inside });
  }
  return plans;
}

/** Policies that are of nobody else go, the others are said of the rest. */
function policiesWithout(
  roles: ReadonlySet<number>,
  isGoing: (relation: Relation) => boolean,
  scope: Scope,
): DefinitionPlan[] {
  return [...scope.context.catalog.relations()].flatMap((relation) => {
    const { rowSecurity } = relation;
    const names = (policy: Policy) => policy.roles.some((role) => roles.has(role));
    if (rowSecurity?.policies.some(names) !== true || isGoing(relation)) return [];
    const policies = rowSecurity.policies
      .map((each) => ({ ...each, roles: each.roles.filter((role) => !roles.has(role)) }))
      .filter((each) => each.roles.length > 0);
    const altering = begin(relation, scope);
    altering.relation = { ...relation, rowSecurity: { ...rowSecurity, policies } };
    const { plan } = draftOf(altering);
    return plan.kind === "alter table" ? [plan] : [];
  });
}

/** Sequences of a table's columns go with the table. */
function isOurs({ source }: Relation): boolean {
  if (source.kind === "sequence") return source.ownedBy === undefined;
  return source.kind !== "shadow" && source.kind !== "live";
}
