import { isUtf8 } from "node:buffer";
import { PgError } from "../base/error.ts";
import type { Charset } from "./charset.ts";

/** A cursor over one message's body. Whatever the body lacks or has too much of is a PgError, as in PostgreSQL's pqformat.c. */
export class Reader {
  readonly #body: Buffer;
  readonly #charset: Charset | undefined;
  #at = 0;

  /** Without a charset strings are UTF-8. */
  constructor(body: Buffer, charset?: Charset) {
    this.#body = body;
    this.#charset = charset;
  }

  uint8(): number {
    return this.#body.readUInt8(this.#advance(1));
  }

  uint16(): number {
    return this.#body.readUInt16BE(this.#advance(2));
  }

  int32(): number {
    return this.#body.readInt32BE(this.#advance(4));
  }

  uint32(): number {
    return this.#body.readUInt32BE(this.#advance(4));
  }

  /** A view, not a copy. */
  bytes(length: number): Buffer {
    const start = this.#advance(length);
    return this.#body.subarray(start, start + length);
  }

  rest(): Buffer {
    return this.bytes(this.#body.length - this.#at);
  }

  /** A value behind its int32 length; -1 is null. */
  value(): Buffer | null {
    const length = this.int32();
    return length === -1 ? null : this.bytes(length);
  }

  cstring(): string {
    const end = this.#body.indexOf(0, this.#at);
    if (end < 0) throw new PgError("08P01", "invalid string in message");
    const bytes = this.#body.subarray(this.#at, end);
    const text = this.#charset === undefined ? decodeUtf8(bytes) : this.#charset.decode(bytes);
    this.#at = end + 1;
    return text;
  }

  times<T>(count: number, read: () => T): T[] {
    const list: T[] = [];
    for (let n = 0; n < count; n++) list.push(read());
    return list;
  }

  end(): void {
    if (this.#at !== this.#body.length) throw new PgError("08P01", "invalid message format");
  }

  #advance(length: number): number {
    const start = this.#at;
    if (length < 0 || length > this.#body.length - start)
      throw new PgError("08P01", "insufficient data left in message");
    this.#at = start + length;
    return start;
  }
}

/** 22021 names the first bad sequence, as PostgreSQL does; nothing is ever replaced by U+FFFD. */
function decodeUtf8(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString("utf8");
  const bad = invalidSequence(bytes);
  const hex = Array.from(bad, (byte) => `0x${byte.toString(16).padStart(2, "0")}`).join(" ");
  throw new PgError("22021", `invalid byte sequence for encoding "UTF8": ${hex}`);
}

function invalidSequence(bytes: Buffer): Buffer {
  let at = 0;
  for (;;) {
    const sequence = bytes.subarray(at, at + sequenceLength(bytes[at] ?? 0));
    if (sequence.length === 0 || !isUtf8(sequence)) return sequence;
    at += sequence.length;
  }
}

function sequenceLength(lead: number): number {
  if ((lead & 0xe0) === 0xc0) return 2;
  if ((lead & 0xf0) === 0xe0) return 3;
  if ((lead & 0xf8) === 0xf0) return 4;
  return 1;
}
