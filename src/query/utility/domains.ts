/** CREATE DOMAIN and ALTER DOMAIN. https://www.postgresql.org/docs/15/sql-createdomain.html */
import type { AlterDomainStmt, Constraint, CreateDomainStmt, Node, RenameStmt } from "libpg-query";
import { must } from "../../base/assert.ts";
import { PgError, unsupported } from "../../base/error.ts";
import { typeDependents } from "../../catalog/type-dependents.ts";
import type { DomainCheck, UserType } from "../../catalog/user-type.ts";
import { analyzeColumnDefault, analyzeDomainCheck } from "../analyze/analyze.ts";
import { typeName, typeRow } from "../analyze/types.ts";
import { type Draft, positionOf, type Scope } from "../draft.ts";
import { keptDefault } from "./default-text.ts";
import { checkExpression, expressionText, settledDefaultText } from "./expression-text.ts";
import { strings } from "./names.ts";
import { existingType, ownedType, partsOf } from "./type-names.ts";
import { typeNamed } from "./types.ts";
import { createType, replaceType } from "./user-types.ts";

type Domain = Extract<UserType, { kind: "domain" }>;

export function createDomain(node: CreateDomainStmt, scope: Scope): Draft {
  const name = strings(node.domainname).at(-1) ?? "";
  const { oid: base, typmod } = typeNamed(node.typeName, scope);
  const row = typeRow(base);
  if (row?.typtype === "p" || base === 0)
    throw new PgError("42804", `"${typeName(base)}" is not a valid base type for a domain`);
  const collation = strings(node.collClause?.collname).at(-1);
  if (collation !== undefined && !["C", "POSIX", "default", "ucs_basic"].includes(collation))
    throw unsupported(`collation "${collation}"`, { hint: 'Text sorts as in "C".' });
  const constraints = (node.constraints ?? []).map(constraintOf);
  const of = (kind: string) => constraints.filter(({ contype }) => contype === kind);
  for (const { contype = "" } of constraints) {
    const what = impossible[contype];
    if (what !== undefined)
      throw new PgError("42601", `${what} constraints not possible for domains`);
  }
  if (of("CONSTR_NOTNULL").length > 0 && of("CONSTR_NULL").length > 0)
    throw new PgError("42601", "conflicting NULL/NOT NULL constraints");
  const [first, second] = of("CONSTR_DEFAULT");
  if (second !== undefined) throw new PgError("42601", "multiple default expressions");
  const column = { name, typeOid: base, typmod };
  const defaultText = first === undefined ? null : declaredDefault(first, column, scope);
  const checks: DomainCheck[] = [];
  for (const constraint of of("CONSTR_CHECK"))
    checks.push(checkOf(constraint, { name, base, typmod, checks }, scope));
  const notNull = of("CONSTR_NOTNULL").length > 0;
  const definition = { kind: "domain", base, typmod, notNull, defaultText, checks } as const;
  return createType(node.domainname, scope, definition, "CREATE DOMAIN");
}

const impossible: Readonly<Record<string, string>> = {
  CONSTR_UNIQUE: "unique",
  CONSTR_PRIMARY: "primary key",
  CONSTR_EXCLUSION: "exclusion",
  CONSTR_FOREIGN: "foreign key",
  CONSTR_ATTR_DEFERRABLE: "specifying constraint deferrability",
  CONSTR_ATTR_DEFERRED: "specifying constraint deferrability",
};

function constraintOf(node: Node): Constraint {
  return must("Constraint" in node ? node.Constraint : undefined, "a constraint of a domain");
}

function declaredDefault(
  constraint: Constraint,
  column: { readonly name: string; readonly typeOid: number; readonly typmod: number },
  scope: Scope,
): string | null {
  const expression = must(constraint.raw_expr, "a default");
  analyzeColumnDefault(expression, column, scope.source, scope.context);
  const text = expressionText(constraint.location ?? 0, expression, scope);
  return keptDefault(expression, text, column, scope);
}

