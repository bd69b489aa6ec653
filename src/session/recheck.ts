/**
 * What a commit asks again of what others have committed since the transaction looked: whether the keys it adds are still
 * free, whether those its rows refer to are still there, and whether anybody has begun to refer to those it takes away.
 */
import { must } from "../base/assert.ts";
import { PgError } from "../base/error.ts";
import type { CatalogVersion } from "../catalog/catalog.ts";
import { type ForeignKey, referencesTo } from "../catalog/constraints.ts";
import type { Relation } from "../catalog/relation.ts";
import type { Change, TableVersion } from "../table/table.ts";
import type { Backend } from "./backend.ts";
import { checkKeys, columnsOf, type RowSource } from "./check-keys.ts";
import { checkReference } from "./check-references.ts";
import type { WrittenDataset } from "./commit.ts";
import { lostRaceFor, notSerializable } from "./refusals.ts";

/**
 * Undefined: others may have done what they liked. What rows refer to is asked about at once, too: the log of their own dataset
 * tells of a key that goes after the version the commit follows, and of none that went before.
 */
export async function recheckOf(
  written: WrittenDataset,
  backend: Backend,
): Promise<Change["recheck"]> {
  const { relation, stage, base, isReferredTo, isStoodOn, isSerializable } = written;
  if (isSerializable) return () => Promise.reject(notSerializable(relation));
  const isWritten = stage !== undefined && !stage.isEmpty;
  if (!isReferredTo && !isWritten) return undefined;
  const ask = async () => {
    if (isWritten) await refuseOtherConstraints(relation, backend);
    await recheckReferences(written, backend);
  };
  await ask();
  return async (newest) => {
    if (isReferredTo && gainedFiles(base, newest).size > 0) throw lostRaceFor(relation);
    if (isStoodOn && hasLostRows(base, newest)) throw lostRaceFor(relation);
    await ask();
    await recheckKeys(written, newest, backend);
  };
}

/**
 * 40001 when rows were checked against other constraints than there are by now. Whoever adds one puts an entry into the
 * log of each dataset that it is about: so it is seen here, or its maker sees these rows.
 */
async function refuseOtherConstraints({ oid, name }: Relation, backend: Backend): Promise<void> {
  const seen = backend.transaction.committedNames;
  const now = await backend.services.catalog.current();
  if (seen === undefined || seen === now) return;
  if (constraintsOn(oid, seen) !== constraintsOn(oid, now)) {
    throw new PgError("40001", "could not serialize access due to concurrent update", {
      detail: `Constraints on "${name}" have changed meanwhile.`,
    });
  }
}

/** Of its own rows and of those that refer to them. */
function constraintsOn(oid: number, catalog: CatalogVersion): string {
  const { constraints: own = [], indexes = [] } = catalog.relationByOid(oid) ?? {};
  const others = referencesTo(oid, catalog).map(({ constraint }) => constraint);
  const oids = [
    ...[...own, ...others].flatMap((each) => (each.isEnforced ? [each.oid] : [])),
    ...indexes.flatMap((each) => (each.isUnique ? [each.oid] : [])),
  ];
  return [...new Set(oids)].toSorted((a, b) => a - b).join();
}

/** Of what others have committed only new files can hold a key that this transaction has not seen. */
async function recheckKeys(
  written: WrittenDataset,
  newest: TableVersion,
  backend: Backend,
): Promise<void> {
  const { relation, stage, table, base } = written;
  const files = gainedFiles(base, newest);
  if (stage === undefined || files.size === 0) return;
  const gained = withFiles(newest, files);
  const others: RowSource = async (columns, where) =>
    `(${await table.scan(gained, columns, { where })})`;
  try {
    await checkKeys(relation, rowsOf(written, backend), others, backend);
  } catch (error) {
    // The rows found may be those that this transaction has changed, elsewhere by now; and ON CONFLICT has another answer.
    const isPlain = stage.gone(backend.transaction.mark) === undefined;
    if (isPlain || !(error instanceof PgError) || error.sqlstate !== "23505") throw error;
    throw lostRaceFor(relation);
  }
}

/** The rows that a dataset gains. */
function rowsOf({ relation, stage }: WrittenDataset, { transaction }: Backend): string {
  const names = relation.columns.map(({ name }) => name);
  return `(${must(stage, "rows are staged").rows(relation, names, transaction.mark)})`;
}

async function recheckReferences(written: WrittenDataset, backend: Backend): Promise<void> {
  const { relation, stage } = written;
  const { transaction } = backend;
  if (stage === undefined || stage.isEmpty) return;
  const catalog = await transaction.catalog();
  for (const constraint of relation.constraints ?? []) {
    if (constraint.kind !== "foreign key" || !constraint.isEnforced) continue;
    const target = must(catalog.relationByOid(constraint.target), "a reference has its target");
    if (!transaction.isCreatedHere(target)) {
      await recheckTarget(written, constraint, target, backend);
    }
  }
}

/** 23503 when a key has gone; 40001 when this transaction has changed the keys as well, or the columns are others now. */
async function recheckTarget(
  written: WrittenDataset,
  constraint: ForeignKey,
  target: Relation,
  backend: Backend,
): Promise<void> {
  const { transaction } = backend;
  const table = transaction.table(target);
  const [seen, now] = [await transaction.pinned(target), await table.current()];
  if (!hasLostRows(seen, now)) return;
  const staged = await transaction.stagedRows(target);
  const columns = columnsOf(target, constraint.targetColumns);
  const isSame = columns.every(({ name }) => now.fields.some((field) => field.name === name));
  if ((staged !== undefined && !staged.isEmpty) || !isSame) throw lostRaceFor(target);
  const reference = { relation: written.relation, constraint };
  await checkReference(
    reference,
    target,
    rowsOf(written, backend),
    backend,
    async (names, where) => `(${await table.scan(now, names, { where })})`,
  );
}

/** Files that a version has and an earlier one has not. */
export function gainedFiles(base: TableVersion, newest: TableVersion): TableVersion["files"] {
  return new Map([...newest.files].filter(([path]) => !base.files.has(path)));
}

/** Rows may have gone wherever a file has, or has another deletion vector. */
function hasLostRows(before: TableVersion, now: TableVersion): boolean {
  return [...before.files].some(([path, { deletionVector }]) => {
    const file = now.files.get(path);
    return !file || file.deletionVector?.pathOrInlineDv !== deletionVector?.pathOrInlineDv;
  });
}

/** The same version with other files. */
export function withFiles(version: TableVersion, files: TableVersion["files"]): TableVersion {
  const { number, id, fields, byteCount, createdAt, committedAt } = version;
  const { protocol, metaData, transactions } = version;
  const columns = { id, fields, protocol, metaData, transactions };
  return { number, files, rowCount: undefined, byteCount, createdAt, committedAt, ...columns };
}
