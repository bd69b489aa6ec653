/**
 * What a commit asks again when others have committed to its dataset since the transaction looked: whether the keys it adds
 * are still free, and whether what references stand on is still there.
 */
import type { Relation } from "../catalog/relation.ts";
import type { Change, TableVersion } from "../table/table.ts";
import type { Backend } from "./backend.ts";
import { checkKeys } from "./check-keys.ts";
import type { WrittenDataset } from "./commit.ts";
import { lostRaceFor, notSerializable } from "./refusals.ts";

/** Undefined: others may have done what they liked. */
export async function recheckOf(
  written: WrittenDataset,
  backend: Backend,
): Promise<Change["recheck"]> {
  const { relation, base, isReferredTo, isSerializable } = written;
  if (isSerializable) return () => Promise.reject(notSerializable(relation));
  const enforced = (relation.constraints ?? []).filter(({ isEnforced }) => isEnforced);
  const targets = await targetsOf(relation, backend);
  if (!isReferredTo && enforced.length === 0) return undefined;
  return async (newest) => {
    if (isReferredTo && gainedFiles(base, newest).size > 0) throw lostRaceFor(relation);
    for (const { relation: target, version } of targets) {
      if (lostRows(version, await backend.transaction.table(target).current())) {
        throw lostRaceFor(target);
      }
    }
    await recheckKeys(written, newest, backend);
  };
}

/** Of what others have committed only new files can hold a key that this transaction has not seen. */
async function recheckKeys(
  { relation, stage, table, base }: WrittenDataset,
  newest: TableVersion,
  backend: Backend,
): Promise<void> {
  const files = gainedFiles(base, newest);
  if (stage === undefined || files.size === 0) return;
  const names = relation.columns.map(({ name }) => name);
  const rows = `(${stage.rows(relation, names, backend.transaction.mark)})`;
  const gained = { ...plain(newest), files };
  const others = async (columns: readonly string[], where: Parameters<RowSource>[1]) =>
    `(${await table.scan(gained, columns, { where })})`;
  await checkKeys(relation, rows, others, backend);
}

type RowSource = Parameters<typeof checkKeys>[2];

/** Datasets whose keys rows of this one refer to, as the transaction saw them. */
async function targetsOf({ constraints = [] }: Relation, { transaction }: Backend) {
  const catalog = await transaction.catalog();
  const oids = constraints.flatMap((constraint) =>
    constraint.kind === "foreign key" && constraint.isEnforced ? [constraint.target] : [],
  );
  const relations = [...new Set(oids)].flatMap((oid) => catalog.relationByOid(oid) ?? []);
  return Promise.all(
    relations
      .filter((relation) => !transaction.isCreatedHere(relation))
      .map(async (relation) => ({ relation, version: await transaction.pinned(relation) })),
  );
}

function gainedFiles(base: TableVersion, newest: TableVersion): TableVersion["files"] {
  return new Map([...newest.files].filter(([path]) => !base.files.has(path)));
}

/** Rows may have gone wherever a file has, or has another deletion vector. */
function lostRows(before: TableVersion, now: TableVersion): boolean {
  return [...before.files].some(([path, { deletionVector }]) => {
    const file = now.files.get(path);
    return file?.deletionVector?.pathOrInlineDv !== deletionVector?.pathOrInlineDv || !file;
  });
}

function plain(version: TableVersion): TableVersion {
  const { number, id, fields, files, byteCount, createdAt, committedAt } = version;
  const { protocol, metaData, transactions } = version;
  const columns = { id, fields, protocol, metaData, transactions };
  return { number, files, rowCount: undefined, byteCount, createdAt, committedAt, ...columns };
}
