/**
 * One socket as a Channel. A socket's callbacks only queue; whoever talks pulls messages out at its own pace,
 * and a full queue stops the reading of the socket until there is room.
 */
import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { PgError } from "../base/error.ts";
import type { Room } from "../pgtypes/row-encoder.ts";
import type { Channel } from "../session/channel.ts";
import type { BackendMessage } from "../wire/backend.ts";
import type { Charset } from "../wire/charset.ts";
import { Framer } from "../wire/frame.ts";
import { bodyBytesMax, decodeFrontend, type FrontendMessage } from "../wire/frontend.ts";
import { Output } from "./output.ts";
import { type Certificate, protocolName } from "./tls.ts";

export interface ConnectionLimits {
  /** Longest body of a message that carries the user's data, once authenticated. */
  readonly messageBytesMax: number;
  /** Bytes read ahead of the session before the socket is paused. A longer message is still read whole. */
  readonly inboundBytesMax: number;
  /** Bytes the socket may hold back before `flush` and `drained` wait. */
  readonly outboundBytesMax: number;
  /** Idle time after which the kernel starts asking whether the other end still exists. */
  readonly keepAliveMs: number;
  /** How long `close` waits for the client to read the last words. */
  readonly lingerMs: number;
}

const passwordMessage = 0x70;
/** First byte of a TLS record that begins a handshake. */
const handshake = 0x16;

export class Connection implements Channel {
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
  readonly #limits: ConnectionLimits;
  readonly #framer = new Framer();
  readonly #output: Output;
  readonly #gone = new AbortController();
  #socket: Socket;
  /** The client has sent its last byte. What it sent before is still to be answered. */
  #hasEnded = false;
  #isStranger = false;
  #closing: Promise<void> | undefined;
  #certificate: Certificate | undefined;
  #arrival: (() => void) | undefined;
  #charset: Charset | undefined;
  readonly #again = () => this.next();
  readonly #bodyBytesMax = (code: number) => bodyBytesMax(code, this.#limits.messageBytesMax);

  /** `socket` has allowHalfOpen, so that an end of the client's words is not an end of ours. */
  constructor(socket: Socket, limits: ConnectionLimits) {
    this.#socket = socket;
    this.#limits = limits;
    this.#output = new Output(socket, limits.outboundBytesMax);
    this.remoteAddress = (socket.remoteAddress ?? "").replace(/^::ffff:/, "");
    this.remotePort = socket.remotePort ?? 0;
    this.localAddress = (socket.localAddress ?? "").replace(/^::ffff:/, "");
    this.localPort = socket.localPort ?? 0;
    socket.setNoDelay(true);
    socket.setKeepAlive(true, limits.keepAliveMs);
    this.#attach(socket);
  }

  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  get hasPending(): boolean {
    return this.#framer.hasFrame;
  }

