/** What ALTER TABLE does to one column. Errors are PostgreSQL's, in its words: tablecmds.c. */
import { isDeepStrictEqual } from "node:util";
import type { AlterTableCmd, ColumnDef } from "libpg-query";
import { must } from "../../base/assert.ts";
import { PgError, unsupported } from "../../base/error.ts";
import { quoteName } from "../../base/quote.ts";
import { formatType } from "../../catalog/format-type.ts";
import { readersOf } from "../../catalog/readers.ts";
import type { Relation, RelationColumn } from "../../catalog/relation.ts";
import { type PolicyOf, policiesReading } from "../../catalog/row-security.ts";
import { oids } from "../../pgtypes/oids.ts";
import { logicalTypeFor } from "../../pgtypes/types.ts";
import { analyzeColumnDefault, keepsDefault } from "../analyze/analyze.ts";
import { positionOf } from "../draft.ts";
import { dropColumnConstraints, recheckColumn, renameColumnInChecks } from "./alter-constraints.ts";
import {
  changeIdentityType,
  generatedFrom,
  refuseDefaultOf,
  renameInGenerated,
} from "./alter-identity.ts";
import { type Altering, existing, missing, replaceColumn, systemNames } from "./altering.ts";
import { ofColumn } from "./constraints.ts";
import { keptDefault } from "./default-text.ts";
import {
  cascadeNotice,
  columnDependents,
  columnOf,
  defaultsBelow,
  dependedOn,
  named,
  policyWords,
} from "./dependents.ts";
import { parsedExpression, settledDefaultText } from "./expression-text.ts";
import { checkGeneration, columnDefinition, refuseCollation, refuseType } from "./tables.ts";
import { typeNamed } from "./types.ts";

/** By the parser's name of the action. */
export const columnActions = {
  AT_AddColumn: addColumn,
  AT_DropColumn: dropColumn,
  AT_AlterColumnType: changeType,
  AT_ColumnDefault: changeDefault,
  AT_SetNotNull: setNotNull,
  AT_DropNotNull: dropNotNull,
};

export function renameColumn(from: string, to: string, altering: Altering): void {
  const { relation } = altering;
  const column = relation.columns.find(({ name }) => name === from);
  if (column === undefined) {
    if (systemNames.has(from)) throw new PgError("0A000", `cannot rename system column "${from}"`);
    throw new PgError("42703", `column "${from}" does not exist`);
  }
  if (from === to) throw taken(to, relation);
  refuseName(to, column.number, relation);
  replaceColumn(altering, { ...column, name: to });
  renameColumnInChecks(from, to, altering);
  renameInGenerated(from, to, altering);
  const { partitionedBy } = relation;
  if (partitionedBy !== undefined)
    altering.relation = {
      ...altering.relation,
      partitionedBy: partitionedBy.map((name) => (name === from ? to : name)),
    };
}

function addColumn(command: AlterTableCmd, altering: Altering): void {
  const { scope, relation } = altering;
  const node = definition(command);
  const name = node.colname ?? "";
  if (command.missing_ok === true && relation.columns.some((column) => column.name === name)) {
    altering.notices.push({
      sqlstate: "42701",
      message: `${taken(name, relation).message}, skipping`,
    });
    return;
  }
  refuseName(name, 0, relation);
  const { sequence, ...defined } = columnDefinition({ ColumnDef: node }, relation, scope);
  altering.declared.push(...ofColumn(name, node.constraints ?? [], scope));
  const number = columnsMade(relation) + 1;
  const column: RelationColumn = { ...defined, number, comment: null };
  altering.relation = { ...relation, columns: [...relation.columns, column], columnsMade: number };
  const value = (node.constraints ?? []).flatMap((item) =>
    "Constraint" in item && item.Constraint.contype === "CONSTR_DEFAULT"
      ? [item.Constraint.raw_expr]
      : [],
  )[0];
  if (column.isGenerated === true) checkGeneration(node, column, altering.relation, scope);
  if (sequence !== undefined) {
    altering.sequences.push({ ...sequence, column: number });
    altering.fillings.set(number, { kind: "numbered", sequence: sequence.oid });
  } else altering.fillings.set(number, { kind: "new", value });
  if (column.notNull) altering.notNull.add(number);
}

