/**
 * A version as one Parquet file beside the log, so that a reader need not replay it: Delta's classic checkpoint. Those of
 * others may have several parts, or a name of their own and sidecars (V2): these are read.
 */
import { readFile, writeFile } from "node:fs/promises";
import { unsupported } from "../base/error.ts";
import { quoteName, quoteText } from "../base/quote.ts";
import type { Engine } from "../engine/engine.ts";
import { missingObject } from "../storage/faults.ts";
import type { Action } from "./actions.ts";
import { type NumberedLog, versionName } from "./log.ts";
import { pathList } from "./paths.ts";
import { fold, type Version } from "./version.ts";

/** How long a removed file is told to readers, and so the longest time that files can be retained. */
const tombstoneMs = 30 * 24 * 3_600_000;

/** The newest checkpoint by its hint; undefined when there is none or it cannot be read. */
export async function hintedCheckpoint(log: NumberedLog<Action>): Promise<number | undefined> {
  const bytes = await log.bucket.read(hintKey(log));
  if (!bytes) return undefined;
  try {
    const { version } = JSON.parse(bytes.toString()) as { version?: unknown };
    return typeof version === "number" && Number.isSafeInteger(version) ? version : undefined;
  } catch {
    return undefined;
  }
}

/** Whole checkpoints in the log's folder, by version, with their parts. */
export async function listCheckpoints(
  log: NumberedLog<Action>,
): Promise<ReadonlyMap<number, readonly string[]>> {
  const parts = new Map<number, { readonly keys: string[]; readonly count: number }>();
  const named = new Map<number, readonly string[]>();
  for (const { key } of await log.bucket.list(`${log.folder}/`)) {
    const name = key.slice(log.folder.length + 1);
    const [, owned] = /^(\d{20})\.checkpoint\.[0-9a-f-]{36}\.(?:parquet|json)$/.exec(name) ?? [];
    if (owned !== undefined) named.set(Number(owned), [key]);
    const [, digits, count = "1"] =
      /^(\d{20})\.checkpoint(?:\.\d{10}\.(\d{10}))?\.parquet$/.exec(name) ?? [];
    if (digits === undefined) continue;
    const known = parts.get(Number(digits)) ?? { keys: [], count: Number(count) };
    known.keys.push(key);
    parts.set(Number(digits), known);
  }
  const whole = [...parts].filter(([, { keys, count }]) => keys.length === count);
  const classic = whole.map(([version, { keys }]) => [version, keys] as const);
  return new Map([...named, ...classic]);
}

const listedTogether = 10_000;

export async function readCheckpoint(
  log: NumberedLog<Action>,
  version: number,
  engine: Engine,
): Promise<Version> {
  const keys = (await log.bucket.exists(checkpointKey(log, version)))
    ? [checkpointKey(log, version)]
    : (await listCheckpoints(log)).get(version);
  if (!keys) throw missingObject(log.bucket.name, checkpointKey(log, version));
  const actions = await actionsIn(log, keys, engine);
  const beside = actions.flatMap((each) => ("sidecar" in each ? [sidecarKey(log, each)] : []));
  const more = beside.length > 0 ? await actionsIn(log, beside, engine) : [];
  // What a checkpoint does not tell is when its version was committed.
  const entry = await log.read(version);
  const said = entry?.aborted ?? entry?.actions ?? [];
  const commit = said.flatMap((each) => ("commitInfo" in each ? [timeOf(each)] : []));
  const all = [...actions, ...more].filter((each) => !("sidecar" in each)) as readonly Action[];
  const told = { version, actions: [...all, ...commit] };
  return fold(undefined, entry?.aborted ? [told, entry] : [told], log.folder);
}

/** Nothing else of it: whether the entry itself counts is no matter of the version it stands for. */
function timeOf({ commitInfo }: Extract<Action, { commitInfo: unknown }>): Action {
  const { timestamp, inCommitTimestamp } = commitInfo;
  return { commitInfo: { timestamp, inCommitTimestamp } };
}

/** Where the files of a V2 checkpoint are told. */
interface Sidecar {
  readonly sidecar: { readonly path: string };
}

function sidecarKey(log: NumberedLog<Action>, { sidecar }: Sidecar): string {
  if (!sidecar.path.includes("/")) {
    return `${log.folder}/_sidecars/${decodeURIComponent(sidecar.path)}`;
  }
  throw unsupported(`a sidecar of a checkpoint that lies elsewhere (${sidecar.path})`);
}

async function actionsIn(
  log: NumberedLog<Action>,
  keys: readonly string[],
  engine: Engine,
): Promise<readonly (Action | Sidecar)[]> {
  const [first] = keys;
  if (first?.endsWith(".json")) return linesOf(log, first);
  const paths = await Promise.all(keys.map((key) => log.bucket.pathFor(key)));
  const source = `read_parquet(${pathList(paths)})`;
  const columns = (await engine.system(`DESCRIBE SELECT * FROM ${source}`)).map((row) =>
    String(row["column_name"]),
  );
  const kept = columns.filter((name) => name in columnTypes || name === "sidecar");
  // Thousands to a value: 10 000 values of their own take twice as long.
  const lists = kept.map(
    (name) =>
      `SELECT ${quoteText(name)} AS name, string_agg(CAST(to_json(${quoteName(name)}) AS VARCHAR), ',') AS list ` +
      `FROM ${source} WHERE ${quoteName(name)} IS NOT NULL GROUP BY file_index, file_row_number // ${listedTogether}`,
  );
  const rows = await engine.system(lists.join(" UNION ALL "));
  return rows.flatMap(({ name, list }) =>
    (JSON.parse(`[${list}]`) as unknown[]).map((value) => action(String(name), value)),
  );
}

