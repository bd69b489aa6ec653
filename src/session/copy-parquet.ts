/** COPY with FORMAT parquet: the file's bytes, both ways. It is on disk between the client and the engine, within a named limit. */
import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { must } from "../base/assert.ts";
import { PgError } from "../base/error.ts";
import { quoteName, quoteText } from "../base/quote.ts";
import { columnName } from "../ingest/format.ts";
import { readFile } from "../ingest/read-file.ts";
import type { Reading } from "../ingest/reading.ts";
import { stageFile } from "../ingest/staged-file.ts";
import type { Plan, ResultColumn } from "../query/plan.ts";
import type { Backend } from "./backend.ts";
import type { Channel } from "./channel.ts";
import { copiedBytes } from "./copy-messages.ts";
import { runText } from "./engine-rows.ts";
import type { Request } from "./request.ts";
import type { Stage } from "./stage.ts";
import { throughWaiting } from "./waiting-rows.ts";

type CopyInPlan = Extract<Plan, { kind: "copy in" }>;
type CopyOutPlan = Extract<Plan, { kind: "copy out" }>;

/** The file's columns go to those of their name; the others get their defaults. */
export async function copyParquetIn(
  plan: CopyInPlan,
  stage: Stage,
  mark: number,
  backend: Backend,
  channel: Channel,
): Promise<number> {
  return withFolder(backend, async (folder) => {
    const { engine } = backend.services;
    const path = join(folder, "sent");
    await spool(path, backend, channel);
    const source = { kind: "path", path, folders: undefined } as const;
    const file = await stageFile(source, folder, backend.signal);
    const how = { csv: { delimiter: undefined, header: undefined }, onError: "fail" } as const;
    const reading = await readFile(file, "parquet", how, engine, backend.signal);
    const columns = plan.columns.filter(({ name }) => placeOf(name, reading) >= 0);
    refuseUnknown(
      plan,
      reading.columns.map(({ name }) => name),
      (name) => placeOf(name, reading),
    );
    return throughWaiting(
      { ...plan, columns },
      ({ engineName, types }, connection) => {
        const picks = columns.map(({ name }, at) => ({
          name,
          type: must(types[at], "a column has a type"),
          source: placeOf(name, reading),
        }));
        const insertion = `INSERT INTO ${engineName} ${reading.select(picks)}`;
        return connection.run(insertion, [], backend.signal);
      },
      stage,
      mark,
      backend,
    );
  });
}

function placeOf(name: string, { columns }: Reading): number {
  const exact = columns.findIndex((column) => column.name === name);
  return exact >= 0 ? exact : columns.findIndex((column) => column.name === columnName(name));
}

/** `sent` are a file's columns; one that is for no column of the statement is an error. */
export function refuseUnknown(
  { columns, target }: CopyInPlan,
  sent: readonly string[],
  placeIn: (name: string) => number = (name) => sent.indexOf(name),
): void {
  const taken = new Set(columns.map(({ name }) => placeIn(name)));
  const extra = sent.find((_, at) => !taken.has(at));
  if (extra === undefined) return;
  const message = `column "${extra}" of relation "${target.name}" does not exist`;
  const isThere = target.columns.some(({ name }) => name === extra);
  throw isThere
    ? new PgError("22P04", `column "${extra}" of the file is not in COPY's list`)
    : new PgError("42703", message, { detail: "The file has a column of that name." });
}

async function spool(path: string, backend: Backend, channel: Channel): Promise<void> {
  const { copyFileBytesMax } = backend.services.limits;
  const file = await open(path, "wx", 0o600);
  try {
    let bytes = 0;
    for await (const data of copiedBytes(backend, channel)) {
      bytes += data.length;
      if (bytes > copyFileBytesMax) {
        throw new PgError("54000", `COPY was sent more than ${copyFileBytesMax} bytes`, {
          hint: "limits.copy_file_bytes in the configuration is the limit.",
        });
      }
      await file.writeFile(data);
    }
  } finally {
    await file.close();
  }
}

/** The number of rows. */
export async function copyParquetOut(
  plan: CopyOutPlan,
  backend: Backend,
  request: Request,
  channel: Channel,
): Promise<number> {
  return withFolder(backend, async (folder) => {
    const path = join(folder, "rows.parquet");
    const names = uniqueNames(plan.columns);
    const rows = (sql: string) =>
      names.length === 0 ? sql : `SELECT * FROM (${sql}) AS rows(${names.join(", ")})`;
    const copy = (sql: string) =>
      `COPY (${rows(sql)}) TO ${quoteText(path)} (FORMAT parquet, COMPRESSION zstd)`;
    const count = await runText(plan.text, copy, backend, request.parameters);
    const columnFormats = plan.columns.map(() => 1 as const);
    channel.send({ type: "CopyOutResponse", format: 1, columnFormats });
    for await (const part of createReadStream(path, { highWaterMark: 1 << 16 })) {
      backend.signal.throwIfAborted();
      channel.sendBytes(copyData(part as Buffer));
      await channel.drained(() => backend.signal);
    }
    channel.send({ type: "CopyDone" });
    return count;
  });
}

function copyData(body: Buffer): Buffer {
  const message = Buffer.allocUnsafe(5 + body.length);
  message.writeUInt8(0x64);
  message.writeInt32BE(4 + body.length, 1);
  body.copy(message, 5);
  return message;
}

/** A file's columns must differ: a, a become a, a_1. */
function uniqueNames(columns: readonly ResultColumn[]): string[] {
  const taken = new Set<string>();
  return columns.map(({ name }) => {
    let unique = name;
    for (let n = 1; taken.has(unique.toLowerCase()); n++) unique = `${name}_${n}`;
    taken.add(unique.toLowerCase());
    return quoteName(unique);
  });
}

/** One the engine may read and write. */
async function withFolder<T>(
  { services }: Backend,
  work: (folder: string) => Promise<T>,
): Promise<T> {
  const bucket = must(services.rooms.buckets.get("primary"), "there is a primary bucket");
  const stage = await bucket.stage();
  try {
    return await work(stage.folder);
  } finally {
    await stage.discard();
  }
}
