/**
 * The append-only log of roles and grants: `_lakehouse/access/<20 digits>.json` in the primary bucket, each entry written
 * once by put-if-absent. Every 64th holds the whole state as well, so a reader starts there.
 */
import { PgError } from "../base/error.ts";
import type { Bucket } from "../storage/storage.ts";
import type { Role } from "./access.ts";
import { type AccessState, apply, type Fact } from "./state.ts";

export interface LoggedState {
  /** Number of the newest entry read; -1 = there is none. */
  readonly entry: number;
  readonly state: AccessState;
}

interface Entry {
  readonly format: 1;
  readonly facts: readonly Fact[];
  /** As the facts leave it. */
  readonly state?: AccessState;
}

const folder = "_lakehouse/access/";
const snapshotEvery = 64;

/** Undefined when nothing was ever written. */
export async function loadState(bucket: Bucket): Promise<LoggedState | undefined> {
  const numbers = (await bucket.list(folder)).map(({ key }) => entryNumber(key));
  const newest = Math.max(-1, ...numbers);
  if (newest < 0) return undefined;
  const entry = newest - (newest % snapshotEvery);
  const snapshot = (await readEntry(bucket, entry))?.state;
  if (!snapshot) throw unreadable(bucket, entry);
  return catchUp(bucket, { entry, state: snapshot });
}

/** With every entry since then applied; costs one read when there is none. */
export async function catchUp(bucket: Bucket, from: LoggedState): Promise<LoggedState> {
  let { entry, state } = from;
  for (;;) {
    const isThere = await bucket.exists(keyOf(entry + 1)); // A look is cheaper than a read that fails.
    const next = isThere ? await readEntry(bucket, entry + 1) : undefined;
    if (!next) return entry === from.entry ? from : { entry, state };
    state = next.facts.reduce(apply, state);
    entry++;
  }
}

/** Undefined: somebody else wrote this entry first. */
export async function append(
  bucket: Bucket,
  after: LoggedState,
  facts: readonly Fact[],
): Promise<LoggedState | undefined> {
  const number = after.entry + 1;
  const state = facts.reduce(apply, after.state);
  const isSnapshot = number % snapshotEvery === 0;
  const entry: Entry = { format: 1, facts, ...(isSnapshot ? { state } : {}) };
  const isOurs = await bucket.putIfAbsent(keyOf(number), Buffer.from(JSON.stringify(entry)));
  return isOurs ? { entry: number, state } : undefined;
}

async function readEntry(bucket: Bucket, number: number): Promise<Entry | undefined> {
  const bytes = await bucket.read(keyOf(number));
  if (!bytes) return undefined;
  try {
    const entry: Entry = JSON.parse(bytes.toString("utf8"), revive);
    if (entry.format === 1) return entry;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw unreadable(bucket, number);
}

/** The one thing JSON has no form for. */
function revive(key: string, value: unknown): unknown {
  const isDate: keyof Role = "validUntil";
  return key === isDate && typeof value === "string" ? new Date(value) : value;
}

function keyOf(number: number): string {
  return `${folder}${String(number).padStart(20, "0")}.json`;
}

function entryNumber(key: string): number {
  const digits = /(\d{20})\.json$/.exec(key)?.[1];
  return digits === undefined ? -1 : Number(digits);
}

function unreadable(bucket: Bucket, number: number): PgError {
  return new PgError("XX001", `roles and grants cannot be read from ${keyOf(number)}`, {
    detail: `It lies in bucket ${bucket.name} (${bucket.location}) and is damaged or of a later version.`,
  });
}
