/** What ALTER TABLE does to constraints, and what becomes of them when a column changes. PostgreSQL's tablecmds.c. */
import type { AlterTableCmd, Constraint } from "libpg-query";
import { must } from "../../base/assert.ts";
import { PgError, unsupported } from "../../base/error.ts";
import { isKey, type KeyConstraint, referencesTo, referredKey } from "../../catalog/constraints.ts";
import { quoteIdent } from "../../catalog/identifiers.ts";
import type { Relation, RelationColumn, TableConstraint } from "../../catalog/relation.ts";
import { analyzeCheck } from "../analyze/analyze.ts";
import type { ConstraintDefinition } from "../plan.ts";
import type { Altering } from "./altering.ts";
import { timingOf } from "./constraint-attributes.ts";
import { ConstraintNames } from "./constraint-names.ts";
import { declaredFor, defineConstraints } from "./constraints.ts";
import { cascadeNotice, columnOf, dependedOn, referring, tableName } from "./dependents.ts";
import { parsedExpression, withColumnsNamed } from "./expression-text.ts";

/** By the parser's name of the action. */
export const constraintActions = {
  AT_AddConstraint: addConstraint,
  AT_AlterConstraint: alterConstraint,
  AT_DropConstraint: dropConstraint,
  AT_ValidateConstraint: validateConstraint,
};

function addConstraint({ def }: AlterTableCmd, altering: Altering): void {
  const node = must(
    def !== undefined && "Constraint" in def ? def.Constraint : undefined,
    "a constraint",
  );
  if (node.indexname !== undefined) useIndex(node, altering);
  else altering.declared.push(declaredFor(node, altering.scope));
}

/** All that were declared, once the columns are what they will be. */
export function addDeclared(altering: Altering): void {
  const { declared, scope, relation } = altering;
  if (declared.length === 0) return;
  const { constraints, notNull, requirements } = defineConstraints(declared, relation, scope);
  const columns = relation.columns.map((column) =>
    notNull.has(column.number) && !column.notNull ? { ...column, notNull: true } : column,
  );
  for (const { number, notNull: isNotNull } of relation.columns) {
    if (notNull.has(number) && !isNotNull) altering.notNull.add(number);
  }
  const isChanged = columns.some((column, at) => column !== relation.columns[at]);
  altering.relation = {
    ...relation,
    columns: isChanged ? columns : relation.columns,
    constraints: [...(relation.constraints ?? []), ...constraints.map(withoutOids)],
  };
  altering.requirements.push(...requirements);
  for (const { name, isEnforced, isValidated } of constraints) {
    if (isEnforced && isValidated !== false) altering.verified.add(name);
  }
}

/** OIDs come with execution. */
function withoutOids(definition: ConstraintDefinition): TableConstraint {
  switch (definition.kind) {
    case "primary key":
    case "unique":
      return { ...definition, oid: 0, indexOid: 0 };
    case "check":
    case "foreign key":
      return { ...definition, oid: 0 };
    default:
      return definition satisfies never;
  }
}

/** ADD … USING INDEX: the unique index becomes the constraint. */
function useIndex(node: Constraint, altering: Altering): void {
  const { relation } = altering;
  const index = relation.constraints?.find(
    (each): each is KeyConstraint => isKey(each) && each.name === node.indexname,
  );
  if (index === undefined) throw new PgError("42704", `index "${node.indexname}" does not exist`);
  if (!index.isIndex)
    throw new PgError("55000", `index "${index.name}" is already associated with a constraint`);
  const unsorted = (index.options ?? []).findIndex((option) => option !== 0);
  if (unsorted >= 0)
    throw new PgError(
      "42809",
      `index "${index.name}" column number ${unsorted + 1} does not have default sorting behavior`,
      { detail: "Cannot create a primary key or unique constraint using such an index." },
    );
  if (node.contype === "CONSTR_PRIMARY")
    throw unsupported("a primary key USING INDEX", { hint: "Drop the index and add the key." });
  const name = node.conname ?? index.name;
  if (name !== index.name) {
    new ConstraintNames(relation, altering.scope.context.catalog).takeIndex(name);
    altering.notices.push({
      sqlstate: "00000",
      message: `ALTER TABLE / ADD CONSTRAINT USING INDEX will rename index "${index.name}" to "${name}"`,
    });
  }
  const { isIndex, ...constraint } = index;
  replaceConstraint(altering, index, { ...constraint, ...timingOf(node), name });
}

