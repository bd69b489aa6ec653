import { PgError } from "../base/error.ts";

/** One length-delimited piece of the stream: a message not yet decoded. */
export interface Frame {
  readonly code: number;
  readonly body: Buffer;
}

/** Above this many chunks they are joined, so that a client dripping single bytes costs no object for each. */
const chunksMax = 4096;

/**
 * Chunks as the socket gives them → frames as the protocol means them.
 * A frame inside one chunk is a view; a frame across chunks is copied once, when its last byte is there.
 */
export class Framer {
  #chunks: Buffer[] = [];
  /** Bytes of the first chunk already taken. */
  #offset = 0;
  #buffered = 0;
  #wanted = 0;

  /** Bytes pushed and not yet taken. */
  get bufferedBytes(): number {
    return this.#buffered;
  }

  /** Length of the frame at the head, once known: less than this must never stop the reading of a socket. */
  get wantedBytes(): number {
    return this.#wanted;
  }

  /** Whether `take` has a whole frame to give. */
  get hasFrame(): boolean {
    return this.#buffered >= 5 && this.#buffered > this.#peekInt32(1);
  }

  push(chunk: Buffer): void {
    if (chunk.length === 0) return;
    if (this.#chunks.length === chunksMax) this.#join();
    this.#chunks.push(chunk);
    this.#buffered += chunk.length;
  }

  /** The byte at the head, left where it is. */
  peek(): number | undefined {
    return this.#buffered === 0 ? undefined : this.#peekByte(0);
  }

  /** Whatever is here, for a stream that turns out to be another protocol's. */
  takeAll(): Buffer {
    return this.#takeBytes(this.#buffered);
  }

  /** The next frame, or undefined until more was pushed. `bodyBytesMax` is asked as soon as the header is there. */
  take(bodyBytesMax: (code: number) => number): Frame | undefined {
    if (this.#buffered < 5) return undefined;
    const code = this.#peekByte(0);
    const body = this.#takeBody(1, bodyBytesMax(code), "invalid message length");
    return body && { code, body };
  }

  /** The same for the startup grammar, whose packets have no type byte. */
  takeStartup(bodyBytesMax: number): Buffer | undefined {
    if (this.#buffered < 4) return undefined;
    return this.#takeBody(0, bodyBytesMax, "invalid length of startup packet");
  }

  #takeBody(codeBytes: number, bodyBytesMax: number, fault: string): Buffer | undefined {
    const bodyBytes = this.#peekInt32(codeBytes) - 4;
    if (bodyBytes < 0 || bodyBytes > bodyBytesMax)
      throw new PgError("08P01", fault, { severity: "FATAL" });
    this.#wanted = codeBytes + 4 + bodyBytes;
    if (this.#buffered < this.#wanted) return undefined;
    this.#skip(codeBytes + 4);
    this.#wanted = 0;
    return this.#takeBytes(bodyBytes);
  }

  #takeBytes(length: number): Buffer {
    const first = this.#chunks[0];
    if (length === 0 || first === undefined) return Buffer.alloc(0);
    if (first.length - this.#offset >= length) {
      const view = first.subarray(this.#offset, this.#offset + length);
      this.#skip(length);
      return view;
    }
    const copy = Buffer.allocUnsafe(length);
    let filled = 0;
    while (filled < length) {
      const chunk = this.#chunks[0];
      if (chunk === undefined) break;
      const piece = chunk.copy(copy, filled, this.#offset);
      this.#skip(piece);
      filled += piece;
    }
    return copy;
  }

  #skip(bytes: number): void {
    this.#buffered -= bytes;
    this.#offset += bytes;
    let passed = 0;
    for (let chunk = this.#chunks[0]; chunk && this.#offset >= chunk.length; ) {
      this.#offset -= chunk.length;
      chunk = this.#chunks[++passed];
    }
    if (passed > 0) this.#chunks.splice(0, passed);
  }

  #peekInt32(at: number): number {
    const first = this.#chunks[0];
    if (first && this.#offset + at + 4 <= first.length) return first.readInt32BE(this.#offset + at);
    return (
      (this.#peekByte(at) << 24) |
      (this.#peekByte(at + 1) << 16) |
      (this.#peekByte(at + 2) << 8) |
      this.#peekByte(at + 3)
    );
  }

  #peekByte(at: number): number {
    let index = this.#offset + at;
    for (const chunk of this.#chunks) {
      if (index < chunk.length) return chunk[index] ?? 0;
      index -= chunk.length;
    }
    return 0;
  }

  #join(): void {
    this.#chunks = [Buffer.concat(this.#chunks).subarray(this.#offset)];
    this.#offset = 0;
  }
}
