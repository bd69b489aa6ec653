/** Batches → CopyData messages of COPY TO, one a row: text, CSV, binary. https://www.postgresql.org/docs/15/sql-copy.html */

import { assert } from "../base/assert.ts";
import { arrowEncoder } from "./arrow-output.ts";
import { jsonEncoder } from "./copy-json.ts";
import { encodedRows } from "./field-encoding.ts";
import { addLengths, type Kernel, kernelRows, type Output, place as putPlace } from "./kernel.ts";
import { type EncodedColumn, kernelFor } from "./kernels.ts";
import {
  lengthPrefixedRows,
  lengthsOf,
  output,
  placeRows,
  type RowEncoder,
  scratch,
  writeInRuns,
} from "./row-encoder.ts";
import { holdsNone, searchFor, stringKernel } from "./string-kernels.ts";
import type { TextSettings } from "./text-settings.ts";
import type { Batch, Vector } from "./vector.ts";

export interface CopyColumn {
  readonly name: string;
  readonly type: EncodedColumn["type"];
  readonly typeOid: number;
  readonly typmod: number;
}

/** As parsed from the statement, PostgreSQL's defaults filled in. */
export interface CopyFormat {
  readonly format: "text" | "csv" | "binary" | "json" | "arrow";
  readonly delimiter: string;
  readonly null: string;
  readonly header: boolean | "match";
  readonly quote: string;
  readonly escape: string;
  readonly forceQuote?: readonly string[] | "*" | undefined;
}

export interface CopyEncoder extends RowEncoder {
  /** CopyData messages before the first row: the header line; empty when there is none. */
  start(): Uint8Array;
  /** After the last row: the binary trailer. */
  end(): Uint8Array;
}

const copyData = 0x64;

export function createCopyEncoder(
  columns: readonly CopyColumn[],
  options: CopyFormat,
  settings: TextSettings,
): CopyEncoder {
  if (options.format === "binary") return binaryEncoder(columns, settings);
  if (options.format === "json") return jsonEncoder(columns, settings);
  if (options.format === "arrow") return arrowEncoder(columns, settings);
  const isCsv = options.format === "csv";
  const kernels = columns.map((column) => {
    const kernel = kernelFor({ ...column, format: 0 }, settings);
    if (!isCsv) return isSafe(kernel, options) ? kernel : rewritten(kernel, escapes(options));
    const isForced = options.forceQuote === "*" || options.forceQuote?.includes(column.name);
    if (!isForced && isSafe(kernel, options)) return kernel;
    return rewritten(kernel, quotes(options, isForced === true, columns.length === 1));
  });
  return {
    ...delimitedRows(kernels, Buffer.from(options.delimiter)[0] ?? 9, Buffer.from(options.null)),
    start: () => (options.header ? headerLine(columns, options) : nothing),
    end: () => nothing,
  };
}

const nothing = new Uint8Array(0);

/**
 * PGCOPY, flags, no header extension; after the rows a field count of -1. As from PostgreSQL the first message has the
 * signature and the first tuple, or the end: clients read tuples by messages.
 */
function binaryEncoder(columns: readonly CopyColumn[], settings: TextSettings): CopyEncoder {
  const kernels = columns.map((column) => kernelFor({ ...column, format: 1 }, settings));
  const plain = lengthPrefixedRows(kernels, copyData);
  const fields = columns.map(({ typeOid }) => ({ typeOid, format: 1 }));
  const rows = settings.encoding ? encodedRows(plain, fields, settings.encoding) : plain;
  const signature = Buffer.from("PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0", "latin1");
  const trailer = Uint8Array.of(0xff, 0xff);
  let isStarted = false;
  return {
    encode(batch, from, to, sink, rooms) {
      let next = from;
      if (!isStarted && next < to) {
        isStarted = true;
        rows.encode(batch, next, ++next, (bytes) =>
          sink(message(Buffer.concat([signature, bytes.subarray(5)]))),
        );
      }
      if (next < to) rows.encode(batch, next, to, sink, rooms);
    },
    start: () => nothing,
    end: () => message(isStarted ? trailer : Buffer.concat([signature, trailer])),
  };
}

function message(body: Uint8Array): Uint8Array {
  const bytes = Buffer.alloc(5 + body.length);
  bytes.writeUInt8(copyData);
  bytes.writeInt32BE(4 + body.length, 1);
  bytes.set(body, 5);
  return bytes;
}

function headerLine(columns: readonly CopyColumn[], options: CopyFormat): Uint8Array {
  const rule =
    options.format === "csv" ? quotes(options, false, columns.length === 1) : escapes(options);
  const names = columns.map(({ name }) => {
    const raw = Buffer.from(name);
    const length = rule.length(raw, 0, raw.length);
    const target = Buffer.alloc(length);
    rule.write(raw, 0, raw.length, target, 0);
    return target;
  });
  const delimiter = Buffer.from(options.delimiter);
  const line = names.flatMap((name, i) => (i === 0 ? [name] : [delimiter, name]));
  return message(Buffer.concat([...line, Buffer.from("\n")]));
}

