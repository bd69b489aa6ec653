/** Batches → DataRow messages, whole ones, built once per portal and column by column. */

import { assert } from "../base/assert.ts";
import type { Kernel, Output } from "./kernel.ts";
import { kernelRows } from "./kernel.ts";
import { type EncodedColumn, kernelFor } from "./kernels.ts";
import type { TextSettings } from "./text-settings.ts";
import type { Batch, Vector } from "./vector.ts";

export interface RowEncoder {
  /** Encodes rows [from, to). `sink` must copy or write what it is given before it returns: the buffer is used again. */
  encode(batch: Batch, from: number, to: number, sink: (bytes: Uint8Array) => void): void;
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

/** The pooled output, or for a row beyond it one of its own. */
export function outputFor(bytes: number): Output {
  return bytes + slack <= pooled.bytes.length ? pooled : output(bytes + slack);
}

/** How many rows from `first` fit the pooled output; at least one. */
export function rowsThatFit(sizes: Int32Array, first: number, count: number): number {
  let bytes = sizes[first] as number;
  let end = first + 1;
  while (end < count && bytes + (sizes[end] as number) + slack <= pooled.bytes.length) {
    bytes += sizes[end++] as number;
  }
  return end;
}

/**
 * Messages of `tag`, length, field count, then each field as length and bytes (-1 for NULL): DataRow,
 * and a CopyData of a binary COPY's tuple, which is laid out alike.
 */
export function lengthPrefixedRows(kernels: readonly Kernel[], tag: number): RowEncoder {
  return {
    encode(batch, from, to, sink) {
      for (let start = from; start < to; start += kernelRows) {
        encodeChunk(batch, start, Math.min(kernelRows, to - start), sink);
      }
    },
  };

  function encodeChunk(
    batch: Batch,
    from: number,
    count: number,
    sink: (bytes: Uint8Array) => void,
  ): void {
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
    for (let first = 0; first < count; ) {
      const end = rowsThatFit(sizes, first, count);
      sink(writeRows(batch, from, first, end));
      first = end;
    }
  }

  function writeRows(batch: Batch, from: number, first: number, end: number): Uint8Array {
    const total = placeRows(first, end, 7);
    const output = outputFor(total);
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
    writeHeaders(output.view, first, end);
    return output.bytes.subarray(0, total);
  }

  /** Last: the kernel of a row's last column may have written into the header after it. */
  function writeHeaders(view: DataView, first: number, end: number): void {
    const { sizes } = scratch;
    let start = 0;
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

/** Puts rows one behind another and says their bytes in all; `header` bytes are left free before each. */
export function placeRows(first: number, end: number, header: number): number {
  const { sizes, at } = scratch;
  let total = 0;
  for (let i = first; i < end; i++) {
    at[i] = total + header;
    total += sizes[i] as number;
  }
  return total;
}
