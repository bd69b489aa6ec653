/** Result columns and rows → messages. A row encoder is built once a portal, not once a row. */
import { assert, must } from "../base/assert.ts";
import { codecForColumn } from "../pgtypes/codecs.ts";
import { encodedRows, sentField } from "../pgtypes/field-encoding.ts";
import { madeType } from "../pgtypes/made-types.ts";
import { oids } from "../pgtypes/oids.ts";
import { createRowEncoder, type RowEncoder } from "../pgtypes/row-encoder.ts";
import { defaultSettings, type TextSettings } from "../pgtypes/text-settings.ts";
import { typeSize } from "../pgtypes/types.ts";
import type { ResultColumn } from "../query/plan.ts";
import type { FieldDescription } from "../wire/backend.ts";
import type { FormatCode } from "../wire/frontend.ts";
import type { Backend } from "./backend.ts";
import type { Channel } from "./channel.ts";
import type { StreamedRows, TextRows } from "./portal.ts";
import { tooManyRows } from "./role-limits.ts";

export function fieldDescriptions(
  columns: readonly ResultColumn[],
  formats: readonly FormatCode[],
): FieldDescription[] {
  return columns.map(onWire).map((column, at) => ({
    name: column.name,
    tableOid: column.tableOid,
    columnNumber: column.columnNumber,
    typeOid: column.typeOid,
    typeSize: typeSize(column.typeOid),
    typmod: column.typmod,
    format: formatOf(formats, at),
  }));
}

/** A value of a domain is told as one of the type the domain is of. */
function onWire(column: ResultColumn): ResultColumn {
  const made = madeType(column.typeOid);
  if (made?.kind !== "domain") return column;
  return onWire({ ...column, typeOid: made.base, typmod: made.typmod });
}

/** One format for all, or one each; none at all is text. */
export function formatOf(formats: readonly FormatCode[], at: number): FormatCode {
  return (formats.length === 1 ? formats[0] : formats[at]) ?? 0;
}

export interface Sent {
  readonly rows: number;
  readonly isComplete: boolean;
}

/** Sends up to `maxRows` (0 = all), waiting for the socket between batches. */
export async function sendStreamedRows(
  rows: StreamedRows,
  encoder: RowEncoder,
  maxRows: number,
  channel: Channel,
  running: Pick<Backend, "stop" | "signal">,
  rowLimit = 0,
): Promise<Sent> {
  const limit = maxRows === 0 ? Number.POSITIVE_INFINITY : maxRows;
  let sent = 0;
  const send = (bytes: Uint8Array) => channel.sendBytes(bytes);
  while (sent < limit) {
    const batch = await rows.ready();
    if (batch === undefined) return { rows: sent, isComplete: true };
    if (running.stop.aborted) throw running.stop.reason;
    const to = Math.min(batch.rowCount, rows.sent + (limit - sent));
    rows.given += to - rows.sent;
    if (rowLimit > 0 && rows.given > rowLimit) throw tooManyRows(rowLimit);
    encoder.encode(batch, rows.sent, to, send, channel);
    sent += to - rows.sent;
    rows.sent = to;
    await channel.drained(() => running.signal);
  }
  return { rows: sent, isComplete: false };
}

export function rowEncoderFor(
  rows: StreamedRows,
  columns: readonly ResultColumn[],
  formats: readonly FormatCode[],
  settings: TextSettings,
): RowEncoder {
  const fields = columns.map(onWire).map((column, at) => ({
    type: must(rows.stream.columns[at], "the engine gives every column described").type,
    typeOid: column.typeOid,
    typmod: column.typmod,
    format: formatOf(formats, at),
    fields: column.fields,
  }));
  const encoder = createRowEncoder(fields, settings);
  return settings.encoding ? encodedRows(encoder, fields, settings.encoding) : encoder;
}

export function sendTextRows(
  rows: TextRows,
  columns: readonly ResultColumn[],
  formats: readonly FormatCode[],
  maxRows: number,
  channel: Channel,
  settings: TextSettings,
): Sent {
  const limit = maxRows === 0 ? rows.rows.length : Math.min(rows.rows.length, rows.sent + maxRows);
  const first = rows.sent;
  for (const row of rows.rows.slice(first, limit)) {
    const values = row.map((text, at) =>
      text === null
        ? null
        : cell(text, must(columns[at], "a column a value"), formatOf(formats, at), settings),
    );
    channel.send({ type: "DataRow", values });
  }
  rows.sent = limit;
  // As PostgreSQL: a portal that gave exactly its limit does not know yet that it is at its end.
  const isComplete = maxRows === 0 || limit - first < maxRows;
  return { rows: limit - first, isComplete };
}

/** Types whose text form is the same under every setting, and as the analyzer leaves it. */
const plain: ReadonlySet<number> = new Set([
  oids.text,
  oids.varchar,
  oids.name,
  oids.int2,
  oids.int4,
  oids.int8,
  oids.oid,
  oids.bool,
]);

function cell(
  text: string,
  column: ResultColumn,
  format: FormatCode,
  settings: TextSettings,
): Uint8Array {
  const bytes = cellBytes(text, column, format, settings);
  const { typeOid } = column;
  return settings.encoding ? sentField(bytes, { typeOid, format }, settings.encoding) : bytes;
}

function cellBytes(
  text: string,
  { typeOid, typmod, fields }: ResultColumn,
  format: FormatCode,
  settings: TextSettings,
): Uint8Array {
  if (format === 0 && plain.has(typeOid)) return Buffer.from(text);
  const codec = codecForColumn({ typeOid, fields });
  // No DECIMAL of the engine's has room for every numeric: its text is encoded as it is.
  const { type, value } =
    typeOid === oids.numeric
      ? ({ type: { id: "VARCHAR" }, value: text } as const)
      : codec.parse(text, typmod, defaultSettings);
  assert(value !== null, "text stands for a value");
  if (format === 1) return codec.binary(type, value, typmod, settings);
  return Buffer.from(codec.text(type, value, typmod, settings));
}