/** Of a reference alone: when it is checked. What is not said is not so. */
function alterConstraint({ def }: AlterTableCmd, altering: Altering): void {
  const node = must(
    def !== undefined && "ATAlterConstraint" in def ? def.ATAlterConstraint : undefined,
    "what becomes of a constraint",
  );
  if (node.alterEnforceability || node.alterInheritability)
    throw unsupported("ALTER CONSTRAINT of anything but its deferrability", {
      hint: "Drop the constraint and add it again.",
    });
  const { relation } = altering;
  const name = node.conname ?? "";
  const found = named(name, relation);
  if (found === undefined) throw missingConstraint(name, relation);
  if (found.kind !== "foreign key")
    throw new PgError(
      "42809",
      `constraint "${name}" of relation "${relation.name}" is not a foreign key constraint`,
    );
  const { deferrable, ...rest } = found;
  replaceConstraint(altering, found, { ...rest, ...timingOf(node) });
}

function missingConstraint(name: string, relation: Relation): PgError {
  return new PgError("42704", `constraint "${name}" of relation "${relation.name}" does not exist`);
}

function dropConstraint(command: AlterTableCmd, altering: Altering): void {
  const { relation } = altering;
  const { name = "" } = command;
  const found = named(name, relation);
  if (found === undefined) {
    const message = `constraint "${name}" of relation "${relation.name}" does not exist`;
    if (command.missing_ok !== true) throw new PgError("42704", message);
    altering.notices.push({ sqlstate: "00000", message: `${message}, skipping` });
    return;
  }
  const isCascade = command.behavior === "DROP_CASCADE";
  const what = `constraint ${quoteIdent(name)} on table ${tableName(relation, altering.scope.context)}`;
  dropAll([found], isCascade, what, `index ${quoteIdent(name)}`, altering);
}

/** Without the index made by CREATE UNIQUE INDEX: that is no constraint. */
function named(name: string, { constraints = [] }: Relation): TableConstraint | undefined {
  return constraints.find((each) => each.name === name && !(isKey(each) && each.isIndex));
}

/** 2BP01 without CASCADE when a foreign key stands on one of them. */
export function dropAll(
  gone: readonly TableConstraint[],
  isCascade: boolean,
  what: string,
  on: string,
  altering: Altering,
): void {
  const { scope, relation, dropped } = altering;
  const { catalog } = scope.context;
  const standing = referencesTo(relation.oid, catalog).filter(
    ({ constraint }) =>
      gone.some(({ oid }) => oid === referredKey(constraint, catalog)?.oid) &&
      !gone.some(({ oid }) => oid === constraint.oid) &&
      !dropped.some((other) => other.constraint.oid === constraint.oid),
  );
  if (standing.length > 0) {
    const dependents = referring(standing, on, scope.context);
    if (!isCascade) throw dependedOn(what, dependents);
    altering.notices.push(cascadeNotice(dependents));
    dropped.push(...standing.filter((reference) => reference.relation.oid !== relation.oid));
  }
  const own = [...gone, ...standing.map(({ constraint }) => constraint)];
  const constraints = (relation.constraints ?? []).filter(
    ({ oid, name }) => !own.some((each) => each.oid === oid && each.name === name),
  );
  altering.relation = { ...relation, constraints };
  for (const { name } of own) altering.verified.delete(name);
}

/** DROP COLUMN takes its constraints along; with CASCADE the foreign keys that stand on it too. */
export function dropColumnConstraints(
  column: RelationColumn,
  isCascade: boolean,
  altering: Altering,
): void {
  const { relation, scope } = altering;
  const indexes = relation.indexes?.filter(({ reads }) => !reads.includes(column.number));
  if (indexes !== undefined) altering.relation = { ...relation, indexes };
  const gone = (relation.constraints ?? []).filter(
    (each) =>
      each.columns.includes(column.number) ||
      (isKey(each) && each.include?.includes(column.number) === true),
  );
  if (gone.length === 0) return;
  const what = columnOf(relation, column, scope.context);
  dropAll(gone, isCascade, what, what, altering);
}

