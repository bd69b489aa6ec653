/**
 * Portals that wait for their next Execute. Each holds a result of the engine open; of more than a few, the rows that are left are
 * put into a file as they will be sent, and the engine has nothing to do with them any more.
 */
import { type FileHandle, mkdir, open, unlink } from "node:fs/promises";
import { join } from "node:path";
import { PgError } from "../base/error.ts";
import type { RowEncoder } from "../pgtypes/row-encoder.ts";
import type { Backend } from "./backend.ts";
import type { Channel } from "./channel.ts";
import type { Portal, StreamedRows } from "./portal.ts";
import type { Sent } from "./reply.ts";
import { tooManyRows } from "./role-limits.ts";

const writeBytes = 256 << 10;
const readBytes = 64 << 10;
/** A message's type and length. */
const headBytes = 5;
let serial = 0;

/** DataRow messages in a file of their own, read from its beginning to its end once. */
export class SpilledRows {
  readonly #file: FileHandle;
  readonly #end: number;
  #at = 0;
  #read = Buffer.alloc(0);

  constructor(file: FileHandle, end: number) {
    this.#file = file;
    this.#end = end;
  }

  /** Sends up to `maxRows` (0 = all). */
  async send(maxRows: number, channel: Channel, running: Backend): Promise<Sent> {
    let rows = 0;
    while (maxRows === 0 || rows < maxRows) {
      const bytes = await this.#row();
      if (bytes === undefined) return { rows, isComplete: true };
      if (running.stop.aborted) throw running.stop.reason;
      channel.sendBytes(bytes);
      rows++;
      await channel.drained(() => running.signal);
    }
    return { rows, isComplete: false };
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  async #row(): Promise<Buffer | undefined> {
    if (this.#read.length === 0 && this.#at === this.#end) return undefined;
    await this.#have(headBytes);
    const length = 1 + this.#read.readInt32BE(1);
    await this.#have(length);
    const row = this.#read.subarray(0, length);
    this.#read = this.#read.subarray(length);
    return row;
  }

  async #have(bytes: number): Promise<void> {
    if (this.#read.length >= bytes) return;
    const missing = bytes - this.#read.length;
    const more = Buffer.allocUnsafe(Math.min(Math.max(missing, readBytes), this.#end - this.#at));
    const { bytesRead } = await this.#file.read(more, 0, more.length, this.#at);
    if (bytesRead < missing) throw new PgError("58030", "a spilled result is cut short");
    this.#at += bytesRead;
    this.#read = Buffer.concat([this.#read, more.subarray(0, bytesRead)]);
  }
}

/** When too many portals of the session wait with a result open, the one that was made first gives its up. */
export async function spillSuspended(
  backend: Backend,
  encoderOf: (rows: StreamedRows) => RowEncoder | undefined,
): Promise<void> {
  const { portals, services } = backend;
  if (portals.size <= services.limits.suspendedPortalsMax) return;
  const waiting = [...portals.values()].flatMap((portal) => {
    const rows = streamOf(portal);
    const encoder = rows && encoderOf(rows);
    return rows && encoder ? [{ portal, rows, encoder }] : [];
  });
  const [first] = waiting;
  if (!first || waiting.length <= services.limits.suspendedPortalsMax) return;
  const { portal, rows, encoder } = first;
  portal.spilled = await spill(rows, encoder, backend);
  await rows.close();
}

function streamOf({ outcome, spilled, isComplete, hasFailed }: Portal): StreamedRows | undefined {
  if (outcome?.kind !== "rows" || spilled || isComplete || hasFailed) return undefined;
  return outcome.rows.kind === "stream" ? outcome.rows : undefined;
}

async function spill(
  rows: StreamedRows,
  encoder: RowEncoder,
  backend: Backend,
): Promise<SpilledRows> {
  const file = await temporaryFile(backend.services.limits.spillFolder);
  try {
    return new SpilledRows(file, await write(file, rows, encoder, backend));
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** The bytes written. */
async function write(
  file: FileHandle,
  rows: StreamedRows,
  encoder: RowEncoder,
  backend: Backend,
): Promise<number> {
  const most = Number(backend.parameters.get("lakehouse.portal_spill_limit")) * 1024;
  const rowLimit = Number(backend.parameters.get("lakehouse.row_limit"));
  let [pieces, gathered, written]: [Buffer[], number, number] = [[], 0, 0];
  const flush = async () => {
    for (const piece of pieces)
      written += (await file.write(piece, 0, piece.length, written)).bytesWritten;
    [pieces, gathered] = [[], 0];
  };
  for (;;) {
    const batch = await rows.ready();
    if (batch === undefined) break;
    if (backend.stop.aborted) throw backend.stop.reason;
    rows.given += batch.rowCount - rows.sent;
    if (rowLimit > 0 && rows.given > rowLimit) throw tooManyRows(rowLimit);
    encoder.encode(batch, rows.sent, batch.rowCount, (bytes) => {
      pieces.push(Buffer.from(bytes));
      gathered += bytes.length;
    });
    rows.sent = batch.rowCount;
    if (written + gathered > most) throw tooMuchSpilled(most);
    if (gathered >= writeBytes) await flush();
  }
  await flush();
  return written;
}

/** Nobody else finds it, and it goes with the process. */
async function temporaryFile(folder: string): Promise<FileHandle> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, `portal-${process.pid}-${++serial}`);
  const file = await open(path, "wx+", 0o600);
  await unlink(path);
  return file;
}

function tooMuchSpilled(bytes: number): PgError {
  const message = `the rows left of a suspended portal take more than ${bytes / 1024} kB`;
  return new PgError("53400", message, {
    hint: "The role's limit is lakehouse.portal_spill_limit; close portals that are not read to their end.",
  });
}
