/** From a socket just opened to a client that is known: encryption, startup message, authentication. */
import { randomBytes } from "node:crypto";
import { PgError, unsupported } from "../base/error.ts";
import type { Startup } from "../session/channel.ts";
import { decodeStartup, parseOptions, type StartupPacket } from "../wire/startup.ts";
import { type AuthenticationOptions, authenticate } from "./auth/authenticate.ts";
import type { Connection } from "./connection.ts";
import type { HbaTable } from "./hba.ts";
import type { Sessions } from "./listener.ts";
import type { Certificate } from "./tls.ts";

export interface StartupOptions extends AuthenticationOptions {
  readonly startupBytesMax: number;
  readonly hba: HbaTable;
}

type StartupMessage = Extract<StartupPacket, { type: "StartupMessage" }>;

/** Undefined when there will be no session: the client has gone, or wanted only to cancel another one's statement. */
export async function startUp(
  connection: Connection,
  certificate: Certificate | undefined,
  sessions: Sessions,
  options: StartupOptions,
): Promise<Startup | undefined> {
  const message = await startupMessage(connection, certificate, sessions, options.startupBytesMax);
  if (!message) return undefined;
  negotiate(connection, message);
  const startup = readStartup(message, sessions);
  const role = await sessions.verifier(startup.user);
  const rule = options.hba.find({
    address: connection.remoteAddress || undefined,
    isEncrypted: connection.certificate !== undefined,
    database: startup.database,
    user: startup.user,
    isMember: (name) => role?.isMember(name) ?? false,
  });
  const isKnown = await authenticate(connection, startup.user, role?.verifier, rule, options);
  if (!isKnown) return undefined;
  connection.send({ type: "AuthenticationOk" });
  return startup;
}

/** Each kind of encryption may be asked for once; then the startup message must come. */
async function startupMessage(
  connection: Connection,
  certificate: Certificate | undefined,
  sessions: Sessions,
  bytesMax: number,
): Promise<StartupMessage | undefined> {
  const asked = new Set<StartupPacket["type"]>();
  if (certificate && (await connection.beginsWithTls())) {
    if (!(await connection.upgradeDirectly(certificate))) return undefined;
    asked.add("SSLRequest").add("GSSENCRequest");
  }
  for (;;) {
    const body = await connection.startupPacket(bytesMax);
    if (!body) return undefined;
    const packet = decodeStartup(body);
    if (asked.has(packet.type))
      throw unsupportedVersion(body.readUInt16BE(0), body.readUInt16BE(2));
    asked.add(packet.type);
    switch (packet.type) {
      case "SSLRequest":
        if (!certificate) connection.refuseEncryption();
        else if (!(await connection.upgrade(certificate))) return undefined;
        break;
      case "GSSENCRequest":
        connection.refuseEncryption();
        break;
      case "CancelRequest":
        sessions.cancel(packet.pid, packet.secretKey);
        return undefined;
      case "UnsupportedVersion":
        refuseVersion(connection, packet.major, packet.minor);
        return undefined;
      case "StartupMessage":
        return packet;
      default:
        packet satisfies never;
    }
  }
}

/** A client of before version 3 reads a line of text; every other one a message. */
function refuseVersion(connection: Connection, major: number, minor: number): void {
  const error = unsupportedVersion(major, minor);
  if (major > 3) throw error;
  connection.sendBytes(Buffer.from(`EFATAL:  ${error.message}\n\0`));
}

function unsupportedVersion(major: number, minor: number): PgError {
  const message = `unsupported frontend protocol ${major}.${minor}: server supports 3.0 to 3.0`;
  return new PgError("0A000", message, { severity: "FATAL" });
}

/** A newer minor version is answered with ours, and what is asked for under `_pq_.` is named as unknown. */
function negotiate(connection: Connection, message: StartupMessage): void {
  const options = [...message.parameters.keys()].filter((name) => name.startsWith("_pq_."));
  if (message.minor > 0 || options.length > 0)
    connection.send({ type: "NegotiateProtocolVersion", minor: 0, options });
}

function readStartup(message: StartupMessage, sessions: Sessions): Startup {
  const { parameters } = message;
  const user = parameters.get("user");
  if (!user) {
    const fault = "no PostgreSQL user name specified in startup packet";
    throw new PgError("28000", fault, { severity: "FATAL" });
  }
  if (!no.has((parameters.get("replication") ?? "false").toLowerCase()))
    throw unsupported("replication", { severity: "FATAL" });
  return {
    user,
    database: parameters.get("database") || user,
    parameters: runtimeParameters(parameters),
    pid: sessions.nextPid(),
    secretKey: randomBytes(4).readInt32BE(),
  };
}

const no: ReadonlySet<string> = new Set(["false", "off", "no", "0"]);

/** Those of `options` first, as in PostgreSQL: a parameter that also has a place of its own gets that. */
function runtimeParameters(sent: ReadonlyMap<string, string>): Map<string, string> {
  const parameters = parseOptions(sent.get("options") ?? "");
  for (const [name, value] of sent)
    if (!consumed.has(name) && !name.startsWith("_pq_.")) parameters.set(name, value);
  return parameters;
}

const consumed: ReadonlySet<string> = new Set(["user", "database", "options", "replication"]);
