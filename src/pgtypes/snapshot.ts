/** pg_snapshot and txid_snapshot: xmin:xmax:xip,…. https://www.postgresql.org/docs/15/functions-info.html#FUNCTIONS-PG-SNAPSHOT-PARTS */
import { PgError } from "../base/error.ts";
import { bytesOf, invalidText } from "./codec.ts";
import { oids } from "./oids.ts";

interface Snapshot {
  readonly xmin: bigint;
  readonly xmax: bigint;
  /** Ascending, no two alike, from xmin up to xmax. */
  readonly running: readonly bigint[];
}

/** 22P02 for what is none, by the newer of its names. */
export function readSnapshot(text: string): Snapshot {
  const [, first = "", second = "", list = ""] =
    /^\s*(\d{1,19}):\s*(\d{1,19}):(?:(\s*\d{1,19}(?:,\s*\d{1,19})*),?)?$/.exec(text) ?? [];
  const running = list === "" ? [] : [...new Set(list.split(",").map(BigInt))];
  const snapshot = { xmin: BigInt(first), xmax: BigInt(second), running };
  if (!isSnapshot(snapshot)) throw invalidText(oids.pg_snapshot, text);
  return snapshot;
}

function isSnapshot({ xmin, xmax, running }: Snapshot): boolean {
  const isOrdered = running.every(
    (xid, at) => xid >= xmin && xid < xmax && (at === 0 || xid > (running[at - 1] ?? 0n)),
  );
  return xmin > 0n && xmin <= xmax && isOrdered;
}

export function writeSnapshot({ xmin, xmax, running }: Snapshot): string {
  return `${xmin}:${xmax}:${running.join(",")}`;
}

export function snapshotBytes(text: string): Uint8Array {
  const { xmin, xmax, running } = readSnapshot(text);
  return bytesOf(20 + running.length * 8, (view) => {
    view.setInt32(0, running.length);
    for (const [at, xid] of [xmin, xmax, ...running].entries()) view.setBigInt64(4 + at * 8, xid);
  });
}

export function snapshotOfBytes(bytes: Uint8Array): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = bytes.length < 20 ? -1 : view.getInt32(0);
  if (count < 0 || bytes.length !== 20 + count * 8) throw damaged();
  const [xmin = 0n, xmax = 0n, ...running] = Array.from({ length: count + 2 }, (_, at) =>
    view.getBigInt64(4 + at * 8),
  );
  const snapshot = { xmin, xmax, running };
  if (!isSnapshot(snapshot)) throw damaged();
  return writeSnapshot(snapshot);
}

function damaged(): PgError {
  return new PgError("22P03", "invalid external pg_snapshot data");
}