/** Values of a plain kernel are digits, signs, points, colons and letters: they need nothing unless the options use those. */
function isSafe(kernel: Kernel, options: CopyFormat): boolean {
  const isCsv = options.format === "csv";
  if (!kernel.isPlain || /[-\w+.:]/.test(options.delimiter)) return false;
  return !isCsv || (!/[-\w+.:]/.test(options.quote + options.escape) && options.null === "");
}

/** How one value's bytes are rewritten; measured first. */
interface Rule {
  /** Where none of these bytes is and no value has the length `suspect`, nothing is rewritten. undefined: always. */
  readonly special: readonly number[] | undefined;
  readonly suspect: number;
  length(bytes: Uint8Array, from: number, to: number): number;
  write(bytes: Uint8Array, from: number, to: number, target: Uint8Array, at: number): void;
}

/** \b \f \n \r \t \v, the backslash itself and the delimiter. */
function escapes(options: CopyFormat): Rule {
  const letters = new Uint8Array(256);
  for (const [code, letter] of [
    [8, "b"],
    [9, "t"],
    [10, "n"],
    [11, "v"],
    [12, "f"],
    [13, "r"],
    [92, "\\"],
  ] as const) {
    letters[code] = letter.charCodeAt(0);
  }
  const delimiter = Buffer.from(options.delimiter)[0] ?? 9;
  letters[delimiter] ||= delimiter;
  return {
    special: [8, 9, 10, 11, 12, 13, 92, delimiter],
    suspect: -1,
    length(bytes, from, to) {
      let length = to - from;
      for (let i = from; i < to; i++) if (letters[bytes[i] as number] !== 0) length++;
      return length;
    },
    write(bytes, from, to, target, at) {
      let next = at;
      for (let i = from; i < to; i++) {
        const byte = bytes[i] as number;
        const letter = letters[byte] as number;
        if (letter === 0) target[next++] = byte;
        else {
          target[next++] = 92;
          target[next++] = letter;
        }
      }
    },
  };
}

/** Quoted where the value could be taken for something else: the null string, a delimiter, a quote, a line's end. */
function quotes(options: CopyFormat, isForced: boolean, isAlone: boolean): Rule {
  const quote = Buffer.from(options.quote)[0] ?? 34;
  const escaper = Buffer.from(options.escape)[0] ?? quote;
  const delimiter = Buffer.from(options.delimiter)[0] ?? 44;
  const nullBytes = Buffer.from(options.null);
  const needsQuotes = (bytes: Uint8Array, from: number, to: number): boolean => {
    if (isForced || isEqual(bytes, from, to, nullBytes)) return true;
    if (isAlone && isEqual(bytes, from, to, endMarker)) return true;
    for (let i = from; i < to; i++) {
      const byte = bytes[i] as number;
      if (byte === delimiter || byte === quote || byte === 10 || byte === 13) return true;
    }
    return false;
  };
  return {
    // A value alone on its line may be the end mark, which none of these bytes gives away.
    special: isForced || isAlone ? undefined : [delimiter, quote, 10, 13],
    suspect: nullBytes.length,
    length(bytes, from, to) {
      if (!needsQuotes(bytes, from, to)) return to - from;
      let length = to - from + 2;
      for (let i = from; i < to; i++) {
        if (bytes[i] === quote || bytes[i] === escaper) length++;
      }
      return length;
    },
    write(bytes, from, to, target, at) {
      if (!needsQuotes(bytes, from, to)) {
        for (let i = from, next = at; i < to; i++, next++) target[next] = bytes[i] as number;
        return;
      }
      let next = at;
      target[next++] = quote;
      for (let i = from; i < to; i++) {
        const byte = bytes[i] as number;
        if (byte === quote || byte === escaper) target[next++] = escaper;
        target[next++] = byte;
      }
      target[next] = quote;
    },
  };
}

/** Alone on a line it would end the data. */
const endMarker = Buffer.from("\\.");

function isEqual(bytes: Uint8Array, from: number, to: number, other: Uint8Array): boolean {
  if (to - from !== other.length) return false;
  for (let i = 0; i < other.length; i++) if (bytes[from + i] !== other[i]) return false;
  return true;
}

