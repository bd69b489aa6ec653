/** Batches → DataRow messages, whole ones, built once per portal and column by column. */
import type { Kernel, Output } from "./kernel.ts";
import { kernelRows } from "./kernel.ts";
import { type EncodedColumn, kernelFor } from "./kernels.ts";
import type { TextSettings } from "./text-settings.ts";
import type { Batch } from "./vector.ts";

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
  const lengths = kernels.map(() => new Int32Array(kernelRows));
  const sizes = new Int32Array(kernelRows);
  const at = new Int32Array(kernelRows);
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
    sizes.fill(7 + 4 * kernels.length, 0, count);
    for (const [c, kernel] of kernels.entries()) {
      const vector = batch.vectors[c];
      const column = lengths[c];
      if (!vector || !column) continue;
      kernel.measure(vector, from, count, column);
      for (let i = 0; i < count; i++) {
        const length = column[i] as number;
        if (length > 0) sizes[i] = (sizes[i] as number) + length;
      }
    }
    for (let first = 0; first < count; ) {
      const end = rowsThatFit(sizes, first, count);
      sink(writeRows(batch, from, first, end));
      first = end;
    }
  }

  function writeRows(batch: Batch, from: number, first: number, end: number): Uint8Array {
    let total = 0;
    for (let i = first; i < end; i++) {
      at[i] = total + 7;
      total += sizes[i] as number;
    }
    const target = outputFor(total);
    const { view } = target;
    const rows = at.subarray(first, end);
    for (const [c, kernel] of kernels.entries()) {
      const vector = batch.vectors[c];
      const column = lengths[c]?.subarray(first, end);
      if (!vector || !column) continue;
      for (let i = 0; i < rows.length; i++) {
        const place = rows[i] as number;
        view.setInt32(place, column[i] as number);
        rows[i] = place + 4;
      }
      kernel.write(vector, from + first, rows.length, column, target, rows, first);
      for (let i = 0; i < rows.length; i++) {
        const length = column[i] as number;
        if (length > 0) rows[i] = (rows[i] as number) + length;
      }
    }
    writeHeaders(view, first, end);
    return target.bytes.subarray(0, total);
  }

  /** Last: the kernel of a row's last column may have written into the header after it. */
  function writeHeaders(view: DataView, first: number, end: number): void {
    let place = 0;
    for (let i = first; i < end; i++) {
      const size = sizes[i] as number;
      view.setUint8(place, tag);
      view.setInt32(place + 1, size - 1);
      view.setInt16(place + 5, kernels.length);
      place += size;
    }
  }
}
