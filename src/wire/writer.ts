import type { Charset } from "./charset.ts";

/** Messages written one behind another into a buffer that grows. */
export class Writer {
  #buffer: Buffer;
  #length = 0;
  #start = 0;
  /** Undefined: strings are UTF-8. */
  charset: Charset | undefined;

  constructor(buffer: Buffer = Buffer.allocUnsafe(1024)) {
    this.#buffer = buffer;
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#length;
  }

  /** Bytes that can be written before the buffer must grow. */
  get room(): number {
    return this.#buffer.length - this.#length;
  }

  begin(code: number): this {
    this.uint8(code);
    this.#start = this.#length;
    return this.int32(0);
  }

  /** Patches the length of the message begun last. */
  end(): void {
    this.#buffer.writeInt32BE(this.#length - this.#start, this.#start);
  }

  uint8(value: number): this {
    this.#reserve(1);
    this.#length = this.#buffer.writeUInt8(value, this.#length);
    return this;
  }

  int16(value: number): this {
    this.#reserve(2);
    this.#length = this.#buffer.writeInt16BE(value, this.#length);
    return this;
  }

  uint16(value: number): this {
    this.#reserve(2);
    this.#length = this.#buffer.writeUInt16BE(value, this.#length);
    return this;
  }

  int32(value: number): this {
    this.#reserve(4);
    this.#length = this.#buffer.writeInt32BE(value, this.#length);
    return this;
  }

  uint32(value: number): this {
    this.#reserve(4);
    this.#length = this.#buffer.writeUInt32BE(value, this.#length);
    return this;
  }

  /** A NUL inside would end the string early and shift every field behind it, so it becomes U+FFFD. */
  cstring(text: string): this {
    const whole = text.includes("\0") ? text.replaceAll("\0", "\uFFFD") : text;
    if (this.charset !== undefined) return this.bytes(this.charset.encode(whole)).uint8(0);
    // Three bytes a UTF-16 unit is the most it can take; only when that does not fit is the text measured.
    if (whole.length * 3 + 1 > this.room) this.#reserve(Buffer.byteLength(whole) + 1);
    this.#length += this.#buffer.write(whole, this.#length, "utf8");
    this.#buffer[this.#length++] = 0;
    return this;
  }

  bytes(bytes: Uint8Array): this {
    this.#reserve(bytes.length);
    this.#buffer.set(bytes, this.#length);
    this.#length += bytes.length;
    return this;
  }

  /** Int32 length and bytes; null is length -1. */
  value(bytes: Uint8Array | null): this {
    return bytes === null ? this.int32(-1) : this.int32(bytes.length).bytes(bytes);
  }

  /** Forgets what was written behind the first so many bytes. */
  rewind(length: number): void {
    this.#length = length;
  }

  /** Its own, or one that took its place when it was too small. */
  get buffer(): Buffer {
    return this.#buffer;
  }

  /** Counts in what was written into the buffer past it. */
  advance(bytes: number): void {
    this.#length += bytes;
  }

  /** What was written, as a view. */
  written(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  #reserve(bytes: number): void {
    if (bytes <= this.room) return;
    const grown = Buffer.allocUnsafe(Math.max(this.#length + bytes, this.#buffer.length * 2));
    this.#buffer.copy(grown, 0, 0, this.#length);
    this.#buffer = grown;
  }
}