function dropColumn(command: AlterTableCmd, altering: Altering): void {
  const { relation } = altering;
  const { name = "" } = command;
  const column = relation.columns.find((candidate) => candidate.name === name);
  if (column === undefined) {
    if (systemNames.has(name)) throw new PgError("0A000", `cannot drop system column "${name}"`);
    const { message } = missing(name, relation);
    if (command.missing_ok !== true) throw missing(name, relation);
    altering.notices.push({ sqlstate: "00000", message: `${message}, skipping` });
    return;
  }
  if (relation.partitionedBy?.includes(name) === true)
    throw new PgError(
      "42P16",
      `cannot drop column "${name}" because it is part of the partition key of relation "${relation.name}"`,
    );
  const { number } = column;
  dropGenerated(column, command.behavior === "DROP_CASCADE", altering);
  dropColumnDefaults(column, command.behavior === "DROP_CASCADE", altering);
  dropColumnViews(column, command.behavior === "DROP_CASCADE", altering);
  dropColumnConstraints(column, command.behavior === "DROP_CASCADE", altering);
  altering.relation = {
    ...altering.relation,
    columns: altering.relation.columns.filter((candidate) => candidate !== column),
    columnsMade: columnsMade(relation),
  };
  altering.fillings.delete(number);
  altering.notNull.delete(number);
}

/** With CASCADE the defaults of others that draw from its sequence go too. */
function dropColumnDefaults(column: RelationColumn, isCascade: boolean, altering: Altering): void {
  const { target, relation, scope } = altering;
  const dependents = defaultsBelow(target, new Set([target.oid]), scope.context, column.number);
  if (dependents.length === 0) return;
  if (!isCascade) throw dependedOn(columnOf(relation, column, scope.context), dependents);
  altering.notices.push(cascadeNotice(dependents));
  altering.droppedDefaults.push(...dependents.flatMap((one) => one.default ?? []));
}

/** With CASCADE the columns that are made of it go too. */
function dropGenerated(column: RelationColumn, isCascade: boolean, altering: Altering): void {
  const { relation, scope } = altering;
  const made = generatedFrom(column, altering);
  if (made.length === 0) return;
  const on = columnOf(relation, column, scope.context);
  const dependents = made.map((one) => ({ what: columnOf(relation, one, scope.context), on }));
  if (!isCascade) throw dependedOn(on, dependents);
  altering.notices.push(cascadeNotice(dependents));
  for (const { name } of made)
    dropColumn({ name, behavior: "DROP_CASCADE", subtype: "AT_DropColumn" }, altering);
}

/** With CASCADE the views that read it go too. */
function dropColumnViews(column: RelationColumn, isCascade: boolean, altering: Altering): void {
  const { target, scope } = altering;
  const dependents = columnDependents(target, column, scope.context);
  if (dependents.length === 0) return;
  if (!isCascade) throw dependedOn(columnOf(target, column, scope.context), dependents);
  altering.notices.push(cascadeNotice(dependents));
  const views = dependents.flatMap(({ view }) => view ?? []);
  altering.droppedViews.push(...views.toReversed());
  dropPolicies(
    dependents.flatMap(({ policy }) => policy ?? []),
    altering,
  );
}

function dropPolicies(gone: readonly PolicyOf[], altering: Altering): void {
  const { target, relation } = altering;
  altering.droppedPolicies.push(...gone.filter((each) => each.relation.oid !== target.oid));
  const { rowSecurity } = relation;
  if (rowSecurity === undefined) return;
  const oids = new Set(gone.map(({ policy }) => policy.oid));
  const policies = rowSecurity.policies.filter(({ oid }) => !oids.has(oid));
  altering.relation = { ...relation, rowSecurity: { ...rowSecurity, policies } };
}

/** 0A000: a view's columns have the types they were given. */
function refuseReaders({ name, number }: RelationColumn, { target, scope }: Altering): void {
  const [own] = policiesReading(target.oid, scope.context.catalog, number);
  if (own !== undefined)
    throw new PgError("0A000", "cannot alter type of a column used in a policy definition", {
      detail: `${policyWords(own, scope.context)} depends on column ${quoteName(name)}`,
    });
  const [reader] = readersOf(target.oid, scope.context.catalog).filter(({ columns }) =>
    columns.includes(number),
  );
  if (reader === undefined) return;
  throw new PgError("0A000", "cannot alter type of a column used by a view or rule", {
    detail: `rule _RETURN on ${named(reader.view, scope.context)} depends on column ${quoteName(name)}`,
  });
}

