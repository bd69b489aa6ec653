import type { Socket } from "node:net";
import { must } from "../base/assert.ts";
import type { Room } from "../pgtypes/row-encoder.ts";
import type { BackendMessage } from "../wire/backend.ts";
import { writeBackend } from "../wire/backend.ts";
import type { Charset } from "../wire/charset.ts";
import { Writer } from "../wire/writer.ts";

/** Half of it costs a tenth of the time of a large result in writes; twice of it gains nothing more. */
const chunkBytes = 128 * 1024;
const freeChunksMax = 32;

/** Chunks no socket holds. An idle connection has none, so a thousand of them cost no buffers. */
const freeChunks: Chunk[] = [];

interface Chunk {
  readonly bytes: Buffer;
  readonly view: DataView;
}

function newChunk(): Chunk {
  const bytes = Buffer.allocUnsafeSlow(chunkBytes);
  return { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength) };
}

/** What a connection has to say: gathered in one chunk, written when asked or when the chunk is full. */
export class Output {
  #socket: Socket;
  readonly #highWaterBytes: number;
  #chunk: Chunk | undefined;
  #writer: Writer | undefined;
  #waiting: (() => void)[] = [];
  #charset: Charset | undefined;

  constructor(socket: Socket, highWaterBytes: number) {
    this.#socket = socket;
    this.#highWaterBytes = highWaterBytes;
  }

  /** After the upgrade to TLS. Nothing may be waiting then. */
  moveTo(socket: Socket): void {
    this.#socket = socket;
  }

  useCharset(charset: Charset | undefined): void {
    this.#charset = charset;
    if (this.#writer) this.#writer.charset = charset;
  }

  /** A message that the client's character set has no words for is not sent at all: 22P05. */
  send(message: BackendMessage): void {
    const writer = this.#open();
    const before = writer.length;
    try {
      writeBackend(writer, message);
    } catch (error) {
      writer.rewind(before);
      throw error;
    }
    if (writer.length >= chunkBytes) this.#write();
  }

  sendBytes(bytes: Uint8Array): void {
    // Over as many chunks as it takes: one that grew would be memory of its own each time.
    for (let at = 0; at < bytes.length; ) {
      const writer = this.#open();
      const end = Math.min(bytes.length, at + writer.room);
      writer.bytes(bytes.subarray(at, end));
      at = end;
      if (writer.length >= chunkBytes) this.#write();
    }
  }

  room(bytes: number): Room | undefined {
    if (bytes > chunkBytes) return undefined;
    if (this.#open().room < bytes) this.#write();
    const writer = this.#open();
    const chunk = must(this.#chunk, "an open writer has its chunk");
    if (writer.buffer !== chunk.bytes) return undefined;
    return { output: chunk, start: writer.length, end: chunkBytes };
  }

  wrote(bytes: number): void {
    must(this.#writer, "a room was given").advance(bytes);
  }

  /** Resolves when the socket holds little enough, or never will hold less; undefined when it is so already. */
  flush(): Promise<void> | undefined {
    this.#write();
    if (this.#isLow()) return undefined;
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  drained(): Promise<void> | undefined {
    return this.isLow ? undefined : this.flush();
  }

  /** With what is gathered, the socket would still hold little enough. */
  get isLow(): boolean {
    const gathered = this.#writer?.length ?? 0;
    return gathered + this.#socket.writableLength <= this.#highWaterBytes;
  }

  /** Lets everyone go who waits: after a write, and when the socket is gone. */
  release(): void {
    if (this.#waiting.length === 0 || !this.#isLow()) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }

  #open(): Writer {
    if (!this.#writer) {
      this.#chunk = freeChunks.pop() ?? newChunk();
      this.#writer = new Writer(this.#chunk.bytes);
      this.#writer.charset = this.#charset;
    }
    return this.#writer;
  }

  #write(): void {
    const writer = this.#writer;
    const chunk = this.#chunk;
    if (!writer || !chunk) return;
    this.#writer = undefined;
    this.#chunk = undefined;
    const written = () => {
      if (freeChunks.length < freeChunksMax) freeChunks.push(chunk);
      this.release();
    };
    // A client that has gone is told nothing; its session learns so from `gone`.
    if (this.#socket.writable) this.#socket.write(writer.written(), written);
    else written();
  }

  #isLow(): boolean {
    return this.#socket.destroyed || this.#socket.writableLength <= this.#highWaterBytes;
  }
}
