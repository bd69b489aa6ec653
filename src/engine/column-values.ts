/** A column made of values, laid out as the engine's own: for rows that never pass through it. */
import type { LogicalType } from "../pgtypes/logical-type.ts";
import type { EngineValue, Vector } from "../pgtypes/vector.ts";
import { fixedWidth, stringBytes } from "./layout.ts";

/** Strings up to so many bytes are in their word. */
const inlineBytesMax = 12;

/** Of a type that is neither nested nor an ENUM; values as `read-value.ts` gives them. */
export function columnOf(type: LogicalType, values: readonly EngineValue[]): Vector {
  const validity = values.includes(null) ? validityOf(values) : null;
  const own = { type, validity, children: [] };
  if (type.id !== "VARCHAR" && type.id !== "BLOB")
    return { ...own, data: new Uint8Array(fixedWidth(type, values)), pages: [] };
  return { ...own, ...strings(type, values) };
}

function strings(
  type: LogicalType,
  values: readonly EngineValue[],
): Pick<Vector, "data" | "pages"> {
  const data = Buffer.alloc(values.length * 16);
  const long: Buffer[] = [];
  let offset = 0;
  for (const [row, value] of values.entries()) {
    if (value === null) continue;
    const bytes = Buffer.from(stringBytes(type, value) as string);
    data.writeUInt32LE(bytes.length, row * 16);
    if (bytes.length <= inlineBytesMax) data.set(bytes, row * 16 + 4);
    else {
      data.set(bytes.subarray(0, 4), row * 16 + 4);
      data.writeUInt32LE(offset, row * 16 + 8);
      long.push(bytes);
      offset += bytes.length;
    }
  }
  return { data, pages: long.length === 0 ? [] : [Buffer.concat(long)] };
}

function validityOf(values: readonly EngineValue[]): Uint32Array {
  const bits = new Uint32Array(Math.ceil(values.length / 32));
  for (const [row, value] of values.entries())
    if (value !== null) bits[row >> 5] = (bits[row >> 5] ?? 0) | (1 << (row & 31));
  return bits;
}
