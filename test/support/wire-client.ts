/** A client that speaks messages, not SQL: for wire scripts and for tests of the sockets. */
import { createHash, createHmac, pbkdf2Sync, randomBytes } from "node:crypto";
import { connect, type Socket } from "node:net";
import { must } from "../../src/base/assert.ts";
import type { BackendMessage } from "../../src/wire/backend.ts";
import type { Charset } from "../../src/wire/charset.ts";
import { Framer } from "../../src/wire/frame.ts";
import type { FrontendMessage } from "../../src/wire/frontend.ts";
import { Writer } from "../../src/wire/writer.ts";
import { decodeBackend, encodeFrontend, encodeStartup } from "./client-codec.ts";

export interface WireAddress {
  readonly host: string;
  readonly port: number;
}

export interface WireLogin extends WireAddress {
  readonly user: string;
  readonly password: string;
  readonly database?: string;
  readonly parameters?: Readonly<Record<string, string>>;
}

export class WireClient {
  readonly socket: Socket;
  readonly #framer = new Framer();
  #hasEnded = false;
  #arrival: (() => void) | undefined;
  /** From BackendKeyData; 0 before it. */
  pid = 0;
  /** Of strings, both ways; undefined: UTF-8. */
  charset: Charset | undefined;
  secretKey = 0;

  static async open({ host, port }: WireAddress): Promise<WireClient> {
    const socket = connect(port, host);
    const client = new WireClient(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once("connect", resolve).once("error", reject);
    });
    return client;
  }

  /** Connected, authenticated, and told everything up to the first ReadyForQuery. */
  static async login(login: WireLogin): Promise<WireClient> {
    const client = await WireClient.open(login);
    const { user, database = user, parameters = {} } = login;
    client.write(encodeStartup({ user, database, ...parameters }));
    await client.authenticate(login.password);
    for (const message of await client.until("ReadyForQuery"))
      if (message.type === "BackendKeyData")
        Object.assign(client, { pid: message.pid, secretKey: message.secretKey });
    return client;
  }

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (chunk) => {
      this.#framer.push(chunk);
      this.#wake();
    });
    const end = () => {
      this.#hasEnded = true;
      this.#wake();
    };
    socket.on("end", end).on("close", end).on("error", end);
  }

  write(bytes: Uint8Array): void {
    this.socket.write(bytes);
  }

  send(...messages: readonly FrontendMessage[]): void {
    this.write(Buffer.concat(messages.map((each) => encodeFrontend(each, this.charset))));
  }

  /** The next message; undefined at the end of the connection. */
  async next(timeoutMs = 10_000): Promise<BackendMessage | undefined> {
    for (;;) {
      const frame = this.#framer.take(() => Number.MAX_SAFE_INTEGER);
      if (frame) return decodeBackend(frame.code, frame.body, this.charset);
      if (this.#hasEnded) return undefined;
      await this.#arrived(timeoutMs);
    }
  }

  /** Everything up to and with the next message of this type. The end of the connection before it is an Error. */
  async until(type: BackendMessage["type"]): Promise<BackendMessage[]> {
    const messages: BackendMessage[] = [];
    for (;;) {
      const message = await this.next();
      if (!message)
        throw new Error(`the server hung up before ${type}, after ${JSON.stringify(messages)}`);
      messages.push(message);
      if (message.type === type) return messages;
      if (message.type === "ErrorResponse" && message.fields["S"] === "FATAL")
        throw new Error(`FATAL ${message.fields["C"]}: ${message.fields["M"]}`);
    }
  }

  /** Everything up to the end of the connection. */
  async untilEnd(): Promise<BackendMessage[]> {
    const messages: BackendMessage[] = [];
    for (let message = await this.next(); message; message = await this.next())
      messages.push(message);
    return messages;
  }

  /** Whatever the server asks for: nothing, a clear password, or SCRAM-SHA-256. */
  async authenticate(password: string): Promise<void> {
    for (;;) {
      const asked = await this.next();
      switch (asked?.type) {
        case "AuthenticationOk":
          return;
        case "AuthenticationCleartextPassword":
          this.#password(Buffer.from(`${password}\0`));
          break;
        case "AuthenticationSASL":
          await this.#scram(password);
          break;
        case "NegotiateProtocolVersion":
          break;
        case "ErrorResponse":
          throw new Error(`FATAL ${asked.fields["C"]}: ${asked.fields["M"]}`);
        default:
          throw new Error(`unexpected ${asked?.type ?? "end"} while authenticating`);
      }
    }
  }

  /** Terminate, and the end of the connection. */
  async end(): Promise<void> {
    if (!this.#hasEnded) this.send({ type: "Terminate" });
    this.socket.end();
    await this.untilEnd();
    this.socket.destroy();
  }

  async #scram(password: string): Promise<void> {
    const nonce = randomBytes(18).toString("base64");
    const bare = `n=,r=${nonce}`;
    this.#password(
      new Writer()
        .cstring("SCRAM-SHA-256")
        .value(Buffer.from(`n,,${bare}`))
        .written(),
    );
    const challenge = await this.#saslData("AuthenticationSASLContinue");
    const parts = /^r=([^,]+),s=([^,]+),i=(\d+)$/.exec(challenge);
    const [, combined = "", salt = "", iterations = ""] = must(parts, challenge);
    const salted = pbkdf2Sync(
      password.normalize("NFKC"),
      Buffer.from(salt, "base64"),
      Number(iterations),
      32,
      "sha256",
    );
    const withoutProof = `c=biws,r=${combined}`;
    const transcript = `${bare},${challenge},${withoutProof}`;
    const clientKey = hmac(salted, "Client Key");
    const signature = hmac(createHash("sha256").update(clientKey).digest(), transcript);
    const proof = Buffer.from(clientKey.map((byte, at) => byte ^ (signature[at] ?? 0)));
    this.#password(Buffer.from(`${withoutProof},p=${proof.toString("base64")}`));
    const final = await this.#saslData("AuthenticationSASLFinal");
    const expected = hmac(hmac(salted, "Server Key"), transcript).toString("base64");
    if (final !== `v=${expected}`) throw new Error("the server does not know the password either");
  }

  async #saslData(type: BackendMessage["type"]): Promise<string> {
    const message = await this.next();
    if (message?.type === type && "data" in message) return Buffer.from(message.data).toString();
    if (message?.type === "ErrorResponse")
      throw new Error(`FATAL ${message.fields["C"]}: ${message.fields["M"]}`);
    throw new Error(`expected ${type}, got ${message?.type}`);
  }

  #password(data: Buffer): void {
    const message = new Writer().begin(0x70).bytes(data);
    message.end();
    this.write(message.written());
  }

  #arrived(timeoutMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`nothing came for ${timeoutMs} ms`)),
        timeoutMs,
      );
      this.#arrival = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #wake(): void {
    const arrival = this.#arrival;
    this.#arrival = undefined;
    arrival?.();
  }
}

function hmac(key: Uint8Array, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}
