/** What a commit says: a change, told as actions upon the version it is to follow. */
import { randomUUID } from "node:crypto";
import { lakewireVersion } from "../config/run-time.ts";
import type { Action, Add, DeltaField, MetaData, Remove } from "./actions.ts";
import { intentMark } from "./intent.ts";
import { checkPartitions, renamedPartitions } from "./partitions.ts";
import { featuresOf, withFeatures } from "./protocol.ts";
import { usesColumnMapping } from "./schema.ts";
import type { Change, CommitInfo, MetaDataChange } from "./table.ts";
import { type AbortedEntry, type Version, vectorName } from "./version.ts";

export const engineInfo = `lakewire/${lakewireVersion}`;

/** Version 0: schema, protocol and the first files in one entry. */
export function creation(
  fields: readonly DeltaField[],
  adds: readonly Add[],
  change: MetaDataChange,
  info: CommitInfo,
): readonly Action[] {
  const now = Date.now();
  checkPartitions(fields, change.partitionColumns ?? []);
  const metaData = changedMetaData(
    {
      id: randomUUID(),
      format: { provider: "parquet", options: {} },
      schemaString: "",
      partitionColumns: [],
      configuration: {},
      createdTime: now,
    },
    { ...change, fields },
  );
  const parameters = { partitionBy: JSON.stringify(metaData.partitionColumns) };
  return [
    commitInfo(info, parameters, now, { isBlindAppend: false }),
    { protocol: withFeatures(undefined, featuresOf(fields)) },
    { metaData },
    ...adds.map((add) => ({ add })),
  ];
}

/** `rewritten`: files that lose rows, as they are after it; undefined for one that has none left. */
export function entryOf(
  newest: Version,
  change: Change,
  rewritten: ReadonlyMap<string, Add | undefined>,
  info: CommitInfo,
): readonly Action[] {
  const time = Math.max(Date.now(), newest.committedAt.getTime());
  const dataChange = change.isRearrangement !== true;
  const files = fileActions(newest, change, rewritten);
  const parameters = info.operation === "WRITE" ? writeParameters(newest, change) : {};
  const isBlind = change.isBlind ?? !change.recheck;
  const isBlindAppend = isBlind && !change.deletes && !change.removes && !change.metaData;
  return [
    commitInfo(info, parameters, time, {
      readVersion: newest.number,
      isBlindAppend,
      operationMetrics: {
        numAddedFiles: String(files.adds.length),
        numRemovedFiles: String(files.removes.length),
      },
    }),
    ...definition(newest, change, rewritten),
    ...(info.transaction
      ? [
          {
            txn: {
              appId: info.transaction.application,
              version: info.transaction.version,
              lastUpdated: time,
            },
          },
        ]
      : []),
    ...files.removes.map((add) => ({ remove: removeOf(add, time, dataChange) })),
    ...files.adds.map((add) => ({ add: { ...add, dataChange } })),
  ];
}

/** Whether an entry is the one these actions are: a store may report a write as lost that it has done. */
export function isSameCommit(a: readonly Action[], b: readonly Action[]): boolean {
  const id = commitId(a);
  return id !== undefined && id === commitId(b);
}

/**
 * The inverse of an entry that does not count, for engines that know nothing of intents. Ours skip both.
 * A protocol is never lowered.
 */
export function compensation(
  newest: Version,
  { version, actions }: AbortedEntry,
): readonly Action[] {
  const time = Math.max(Date.now(), newest.committedAt.getTime());
  const restored = new Map<string, Add>();
  const undone: Action[] = [];
  for (const action of actions) {
    if ("add" in action) undone.push({ remove: removeOf(action.add, time, true) });
    const path = "add" in action ? action.add.path : "remove" in action ? action.remove.path : "";
    const before = newest.files.get(path);
    if (before) restored.set(path, before);
    if ("metaData" in action) undone.push({ metaData: newest.metaData });
    if ("txn" in action) {
      const { appId } = action.txn;
      undone.push({ txn: { appId, version: newest.transactions.get(appId) ?? -1 } });
    }
  }
  const info = { operation: "RESTORE", actor: "lakewire" } as const;
  const parameters = { reason: `version ${version} belongs to an aborted transaction` };
  return [
    commitInfo(info, parameters, time, { readVersion: version, lakewireCompensates: version }),
    ...undone,
    ...[...restored.values()].map((add) => ({ add: { ...add, dataChange: true } })),
  ];
}

