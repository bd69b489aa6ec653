/** Constraints of a dataset that files are added to from outside a transaction: ingest's. */
import { unsupported } from "../base/error.ts";
import { isConstrained, referencesTo } from "../catalog/constraints.ts";
import type { Relation } from "../catalog/relation.ts";
import type { AddedFiles } from "../ingest/request.ts";
import { firstMadeOid } from "../pgtypes/made-types.ts";
import type { Change, Table, TableVersion } from "../table/table.ts";
import type { Backend } from "./backend.ts";
import { checkKeys, type RowSource } from "./check-keys.ts";
import { checkReference } from "./check-references.ts";
import { checkChecks } from "./constraints.ts";
import { checkDomains } from "./domain-values.ts";
import { gainedFiles, withFiles } from "./recheck.ts";

export async function guardAdded(added: AddedFiles, backend: Backend): Promise<Change["recheck"]> {
  const { relation, table, version, isReplacement } = added;
  if (isReplacement) await refuseReferenced(relation, backend);
  if (relation.columns.some(({ typeOid }) => typeOid >= firstMadeOid))
    await checkDomains(relation, await addedRows(added), backend);
  if (!isConstrained(relation)) return undefined;
  const rows = await addedRows(added);
  await checkChecks(relation, rows, backend);
  await checkKeys(relation, rows, isReplacement ? undefined : rowsOf(table, version), backend);
  await checkTargets(relation, rows, table, withFiles(version, allFiles(added)), backend);
  return async (newest) => {
    const gained = rowsOf(table, withFiles(newest, gainedFiles(version, newest)));
    await checkKeys(relation, rows, gained, backend);
    await checkTargets(relation, rows, table, withFiles(newest, allFiles(added)), backend);
  };
}

function addedFiles({ adds }: AddedFiles): TableVersion["files"] {
  return new Map(adds.map((add) => [add.path, add]));
}

async function addedRows(added: AddedFiles): Promise<string> {
  const { relation, table, version } = added;
  const names = relation.columns.map(({ name }) => name);
  return rowsOf(table, withFiles(version, addedFiles(added)))(names, []);
}

/** What the dataset will hold, for rows that refer to others of their own dataset. */
function allFiles(added: AddedFiles): TableVersion["files"] {
  const files = addedFiles(added);
  return added.isReplacement ? files : new Map([...added.version.files, ...files]);
}

function rowsOf(table: Table, version: TableVersion): RowSource {
  return async (columns, where) => `(${await table.scan(version, columns, { where })})`;
}

/** 23503. Targets are asked for as they are now. */
async function checkTargets(
  relation: Relation,
  rows: string,
  table: Table,
  itself: TableVersion,
  backend: Backend,
): Promise<void> {
  const catalog = await backend.services.catalog.current();
  for (const constraint of relation.constraints ?? []) {
    if (constraint.kind !== "foreign key" || !constraint.isEnforced) continue;
    const target = catalog.relationByOid(constraint.target);
    if (target?.source.kind !== "dataset") continue;
    const { bucket, location } = target.source;
    const other = backend.services.tables.get(bucket, location);
    const isItself = target.oid === relation.oid;
    const targets = isItself ? rowsOf(table, itself) : rowsOf(other, await other.current());
    await checkReference({ relation, constraint }, target, rows, backend, targets);
  }
}

/** Replacing all rows is what TRUNCATE may not do either. */
async function refuseReferenced(relation: Relation, { services }: Backend): Promise<void> {
  const catalog = await services.catalog.current();
  const reference = referencesTo(relation.oid, catalog).find(
    ({ constraint }) => constraint.isEnforced,
  );
  if (reference === undefined) return;
  throw unsupported("replacing the rows of a dataset referenced in a foreign key constraint", {
    detail: `Table "${reference.relation.name}" references "${relation.name}".`,
  });
}