function validateConstraint({ name = "" }: AlterTableCmd, altering: Altering): void {
  const { relation } = altering;
  const found = named(name, relation);
  if (found === undefined) throw missingConstraint(name, relation);
  if (isKey(found))
    throw new PgError(
      "42809",
      `constraint "${name}" of relation "${relation.name}" is not a foreign key or check constraint`,
    );
  if (!found.isEnforced) throw new PgError("42809", "cannot validate NOT ENFORCED constraint");
  if (found.isValidated !== false) return;
  const { isValidated, ...validated } = found;
  replaceConstraint(altering, found, validated);
  altering.verified.add(name);
}

/** ALTER TABLE … RENAME CONSTRAINT. */
export function renameConstraint(from: string, to: string, altering: Altering): void {
  const { relation, scope } = altering;
  const found = named(from, relation);
  if (found === undefined)
    throw new PgError("42704", `constraint "${from}" for table "${relation.name}" does not exist`);
  const names = new ConstraintNames(relation, scope.context.catalog);
  if (relation.constraints?.some(({ name }) => name === to))
    throw new PgError("42710", `constraint "${to}" for relation "${relation.name}" already exists`);
  if (isKey(found)) names.takeIndex(to);
  replaceConstraint(altering, found, { ...found, name: to });
}

/** Checks keep their column's new name. */
export function renameColumnInChecks(from: string, to: string, altering: Altering): void {
  renameColumnInIndexes(from, to, altering);
  const { relation } = altering;
  if (relation.constraints === undefined) return;
  const constraints = relation.constraints.map((constraint) =>
    constraint.kind === "check"
      ? {
          ...constraint,
          expression: withColumnsNamed(constraint.expression, (column) =>
            column === from ? to : column,
          ),
        }
      : constraint,
  );
  altering.relation = { ...relation, constraints };
}

/** A column of another type: its constraints must still make sense, and hold for the values it has become. */
export function recheckColumn(number: number, altering: Altering): void {
  const { relation, scope } = altering;
  for (const constraint of relation.constraints ?? []) {
    if (!constraint.columns.includes(number)) continue;
    if (constraint.kind === "check") {
      const tree = must(parsedExpression(constraint.expression), "a check is an expression");
      analyzeCheck(tree, relation, { sql: constraint.expression, offset: 0 }, scope.context);
    }
    if (constraint.kind === "foreign key")
      throw unsupported("changing the type of a column of a foreign key", {
        hint: `Drop constraint "${constraint.name}" first and add it again.`,
      });
    if (constraint.isEnforced && constraint.isValidated !== false)
      altering.verified.add(constraint.name);
  }
  const [reference] = referencesTo(relation.oid, scope.context.catalog).filter(({ constraint }) =>
    constraint.targetColumns.includes(number),
  );
  if (reference !== undefined)
    throw unsupported("changing the type of a column that a foreign key refers to", {
      hint: `Drop constraint "${reference.constraint.name}" of table "${reference.relation.name}" first and add it again.`,
    });
}

function replaceConstraint(
  altering: Altering,
  before: TableConstraint,
  after: TableConstraint,
): void {
  const { relation } = altering;
  const constraints = relation.constraints?.map((each) => (each === before ? after : each));
  altering.relation = { ...relation, constraints: constraints ?? [] };
}

/** Called after the column has its new name. */
function renameColumnInIndexes(from: string, to: string, altering: Altering): void {
  const { relation } = altering;
  if (relation.indexes === undefined) return;
  const number = relation.columns.find(({ name }) => name === to)?.number;
  const renamed = (text: string) =>
    withColumnsNamed(text, (column) => (column === from ? to : column));
  const indexes = relation.indexes.map((index) => ({
    ...index,
    ...(index.where === undefined ? {} : { where: renamed(index.where) }),
    keys: index.keys.map((key) => ({
      ...key,
      ...(key.expression === undefined ? {} : { expression: renamed(key.expression) }),
      ...(key.column === number && key.name === from ? { name: to } : {}),
    })),
  }));
  altering.relation = { ...relation, indexes };
}
