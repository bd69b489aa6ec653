/**
 * What ends the lines of a COPY: the first line says what all lines' ends are; any other is data that should have been escaped
 * or quoted. And the mark that ends the data.
 */
import type { PgError } from "../base/error.ts";
import type { FieldTable } from "./field-table.ts";

const newline = 10;
const carriageReturn = 13;

export class LineEnds {
  readonly #isCsv: boolean;
  readonly #table: FieldTable;
  #kind: "unknown" | "newline" | "return" | "return newline" = "unknown";

  constructor(isCsv: boolean, table: FieldTable) {
    this.#isCsv = isCsv;
    this.#table = table;
  }

  get isNewline(): boolean {
    return this.#kind === "newline";
  }

  /** The length of the line's end at `at`; -1: what follows must be known. `line` is the line that ends. */
  lengthAt(bytes: Buffer, at: number, end: number, isFinal: boolean, line: number): number {
    if (bytes[at] === newline) {
      if (this.#kind === "newline") return 1;
      if (this.#kind !== "unknown") throw this.#literal("newline", line);
      this.#kind = "newline";
      return 1;
    }
    if (this.#kind === "return") return 1;
    if (this.#kind === "newline") throw this.#literal("carriage return", line);
    if (at + 1 >= end && !isFinal) return -1;
    if (at + 1 < end && bytes[at + 1] === newline) {
      this.#kind = "return newline";
      return 2;
    }
    if (this.#kind === "return newline") throw this.#literal("carriage return", line);
    this.#kind = "return";
    return 1;
  }

  /**
   * Where the input goes on after a `\\.` at `at`. Alone on the rest of its line it ends the data; otherwise it is data in CSV ("no")
   * and a fault in text.
   */
  afterEndMark(
    bytes: Buffer,
    at: number,
    end: number,
    isFinal: boolean,
    line: number,
  ): number | "no" | "more" {
    const next = at + 2;
    const isReturnFirst = this.#kind === "return newline";
    const hasReturn = isReturnFirst && next < end && bytes[next] === carriageReturn;
    const last = hasReturn ? next + 1 : next;
    if (last >= end && !isFinal) return "more";
    const byte = last < end ? bytes[last] : undefined;
    const fail = (message: string): "no" => {
      if (this.#isCsv) return "no";
      throw this.#table.malformed(message, line);
    };
    const unlike = "end-of-copy marker does not match previous newline style";
    if (isReturnFirst && !hasReturn) {
      return fail(byte === newline ? unlike : "end-of-copy marker corrupt");
    }
    if (byte !== newline && byte !== carriageReturn) return fail("end-of-copy marker corrupt");
    const expected = this.#kind === "return" ? carriageReturn : newline;
    if (this.#kind !== "unknown" && byte !== expected) throw this.#table.malformed(unlike, line);
    return last + 1;
  }

  #literal(what: "newline" | "carriage return", line: number): PgError {
    if (this.#isCsv) {
      const hint = `Use quoted CSV field to represent ${what}.`;
      return this.#table.malformed(`unquoted ${what} found in data`, line, undefined, hint);
    }
    const hint = `Use "${what === "newline" ? "\\n" : "\\r"}" to represent ${what}.`;
    return this.#table.malformed(`literal ${what} found in data`, line, undefined, hint);
  }
}
