/** The tuples of a binary COPY, which may be cut anywhere between two messages. */
import { PgError } from "../base/error.ts";
import type { RowBuilder } from "./copy-decoder.ts";

const signature = Buffer.from("PGCOPY\n\xff\r\n\0", "latin1");
const headerBytes = signature.length + 8;

export class BinaryTuples {
  readonly #columnCount: number;
  readonly #rows: RowBuilder;
  #rest: Buffer = Buffer.alloc(0);
  #isStarted = false;

  constructor(columnCount: number, rows: RowBuilder) {
    this.#columnCount = columnCount;
    this.#rows = rows;
  }

  /** True at the trailer: nothing after it counts. */
  push(bytes: Buffer): boolean {
    const input = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    let at = 0;
    if (!this.#isStarted) {
      const end = this.#readHeader(input);
      if (end === undefined) {
        this.#rest = Buffer.from(input);
        return false;
      }
      at = end;
    }
    for (;;) {
      const end = this.#readTuple(input, at);
      if (end === "end") return true;
      if (end === undefined) break;
      at = end;
    }
    // A copy: the caller may use its memory again.
    this.#rest = Buffer.from(input.subarray(at));
    return false;
  }

  end(): boolean {
    if (!this.#isStarted) throw this.#fault("COPY file signature not recognized");
    if (this.#rest.length > 0) throw this.#fault("unexpected EOF in COPY data");
    return true;
  }

  #readHeader(input: Buffer): number | undefined {
    const known = Math.min(input.length, signature.length);
    if (input.compare(signature, 0, known, 0, known) !== 0) {
      throw this.#fault("COPY file signature not recognized");
    }
    if (input.length < headerBytes) return undefined;
    const flags = input.readInt32BE(signature.length);
    if (flags & (1 << 16)) throw this.#fault("invalid COPY file header (WITH OIDS)");
    if (flags >>> 16) throw this.#fault("unrecognized critical flags in COPY file header");
    const extension = input.readInt32BE(signature.length + 4);
    if (extension < 0) throw this.#fault("invalid COPY file header (missing length)");
    if (input.length < headerBytes + extension) return undefined;
    this.#isStarted = true;
    return headerBytes + extension;
  }

  /** Where the tuple ends; undefined when it is not all there yet. */
  #readTuple(input: Buffer, from: number): number | "end" | undefined {
    if (from + 2 > input.length) return undefined;
    const count = input.readInt16BE(from);
    this.#rows.line++;
    if (count === -1) return "end";
    if (count !== this.#columnCount) {
      throw this.#rows.fault(`row field count is ${count}, expected ${this.#columnCount}`);
    }
    const end = this.#tupleEnd(input, from + 2, count);
    if (end === undefined) {
      this.#rows.line--;
      return undefined;
    }
    let at = from + 2;
    for (let column = 0; column < count; column++) {
      const length = input.readInt32BE(at);
      at += 4;
      if (length === -1) this.#rows.setNull(column);
      else {
        this.#rows.setBinary(column, input.subarray(at, at + length));
        at += length;
      }
    }
    this.#rows.finish();
    return end;
  }

  #tupleEnd(input: Buffer, from: number, count: number): number | undefined {
    let at = from;
    for (let column = 0; column < count; column++) {
      if (at + 4 > input.length) return undefined;
      const length = input.readInt32BE(at);
      if (length < -1) throw this.#rows.fault("invalid field size");
      at += 4 + Math.max(0, length);
    }
    return at <= input.length ? at : undefined;
  }

  #fault(message: string): PgError {
    return new PgError("22P04", message);
  }
}
