/** The fields of one line of COPY text or CSV: CopyReadAttributesText and CopyReadAttributesCSV. */
import type { PgError } from "../base/error.ts";

export interface FieldSyntax {
  readonly isCsv: boolean;
  readonly delimiter: number;
  readonly quote: number;
  readonly escape: number;
  readonly nullText: Buffer;
}

/** Takes a line's fields in order. `column` may be beyond the last one. */
export interface FieldTaker {
  /** `isQuoted` is about CSV: a quoted field is not NULL by its text. */
  take(
    column: number,
    bytes: Buffer,
    from: number,
    to: number,
    isNull: boolean,
    isQuoted: boolean,
  ): void;
  fault(message: string): PgError;
  /** 22021: escapes may spell what is no character. */
  checkUtf8(bytes: Buffer): void;
}

const backslash = 92;

/** How many fields there were. */
export function readTextFields(
  line: Buffer,
  from: number,
  to: number,
  syntax: FieldSyntax,
  taker: FieldTaker,
): number {
  const { delimiter, nullText } = syntax;
  let column = 0;
  let start = from;
  let hasEscape = false;
  for (let at = from; ; at++) {
    const byte = at < to ? (line[at] as number) : delimiter;
    if (byte === backslash && at < to) {
      hasEscape = true;
      at++;
      // A backslash at the very end stands for itself.
      if (at < to) continue;
    }
    if (at < to && byte !== delimiter) continue;
    const end = Math.min(at, to);
    const isNull = isEqual(line, start, end, nullText);
    if (isNull || !hasEscape) taker.take(column, line, start, end, isNull, false);
    else {
      const plain = unescaped(line, start, end, taker);
      taker.checkUtf8(plain);
      taker.take(column, plain, 0, plain.length, false, false);
    }
    column++;
    if (at >= to) return column;
    start = at + 1;
    hasEscape = false;
  }
}

const letters = new Map([
  [98, 8],
  [102, 12],
  [110, 10],
  [114, 13],
  [116, 9],
  [118, 11],
]);

function unescaped(line: Buffer, from: number, to: number, taker: FieldTaker): Buffer {
  const bytes = Buffer.allocUnsafe(to - from);
  let length = 0;
  for (let at = from; at < to; at++) {
    const byte = line[at] as number;
    if (byte !== backslash || at + 1 >= to) {
      bytes[length++] = byte;
      continue;
    }
    const next = line[++at] as number;
    if (next === 46) throw taker.fault("end-of-copy marker corrupt");
    const letter = letters.get(next);
    if (letter !== undefined) bytes[length++] = letter;
    else if (next >= 48 && next <= 55) {
      const [, octal = "0"] =
        /^([0-7]{1,3})/.exec(line.toString("latin1", at, Math.min(at + 3, to))) ?? [];
      bytes[length++] = Number.parseInt(octal, 8) & 0xff;
      at += octal.length - 1;
    } else if (next === 120 && at + 1 < to && isHex(line[at + 1] as number)) {
      const [, hex = "0"] =
        /^([0-9a-f]{1,2})/i.exec(line.toString("latin1", at + 1, Math.min(at + 3, to))) ?? [];
      bytes[length++] = Number.parseInt(hex, 16);
      at += hex.length;
    } else bytes[length++] = next;
  }
  return bytes.subarray(0, length);
}

function isHex(byte: number): boolean {
  return /[0-9a-f]/i.test(String.fromCharCode(byte));
}

export function readCsvFields(
  line: Buffer,
  from: number,
  to: number,
  syntax: FieldSyntax,
  taker: FieldTaker,
): number {
  const { delimiter, quote, nullText } = syntax;
  let column = 0;
  let start = from;
  for (;;) {
    let at = start;
    while (at < to && line[at] !== delimiter && line[at] !== quote) at++;
    let end = at;
    if (line[at] === quote && at < to) {
      const field = readQuoted(line, start, to, syntax, taker);
      taker.take(
        column,
        field.bytes,
        0,
        field.bytes.length,
        isEqual(field.bytes, 0, field.bytes.length, nullText),
        true,
      );
      end = field.end;
    } else taker.take(column, line, start, end, isEqual(line, start, end, nullText), false);
    column++;
    if (end >= to) return column;
    start = end + 1;
  }
}

/** A field with quotes somewhere in it: they need not stand at its ends. */
function readQuoted(
  line: Buffer,
  from: number,
  to: number,
  { delimiter, quote, escape: escaper }: FieldSyntax,
  taker: FieldTaker,
): { bytes: Buffer; end: number } {
  const bytes = Buffer.allocUnsafe(to - from);
  let length = 0;
  let isInside = false;
  let at = from;
  for (; at < to; at++) {
    const byte = line[at] as number;
    if (!isInside) {
      if (byte === delimiter) break;
      if (byte === quote) isInside = true;
      else bytes[length++] = byte;
      continue;
    }
    const next = at + 1 < to ? line[at + 1] : undefined;
    if (byte === escaper && (next === escaper || next === quote)) {
      bytes[length++] = next;
      at++;
    } else if (byte === quote) isInside = false;
    else bytes[length++] = byte;
  }
  if (isInside) throw taker.fault("unterminated CSV quoted field");
  return { bytes: bytes.subarray(0, length), end: at };
}

export function isEqual(bytes: Buffer, from: number, to: number, other: Buffer): boolean {
  if (to - from !== other.length) return false;
  for (let i = 0; i < other.length; i++) if (bytes[from + i] !== other[i]) return false;
  return true;
}
