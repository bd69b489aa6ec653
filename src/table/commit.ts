/** What a commit says, and whether one made for an older version may still be said. */
import { randomUUID } from "node:crypto";
import { PgError } from "../base/error.ts";
import { lakewireVersion } from "../config/run-time.ts";
import type { Action, Add, DeltaField, DeltaType, MetaData, Protocol } from "./actions.ts";
import { usesColumnMapping } from "./schema.ts";
import type { CommitInfo, TableVersion } from "./table.ts";
import type { Version } from "./version.ts";

export const engineInfo = `lakewire/${lakewireVersion}`;

/** Version 0: schema, protocol and the first files in one entry. */
export function creation(
  fields: readonly DeltaField[],
  adds: readonly Add[],
  info: CommitInfo,
): readonly Action[] {
  const now = Date.now();
  const isMapped = usesColumnMapping(fields);
  const metaData: MetaData = {
    id: randomUUID(),
    format: { provider: "parquet", options: {} },
    schemaString: JSON.stringify({ type: "struct", fields }),
    partitionColumns: [],
    configuration: isMapped
      ? {
          "delta.columnMapping.mode": "name",
          "delta.columnMapping.maxColumnId": String(fields.length),
        }
      : {},
    createdTime: now,
  };
  const parameters = { partitionBy: "[]", ...info.parameters };
  return [
    commitInfo(info, parameters, now, undefined),
    { protocol: protocolFor(fields, isMapped) },
    { metaData },
    ...adds.map((add) => ({ add })),
  ];
}

export function append(base: Version, adds: readonly Add[], info: CommitInfo): readonly Action[] {
  const time = Math.max(Date.now(), base.committedAt.getTime());
  return [
    commitInfo(info, { mode: "Append", partitionBy: "[]", ...info.parameters }, time, base, true),
    ...transaction(info, time),
    ...adds.map((add) => ({ add })),
  ];
}

export function replacement(
  base: Version,
  adds: readonly Add[],
  info: CommitInfo,
): readonly Action[] {
  const time = Math.max(Date.now(), base.committedAt.getTime());
  const removes = [...base.files.values()].map((add) => ({
    remove: {
      path: add.path,
      deletionTimestamp: time,
      dataChange: true,
      extendedFileMetadata: true,
      partitionValues: add.partitionValues,
      size: add.size,
      ...(add.deletionVector ? { deletionVector: add.deletionVector } : {}),
    },
  }));
  return [
    commitInfo(info, { mode: "Overwrite", partitionBy: "[]", ...info.parameters }, time, base),
    ...transaction(info, time),
    ...removes,
    ...adds.map((add) => ({ add })),
  ];
}

/** The files of an append fit whatever was appended before them; their columns only the schema they were written for. */
export function checkAppend(base: TableVersion, newest: TableVersion): void {
  const isSame =
    base.id === newest.id &&
    base.metaData.schemaString === newest.metaData.schemaString &&
    base.metaData.partitionColumns.join() === newest.metaData.partitionColumns.join();
  if (!isSame) throw lostRace(`Version ${newest.number} has another schema.`);
}

export function checkReplacement(base: TableVersion, newest: TableVersion): void {
  checkAppend(base, newest);
  const isSame =
    base.files.size === newest.files.size &&
    [...newest.files].every(
      ([path, add]) =>
        base.files.get(path)?.deletionVector?.pathOrInlineDv ===
          add.deletionVector?.pathOrInlineDv && base.files.has(path),
    );
  if (!isSame) throw lostRace(`Version ${newest.number} has other rows.`);
}

/** Whether an entry is the one these actions are: a store may report a write as lost that it has done. */
export function isSameCommit(a: readonly Action[], b: readonly Action[]): boolean {
  const id = commitId(a);
  return id !== undefined && id === commitId(b);
}

export function lostRace(detail: string): PgError {
  return new PgError("40001", "could not serialize access due to concurrent update", { detail });
}

function commitId(actions: readonly Action[]): unknown {
  for (const action of actions) if ("commitInfo" in action) return action.commitInfo["txnId"];
  return undefined;
}

function commitInfo(
  info: CommitInfo,
  parameters: Readonly<Record<string, string>>,
  timestamp: number,
  base: Version | undefined,
  isBlindAppend = false,
): Action {
  return {
    commitInfo: {
      timestamp,
      operation: info.operation,
      operationParameters: parameters,
      ...(base ? { readVersion: base.number } : {}),
      isBlindAppend,
      userName: info.actor,
      engineInfo,
      txnId: randomUUID(),
    },
  };
}

function transaction(info: CommitInfo, time: number): readonly Action[] {
  if (!info.transaction) return [];
  const { application, version } = info.transaction;
  return [{ txn: { appId: application, version, lastUpdated: time } }];
}

/** As old a protocol as the columns allow: every Delta client ever shipped reads (1,2). */
function protocolFor(fields: readonly DeltaField[], isMapped: boolean): Protocol {
  const hasLocalTime = fields.some(({ type }) => contains(type, "timestamp_ntz"));
  if (!hasLocalTime && !isMapped) return { minReaderVersion: 1, minWriterVersion: 2 };
  if (!hasLocalTime) return { minReaderVersion: 2, minWriterVersion: 5 };
  const features = [...(isMapped ? ["columnMapping"] : []), "timestampNtz"];
  return {
    minReaderVersion: 3,
    minWriterVersion: 7,
    readerFeatures: features,
    writerFeatures: ["appendOnly", "invariants", ...features],
  };
}

function contains(type: DeltaType, name: string): boolean {
  return typeof type === "string"
    ? type === name
    : type.type === "array" && contains(type.elementType, name);
}
