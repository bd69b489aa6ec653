/** Columns that hold one value over and over, as long as a batch can be. */
import { kernelRows } from "./kernel.ts";
import type { LogicalType } from "./logical-type.ts";
import type { ColumnValues, Vector } from "./vector.ts";
import { physicalWidth } from "./vector.ts";

const vector = (type: LogicalType, data: Uint8Array, validity: Uint32Array | null): Vector => ({
  type,
  data,
  validity,
  pages: [],
  children: [],
});

export function absentValues(type: LogicalType): ColumnValues {
  const width = physicalWidth(type);
  if (width === 0 || type.id === "LIST" || type.id === "MAP") {
    return new Array<null>(kernelRows).fill(null);
  }
  return vector(type, new Uint8Array(kernelRows * width), new Uint32Array(kernelRows >> 5));
}

export function repeatedInteger(value: number): ColumnValues {
  const words = new Int32Array(kernelRows).fill(value);
  return vector({ id: "INTEGER" }, new Uint8Array(words.buffer), null);
}

/** At most twelve bytes. */
export function repeatedText(value: string): ColumnValues {
  const words = Buffer.alloc(kernelRows * 16);
  const text = Buffer.from(value);
  for (let at = 0; at < words.length; at += 16) {
    words.writeInt32LE(text.length, at);
    text.copy(words, at + 4, 0, 12);
  }
  return vector({ id: "VARCHAR" }, words, null);
}
