/** Actions folded into versions, one upon the other. */
import { must } from "../base/assert.ts";
import { PgError } from "../base/error.ts";
import type {
  Action,
  Add,
  DeletionVector,
  DeltaField,
  MetaData,
  Protocol,
  Remove,
} from "./actions.ts";
import type { LogEntry } from "./log.ts";
import { renamedPartitions } from "./partitions.ts";
import { SharedMap } from "./shared-map.ts";
import { liveRows } from "./statistics.ts";
import type { TableVersion } from "./table.ts";

/** As `TableVersion`, with what only a checkpoint needs. */
export class Version implements TableVersion {
  readonly number: number;
  readonly files: ReadonlyMap<string, Add>;
  readonly protocol: Protocol;
  readonly metaData: MetaData;
  readonly transactions: ReadonlyMap<string, number>;
  readonly domains: ReadonlyMap<string, DomainMetadata>;
  /** Files removed and not yet forgotten, for readers of older versions: by path and deletion vector. */
  readonly tombstones: ReadonlyMap<string, Remove>;
  readonly committedAt: Date;
  /** An entry that does not count and that other engines have not been told of so: the next commit does. */
  readonly aborted: AbortedEntry | undefined;
  /** Itself, or the committed version of which a transaction has changed the fields. */
  readonly committed: Version;
  #rowCount: number | undefined | "unknown";
  #byteCount: number | undefined;

  constructor(state: State, committed?: Version) {
    this.committed = committed ?? this;
    this.aborted = state.aborted;
    this.number = state.number;
    this.files = state.files;
    this.protocol = must(state.protocol, "a version has a protocol");
    this.metaData = must(state.metaData, "a version has metadata");
    this.transactions = state.transactions;
    this.domains = state.domains;
    this.tombstones = state.tombstones;
    this.committedAt = new Date(state.committedAt);
  }

  get id(): string {
    return this.metaData.id;
  }

  get fields(): readonly DeltaField[] {
    return fieldsIn(this.metaData);
  }

  get createdAt(): Date {
    return new Date(this.metaData.createdTime ?? this.committedAt);
  }

  get rowCount(): number | undefined {
    if (this.#rowCount === undefined) {
      const counts = [...this.files.values()].map(liveRows);
      const isKnown = counts.every((count) => count !== undefined);
      this.#rowCount = isKnown ? counts.reduce<number>((sum, n) => sum + (n ?? 0), 0) : "unknown";
    }
    return this.#rowCount === "unknown" ? undefined : this.#rowCount;
  }

  get byteCount(): number {
    this.#byteCount ??= [...this.files.values()].reduce((sum, add) => sum + add.size, 0);
    return this.#byteCount;
  }
}

type DomainMetadata = Extract<Action, { domainMetadata: unknown }>["domainMetadata"];

export interface AbortedEntry {
  readonly version: number;
  readonly actions: readonly Action[];
}

interface State {
  readonly number: number;
  readonly files: ReadonlyMap<string, Add>;
  readonly transactions: ReadonlyMap<string, number>;
  readonly domains: ReadonlyMap<string, DomainMetadata>;
  readonly tombstones: ReadonlyMap<string, Remove>;
  readonly protocol: Protocol | undefined;
  readonly metaData: MetaData | undefined;
  readonly committedAt: number;
  readonly aborted: AbortedEntry | undefined;
}

/** A state that entries are being applied to. */
interface Folding extends State {
  number: number;
  readonly files: SharedMap<string, Add>;
  readonly transactions: Map<string, number>;
  readonly domains: Map<string, DomainMetadata>;
  readonly tombstones: SharedMap<string, Remove>;
  protocol: Protocol | undefined;
  metaData: MetaData | undefined;
  committedAt: number;
  aborted: AbortedEntry | undefined;
}

