/** Lines of a text or CSV COPY, which may be cut anywhere between two messages: CopyReadLineText. */
import { isUtf8 } from "node:buffer";
import { must } from "../base/assert.ts";
import { PgError } from "../base/error.ts";
import type { CopyInColumn, CopyInFormat, RowBuilder } from "./copy-decoder.ts";
import {
  type FieldSyntax,
  type FieldTaker,
  isEqual,
  readCsvFields,
  readTextFields,
} from "./copy-fields.ts";

const newline = 10;
const carriageReturn = 13;
const backslash = 92;
const endMark = Buffer.from("\\.");
/** A row is kept whole until its end has come. PostgreSQL's limit is 1 GB, which would be ours for all clients together. */
const lineBytesMax = 128 << 20;

type LineEnd = "unknown" | "newline" | "return" | "return newline";

export class CopyLines {
  readonly #columns: readonly CopyInColumn[];
  readonly #rows: RowBuilder;
  readonly #syntax: FieldSyntax;
  readonly #readFields: typeof readTextFields;
  readonly #rowTaker: FieldTaker;
  #rest: Buffer = Buffer.alloc(0);
  /** What came after it without an end of a line: joined when there is one, not each time. */
  #more: Buffer[] = [];
  #moreBytes = 0;
  #lineEnd: LineEnd = "unknown";
  #header: boolean | "match";
  /** Where in the unfinished line the search goes on, and whether that is between quotes. */
  #searched = 0;
  #isQuoted = false;
  /** The next quote and carriage return in the input at hand, so that lines without them are not searched for them. */
  #nextQuote = -1;
  #nextReturn = -1;
  /** Lines that end here or before are known to be UTF-8: one check for many. */
  #trustedTo = -1;
  #line: { input: Buffer; from: number; to: number } = { input: this.#rest, from: 0, to: 0 };