/** The kernel's values written aside, then rewritten by the rule into their place. */
function rewritten(kernel: Kernel, rule: Rule): Kernel {
  const starts = new Int32Array(kernelRows);
  const ends = new Int32Array(kernelRows);
  const plainLengths = new Int32Array(kernelRows);
  const plainSizes = new Int32Array(kernelRows);
  const search = kernel === stringKernel && rule.special ? searchFor(rule.special) : undefined;
  let aside: Output = output(16 << 10);
  let isClean = false;
  return {
    isPlain: false,
    measure(vector, from, count, lengths, sizes, absent) {
      plainSizes.fill(0, 0, count);
      kernel.measure(vector, from, count, plainLengths, plainSizes, 0);
      isClean =
        search !== undefined &&
        !hasLength(plainLengths, count, rule.suspect) &&
        holdsNone(vector, from, count, search);
      if (isClean) {
        lengths.set(plainLengths.subarray(0, count));
        addLengths(count, lengths, sizes, absent);
        return;
      }
      let total = 0;
      for (let i = 0; i < count; i++) {
        starts[i] = total;
        ends[i] = total;
        total += plainSizes[i] as number;
      }
      if (total + 16 > aside.bytes.length) aside = output(total * 2 + 16);
      kernel.write({
        vector,
        from,
        count,
        lengths: plainLengths,
        skip: 0,
        output: aside,
        at: ends,
        isPrefixed: false,
      });
      isClean = isUntouched(rule, aside.bytes.subarray(0, total), plainLengths, count);
      if (isClean) {
        lengths.set(plainLengths.subarray(0, count));
        addLengths(count, lengths, sizes, absent);
        return;
      }
      for (let i = 0; i < count; i++) {
        lengths[i] =
          (plainLengths[i] as number) < 0
            ? -1
            : rule.length(aside.bytes, starts[i] as number, ends[i] as number);
      }
      addLengths(count, lengths, sizes, absent);
    },
    write(rows) {
      if (isClean) {
        kernel.write(rows);
        return;
      }
      const { count, skip, output: target } = rows;
      for (let i = 0; i < count; i++) {
        const place = putPlace(rows, i);
        if (place < 0) continue;
        const start = starts[skip + i] as number;
        const end = ends[skip + i] as number;
        if (end - start === (rows.lengths[i] as number)) {
          copyBytes(aside.bytes, start, end, target.bytes, place);
        } else rule.write(aside.bytes, start, end, target.bytes, place);
      }
    },
  };
}

/** Most chunks: found out by eight searches through all of it, not value by value. */
function isUntouched(rule: Rule, bytes: Buffer, lengths: Int32Array, count: number): boolean {
  if (!rule.special || rule.special.some((byte) => bytes.includes(byte))) return false;
  return !hasLength(lengths, count, rule.suspect);
}

function hasLength(lengths: Int32Array, count: number, length: number): boolean {
  return length >= 0 && lengths.subarray(0, count).includes(length);
}

function copyBytes(source: Buffer, from: number, to: number, target: Uint8Array, at: number): void {
  if (to - from > 64) source.copy(target, at, from, to);
  else for (let i = from, next = at; i < to; i++, next++) target[next] = source[i] as number;
}

/** Messages of one line each: fields, delimiters between, a newline. */
function delimitedRows(
  kernels: readonly Kernel[],
  delimiter: number,
  nullBytes: Uint8Array,
): RowEncoder {
  return {
    encode(batch, from, to, sink, rooms) {
      for (let start = from; start < to; start += kernelRows) {
        const count = Math.min(kernelRows, to - start);
        measure(batch, start, count);
        writeInRuns(count, sink, rooms, (target, at, first, end) =>
          writeRows(batch, start, target, at, first, end),
        );
      }
    },
  };

  function measure(batch: Batch, from: number, count: number): void {
    assert(batch.vectors.length === kernels.length, "a batch has the encoder's columns");
    const { sizes } = scratch;
    // Tag, length, a delimiter or newline after each field; a table without columns is an empty line.
    sizes.fill(5 + Math.max(1, kernels.length), 0, count);
    for (let c = 0; c < kernels.length; c++) {
      const vector = batch.vectors[c] as Vector;
      kernels[c]?.measure(vector, from, count, lengthsOf(c), sizes, nullBytes.length);
    }
  }

  function writeRows(
    batch: Batch,
    from: number,
    target: Output,
    start: number,
    first: number,
    end: number,
  ): void {
    placeRows(start, first, end, 5);
    const at = scratch.at.subarray(first, end);
    for (let c = 0; c < kernels.length; c++) {
      const lengths = lengthsOf(c).subarray(first, end);
      kernels[c]?.write({
        vector: batch.vectors[c] as Vector,
        from: from + first,
        count: end - first,
        lengths,
        skip: first,
        output: target,
        at,
        isPrefixed: false,
      });
      endFields(target, at, lengths, c === kernels.length - 1 ? 10 : delimiter);
    }
    writeHeaders(target.view, start, first, end);
  }

  /** After the kernel, which may have written over the delimiter's place. */
  function endFields(
    { bytes }: Output,
    at: Int32Array,
    lengths: Int32Array,
    terminator: number,
  ): void {
    for (let i = 0; i < at.length; i++) {
      let place = at[i] as number;
      if ((lengths[i] as number) < 0) {
        for (let n = 0; n < nullBytes.length; n++) bytes[place++] = nullBytes[n] as number;
      }
      bytes[place] = terminator;
      at[i] = place + 1;
    }
  }

  function writeHeaders(view: DataView, from: number, first: number, end: number): void {
    const { sizes } = scratch;
    let start = from;
    for (let i = first; i < end; i++) {
      const size = sizes[i] as number;
      view.setUint8(start, copyData);
      view.setInt32(start + 1, size - 1);
      if (kernels.length === 0) view.setUint8(start + 5, 10);
      start += size;
    }
  }
}