/** `base` with entries upon it; `where` is for the error when there is no whole version. */
export function fold(
  base: Version | undefined,
  entries: readonly LogEntry<Action>[],
  where: string,
): Version {
  const state: Folding = {
    number: base?.number ?? -1,
    files: new SharedMap(base?.files),
    transactions: new Map(base?.transactions),
    domains: new Map(base?.domains),
    tombstones: new SharedMap(base?.tombstones),
    protocol: base?.protocol,
    metaData: base?.metaData,
    committedAt: base?.committedAt.getTime() ?? 0,
    aborted: base?.aborted,
  };
  for (const { version, actions, aborted } of entries) {
    state.number = version;
    if (aborted) skip(state, version, aborted);
    if (aborted || compensates(state, actions)) continue;
    // A file's old and new deletion vector come as remove and add of one path, in any order.
    for (const action of actions) if ("remove" in action) apply(state, action);
    for (const action of actions) if (!("remove" in action)) apply(state, action);
  }
  if (!state.protocol || !state.metaData) {
    throw new PgError(
      "XX001",
      `${where} has no protocol or no metadata at version ${state.number}`,
    );
  }
  const { files, tombstones } = state;
  return new Version({ ...state, files: files.settled(), tombstones: tombstones.settled() });
}

/** A version whose columns a transaction has changed and not committed. */
export function withFields(version: Version, fields: readonly DeltaField[]): Version {
  const schemaString = JSON.stringify({ type: "struct", fields });
  const partitionColumns = renamedPartitions(version.fields, version.metaData, fields);
  const metaData = { ...version.metaData, schemaString, partitionColumns };
  const committedAt = version.committedAt.getTime();
  const { number, files, transactions, domains, tombstones, protocol, aborted } = version;
  return new Version(
    { number, files, transactions, domains, tombstones, protocol, metaData, committedAt, aborted },
    version.committed,
  );
}

/** What tells two states of one data file apart. https://github.com/delta-io/delta/blob/master/PROTOCOL.md#add-file-and-remove-file */
function logicalFile({ path, deletionVector }: Add | Remove): string {
  return `${path}\0${vectorName(deletionVector)}`;
}

/** Names a deletion vector within its dataset; empty for none. */
export function vectorName(vector: DeletionVector | undefined): string {
  return vector ? `${vector.storageType}${vector.pathOrInlineDv}@${vector.offset ?? ""}` : "";
}

/** Nothing of an aborted entry counts but its protocol: others have seen it, and none is ever taken back. */
function skip(state: Folding, version: number, actions: readonly Action[]): void {
  for (const action of actions) if ("protocol" in action) apply(state, action);
  state.aborted = { version, actions };
}

/** An entry that tells others to forget an aborted one, which we never saw. */
function compensates(state: Folding, actions: readonly Action[]): boolean {
  const info = actions.find((action) => "commitInfo" in action)?.commitInfo;
  if (info === undefined || !isCompensation(info)) return false;
  state.aborted = undefined;
  return true;
}

/** Of an entry that only tells other engines to forget an aborted one. */
export function isCompensation(commitInfo: Readonly<Record<string, unknown>>): boolean {
  return commitInfo["lakewireCompensates"] !== undefined;
}

function apply(state: Folding, action: Action): void {
  if ("add" in action) {
    state.files.set(action.add.path, action.add);
    state.tombstones.delete(logicalFile(action.add));
  } else if ("remove" in action) {
    state.files.delete(action.remove.path);
    state.tombstones.set(logicalFile(action.remove), action.remove);
  } else if ("metaData" in action) state.metaData = action.metaData;
  else if ("protocol" in action) state.protocol = action.protocol;
  else if ("txn" in action) state.transactions.set(action.txn.appId, action.txn.version);
  else if ("domainMetadata" in action) {
    const { domain, removed } = action.domainMetadata;
    if (removed) state.domains.delete(domain);
    else state.domains.set(domain, action.domainMetadata);
  } else if ("commitInfo" in action) {
    const time = action.commitInfo["inCommitTimestamp"] ?? action.commitInfo["timestamp"];
    if (typeof time === "number") state.committedAt = Math.max(state.committedAt, time);
  }
}

const parsedFields = new WeakMap<MetaData, readonly DeltaField[]>();

function fieldsIn(metaData: MetaData): readonly DeltaField[] {
  const known = parsedFields.get(metaData);
  if (known) return known;
  const { fields } = JSON.parse(metaData.schemaString) as { fields: DeltaField[] };
  parsedFields.set(metaData, fields);
  return fields;
}
