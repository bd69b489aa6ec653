/** Whether a change made for one version may still be made when others have committed since. */
import { PgError } from "../base/error.ts";
import type { DeltaField } from "./actions.ts";
import { physicalName } from "./schema.ts";
import type { Change, TableVersion } from "./table.ts";
import { vectorName } from "./version.ts";

/** 40001 when it may not. Rows deleted are compared where their deletion vectors are made: `deletions.ts`. */
export function checkConflicts(base: TableVersion, newest: TableVersion, change: Change): void {
  if (base === newest) return;
  const touchesFields = change.metaData?.fields ?? change.metaData?.partitionColumns;
  const touchesRows = (change.adds?.length ?? 0) > 0 || change.deletes || change.removes;
  if (touchesRows || touchesFields) checkFields(base, newest);
  if (change.removes === "all" || touchesFields) checkFiles(base, newest);
  else for (const path of change.removes ?? []) checkFile(path, base, newest);
  for (const key of Object.keys(change.metaData?.configuration ?? {})) {
    if (base.metaData.configuration[key] !== newest.metaData.configuration[key]) {
      throw lostRace(`Version ${newest.number} has another value of ${key}.`);
    }
  }
}

export function lostRace(detail: string): PgError {
  return new PgError("40001", "could not serialize access due to concurrent update", { detail });
}

/** Files fit whatever was written before them; their columns only the fields they were written for. */
function checkFields(base: TableVersion, newest: TableVersion): void {
  const isSame =
    base.id === newest.id &&
    (base.metaData.schemaString === newest.metaData.schemaString ||
      base.fields.map(form).join() === newest.fields.map(form).join()) &&
    base.metaData.partitionColumns.join() === newest.metaData.partitionColumns.join();
  if (!isSame) throw lostRace(`Version ${newest.number} has another schema.`);
}

/** What of a field files and the rows in them depend on: not its comment, nor its default. */
function form(field: DeltaField): string {
  const { name, type, nullable, metadata } = field;
  const kind = [metadata["lakewire.typeOid"], metadata["lakewire.typmod"]];
  return JSON.stringify([name, physicalName(field), type, nullable, ...kind]);
}

function checkFiles(base: TableVersion, newest: TableVersion): void {
  if (base.files.size !== newest.files.size) throw otherRows(newest);
  for (const path of newest.files.keys()) checkFile(path, base, newest);
}

function checkFile(path: string, base: TableVersion, newest: TableVersion): void {
  const [before, now] = [base.files.get(path), newest.files.get(path)];
  const isSame =
    before && now && vectorName(before.deletionVector) === vectorName(now.deletionVector);
  if (!isSame) throw otherRows(newest);
}

function otherRows(newest: TableVersion): PgError {
  return lostRace(`Version ${newest.number} has other rows.`);
}
