/** Batches → DataRow messages, whole ones, built once per portal and column by column. */

import { assert } from "../base/assert.ts";
import type { Kernel, Output } from "./kernel.ts";
import { kernelRows } from "./kernel.ts";
import { type EncodedColumn, kernelFor } from "./kernels.ts";
import type { TextSettings } from "./text-settings.ts";
import type { Batch, Vector } from "./vector.ts";

export interface RowEncoder {
  /** Encodes rows [from, to). `sink` must copy or write what it is given before it returns: the buffer is used again. */
  encode(
    batch: Batch,
    from: number,
    to: number,
    sink: (bytes: Uint8Array) => void,
    rooms?: Rooms,
  ): void;
}

/** A buffer that is sent as it is: what is encoded into it need not be copied. */
export interface Rooms {
  /** For so many bytes at least; undefined when there is none so large. */
  room(bytes: number): Room | undefined;
  /** So many bytes of the room given last are whole messages. */
  wrote(bytes: number): void;
}

export interface Room {
  readonly output: Output;
  readonly start: number;
  readonly end: number;
}

export function createRowEncoder(
  columns: readonly EncodedColumn[],
  settings: TextSettings,
): RowEncoder {
  return lengthPrefixedRows(
    columns.map((column) => kernelFor(column, settings)),
    dataRow,
  );
}

const dataRow = 0x44;

/** Where rows are put together. Encoding never waits, so all sessions can share it. */
const pooled = output(256 << 10);
/** Kernels may write this much beyond a value. */
const slack = 16;

export function output(bytes: number): Output {
  const buffer = Buffer.allocUnsafeSlow(bytes);
  return { bytes: buffer, view: new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength) };
}

/** Writes rows [first, end) at their places, the first of which begins at `start`. */
type WriteRun = (output: Output, start: number, first: number, end: number) => void;

/** Puts `count` measured rows where they go, as many at a time as there is room for. */
export function writeInRuns(
  count: number,
  sink: (bytes: Uint8Array) => void,
  rooms: Rooms | undefined,
  write: WriteRun,
): void {
  const { sizes } = scratch;
  for (let first = 0; first < count; ) {
    const least = (sizes[first] as number) + slack;
    const room = rooms?.room(least);
    const output = room ? room.output : outputFor(least);
    const start = room ? room.start : 0;
    const bytesMax = (room ? room.end : output.bytes.length) - start - slack;
    let bytes = sizes[first] as number;
    let end = first + 1;
    while (end < count && bytes + (sizes[end] as number) <= bytesMax) {
      bytes += sizes[end++] as number;
    }
    write(output, start, first, end);
    if (room) rooms?.wrote(bytes);
    else sink(output.bytes.subarray(0, bytes));
    first = end;
  }
}

/** The pooled output, or for a row beyond it one of its own. */
function outputFor(bytes: number): Output {
  return bytes <= pooled.bytes.length ? pooled : output(bytes);
}

/**
 * Messages of `tag`, length, field count, then each field as length and bytes (-1 for NULL): DataRow,
 * and a CopyData of a binary COPY's tuple, which is laid out alike.
 */
export function lengthPrefixedRows(kernels: readonly Kernel[], tag: number): RowEncoder {
  return {
    encode(batch, from, to, sink, rooms) {
      for (let start = from; start < to; start += kernelRows) {
        const count = Math.min(kernelRows, to - start);
        measure(batch, start, count);
        writeInRuns(count, sink, rooms, (output, at, first, end) =>
          writeRows(batch, start, output, at, first, end),
        );
      }
    },
  };

  function measure(batch: Batch, from: number, count: number): void {
    // SELECT of nothing has rows, for which the engine needs a column.
    assert(
      batch.vectors.length === kernels.length || kernels.length === 0,
      "a batch has the encoder's columns",
    );
    const { sizes } = scratch;
    sizes.fill(7 + 4 * kernels.length, 0, count);
    for (let c = 0; c < kernels.length; c++) {
      const vector = batch.vectors[c] as Vector;
      kernels[c]?.measure(vector, from, count, lengthsOf(c), sizes, 0);
    }
  }

  function writeRows(
    batch: Batch,
    from: number,
    output: Output,
    start: number,
    first: number,
    end: number,
  ): void {
    placeRows(start, first, end, 7);
    const at = scratch.at.subarray(first, end);
    for (let c = 0; c < kernels.length; c++) {
      kernels[c]?.write({
        vector: batch.vectors[c] as Vector,
        from: from + first,
        count: end - first,
        lengths: first === 0 ? lengthsOf(c) : lengthsOf(c).subarray(first),
        skip: first,
        output,
        at,
        isPrefixed: true,
      });
    }
    writeHeaders(output.view, start, first, end);
  }

  /** Last: the kernel of a row's last column may have written into the header after it. */
  function writeHeaders(view: DataView, from: number, first: number, end: number): void {
    const { sizes } = scratch;
    let start = from;
    const tagByte = tag << 24;
    for (let i = first; i < end; i++) {
      const size = sizes[i] as number;
      // Seven bytes as two words that overlap.
      view.setInt32(start, tagByte | ((size - 1) >>> 8));
      view.setInt32(start + 3, ((size - 1) << 16) | kernels.length);
      start += size;
    }
  }
}

/** Sizes and places of the rows at hand, lengths by column. Encoding never waits, so all encoders share them. */
export const scratch = { sizes: new Int32Array(kernelRows), at: new Int32Array(kernelRows) };
const columnLengths: Int32Array[] = [];

export function lengthsOf(column: number): Int32Array {
  let lengths = columnLengths[column];
  if (!lengths) {
    lengths = new Int32Array(kernelRows);
    columnLengths[column] = lengths;
  }
  return lengths;
}

/** Puts rows one behind another from `start` on; `header` bytes are left free before each. */
export function placeRows(start: number, first: number, end: number, header: number): void {
  const { sizes, at } = scratch;
  let next = start + header;
  for (let i = first; i < end; i++) {
    at[i] = next;
    next += sizes[i] as number;
  }
}
