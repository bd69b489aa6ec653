/** CREATE, ALTER, DROP and RENAME of policies. https://www.postgresql.org/docs/15/sql-createpolicy.html */
import type { AlterPolicyStmt, CreatePolicyStmt, DropStmt, Node, RenameStmt } from "libpg-query";
import { must } from "../../base/assert.ts";
import { PgError, unsupported } from "../../base/error.ts";
import type { Policy, PolicyText, Relation } from "../../catalog/relation.ts";
import { analyzePolicy } from "../analyze/policy-analysis.ts";
import type { Draft, Scope } from "../draft.ts";
import { begin, draftOf } from "./alter-table.ts";
import type { Altering } from "./altering.ts";
import { existingRelation, findRelation, nameOf, nameOfList, strings } from "./names.ts";
import { roleNamed } from "./role-names.ts";
import { securityOf, tableOf } from "./row-security.ts";

const commands: Readonly<Record<string, Policy["command"]>> = {
  all: "*",
  select: "r",
  insert: "a",
  update: "w",
  delete: "d",
};

export function createPolicy(node: CreatePolicyStmt, scope: Scope): Draft {
  const command = must(commands[node.cmd_name ?? "all"], "the parser knows the commands");
  if (node.with_check !== undefined && (command === "r" || command === "d"))
    throw new PgError("42601", "WITH CHECK cannot be applied to SELECT or DELETE");
  if (node.qual !== undefined && command === "a")
    throw new PgError("42601", "only WITH CHECK expression allowed for INSERT");
  const altering = ofTable(node, scope);
  const { relation } = altering;
  const name = node.policy_name ?? "";
  const { policies } = securityOf(relation);
  if (policies.some((each) => each.name === name)) throw taken(name, relation);
  const policy: Policy = {
    oid: 0,
    name,
    command,
    isPermissive: node.permissive ?? false,
    roles: rolesOf(node.roles, scope, altering),
    ...textsOf(node, relation, scope),
  };
  return changed([...policies, policy], altering, "CREATE POLICY");
}

export function alterPolicy(node: AlterPolicyStmt, scope: Scope): Draft {
  const altering = ofTable(node, scope);
  const { relation } = altering;
  const policy = existing(node.policy_name ?? "", relation);
  const { command } = policy;
  if (node.with_check !== undefined && (command === "r" || command === "d"))
    throw new PgError("42601", "only USING expression allowed for SELECT, DELETE");
  if (node.qual !== undefined && command === "a")
    throw new PgError("42601", "only WITH CHECK expression allowed for INSERT");
  const roles = node.roles === undefined ? policy.roles : rolesOf(node.roles, scope, altering);
  const made = { ...policy, roles, ...textsOf(node, relation, scope) };
  return replaced(policy, made, altering, "ALTER POLICY");
}

export function renamePolicy(node: RenameStmt, scope: Scope): Draft {
  const range = must(node.relation, "a policy is of a table");
  const altering = ofTable({ table: range }, scope);
  const policy = existing(node.subname ?? "", altering.relation);
  const name = node.newname ?? "";
  if (securityOf(altering.relation).policies.some((each) => each.name === name))
    throw taken(name, altering.relation);
  return replaced(policy, { ...policy, name }, altering, "ALTER POLICY");
}

export function dropPolicies(node: DropStmt, scope: Scope): Draft {
  const [object, second] = node.objects ?? [];
  if (second !== undefined) throw unsupported("DROP POLICY of several policies");
  const path = object !== undefined && "List" in object ? (object.List.items ?? []) : [];
  const [name = ""] = strings(path.slice(-1));
  const table = nameOfList(path.slice(0, -1), scope.context);
  const isMissingFine = node.missing_ok ?? false;
  const skipped = (message: string): Draft => ({
    plan: { kind: "nothing", tag: "DROP POLICY", notice: `${message} does not exist, skipping` },
    parameterTypes: [],
    isReadOnly: false,
  });
  const found = findRelation(table, scope.context);
  if (found === undefined && isMissingFine) return skipped(`relation "${table.name}"`);
  const relation = tableOf(found ?? existingRelation(table, scope.context));
  const { policies } = securityOf(relation);
  const policy = policies.find((each) => each.name === name);
  if (policy === undefined && isMissingFine)
    return skipped(`policy "${name}" for relation "${relation.name}"`);
  const gone = policy ?? existing(name, relation);
  const left = policies.filter((each) => each !== gone);
  return changed(left, begin(relation, scope), "DROP POLICY");
}

/** COMMENT ON POLICY p ON t. */
export function commentOnPolicy(path: readonly Node[], text: string | null, scope: Scope): Draft {
  const [name = ""] = strings(path.slice(-1));
  const relation = existingRelation(nameOfList(path.slice(0, -1), scope.context), scope.context);
  const altering = begin(tableOf(relation), scope);
  const policy = existing(name, altering.relation);
  return replaced(policy, { ...policy, comment: text }, altering, "COMMENT");
}

function ofTable(node: Pick<CreatePolicyStmt, "table">, scope: Scope): Altering {
  const range = must(node.table, "a policy is of a table");
  return begin(tableOf(existingRelation(nameOf(range, scope.context), scope.context)), scope);
}

function existing(name: string, relation: Relation): Policy {
  const policy = securityOf(relation).policies.find((each) => each.name === name);
  if (policy !== undefined) return policy;
  throw new PgError("42704", `policy "${name}" for table "${relation.name}" does not exist`);
}

function taken(name: string, relation: Relation): PgError {
  return new PgError("42710", `policy "${name}" for table "${relation.name}" already exists`);
}

/** PUBLIC alone, where it is among them. */
function rolesOf(
  nodes: readonly Node[] | undefined,
  scope: Scope,
  { notices }: Altering,
): readonly number[] {
  const specs = (nodes ?? []).flatMap((node) => ("RoleSpec" in node ? [node.RoleSpec] : []));
  const isPublic = specs.some(({ roletype }) => roletype === "ROLESPEC_PUBLIC");
  if (!isPublic) return specs.map((spec) => roleNamed(spec, scope).oid);
  if (specs.length > 1)
    notices.push({
      severity: "WARNING",
      sqlstate: "22023",
      message: "ignoring specified roles other than PUBLIC",
      hint: "All roles are members of the PUBLIC role.",
    });
  return [0];
}

function textsOf(
  { qual, with_check: check }: Pick<CreatePolicyStmt, "qual" | "with_check">,
  relation: Relation,
  scope: Scope,
): Pick<Policy, "using" | "check"> {
  const text = (part: PolicyText["part"], tree: Node): PolicyText => ({
    sql: scope.statement.sql,
    part,
    ...analyzePolicy(tree, relation, scope.source, scope.context),
  });
  return {
    ...(qual === undefined ? {} : { using: text("using", qual) }),
    ...(check === undefined ? {} : { check: text("check", check) }),
  };
}

function replaced(policy: Policy, made: Policy, altering: Altering, tag: string): Draft {
  const { policies } = securityOf(altering.relation);
  return changed(
    policies.map((each) => (each === policy ? made : each)),
    altering,
    tag,
  );
}

function changed(policies: readonly Policy[], altering: Altering, tag: string): Draft {
  const { relation } = altering;
  altering.relation = { ...relation, rowSecurity: { ...securityOf(relation), policies } };
  return draftOf(altering, tag);
}
