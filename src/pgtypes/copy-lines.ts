/**
 * Lines of a text or CSV COPY → where their fields lie: CopyReadLineText, CopyReadAttributesText and CopyReadAttributesCSV in
 * one pass. A byte is looked at once; whatever is out of the ordinary (escapes, quotes, the end mark) goes aside.
 */
import { isUtf8 } from "node:buffer";
import { must } from "../base/assert.ts";
import { PgError } from "../base/error.ts";
import type { CopyInColumn, CopyInFormat } from "./copy-decoder.ts";
import { unescapeText } from "./copy-escapes.ts";
import { LineEnds } from "./copy-line-ends.ts";
import { QuotedFields } from "./copy-quoted.ts";
import type { FieldTable } from "./field-table.ts";

const newline = 10;
const carriageReturn = 13;
const backslash = 92;
const point = 46;
/** Bytes gathered before they are cut: more are gained by larger pieces than are lost by another copy of them. */
const bufferBytes = 256 << 10;
/** A row is kept whole until its end has come. PostgreSQL's limit is 1 GB, which would be ours for all clients together. */
const lineBytesMax = 128 << 20;

/** What ended a line, and how many bytes that is; the line is to come again with more, or the end mark was there. */
type Found = "line" | "more" | "end";

export class CopyLines {
  readonly #columns: readonly CopyInColumn[];
  readonly #table: FieldTable;
  readonly #isCsv: boolean;
  readonly #delimiter: number;
  readonly #nullText: Buffer;
  readonly #quoted: QuotedFields | undefined;
  readonly #lineEnds: LineEnds;
  /** 1 for a byte that ends a run of ordinary ones. */
  readonly #special = new Uint8Array(256);
  readonly #isForcedNotNull: readonly boolean[];
  readonly #isForcedNull: readonly boolean[];
  /** The first half is input; behind it is room for what escapes come to, which is never longer. */
  #bytes = Buffer.alloc(0);
  #capacity = 0;
  #at = 0;
  #end = 0;
  #aside = 0;
  #isFinal = false;
  #isDone = false;
  #header: boolean | "match";
  #line = 0;
  #isSpelledWrong = false;
  /** Lines that begin before it are known to be UTF-8: one check for many. */
  #trustedTo = 0;

