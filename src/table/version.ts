/** Actions folded into versions, one upon the other; and whether this server may read or write what they say. */
import { must } from "../base/assert.ts";
import { PgError, unsupported } from "../base/error.ts";
import type { Action, Add, DeltaField, MetaData, Protocol, Remove } from "./actions.ts";
import type { LogEntry } from "./log.ts";
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
  /** Files removed and not yet forgotten, for readers of older versions. */
  readonly tombstones: ReadonlyMap<string, Remove>;
  readonly committedAt: Date;
  #rowCount: number | undefined | "unknown";
  #byteCount: number | undefined;

  constructor(state: State) {
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

interface State {
  number: number;
  readonly files: Map<string, Add>;
  readonly transactions: Map<string, number>;
  readonly domains: Map<string, DomainMetadata>;
  readonly tombstones: Map<string, Remove>;
  protocol: Protocol | undefined;
  metaData: MetaData | undefined;
  committedAt: number;
}

/** `base` with entries upon it; `where` is for the error when there is no whole version. */
export function fold(
  base: Version | undefined,
  entries: readonly LogEntry<Action>[],
  where: string,
): Version {
  const state: State = {
    number: base?.number ?? -1,
    files: new Map(base?.files),
    transactions: new Map(base?.transactions),
    domains: new Map(base?.domains),
    tombstones: new Map(base?.tombstones),
    protocol: base?.protocol,
    metaData: base?.metaData,
    committedAt: base?.committedAt.getTime() ?? 0,
  };
  for (const { version, actions } of entries) {
    // A file's old and new deletion vector come as remove and add of one path, in any order.
    for (const action of actions) if ("remove" in action) apply(state, action);
    for (const action of actions) if (!("remove" in action)) apply(state, action);
    state.number = version;
  }
  if (!state.protocol || !state.metaData) {
    throw new PgError(
      "XX001",
      `${where} has no protocol or no metadata at version ${state.number}`,
    );
  }
  return new Version(state);
}

function apply(state: State, action: Action): void {
  if ("add" in action) {
    state.files.set(action.add.path, action.add);
    state.tombstones.delete(action.add.path);
  } else if ("remove" in action) {
    state.files.delete(action.remove.path);
    state.tombstones.set(action.remove.path, action.remove);
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

const readable: ReadonlySet<string> = new Set([
  "columnMapping",
  "deletionVectors",
  "timestampNtz",
  "vacuumProtocolCheck",
]);

/** Features whose rules an append of whole files keeps, whatever is configured. */
const writable: ReadonlySet<string> = new Set([...readable, "appendOnly", "domainMetadata"]);

/** 0A000 that names what this server does not know how to read. */
export function checkReadable({ protocol }: Version, where: string): void {
  const unknown = (protocol.readerFeatures ?? []).filter((feature) => !readable.has(feature));
  if (protocol.minReaderVersion > 3) unknown.push(`reader version ${protocol.minReaderVersion}`);
  if (unknown.length > 0) throw unsupported(`reading ${where}: ${unknown.join(", ")}`);
}

/** 0A000 that names the rule of the dataset this server does not keep when it writes. */
export function checkWritable(version: Version, where: string): void {
  const { protocol, metaData } = version;
  const { configuration } = metaData;
  const is = (key: string) => configuration[key] === "true";
  const rules: string[] = [];
  const features = protocol.writerFeatures ?? [];
  const harmlessWhenUnused = new Set([
    "invariants",
    "checkConstraints",
    "generatedColumns",
    "changeDataFeed",
    "inCommitTimestamp",
  ]);
  rules.push(...features.filter((f) => !writable.has(f) && !harmlessWhenUnused.has(f)));
  if (protocol.minWriterVersion > 7) rules.push(`writer version ${protocol.minWriterVersion}`);
  if (protocol.minWriterVersion === 6) rules.push("identityColumns");
  if (Object.keys(configuration).some((key) => key.startsWith("delta.constraints."))) {
    rules.push("checkConstraints");
  }
  if (is("delta.enableChangeDataFeed")) rules.push("changeDataFeed");
  if (is("delta.enableInCommitTimestamps")) rules.push("inCommitTimestamp");
  if (metaData.partitionColumns.length > 0) rules.push("partition columns");
  for (const { metadata } of version.fields) {
    if ("delta.invariants" in metadata) rules.push("invariants");
    if ("delta.generationExpression" in metadata) rules.push("generatedColumns");
    if ("delta.identity.start" in metadata) rules.push("identityColumns");
  }
  if (rules.length > 0) {
    throw unsupported(`writing to ${where}: ${[...new Set(rules)].join(", ")}`);
  }
}
