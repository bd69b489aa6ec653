/** The seam between a conversation and whatever carries it: net/ implements it, session/ uses it. */
import type { Rooms } from "../pgtypes/row-encoder.ts";
import type { BackendMessage } from "../wire/backend.ts";
import type { Charset } from "../wire/charset.ts";
import type { FrontendMessage } from "../wire/frontend.ts";

/** Rows are encoded right into the output buffer. */
export interface Channel extends Rooms {
  /**
   * The next message in order; undefined when the client has gone. PgError 08P01 (FATAL) when it is malformed.
   * A signal ends the waiting, with its reason, and takes no message. No promise when the message is there already.
   */
  next(signal?: AbortSignal): FrontendMessage | undefined | Promise<FrontendMessage | undefined>;
  /** How strings are spelled from the next message on; undefined: UTF-8. */
  useCharset(charset: Charset | undefined): void;
  /** Puts a message in the output buffer. Nothing is written to the socket before `flush` or a full buffer. */
  send(message: BackendMessage): void;
  /** Puts whole encoded messages (DataRow, CopyData) in the output buffer; `bytes` is copied or written before it returns. */
  sendBytes(bytes: Uint8Array): void;
  /**
   * Hands the buffer to the socket; resolves when the socket is below its high-water mark (or the client has gone).
   * Undefined when it is so already.
   */
  flush(): Promise<void> | undefined;
  /** Undefined when little is waiting to be written; else as `flush`, or until the signal fires. For use between batches. */
  drained(signal?: () => AbortSignal): Promise<void> | undefined;
  /** Fires when the client has gone (socket closed or failed), also while a statement runs. */
  readonly gone: AbortSignal;
  /** False when no message is waiting: the moment for asynchronous notices (LISTEN). */
  readonly hasPending: boolean;
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** Where the client came to. */
  readonly localAddress: string;
  readonly localPort: number;
  readonly tls: { readonly protocol: string; readonly cipher: string } | undefined;
  /** Flushes what can be flushed and closes the socket. */
  close(): Promise<void>;
}

/** What the start-up exchange established. */
export interface Startup {
  readonly user: string;
  readonly database: string;
  /** Start-up parameters other than user, database and `options`; those of `options` (-c name=value) folded in. */
  readonly parameters: ReadonlyMap<string, string>;
  readonly pid: number;
  readonly secretKey: number;
}
