/** The tuples of a binary COPY, which may be cut anywhere between two messages → where their fields lie. */
import { PgError } from "../base/error.ts";
import type { FieldTable } from "./field-table.ts";

const signature = Buffer.from("PGCOPY\n\xff\r\n\0", "latin1");
const headerBytes = signature.length + 8;
/** Bytes gathered before they are cut. */
const bufferBytes = 256 << 10;
/** A tuple is kept whole until its end has come. */
const tupleBytesMax = 256 << 20;

export class BinaryTuples {
  readonly #table: FieldTable;
  #bytes = Buffer.alloc(0);
  #at = 0;
  #end = 0;
  #line = 0;
  #isStarted = false;
  #isDone = false;

  constructor(table: FieldTable) {
    this.#table = table;
  }

  /** Each time the table has rows they are to be read before the next is asked for. */
  *push(bytes: Buffer): Generator<void> {
    for (let taken = 0; taken < bytes.length; ) {
      this.#makeRoom();
      const count = Math.min(bytes.length - taken, this.#bytes.length - this.#end);
      bytes.copy(this.#bytes, this.#end, taken, taken + count);
      this.#end += count;
      taken += count;
      if (this.#end === this.#bytes.length) yield* this.#cut();
    }
  }

  *end(): Generator<void> {
    yield* this.#cut();
    if (this.#isDone) {
      if (this.#end > this.#at) throw this.#trailing();
      return;
    }
    this.#isDone = true;
    if (!this.#isStarted) throw new PgError("22P04", "COPY file signature not recognized");
    if (this.#end > this.#at) {
      throw this.#table.malformed("unexpected EOF in COPY data", this.#line + 1);
    }
  }

  #makeRoom(): void {
    if (this.#end < this.#bytes.length) return;
    const rest = this.#end - this.#at;
    if (rest > tupleBytesMax) {
      const where = this.#table.where(this.#line + 1);
      throw new PgError("54000", `a row of COPY is longer than ${tupleBytesMax} bytes`, { where });
    }
    if (rest * 2 >= this.#bytes.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(bufferBytes, rest * 2));
      this.#bytes.copy(larger, 0, this.#at, this.#end);
      this.#bytes = larger;
    } else this.#bytes.copyWithin(0, this.#at, this.#end);
    this.#at = 0;
    this.#end = rest;
  }

  #trailing(): PgError {
    return this.#table.malformed("received copy data after EOF marker", this.#line + 1);
  }

  *#cut(): Generator<void> {
    if (this.#isDone && this.#end > this.#at) throw this.#trailing();
    if (!this.#isStarted && !this.#readHeader()) return;
    const table = this.#table;
    for (let isWhole = true; isWhole && !this.#isDone; ) {
      table.bytes = this.#bytes;
      table.from = this.#at;
      table.rowCount = 0;
      table.fault = undefined;
      while (isWhole && !this.#isDone && !table.fault && table.rowCount < table.rowsMax) {
        isWhole = this.#readTuple(table.rowCount);
      }
      table.to = this.#at;
      if (table.rowCount > 0 || table.fault) yield;
    }
  }

  #readHeader(): boolean {
    const input = this.#bytes.subarray(this.#at, this.#end);
    const known = Math.min(input.length, signature.length);
    const invalid = (message: string) => new PgError("22P04", message);
    if (input.compare(signature, 0, known, 0, known) !== 0) {
      throw invalid("COPY file signature not recognized");
    }
    if (input.length < headerBytes) return false;
    const flags = input.readInt32BE(signature.length);
    if (flags & (1 << 16)) throw invalid("invalid COPY file header (WITH OIDS)");
    if (flags >>> 16) throw invalid("unrecognized critical flags in COPY file header");
    const extension = input.readInt32BE(signature.length + 4);
    if (extension < 0) throw invalid("invalid COPY file header (missing length)");
    if (input.length < headerBytes + extension) return false;
    this.#at += headerBytes + extension;
    this.#isStarted = true;
    return true;
  }

  /** False when it is not all there yet. At the trailer nothing more counts. */
  #readTuple(row: number): boolean {
    const table = this.#table;
    const bytes = this.#bytes;
    const end = this.#end;
    let at = this.#at;
    if (at + 2 > end) return false;
    const count = (((bytes[at] as number) << 24) >> 16) | (bytes[at + 1] as number);
    at += 2;
    if (count === -1) {
      this.#at = at;
      this.#isDone = true;
      return true;
    }
    const line = this.#line + 1;
    table.lines[row] = line;
    const { columnCount, rowsMax, starts, ends } = table;
    const fail = (message: string) => {
      table.fault = { row, column: 0, error: table.malformed(message, line) };
      return true;
    };
    if (count !== columnCount) {
      return fail(`row field count is ${count}, expected ${columnCount}`);
    }
    for (let place = row; place < columnCount * rowsMax; place += rowsMax) {
      if (at + 4 > end) return false;
      const length =
        ((bytes[at] as number) << 24) |
        ((bytes[at + 1] as number) << 16) |
        ((bytes[at + 2] as number) << 8) |
        (bytes[at + 3] as number);
      at += 4;
      if (length < 0) {
        if (length < -1) return fail("invalid field size");
        starts[place] = -1;
        continue;
      }
      if (at + length > end) return false;
      starts[place] = at;
      at += length;
      ends[place] = at;
    }
    this.#line = line;
    this.#at = at;
    table.rowCount++;
    return true;
  }
}