function changeType(command: AlterTableCmd, altering: Altering): void {
  const { scope, relation } = altering;
  const node = definition(command);
  const column = existing(command.name ?? "", relation);
  const type = typeNamed(node.typeName, scope);
  refuseType(type.oid, type.typmod, column.name, positionOf(scope, node.typeName?.location));
  refuseCollation(node, scope);
  if (relation.partitionedBy?.includes(column.name) === true)
    throw new PgError(
      "42P16",
      `cannot alter column "${column.name}" because it is part of the partition key of relation "${relation.name}"`,
    );
  const [made] = generatedFrom(column, altering);
  if (made !== undefined)
    throw new PgError("0A000", "cannot alter type of a column used by a generated column", {
      detail: `Column "${column.name}" is used by generated column "${made.name}".`,
    });
  if (altering.fillings.has(column.number))
    throw new PgError("0A000", `cannot alter type of column "${column.name}" twice`);
  refuseReaders(column, altering);
  changeIdentityType(column, type.oid, altering);
  const changed: RelationColumn = { ...column, typeOid: type.oid, typmod: type.typmod };
  replaceColumn(altering, changed);
  recheckColumn(column.number, altering);
  if (node.raw_default === undefined && keepsRows(column, changed)) return;
  altering.fillings.set(column.number, { kind: "converted", using: node.raw_default });
}

/** Stored alike, and no value can be too long for the new type. */
function keepsRows(before: RelationColumn, after: RelationColumn): boolean {
  if (before.typeOid === after.typeOid && before.typmod === after.typmod) return true;
  const stored = ({ typeOid, typmod }: RelationColumn) => logicalTypeFor(typeOid, typmod);
  if (!isDeepStrictEqual(stored(before), stored(after))) return false;
  const isText = ({ typeOid }: RelationColumn) => typeOid === oids.text || typeOid === oids.varchar;
  if (!isText(before) || !isText(after)) return false;
  const isBounded = before.typeOid === oids.varchar && before.typmod >= 0;
  return after.typmod < 0 || (isBounded && before.typmod <= after.typmod);
}

/** 42804 for a column that became another type and has a default which cannot. */
export function refuseDefaultsOfOtherTypes({ scope, target, relation }: Altering): void {
  for (const column of relation.columns) {
    const before = target.columns.find(({ number }) => number === column.number);
    if (!before || before.typeOid === column.typeOid) continue;
    if (before.defaultText === null || before.defaultText !== column.defaultText) continue;
    const tree = must(parsedExpression(before.defaultText), "a default is an expression");
    if (keepsDefault(tree, before, column, scope.source, scope.context)) continue;
    throw new PgError(
      "42804",
      `default for column "${column.name}" cannot be cast automatically to type ${formatType(column.typeOid, undefined)}`,
    );
  }
}

function changeDefault(command: AlterTableCmd, altering: Altering): void {
  const { scope, relation } = altering;
  const column = existing(command.name ?? "", relation);
  const { def } = command;
  refuseDefaultOf(column, def === undefined, altering);
  if (def === undefined) {
    replaceColumn(altering, { ...column, defaultText: null });
    return;
  }
  analyzeColumnDefault(def, column, scope.source, scope.context);
  replaceColumn(altering, {
    ...column,
    defaultText: keptDefault(def, settledDefaultText(def, scope), column, scope),
  });
}

function setNotNull({ name = "" }: AlterTableCmd, altering: Altering): void {
  const column = existing(name, altering.relation);
  if (column.notNull) return;
  replaceColumn(altering, { ...column, notNull: true });
  altering.notNull.add(column.number);
}

function dropNotNull({ name = "" }: AlterTableCmd, altering: Altering): void {
  const { relation } = altering;
  const column = existing(name, relation);
  const isKey = relation.constraints?.some(
    ({ kind, columns }) => kind === "primary key" && columns.includes(column.number),
  );
  if (column.identity !== undefined)
    throw new PgError(
      "42601",
      `column "${name}" of relation "${relation.name}" is an identity column`,
    );
  if (isKey === true) throw new PgError("42P16", `column "${name}" is in a primary key`);
  replaceColumn(altering, { ...column, notNull: false });
}

function columnsMade({ columns, columnsMade: made = 0 }: Relation): number {
  return Math.max(made, ...columns.map(({ number }) => number));
}

function refuseName(name: string, number: number, relation: Relation): void {
  if (systemNames.has(name))
    throw new PgError("42701", `column name "${name}" conflicts with a system column name`);
  const others = relation.columns.filter((column) => column.number !== number);
  if (others.some((column) => column.name === name)) throw taken(name, relation);
  const twin = others.find((column) => column.name.toLowerCase() === name.toLowerCase());
  if (twin !== undefined)
    throw unsupported(
      `a dataset with columns "${twin.name}" and "${name}", which differ in case only,`,
    );
}

function taken(name: string, relation: Relation): PgError {
  return new PgError("42701", `column "${name}" of relation "${relation.name}" already exists`);
}

function definition({ def }: AlterTableCmd): ColumnDef {
  return must(def !== undefined && "ColumnDef" in def ? def.ColumnDef : undefined, "a column");
}