  get tls(): Channel["tls"] {
    if (!(this.#socket instanceof TLSSocket)) return undefined;
    const { standardName } = this.#socket.getCipher();
    return { protocol: this.#socket.getProtocol() ?? "", cipher: standardName };
  }

  /** The certificate this client was shown. */
  get certificate(): Certificate | undefined {
    return this.#certificate;
  }

  next(signal?: AbortSignal): FrontendMessage | undefined | Promise<FrontendMessage | undefined> {
    signal?.throwIfAborted();
    const message = this.#message();
    if (message !== undefined || this.#hasEnded) return message;
    if (signal) return this.#pull(() => this.#message(), signal);
    return new Promise<void>((resolve) => {
      this.#arrival = resolve;
    }).then(this.#again);
  }

  /** The body of the next startup packet; undefined when the client has gone. */
  async startupPacket(bytesMax: number): Promise<Buffer | undefined> {
    try {
      return await this.#pull(() => this.#framer.takeStartup(bytesMax));
    } catch (error) {
      this.#isStranger = true;
      throw error;
    }
  }

  /** What came first has no startup packet's length: whoever it is, PostgreSQL does not answer in a protocol of its own. */
  get isStranger(): boolean {
    return this.#isStranger;
  }

  /** The body of the next answer to an authentication request. */
  async password(bytesMax: number): Promise<Buffer | undefined> {
    const cap = (code: number) => {
      if (code === passwordMessage) return bytesMax;
      const message = `expected SASL response, got message type ${code}`;
      throw new PgError("08P01", message, { severity: "FATAL" });
    };
    const frame = await this.#pull(() => this.#framer.take(cap));
    return frame?.body;
  }

  useCharset(charset: Charset | undefined): void {
    this.#charset = charset;
    this.#output.useCharset(charset);
  }

  send(message: BackendMessage): void {
    this.#output.send(message);
  }

  sendBytes(bytes: Uint8Array): void {
    this.#output.sendBytes(bytes);
  }

  room(bytes: number): Room | undefined {
    return this.#output.room(bytes);
  }

  wrote(bytes: number): void {
    this.#output.wrote(bytes);
  }

  flush(): Promise<void> | undefined {
    return this.#output.flush();
  }

  drained(signal?: () => AbortSignal): Promise<void> | undefined {
    const drained = this.#output.drained();
    return drained && signal ? untilFired(drained, signal()) : drained;
  }

  /** Answers an SSLRequest or a GSSENCRequest with No. */
  refuseEncryption(): void {
    this.#refuseReadAhead();
    this.#socket.write("N");
  }

  /** Answers an SSLRequest with yes and resolves when the handshake is done; false when the client broke it off. */
  async upgrade(certificate: Certificate): Promise<boolean> {
    this.#refuseReadAhead();
    this.#socket.write("S");
    return this.#secured(certificate);
  }

  /** True when the first byte is a TLS handshake's: the client has not asked, it begins (as of PostgreSQL 17). */
  async beginsWithTls(): Promise<boolean> {
    const first = await this.#pull(() => this.#framer.peek());
    return first === handshake;
  }

  /** For such a client. It must name the protocol, so that no other server's client is taken for ours. */
  async upgradeDirectly(certificate: Certificate): Promise<boolean> {
    const sent = this.#framer.takeAll();
    this.#socket.pause();
    this.#socket.unshift(sent);
    if (!(await this.#secured(certificate))) return false;
    if (this.#socket instanceof TLSSocket && this.#socket.alpnProtocol === protocolName)
      return true;
    throw new PgError(
      "08P01",
      "received direct SSL connection request without ALPN protocol negotiation extension",
      { severity: "FATAL" },
    );
  }

  /** The common name of the client's certificate, when it has one that our authorities have signed. */
  get clientName(): string | undefined {
    if (!(this.#socket instanceof TLSSocket) || !this.#socket.authorized) return undefined;
    const name = this.#socket.getPeerCertificate().subject?.CN;
    return typeof name === "string" ? name : undefined;
  }

  async #secured(certificate: Certificate): Promise<boolean> {
    const plain = this.#socket;
    plain.off("data", this.#onData).off("end", this.#onEnd);
    const secure = await certificate.accept(plain);
    if (secure === undefined) return false;
    this.#socket = secure;
    this.#certificate = certificate;
    this.#output.moveTo(secure);
    this.#attach(secure);
    return true;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** Without a word, at once. */
  destroy(): void {
    this.#socket.destroy();
  }

  async #close(): Promise<void> {
    const socket = this.#socket;
    const closed = new Promise<void>((resolve) => {
      if (socket.closed) resolve();
      else socket.once("close", () => resolve());
    });
    await Promise.race([this.#output.flush(), this.#lingering()]);
    // To destroy a socket with unread bytes resets it, and a reset takes the last words with it.
    if (!socket.destroyed) socket.end().resume();
    if (this.#hasEnded) socket.destroySoon();
    await Promise.race([closed, this.#lingering()]);
    socket.destroy();
  }

  #attach(socket: Socket): void {
    socket.on("data", this.#onData).on("end", this.#onEnd).on("close", this.#onEnd);
    // Its close follows, which says all there is to do.
    socket.on("error", () => {});
  }

  readonly #onData = (chunk: Buffer): void => {
    if (this.#closing !== undefined) return;
    this.#framer.push(chunk);
    const max = Math.max(this.#limits.inboundBytesMax, this.#framer.wantedBytes);
    if (this.#framer.bufferedBytes >= max) this.#socket.pause();
    this.#wake();
  };

  readonly #onEnd = (): void => {
    this.#hasEnded = true;
    this.#gone.abort(new PgError("08006", "connection to client lost", { severity: "FATAL" }));
    this.#wake();
    this.#output.release();
    if (this.#closing !== undefined) this.#socket.destroySoon();
  };

  #wake(): void {
    const arrival = this.#arrival;
    this.#arrival = undefined;
    arrival?.();
  }

  /** The message at the head of the queue, when all of it is there. */
  #message(): FrontendMessage | undefined {
    if (this.#socket.errored) return undefined;
    const frame = this.#framer.take(this.#bodyBytesMax);
    this.#readOn();
    return frame && decodeFrontend(frame.code, frame.body, this.#charset);
  }

  async #pull<Taken>(
    take: () => Taken | undefined,
    signal?: AbortSignal,
  ): Promise<Taken | undefined> {
    for (;;) {
      signal?.throwIfAborted();
      const taken = this.#socket.errored ? undefined : take();
      this.#readOn();
      if (taken !== undefined || this.#hasEnded) return taken;
      const arrival = new Promise<void>((resolve) => {
        this.#arrival = resolve;
      });
      await (signal ? untilFired(arrival, signal) : arrival);
    }
  }

  #readOn(): void {
    if (!this.#socket.isPaused()) return;
    const { bufferedBytes, wantedBytes } = this.#framer;
    if (bufferedBytes < Math.max(this.#limits.inboundBytesMax / 2, wantedBytes))
      this.#socket.resume();
  }

  /** Bytes sent before the handshake could have been put there by anyone on the way (CVE-2021-23214). */
  #refuseReadAhead(): void {
    if (this.#framer.bufferedBytes === 0) return;
    throw new PgError("08P01", "received unencrypted data after SSL request", {
      severity: "FATAL",
      detail:
        "This could be either a client-software bug or evidence of an attempted man-in-the-middle attack.",
    });
  }

  #lingering(): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, this.#limits.lingerMs).unref());
  }
}

/** Waits for one of two, and leaves nothing hanging on a signal that lives longer. */
async function untilFired(waiting: Promise<void>, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  let fired = (): void => {};
  const firing = new Promise<void>((resolve) => {
    fired = resolve;
  });
  signal.addEventListener("abort", fired, { once: true });
  try {
    await Promise.race([waiting, firing]);
  } finally {
    signal.removeEventListener("abort", fired);
  }
}