async function linesOf(
  { bucket }: NumberedLog<Action>,
  key: string,
): Promise<readonly (Action | Sidecar)[]> {
  const bytes = await bucket.read(key);
  if (!bytes) throw missingObject(bucket.name, key);
  const lines = bytes.toString().split("\n");
  return lines.filter((line) => line.trim() !== "").map((line) => JSON.parse(line) as Action);
}

export async function writeCheckpoint(
  log: NumberedLog<Action>,
  version: Version,
  engine: Engine,
): Promise<void> {
  const lines = checkpointActions(version).map((each) => JSON.stringify(each));
  const stage = await log.bucket.stage();
  try {
    const source = `${stage.folder}/actions.json`;
    await writeFile(source, `${lines.join("\n")}\n`);
    const types = Object.entries(columnTypes).map(
      ([name, type]) => `${quoteName(name)}: ${quoteText(type)}`,
    );
    await engine.system(
      `COPY (SELECT * FROM read_json(${quoteText(source)}, format = 'newline_delimited', ` +
        `maximum_object_size = 1073741824, columns = {${types.join(", ")}})) ` +
        `TO ${quoteText(`${stage.folder}/checkpoint`)} (FORMAT parquet, COMPRESSION snappy)`,
    );
    // Never over one that is there: the engine keeps what it has read of a file, and would mix the two.
    const bytes = await readFile(`${stage.folder}/checkpoint`);
    await log.bucket.putIfAbsent(checkpointKey(log, version.number), bytes);
  } finally {
    await stage.discard();
  }
  const hint = { version: version.number, size: lines.length, numOfAddFiles: version.files.size };
  const newest = await hintedCheckpoint(log);
  if (newest !== undefined && newest >= version.number) return;
  await log.bucket.put(hintKey(log), Buffer.from(JSON.stringify(hint)));
}

function checkpointActions(version: Version): Action[] {
  const youngest = Date.now() - tombstoneMs;
  const tombstones = [...version.tombstones.values()].filter(
    ({ deletionTimestamp }) => (deletionTimestamp ?? 0) > youngest,
  );
  return [
    { protocol: version.protocol },
    { metaData: version.metaData },
    ...[...version.transactions].map(([appId, number]) => ({ txn: { appId, version: number } })),
    ...[...version.domains.values()].map((domainMetadata) => ({ domainMetadata })),
    ...[...version.files.values()].map((add) => ({ add: { ...add, dataChange: false } })),
    ...tombstones.map((remove) => ({ remove: { ...remove, dataChange: false } })),
  ];
}

const deletionVector =
  'STRUCT("storageType" VARCHAR, "pathOrInlineDv" VARCHAR, "offset" INTEGER, "sizeInBytes" INTEGER, "cardinality" BIGINT)';
const texts = "MAP(VARCHAR, VARCHAR)";

/** https://github.com/delta-io/delta/blob/master/PROTOCOL.md#checkpoint-schema */
const columnTypes: Readonly<Record<string, string>> = {
  txn: 'STRUCT("appId" VARCHAR, "version" BIGINT, "lastUpdated" BIGINT)',
  add: `STRUCT("path" VARCHAR, "partitionValues" ${texts}, "size" BIGINT, "modificationTime" BIGINT, "dataChange" BOOLEAN, "stats" VARCHAR, "tags" ${texts}, "deletionVector" ${deletionVector})`,
  remove: `STRUCT("path" VARCHAR, "deletionTimestamp" BIGINT, "dataChange" BOOLEAN, "extendedFileMetadata" BOOLEAN, "partitionValues" ${texts}, "size" BIGINT, "deletionVector" ${deletionVector})`,
  metaData: `STRUCT("id" VARCHAR, "name" VARCHAR, "description" VARCHAR, "format" STRUCT("provider" VARCHAR, "options" ${texts}), "schemaString" VARCHAR, "partitionColumns" VARCHAR[], "configuration" ${texts}, "createdTime" BIGINT)`,
  protocol:
    'STRUCT("minReaderVersion" INTEGER, "minWriterVersion" INTEGER, "readerFeatures" VARCHAR[], "writerFeatures" VARCHAR[])',
  domainMetadata: 'STRUCT("domain" VARCHAR, "configuration" VARCHAR, "removed" BOOLEAN)',
};

/** The engine tells absent members as null; in a map null is a value. */
function action(name: string, value: unknown): Action {
  return { [name]: withoutNulls(value) } as unknown as Action;
}

function withoutNulls(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const kept: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(value)) {
    if (member !== null) kept[name] = name === "partitionValues" ? member : withoutNulls(member);
  }
  return kept;
}

function checkpointKey(log: NumberedLog<Action>, version: number): string {
  return `${log.folder}/${versionName(version)}.checkpoint.parquet`;
}

function hintKey(log: NumberedLog<Action>): string {
  return `${log.folder}/_last_checkpoint`;
}
