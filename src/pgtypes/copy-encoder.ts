/** Batches → CopyData messages of COPY TO, one a row: text, CSV, binary. https://www.postgresql.org/docs/15/sql-copy.html */
import type { Kernel, Output } from "./kernel.ts";
import { kernelRows } from "./kernel.ts";
import { type EncodedColumn, kernelFor } from "./kernels.ts";
import {
  lengthPrefixedRows,
  output,
  outputFor,
  type RowEncoder,
  rowsThatFit,
} from "./row-encoder.ts";
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
  readonly format: "text" | "csv" | "binary";
  readonly delimiter: string;
  readonly null: string;
  readonly header: boolean | "match";
  readonly quote: string;
  readonly escape: string;
  readonly forceQuote?: readonly string[] | "*" | undefined;
}

export interface CopyEncoder extends RowEncoder {
  /** CopyData messages before the first row: the header line, the binary signature; empty when there is none. */
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

/** PGCOPY, flags, no header extension; after the rows a field count of -1. */
function binaryEncoder(columns: readonly CopyColumn[], settings: TextSettings): CopyEncoder {
  const kernels = columns.map((column) => kernelFor({ ...column, format: 1 }, settings));
  const signature = Buffer.from("PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0", "latin1");
  return {
    ...lengthPrefixedRows(kernels, copyData),
    start: () => message(signature),
    end: () => message(Uint8Array.of(0xff, 0xff)),
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
        target.set(bytes.subarray(from, to), at);
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
  const places = new Int32Array(kernelRows);
  const plainLengths = new Int32Array(kernelRows);
  let aside: Output = output(64 << 10);
  return {
    isPlain: false,
    measure(vector, from, count, lengths) {
      kernel.measure(vector, from, count, plainLengths);
      let total = 0;
      for (let i = 0; i < count; i++) {
        places[i] = total;
        total += Math.max(0, plainLengths[i] as number);
      }
      if (total + 16 > aside.bytes.length) aside = output(total * 2 + 16);
      writeAside(vector, from, count);
      for (let i = 0; i < count; i++) {
        const length = plainLengths[i] as number;
        const start = places[i] as number;
        lengths[i] = length < 0 ? -1 : rule.length(aside.bytes, start, start + length);
      }
    },
    write(_vector, _from, count, lengths, target, at, skip) {
      for (let i = 0; i < count; i++) {
        if ((lengths[i] as number) < 0) continue;
        const start = places[skip + i] as number;
        const end = start + (plainLengths[skip + i] as number);
        rule.write(aside.bytes, start, end, target.bytes, at[i] as number);
      }
    },
  };

  function writeAside(vector: Vector, from: number, count: number): void {
    kernel.write(vector, from, count, plainLengths, aside, places, 0);
  }
}

/** Messages of one line each: fields, delimiters between, a newline. */
function delimitedRows(
  kernels: readonly Kernel[],
  delimiter: number,
  nullBytes: Uint8Array,
): RowEncoder {
  const lengths = kernels.map(() => new Int32Array(kernelRows));
  const sizes = new Int32Array(kernelRows);
  const at = new Int32Array(kernelRows);
  return {
    encode(batch, from, to, sink) {
      for (let start = from; start < to; start += kernelRows) {
        const count = Math.min(kernelRows, to - start);
        measure(batch, start, count);
        for (let first = 0; first < count; ) {
          const end = rowsThatFit(sizes, first, count);
          sink(writeRows(batch, start, first, end));
          first = end;
        }
      }
    },
  };

  function measure(batch: Batch, from: number, count: number): void {
    // Tag, length, a delimiter or newline after each field; a table without columns is an empty line.
    sizes.fill(5 + Math.max(1, kernels.length), 0, count);
    for (const [c, kernel] of kernels.entries()) {
      const vector = batch.vectors[c];
      const column = lengths[c];
      if (!vector || !column) continue;
      kernel.measure(vector, from, count, column);
      for (let i = 0; i < count; i++) {
        const length = column[i] as number;
        sizes[i] = (sizes[i] as number) + (length < 0 ? nullBytes.length : length);
      }
    }
  }

  function writeRows(batch: Batch, from: number, first: number, end: number): Uint8Array {
    let total = 0;
    for (let i = first; i < end; i++) {
      at[i] = total + 5;
      total += sizes[i] as number;
    }
    const target = outputFor(total);
    const rows = at.subarray(first, end);
    for (const [c, kernel] of kernels.entries()) {
      const vector = batch.vectors[c];
      const column = lengths[c]?.subarray(first, end);
      if (!vector || !column) continue;
      kernel.write(vector, from + first, rows.length, column, target, rows, first);
      endFields(target, rows, column, c === kernels.length - 1 ? 10 : delimiter);
    }
    writeHeaders(target.view, first, end);
    return target.bytes.subarray(0, total);
  }

  /** After the kernel, which may have written over the delimiter's place. */
  function endFields(
    { bytes }: Output,
    rows: Int32Array,
    column: Int32Array,
    terminator: number,
  ): void {
    for (let i = 0; i < rows.length; i++) {
      const length = column[i] as number;
      let place = rows[i] as number;
      if (length < 0) {
        bytes.set(nullBytes, place);
        place += nullBytes.length;
      } else place += length;
      bytes[place] = terminator;
      rows[i] = place + 1;
    }
  }

  function writeHeaders(view: DataView, first: number, end: number): void {
    let place = 0;
    for (let i = first; i < end; i++) {
      const size = sizes[i] as number;
      view.setUint8(place, copyData);
      view.setInt32(place + 1, size - 1);
      if (kernels.length === 0) view.setUint8(place + 5, 10);
      place += size;
    }
  }
}
