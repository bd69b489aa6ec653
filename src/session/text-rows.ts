/** Batches → PostgreSQL's text form of every value: the wire's own encoder, read back. For SQL run inside the server. */

import type { LogicalType } from "../pgtypes/logical-type.ts";
import { createRowEncoder } from "../pgtypes/row-encoder.ts";
import type { TextSettings } from "../pgtypes/text-settings.ts";
import type { Batch } from "../pgtypes/vector.ts";

export interface TextColumn {
  readonly type: LogicalType;
  readonly typeOid: number;
  readonly typmod: number;
}

export type TextRow = readonly (string | null)[];

export function createTextReader(
  columns: readonly TextColumn[],
  settings: TextSettings,
): (batch: Batch) => readonly TextRow[] {
  const encoder = createRowEncoder(
    columns.map((column) => ({ ...column, format: 0 as const })),
    settings,
  );
  return (batch) => {
    const rows: TextRow[] = [];
    encoder.encode(batch, 0, batch.rowCount, (bytes) => {
      for (const row of dataRows(bytes)) rows.push(row);
    });
    return rows;
  };
}

/** Whole DataRow messages, one after the other. */
function* dataRows(bytes: Uint8Array): Iterable<TextRow> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  while (at < buffer.length) {
    const count = buffer.readInt16BE(at + 5);
    const row: (string | null)[] = [];
    at += 7;
    for (let field = 0; field < count; field++) {
      const length = buffer.readInt32BE(at);
      at += 4;
      row.push(length < 0 ? null : buffer.toString("utf8", at, at + length));
      if (length > 0) at += length;
    }
    yield row;
  }
}