  constructor(columns: readonly CopyInColumn[], options: CopyInFormat, table: FieldTable) {
    this.#columns = columns;
    this.#table = table;
    this.#header = options.header;
    this.#isCsv = options.format === "csv";
    this.#delimiter = byteOf(options.delimiter);
    this.#lineEnds = new LineEnds(this.#isCsv, table);
    this.#nullText = Buffer.from(options.null);
    this.#special[newline] = 1;
    this.#special[carriageReturn] = 1;
    this.#special[this.#delimiter] = 1;
    if (this.#isCsv) {
      this.#quoted = new QuotedFields(
        byteOf(options.quote),
        byteOf(options.escape),
        this.#delimiter,
      );
      this.#special[this.#quoted.quote] = 1;
    } else this.#special[backslash] = 1;
    const { forceNull = [], forceNotNull = [] } = options;
    this.#isForcedNull = columns.map(({ name }) => forceNull.includes(name));
    this.#isForcedNotNull = columns.map(({ name }) => forceNotNull.includes(name));
  }

  /** Each time the table has rows they are to be read before the next is asked for. */
  *push(bytes: Buffer): Generator<void> {
    for (let taken = 0; taken < bytes.length && !this.#isDone; ) {
      this.#makeRoom();
      const count = Math.min(bytes.length - taken, this.#capacity - this.#end);
      bytes.copy(this.#bytes, this.#end, taken, taken + count);
      this.#end += count;
      taken += count;
      if (this.#end === this.#capacity) yield* this.#cut();
    }
  }

  *end(): Generator<void> {
    if (this.#isDone) return;
    this.#makeRoom();
    this.#isFinal = true;
    yield* this.#cut();
    this.#isDone = true;
  }

  /** Nothing more counts: the end mark was there. */
  get isDone(): boolean {
    return this.#isDone;
  }

  /** The rest of a line moves to the front; when it fills the buffer, the buffer grows. */
  #makeRoom(): void {
    if (this.#end < this.#capacity) return;
    const rest = this.#end - this.#at;
    if (rest > lineBytesMax) throw this.#tooLong();
    if (rest * 2 > this.#capacity || this.#capacity === 0) {
      const capacity = Math.max(bufferBytes, rest * 2);
      const larger = Buffer.allocUnsafeSlow(2 * capacity + 2);
      this.#bytes.copy(larger, 0, this.#at, this.#end);
      this.#bytes = larger;
      this.#capacity = capacity;
    } else this.#bytes.copyWithin(0, this.#at, this.#end);
    this.#at = 0;
    this.#end = rest;
    this.#trustedTo = 0;
  }

  #tooLong(): PgError {
    const where = this.#table.where(this.#line + 1);
    return new PgError("54000", `a line of COPY is longer than ${lineBytesMax} bytes`, { where });
  }

  *#cut(): Generator<void> {
    // Ends every search: what is looked for is always found.
    this.#bytes[this.#end] = newline;
    this.#trust();
    for (let isWhole = true; isWhole && !this.#isDone; ) {
      isWhole = this.#fill();
      if (this.#table.rowCount > 0 || this.#table.fault) yield;
    }
  }

  #trust(): void {
    const last = this.#end > this.#at ? this.#bytes.lastIndexOf(newline, this.#end - 1) : -1;
    const to = this.#isFinal || last < this.#at ? this.#end : last + 1;
    const input = this.#bytes.subarray(this.#at, to);
    this.#trustedTo = isUtf8(input) && !input.includes(0) ? to : this.#at;
  }

  /** Rows until the table is full (true), or the input has no whole line more. */
  #fill(): boolean {
    const table = this.#table;
    table.bytes = this.#bytes;
    table.rowCount = 0;
    table.fault = undefined;
    table.from = this.#at;
    this.#aside = this.#capacity + 1;
    let found: Found = "line";
    while (table.rowCount < table.rowsMax && found === "line" && !table.fault) {
      if (this.#at >= this.#end) found = "more";
      else {
        const { rowCount } = table;
        table.lineStarts[rowCount] = this.#at;
        try {
          found = this.#isCsv ? this.#readCsvLine(rowCount) : this.#readTextLine(rowCount);
        } catch (error) {
          table.fault = { row: rowCount, column: 0, error };
        }
      }
    }
    if (found === "end") this.#isDone = true;
    table.to = this.#aside > this.#capacity + 1 ? this.#aside : this.#at;
    return found === "line";
  }

  /** One line of text into the table's row; what is wrong with it becomes the table's fault. */
  #readTextLine(row: number): Found {
    const { starts, ends, rowsMax } = this.#table;
    const bytes = this.#bytes;
    const special = this.#special;
    const delimiter = this.#delimiter;
    const nullText = this.#nullText;
    const nullBytes = nullText.length;
    const columnCount = this.#columns.length;
    const end = this.#end;
    const lineStart = this.#at;
    let column = 0;
    let start = lineStart;
    let at = lineStart;
    let hasEscape = false;
    for (;;) {
      while (special[bytes[at] as number] === 0) at++;
      const byte = bytes[at] as number;
      if (byte === backslash) {
        if (at + 1 >= end) {
          if (!this.#isFinal) return "more";
          hasEscape = true;
          at++; // At the very end it stands for itself.
          continue;
        }
        if (bytes[at + 1] === point) {
          const isEnd = this.#endMark(at);
          if (isEnd === "more") return "more";
          if (isEnd === "end") {
            if (at === lineStart) return "end";
            this.#finishText(row, column, start, at, hasEscape);
            this.#finishRow(row, column + 1, at);
            return "end";
          }
        }
        hasEscape = true;
        at += 2;
        continue;
      }
      if (byte !== delimiter) {
        if (at >= end && !this.#isFinal) return "more";
        const length =
          at >= end ? 0 : this.#lineEnds.lengthAt(bytes, at, end, this.#isFinal, this.#line + 1);
        if (length < 0) return "more";
        if (column < columnCount) this.#finishText(row, column, start, at, hasEscape);
        this.#at = at + length;
        this.#finishRow(row, at === lineStart && columnCount === 0 ? 0 : column + 1, at);
        return "line";
      }
      if (column < columnCount) {
        const place = column * rowsMax + row;
        if (
          hasEscape ||
          (at - start === nullBytes && (nullBytes === 0 || bytes[start] === nullText[0]))
        ) {
          this.#finishText(row, column, start, at, hasEscape);
          hasEscape = false;
        } else {
          starts[place] = start;
          ends[place] = at;
        }
      }
      column++;
      start = ++at;
    }
  }

  #finishText(row: number, column: number, start: number, end: number, hasEscape: boolean): void {
    const { starts, ends, rowsMax, columnCount } = this.#table;
    if (column >= columnCount) return;
    const place = column * rowsMax + row;
    const bytes = this.#bytes;
    if (isEqual(bytes, start, end, this.#nullText)) starts[place] = -1;
    else if (hasEscape) {
      const to = unescapeText(bytes, start, end, this.#aside);
      const spelled = bytes.subarray(this.#aside, to);
      this.#isSpelledWrong ||= !isUtf8(spelled) || spelled.includes(0);
      starts[place] = this.#aside;
      ends[place] = to;
      this.#aside = to;
    } else {
      starts[place] = start;
      ends[place] = end;
    }
  }

  #readCsvLine(row: number): Found {
    const { starts, ends, rowsMax } = this.#table;
    const bytes = this.#bytes;
    const special = this.#special;
    const delimiter = this.#delimiter;
    const nullText = this.#nullText;
    const nullBytes = nullText.length;
    const columnCount = this.#columns.length;
    const quoted = must(this.#quoted, "CSV has quotes");
    const end = this.#end;
    const lineStart = this.#at;
    const lineBreak = this.#lineEnds.isNewline ? newline : carriageReturn;
    let lineBreaks = 0;
    let aside = this.#aside;
    let column = 0;
    let start = lineStart;
    let at = lineStart;
    if (bytes[at] === backslash && bytes[at + 1] === point && at + 1 < end) {
      const isEnd = this.#endMark(at);
      if (isEnd !== "no") return isEnd;
    }
    for (;;) {
      while (special[bytes[at] as number] === 0) at++;
      const byte = bytes[at] as number;
      let from = start;
      let to = at;
      let isQuoted = false;
      if (byte === quoted.quote && at < end) {
        const isRead = quoted.read(bytes, start, at, end, aside, lineBreak);
        if (!isRead) {
          if (!this.#isFinal) return "more";
          this.#line += lineBreaks + quoted.lineBreaks;
          this.#at = end;
          this.#fault(row, 0, "unterminated CSV quoted field", lineStart, end);
          this.#line++;
          return "line";
        }
        isQuoted = true;
        from = quoted.from;
        to = quoted.to;
        at = quoted.next;
        lineBreaks += quoted.lineBreaks;
        if (from >= aside) aside = to;
      }
      if (column < columnCount) {
        const isNull =
          to - from === nullBytes &&
          (nullBytes === 0 || isEqual(bytes, from, to, nullText)) &&
          (isQuoted
            ? this.#isForcedNull[column]
            : this.#isForcedNull[column] || !this.#isForcedNotNull[column]);
        const place = column * rowsMax + row;
        starts[place] = isNull ? -1 : from;
        ends[place] = to;
      }
      if (bytes[at] === delimiter && at < end) {
        column++;
        start = ++at;
        continue;
      }
      if (at >= end && !this.#isFinal) return "more";
      const length =
        at >= end ? 0 : this.#lineEnds.lengthAt(bytes, at, end, this.#isFinal, this.#line + 1);
      if (length < 0) return "more";
      this.#line += lineBreaks;
      this.#aside = aside;
      this.#at = at + length;
      this.#finishRow(row, at === lineStart && columnCount === 0 ? 0 : column + 1, at);
      return "line";
    }
  }

  /** The row is in the table, unless it was the header; `fieldCount` fields were there. */
  #finishRow(row: number, fieldCount: number, lineEnd: number): void {
    const table = this.#table;
    const line = ++this.#line;
    const lineStart = table.lineStarts[row] as number;
    table.lineEnds[row] = lineEnd;
    table.lines[row] = line;
    if (this.#header) {
      const isMatched = this.#header === "match";
      this.#header = false;
      if (isMatched) this.#matchHeader(row, fieldCount, lineStart, lineEnd);
      return;
    }
    const { length } = this.#columns;
    if (this.#isSpelledWrong) this.#tellSpelling(row, lineStart, lineEnd);
    if (lineEnd > this.#trustedTo) {
      // With its end: a character that is cut short is told with what follows it.
      const whole = this.#bytes.subarray(lineStart, Math.min(lineEnd + 1, this.#end));
      const error = table.notUtf8(whole, line);
      if (error) table.fault = { row, column: 0, error };
    }
    if (table.fault) return;
    if (fieldCount > length) {
      this.#fault(row, 0, "extra data after last expected column", lineStart, lineEnd, 0);
    } else if (fieldCount < length) {
      const { name } = must(this.#columns[fieldCount], "a column is missing");
      const message = `missing data for column "${name}"`;
      this.#fault(row, fieldCount, message, lineStart, lineEnd, 0);
    } else table.rowCount++;
  }

  #endMark(at: number): "end" | "no" | "more" {
    const next = this.#lineEnds.afterEndMark(
      this.#bytes,
      at,
      this.#end,
      this.#isFinal,
      this.#line + 1,
    );
    if (typeof next === "string") return next;
    this.#at = next;
    return "end";
  }

  /** Escapes came to what is no character. */
  #tellSpelling(row: number, from: number, to: number): void {
    const table = this.#table;
    const shown = this.#bytes.toString("utf8", from, to);
    for (let column = 0; column < this.#columns.length; column++) {
      if (table.isNull(row, column)) continue;
      const error = table.notUtf8(table.field(row, column), this.#line, shown);
      if (error) table.fault ??= { row, column: 0, error };
    }
  }

  #fault(row: number, column: number, message: string, from: number, to: number, more = 1): void {
    const shown = this.#bytes.toString("utf8", from, to);
    const error = this.#table.malformed(message, this.#line + more, shown);
    this.#table.fault ??= { row, column, error };
  }

  #matchHeader(row: number, fieldCount: number, from: number, to: number): void {
    const table = this.#table;
    const shown = this.#bytes.toString("utf8", from, to);
    const fail = (message: string) => {
      table.fault ??= { row, column: 0, error: table.malformed(message, this.#line, shown) };
    };
    if (fieldCount !== this.#columns.length) {
      fail(
        `wrong number of fields in header line: got ${fieldCount}, expected ${this.#columns.length}`,
      );
    }
    for (const [column, { name }] of this.#columns.entries()) {
      if (table.fault) return;
      const got = table.isNull(row, column) ? undefined : table.field(row, column).toString();
      if (got === name) continue;
      const told = got === undefined ? `null value ("${this.#nullText}")` : `"${got}"`;
      const field = `column name mismatch in header line field ${column + 1}`;
      fail(`${field}: got ${told}, expected "${name}"`);
    }
  }
}

function byteOf(text: string): number {
  return must(Buffer.from(text)[0], "COPY options of one byte have one");
}

function isEqual(bytes: Buffer, from: number, to: number, other: Buffer): boolean {
  if (to - from !== other.length) return false;
  for (let i = 0; i < other.length; i++) if (bytes[from + i] !== other[i]) return false;
  return true;
}