function fileActions(
  newest: Version,
  change: Change,
  rewritten: ReadonlyMap<string, Add | undefined>,
): { readonly removes: readonly Add[]; readonly adds: readonly Add[] } {
  const adds = new Map<string, Add>();
  for (const add of rewritten.values()) if (add) adds.set(add.path, add);
  for (const add of change.adds ?? []) adds.set(add.path, add);
  const gone = change.removes === "all" ? newest.files.keys() : (change.removes ?? []);
  const removes = new Map<string, Add>();
  for (const path of [...gone, ...rewritten.keys(), ...adds.keys()]) {
    const file = newest.files.get(path);
    if (file) removes.set(path, file);
  }
  for (const [path, file] of removes) {
    const added = adds.get(path);
    const isUntouched =
      added !== undefined &&
      vectorName(added.deletionVector) === vectorName(file.deletionVector) &&
      added.stats === file.stats;
    if (!isUntouched) continue;
    adds.delete(path);
    removes.delete(path);
  }
  return { removes: [...removes.values()], adds: [...adds.values()] };
}

function removeOf(add: Add, time: number, dataChange: boolean): Remove {
  return {
    path: add.path,
    deletionTimestamp: time,
    dataChange,
    extendedFileMetadata: true,
    partitionValues: add.partitionValues,
    size: add.size,
    ...(add.deletionVector ? { deletionVector: add.deletionVector } : {}),
  };
}

/** Protocol and metadata where the change, or a deletion vector it brings, needs others than there are. */
function definition(
  newest: Version,
  { metaData: change = {}, adds = [] }: Change,
  rewritten: ReadonlyMap<string, Add | undefined>,
): readonly Action[] {
  const hasVectors = [...rewritten.values(), ...adds].some((add) => add?.deletionVector);
  const enabled = hasVectors ? { "delta.enableDeletionVectors": "true" } : {};
  const configuration = { ...change.configuration, ...enabled };
  const partitionColumns =
    change.partitionColumns ??
    (change.fields && renamedPartitions(newest.fields, newest.metaData, change.fields));
  const metaData = changedMetaData(newest.metaData, {
    ...change,
    configuration,
    ...(partitionColumns ? { partitionColumns } : {}),
  });
  const features = change.fields ? featuresOf(change.fields) : new Set<never>();
  const protocol = withFeatures(
    newest.protocol,
    new Set([...features, ...(hasVectors ? (["deletionVectors"] as const) : [])]),
  );
  return [
    ...(protocol === newest.protocol ? [] : [{ protocol }]),
    ...(JSON.stringify(metaData) === JSON.stringify(newest.metaData) ? [] : [{ metaData }]),
  ];
}

function changedMetaData(before: MetaData, change: MetaDataChange): MetaData {
  const { description: _, ...rest } = before;
  const description =
    change.description === undefined ? before.description : (change.description ?? undefined);
  const { fields } = change;
  return {
    ...rest,
    ...(description === undefined ? {} : { description }),
    ...(fields ? { schemaString: JSON.stringify({ type: "struct", fields }) } : {}),
    ...(change.partitionColumns ? { partitionColumns: change.partitionColumns } : {}),
    configuration: changedConfiguration(before.configuration, {
      ...change.configuration,
      ...(fields && usesColumnMapping(fields) ? mapping(before, fields) : {}),
    }),
  };
}

function changedConfiguration(
  before: Readonly<Record<string, string>>,
  changes: Readonly<Record<string, string | null>>,
): Record<string, string> {
  const all = Object.entries({ ...before, ...changes });
  return Object.fromEntries(
    all.flatMap(([key, value]) => (value === null ? [] : [[key, value] as const])),
  );
}

/** A column's id is never given to another, also when it is gone. */
function mapping(before: MetaData, fields: readonly DeltaField[]): Record<string, string> {
  const ids = fields.map(({ metadata }) => Number(metadata["delta.columnMapping.id"] ?? 0));
  const known = Number(before.configuration["delta.columnMapping.maxColumnId"] ?? 0);
  return {
    "delta.columnMapping.mode": before.configuration["delta.columnMapping.mode"] ?? "name",
    "delta.columnMapping.maxColumnId": String(Math.max(known, ...ids)),
  };
}

function writeParameters(newest: Version, { removes }: Change): Record<string, string> {
  return {
    mode: removes === "all" ? "Overwrite" : "Append",
    partitionBy: JSON.stringify(newest.metaData.partitionColumns),
  };
}

function commitId(actions: readonly Action[]): unknown {
  for (const action of actions) if ("commitInfo" in action) return action.commitInfo["txnId"];
  return undefined;
}

function commitInfo(
  info: CommitInfo,
  parameters: Readonly<Record<string, string>>,
  timestamp: number,
  rest: Readonly<Record<string, unknown>>,
): Action {
  return {
    commitInfo: {
      timestamp,
      operation: info.operation,
      operationParameters: { ...parameters, ...info.parameters },
      ...rest,
      userName: info.actor,
      engineInfo,
      txnId: randomUUID(),
      ...intentMark(info.intent),
    },
  };
}
