/** TCP in, sessions out. Knows sockets, TLS and passwords; knows nothing of SQL or of what a session does. */
import { randomBytes } from "node:crypto";
import { createServer, type Server, type Socket } from "node:net";
import { asPgError, PgError } from "../base/error.ts";
import type { Log } from "../base/log.ts";
import { defaultHba, type HbaRule } from "../config/hba.ts";
import type { Channel, Startup } from "../session/channel.ts";
import { errorFields } from "../wire/notice-fields.ts";
import { Connection, type ConnectionLimits } from "./connection.ts";
import { HbaTable } from "./hba.ts";
import { type StartupOptions, startUp } from "./startup.ts";
import { type Certificate, loadCertificate, type TlsFiles } from "./tls.ts";

/** What stands above the sockets; the composition root fills it. */
export interface Sessions {
  /** What is kept of the role's password (null: it has none); undefined when there is no such role. */
  verifier(user: string): Promise<Known | undefined>;
  /** Refuses with a FATAL PgError (3D000, 53300, 28000, 57P03 …) a client whose password was right. */
  admit(startup: Startup, channel: Channel): Promise<void>;
  /** Sends what follows AuthenticationOk and talks until the end. */
  run(startup: Startup, channel: Channel): Promise<void>;
  cancel(pid: number, secretKey: number): void;
  nextPid(): number;
}

export interface Known {
  readonly verifier: string | null;
  readonly isMember: (role: string) => boolean;
}

export interface ListenOptions extends Partial<NetLimits> {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** Undefined: no TLS, an SSLRequest is answered with N. */
  readonly tls?: TlsFiles | undefined;
  /** Who may come in, and how; everybody by a password when not given. */
  readonly hba?: readonly HbaRule[];
  /** Keeps answers to unknown names the same over restarts; random when not given. */
  readonly mockSecret?: Uint8Array;
}

export interface NetLimits extends ConnectionLimits {
  /** From the opening of the socket to AuthenticationOk. */
  readonly authenticationTimeoutMs: number;
  readonly unauthenticatedMax: number;
  readonly startupBytesMax: number;
  readonly passwordBytesMax: number;
}

const netDefaults: NetLimits = {
  authenticationTimeoutMs: 60_000,
  unauthenticatedMax: 256,
  startupBytesMax: 10_000,
  passwordBytesMax: 10_000,
  messageBytesMax: 1024 * 1024 * 1024 - 1,
  inboundBytesMax: 1024 * 1024,
  outboundBytesMax: 256 * 1024,
  keepAliveMs: 60_000,
  lingerMs: 2_000,
};

export async function listen(
  options: ListenOptions,
  sessions: Sessions,
  log: Log,
): Promise<Listener> {
  const certificate = options.tls && (await loadCertificate(options.tls));
  const listener = new Listener(options, certificate, sessions, log);
  await listener.open();
  return listener;
}

export class Listener {
  readonly #options: Omit<ListenOptions, "hba"> & NetLimits & StartupOptions;
  readonly #sessions: Sessions;
  readonly #log: Log;
  readonly #server: Server;
  readonly #connections = new Map<Connection, Promise<void>>();
  #certificate: Certificate | undefined;
  #unauthenticated = 0;

  constructor(
    options: ListenOptions,
    certificate: Certificate | undefined,
    sessions: Sessions,
    log: Log,
  ) {
    const hba = new HbaTable(options.hba ?? defaultHba);
    this.#options = { ...netDefaults, mockSecret: randomBytes(32), ...options, hba };
    this.#certificate = certificate;
    this.#sessions = sessions;
    this.#log = log;
    this.#server = createServer({ allowHalfOpen: true }, (socket) => this.#accept(socket));
  }

  get address(): string {
    const address = this.#server.address();
    return typeof address === "object" && address ? address.address : this.#options.host;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === "object" && address ? address.port : this.#options.port;
  }

  /** Sockets open now, whether or not their clients are known yet. */
  get connections(): number {
    return this.#connections.size;
  }

  async open(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(this.#options.port, this.#options.host, resolve);
    });
    this.#server.on("error", (error) => this.#log.error({ err: error }, "listener failed"));
  }

  /** Reads the certificate again, for connections from now on. When it cannot be used the old one stays, and this throws. */
  async reloadTls(): Promise<void> {
    if (this.#options.tls) this.#certificate = await loadCertificate(this.#options.tls);
  }

  /** No new connections; those there are go on. */
  stopAccepting(): void {
    if (this.#server.listening) this.#server.close();
  }

  /** Ends every connection at once. Resolves when the last session has returned. */
  async close(): Promise<void> {
    this.stopAccepting();
    const served = [...this.#connections.values()];
    for (const connection of this.#connections.keys()) connection.destroy();
    await Promise.all(served);
  }

  #accept(socket: Socket): void {
    const connection = new Connection(socket, this.#options);
    const served = this.#serve(connection).finally(() => this.#connections.delete(connection));
    this.#connections.set(connection, served);
  }

  async #serve(connection: Connection): Promise<void> {
    try {
      const startup = await this.#startUp(connection);
      if (startup) {
        await this.#sessions.admit(startup, connection);
        await this.#sessions.run(startup, connection);
      }
    } catch (error) {
      this.#refuse(connection, error);
    }
    await connection.close();
  }

  async #startUp(connection: Connection): Promise<Startup | undefined> {
    const { unauthenticatedMax, authenticationTimeoutMs } = this.#options;
    if (this.#unauthenticated >= unauthenticatedMax)
      throw new PgError("53300", "sorry, too many clients already", { severity: "FATAL" });
    this.#unauthenticated++;
    const clock = deadline(authenticationTimeoutMs);
    try {
      const startup = startUp(connection, this.#certificate, this.#sessions, this.#options);
      return await Promise.race([startup, clock.expired]);
    } finally {
      clock.stop();
      this.#unauthenticated--;
    }
  }

  /** The last words to a client: whatever went wrong, it ends the connection. */
  #refuse(connection: Connection, error: unknown): void {
    const { remoteAddress, remotePort } = connection;
    if (!(error instanceof PgError))
      this.#log.error({ err: error, remoteAddress, remotePort }, "connection failed");
    const { sqlstate, message, details } = asPgError(error);
    this.#log.info(
      { sqlstate, message, remoteAddress, remotePort },
      "connection ended by an error",
    );
    if (connection.isStranger) return;
    const fatal = new PgError(sqlstate, message, { ...details, severity: "FATAL" });
    connection.send({ type: "ErrorResponse", fields: errorFields(fatal) });
  }
}

function deadline(timeoutMs: number): {
  readonly expired: Promise<never>;
  readonly stop: () => void;
} {
  let timer: NodeJS.Timeout | undefined;
  const expired = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const message = "canceling authentication due to timeout";
      reject(new PgError("57014", message, { severity: "FATAL" }));
    }, timeoutMs);
  });
  return { expired, stop: () => clearTimeout(timer) };
}