function checkOf(
  node: Constraint,
  domain: Pick<Domain, "name" | "base" | "typmod" | "checks">,
  scope: Scope,
): DomainCheck {
  if (node.is_no_inherit)
    throw new PgError("42P16", "check constraints for domains cannot be marked NO INHERIT");
  const tree = must(node.raw_expr, "a check has a condition");
  analyzeDomainCheck(tree, domain, scope.source, scope.context);
  const names = domain.checks.map(({ name }) => name);
  if (node.conname !== undefined && names.includes(node.conname))
    throw new PgError(
      "42710",
      `constraint "${node.conname}" for domain "${domain.name}" already exists`,
    );
  return {
    oid: 0,
    name: node.conname ?? chosenName(domain.name, names),
    expression: checkExpression(node, scope).replace(
      /\bvalue\b(?=(?:[^']*'[^']*')*[^']*$)/g,
      "VALUE",
    ),
    isValidated: node.skip_validation !== true,
  };
}

/** pos_check, pos_check1, … */
function chosenName(domain: string, taken: readonly string[]): string {
  const first = `${domain}_check`;
  for (let n = 0; ; n++) {
    const name = n === 0 ? first : `${first}${n}`;
    if (!taken.includes(name)) return name;
  }
}

export function alterDomain(node: AlterDomainStmt, scope: Scope): Draft {
  const type = existingDomain(node.typeName, scope);
  switch (node.subtype) {
    case "T":
      return altered(type, { ...type, defaultText: newDefault(type, node.def, scope) });
    case "N":
      return altered(type, { ...type, notNull: false });
    case "O":
      refuseContainers(type, scope);
      return altered(type, { ...type, notNull: true }, { notNull: true });
    case "C":
      return addConstraint(type, constraintOf(must(node.def, "a constraint")), scope);
    case "X":
      return dropConstraint(type, node);
    case "V": {
      const check = existingCheck(type, node.name ?? "");
      if (check.isValidated) return altered(type, type);
      refuseContainers(type, scope);
      const checks = type.checks.map((each) =>
        each === check ? { ...each, isValidated: true } : each,
      );
      return altered(type, { ...type, checks }, { check: check.name });
    }
    default:
      throw unsupported("this action of ALTER DOMAIN");
  }
}

function altered(
  base: Domain,
  type: Domain,
  verified?: { notNull: true } | { check: string },
): Draft {
  const draft = replaceType(base, type, [ownedType(base)], undefined, "ALTER DOMAIN");
  if (verified === undefined || draft.plan.kind !== "alter type") return draft;
  return { ...draft, plan: { ...draft.plan, verified } };
}

function newDefault(type: Domain, def: Node | undefined, scope: Scope): string | null {
  if (def === undefined) return null;
  const column = { name: type.name, typeOid: type.base, typmod: type.typmod };
  analyzeColumnDefault(def, column, scope.source, scope.context);
  return keptDefault(def, settledDefaultText(def, scope), column, scope);
}

function addConstraint(type: Domain, node: Constraint, scope: Scope): Draft {
  const what = impossible[node.contype ?? ""];
  if (what !== undefined)
    throw new PgError("42601", `${what} constraints not possible for domains`);
  if (node.contype !== "CONSTR_CHECK")
    throw unsupported("this constraint of a domain", positionOf(scope, node.location));
  const check = checkOf(node, type, scope);
  const after = { ...type, checks: [...type.checks, check] };
  if (!check.isValidated) return altered(type, after);
  refuseContainers(type, scope);
  return altered(type, after, { check: check.name });
}

function dropConstraint(type: Domain, node: AlterDomainStmt): Draft {
  const name = node.name ?? "";
  if (type.checks.some((check) => check.name === name))
    return altered(type, { ...type, checks: type.checks.filter((check) => check.name !== name) });
  const notice = `${missingCheck(type, name).message}, skipping`;
  if (node.missing_ok !== true) throw missingCheck(type, name);
  return {
    plan: { kind: "nothing", tag: "ALTER DOMAIN", notice },
    parameterTypes: [],
    requirements: [{ kind: "owner", object: ownedType(type) }],
    isReadOnly: false,
  };
}

export function renameDomainConstraint(node: RenameStmt, scope: Scope): Draft {
  const type = existingDomain(partsOf(node.object), scope);
  const check = existingCheck(type, node.subname ?? "");
  const name = node.newname ?? "";
  if (type.checks.some((each) => each.name === name))
    throw new PgError("42710", `constraint "${name}" for domain ${type.name} already exists`);
  const checks = type.checks.map((each) => (each === check ? { ...each, name } : each));
  return altered(type, { ...type, checks });
}

function existingDomain(nodes: readonly Node[] | undefined, scope: Scope): Domain {
  const type = existingType(nodes, scope);
  if (type.kind === "domain") return type;
  throw new PgError("42809", `${typeName(type.oid)} is not a domain`);
}

function existingCheck(type: Domain, name: string): DomainCheck {
  const check = type.checks.find((each) => each.name === name);
  if (check === undefined) throw missingCheck(type, name);
  return check;
}

function missingCheck(type: Domain, name: string): PgError {
  return new PgError("42704", `constraint "${name}" of domain "${type.name}" does not exist`);
}

/** As PostgreSQL: values inside arrays and rows are not looked for. */
function refuseContainers(type: Domain, { context }: Scope): void {
  const inside = typeDependents(type, context.catalog).find(
    (each) =>
      each.kind === "column" &&
      each.column.typeOid !== type.oid &&
      typeRow(each.column.typeOid)?.typcategory === "A",
  );
  if (inside?.kind !== "column") return;
  const { relation, column } = inside;
  throw new PgError(
    "0A000",
    `cannot alter type "${type.name}" because column "${relation.name}.${column.name}" uses it`,
  );
}