  constructor(columns: readonly CopyInColumn[], options: CopyInFormat, rows: RowBuilder) {
    this.#columns = columns;
    this.#rows = rows;
    this.#header = options.header;
    const isCsv = options.format === "csv";
    this.#syntax = {
      isCsv,
      delimiter: byteOf(options.delimiter),
      quote: isCsv ? byteOf(options.quote) : -1,
      escape: isCsv ? byteOf(options.escape) : -1,
      nullText: Buffer.from(options.null),
    };
    this.#readFields = isCsv ? readCsvFields : readTextFields;
    this.#rowTaker = rowTaker(columns, options, rows, (message) => this.#fault(message));
  }

  /** True at the end mark: nothing after it counts. */
  push(bytes: Buffer): boolean {
    if (this.#isWithinLine(bytes)) {
      this.#more.push(Buffer.from(bytes));
      this.#moreBytes += bytes.length;
      if (this.#rest.length + this.#moreBytes > lineBytesMax) throw this.#tooLong();
      return false;
    }
    const input = this.#joined(bytes);
    if (input.length - bytes.length > lineBytesMax) throw this.#tooLong();
    this.#nextQuote = -1;
    this.#nextReturn = -1;
    const lastBreak = input.lastIndexOf(newline);
    const isClean = isUtf8(input.subarray(0, lastBreak + 1)) && !input.includes(0);
    this.#trustedTo = isClean ? lastBreak : -1;
    let at = 0;
    for (;;) {
      const found = this.#findEnd(input, at);
      if (!found) break;
      if (this.#readLine(input, at, found.end)) return true;
      at = found.next;
    }
    // A copy: the caller may use its memory again.
    this.#rest = Buffer.from(input.subarray(at));
    return false;
  }

  end(): boolean {
    const input = this.#joined(Buffer.alloc(0));
    this.#trustedTo = -1;
    if (input.length === 0) return true;
    const isReturn = input.at(-1) === carriageReturn && !this.#isQuoted;
    const isEnded = isReturn && (this.#lineEnd === "unknown" || this.#lineEnd === "return");
    this.#readLine(input, 0, isEnded ? input.length - 1 : input.length);
    this.#rest = Buffer.alloc(0);
    return true;
  }

  /** Nothing in these bytes can end the line that has begun. */
  #isWithinLine(bytes: Buffer): boolean {
    if (this.#rest.length === 0 || this.#rest.at(-1) === carriageReturn) return false;
    return !bytes.includes(newline) && !bytes.includes(carriageReturn);
  }

  #joined(bytes: Buffer): Buffer {
    const before = this.#rest.length + this.#moreBytes;
    const input = before === 0 ? bytes : Buffer.concat([this.#rest, ...this.#more, bytes]);
    this.#more = [];
    this.#moreBytes = 0;
    return input;
  }

  #tooLong(): PgError {
    this.#rows.line++;
    return new PgError("54000", `a line of COPY is longer than ${lineBytesMax} bytes`, {
      where: `COPY, line ${this.#rows.line}`,
    });
  }

  /** The end of the line that begins at `from`, and where the next one begins; undefined when it is not all there. */
  #findEnd(input: Buffer, from: number): { end: number; next: number } | undefined {
    const start = from + this.#searched;
    const at = this.#syntax.isCsv
      ? this.#nextBreakCsv(input, from, start)
      : this.#nextBreak(input, from, start);
    if (at < 0) return undefined;
    const found = this.#decide(input, at);
    this.#searched = found === "more" ? at - from : 0;
    return found === "more" ? undefined : found;
  }

  /** The first line's end says what all lines' ends are; any other is data that should have been escaped or quoted. */
  #decide(input: Buffer, at: number): { end: number; next: number } | "more" {
    if (input[at] === newline) {
      if (this.#lineEnd === "return" || this.#lineEnd === "return newline") {
        throw this.#literal("newline");
      }
      this.#lineEnd = "newline";
      return { end: at, next: at + 1 };
    }
    if (this.#lineEnd === "newline") throw this.#literal("carriage return");
    if (this.#lineEnd !== "return") {
      if (at + 1 >= input.length) return "more";
      if (input[at + 1] === newline) {
        this.#lineEnd = "return newline";
        return { end: at, next: at + 2 };
      }
      if (this.#lineEnd === "return newline") throw this.#literal("carriage return");
      this.#lineEnd = "return";
    }
    return { end: at, next: at + 1 };
  }

  #literal(what: "newline" | "carriage return"): PgError {
    this.#rows.line++;
    if (this.#syntax.isCsv) {
      const hint = `Use quoted CSV field to represent ${what}.`;
      return this.#rows.fault(`unquoted ${what} found in data`, undefined, hint);
    }
    const hint = `Use "${what === "newline" ? "\\n" : "\\r"}" to represent ${what}.`;
    return this.#rows.fault(`literal ${what} found in data`, undefined, hint);
  }

  /** The next newline or carriage return that no backslash stands before; -1 when there is none. */
  #nextBreak(input: Buffer, from: number, start: number): number {
    for (let at = start; ; ) {
      const found = this.#nextBreakByte(input, at);
      if (found < 0) {
        this.#searched = input.length - from;
        return -1;
      }
      let first = found;
      while (first > from && input[first - 1] === backslash) first--;
      if ((found - first) % 2 === 0) return found;
      at = found + 1;
    }
  }

  #nextBreakByte(input: Buffer, at: number): number {
    const found = input.indexOf(newline, at);
    const before = this.#returnAt(input, at);
    if (found < 0) return before === Number.POSITIVE_INFINITY ? -1 : before;
    return Math.min(found, before);
  }

  #returnAt(input: Buffer, at: number): number {
    if (this.#nextReturn < at) {
      const found = input.indexOf(carriageReturn, at);
      this.#nextReturn = found < 0 ? Number.POSITIVE_INFINITY : found;
    }
    return this.#nextReturn;
  }

  /** The same outside quotes. */
  #nextBreakCsv(input: Buffer, from: number, start: number): number {
    const { quote, escape: escaper } = this.#syntax;
    for (let at = start; ; ) {
      if (!this.#isQuoted) {
        const found = this.#nextBreakByte(input, at);
        const opening = this.#quoteAt(input, at);
        if (found >= 0 && found < opening) return found;
        if (opening === Number.POSITIVE_INFINITY) {
          this.#searched = input.length - from;
          return -1;
        }
        this.#isQuoted = true;
        at = opening + 1;
      }
      // Between quotes: an escape hides what follows it, unless it is the quote itself, which then comes twice.
      for (; at < input.length; at++) {
        const byte = input[at];
        if (byte === escaper && escaper !== quote) at++;
        else if (byte === quote) break;
      }
      if (at >= input.length) {
        // Beyond the end when the last byte was an escape: what comes next is then passed over.
        this.#searched = at - from;
        return -1;
      }
      this.#isQuoted = false;
      at++;
    }
  }

  #quoteAt(input: Buffer, at: number): number {
    if (this.#nextQuote < at) {
      const found = input.indexOf(this.#syntax.quote, at);
      this.#nextQuote = found < 0 ? Number.POSITIVE_INFINITY : found;
    }
    return this.#nextQuote;
  }

  /** True when the line is the end mark. */
  #readLine(input: Buffer, from: number, to: number): boolean {
    const rows = this.#rows;
    rows.line++;
    if (this.#header) {
      this.#readHeader(input, from, to);
      return false;
    }
    if (isEqual(input, from, to, endMark)) return true;
    this.#line = { input, from, to };
    if (to > this.#trustedTo) rows.checkUtf8(input.subarray(from, to));
    const { length } = this.#columns;
    if (length === 0) {
      if (to > from) throw this.#fault("extra data after last expected column");
    } else {
      const count = this.#readFields(input, from, to, this.#syntax, this.#rowTaker);
      if (count < length) {
        throw this.#fault(`missing data for column "${this.#columns[count]?.name}"`);
      }
    }
    rows.finish();
    return false;
  }

  #readHeader(input: Buffer, from: number, to: number): void {
    const isMatched = this.#header === "match";
    this.#header = false;
    if (!isMatched) return;
    this.#line = { input, from, to };
    const names: (string | null)[] = [];
    const count = this.#readFields(input, from, to, this.#syntax, {
      take: (_column, bytes, start, end, isNull) =>
        names.push(isNull ? null : bytes.toString("utf8", start, end)),
      fault: (message) => this.#fault(message),
      checkUtf8: (bytes) => this.#rows.checkUtf8(bytes),
    });
    if (count !== this.#columns.length) {
      throw this.#rows.fault(
        `wrong number of fields in header line: got ${count}, expected ${this.#columns.length}`,
        input.toString("utf8", from, to),
      );
    }
    for (const [i, { name }] of this.#columns.entries()) {
      const got = names[i];
      if (got === name) continue;
      const shown = got === null ? `null value ("${this.#syntax.nullText}")` : `"${got}"`;
      throw this.#rows.fault(
        `column name mismatch in header line field ${i + 1}: got ${shown}, expected "${name}"`,
        input.toString("utf8", from, to),
      );
    }
  }

  #fault(message: string): PgError {
    const { input, from, to } = this.#line;
    return this.#rows.fault(message, input.toString("utf8", from, to));
  }
}

function byteOf(text: string): number {
  return must(Buffer.from(text)[0], "COPY options of one byte have one");
}

/** Puts fields into the row; which of them are NULL also depends on FORCE_NULL and FORCE_NOT_NULL. */
function rowTaker(
  columns: readonly CopyInColumn[],
  { forceNull = [], forceNotNull = [] }: CopyInFormat,
  rows: RowBuilder,
  fault: (message: string) => PgError,
): FieldTaker {
  const isForcedNull = columns.map(({ name }) => forceNull.includes(name));
  const isForcedNotNull = columns.map(({ name }) => forceNotNull.includes(name));
  return {
    take(column, bytes, from, to, isNull, isQuoted) {
      if (column >= columns.length) throw fault("extra data after last expected column");
      const isReallyNull =
        isNull &&
        (isQuoted ? isForcedNull[column] : isForcedNull[column] || !isForcedNotNull[column]);
      if (isReallyNull) rows.setNull(column);
      else rows.setText(column, bytes, from, to);
    },
    fault,
    checkUtf8: (bytes) => rows.checkUtf8(bytes),
  };
}
