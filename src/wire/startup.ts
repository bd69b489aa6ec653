/** What a client may say before a session: a grammar of its own, packets without a type byte. */
import { PgError } from "../base/error.ts";
import { Reader } from "./reader.ts";

export type StartupPacket =
  /** "Will you speak TLS?" is answered by one byte, and another startup packet follows. */
  | { readonly type: "SSLRequest" }
  /** The same question about GSSAPI encryption. */
  | { readonly type: "GSSENCRequest" }
  /** Comes on a connection of its own, which is closed without an answer. */
  | { readonly type: "CancelRequest"; readonly pid: number; readonly secretKey: number }
  /** Answered in words that a client of that age can read. */
  | { readonly type: "UnsupportedVersion"; readonly major: number; readonly minor: number }
  | {
      readonly type: "StartupMessage";
      readonly minor: number;
      /** All of them as sent, `user`, `database` and `options` too. */
      readonly parameters: ReadonlyMap<string, string>;
    };

/** Versions no protocol will ever have, which say what the packet is instead. */
const cancelRequest = 80877102;
const sslRequest = 80877103;
const gssencRequest = 80877104;

export function decodeStartup(body: Buffer): StartupPacket {
  try {
    return decode(new Reader(body));
  } catch (error) {
    throw error instanceof PgError ? error.with({ severity: "FATAL" }) : error;
  }
}

function decode(body: Reader): StartupPacket {
  const version = body.int32();
  switch (version) {
    case cancelRequest: {
      const request = {
        type: "CancelRequest",
        pid: body.int32(),
        secretKey: body.int32(),
      } as const;
      body.end();
      return request;
    }
    case sslRequest:
      body.end();
      return { type: "SSLRequest" };
    case gssencRequest:
      body.end();
      return { type: "GSSENCRequest" };
  }
  const major = version >>> 16;
  const minor = version & 0xffff;
  if (major !== 3) return { type: "UnsupportedVersion", major, minor };
  return { type: "StartupMessage", minor, parameters: startupParameters(body) };
}

function startupParameters(body: Reader): Map<string, string> {
  const parameters = new Map<string, string>();
  try {
    for (let name = body.cstring(); name !== ""; name = body.cstring())
      parameters.set(name, body.cstring());
    body.end();
  } catch (error) {
    if (!(error instanceof PgError) || error.sqlstate !== "08P01") throw error;
    throw new PgError(
      "08P01",
      "invalid startup packet layout: expected terminator as last byte",
      {},
      { cause: error },
    );
  }
  return parameters;
}

/**
 * The `options` of a startup message, as a command line: `-c name=value`, `-cname=value` and `--name=value`, parted
 * by blanks, a backslash making the next character an ordinary one.
 */
export function parseOptions(options: string): Map<string, string> {
  const settings = new Map<string, string>();
  const words = splitOptions(options);
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? "";
    if (word === "-c") setting(settings, "-c ", words[++at] ?? "");
    else if (word.startsWith("--")) setting(settings, "--", word.slice(2));
    else if (word.startsWith("-c")) setting(settings, "-c ", word.slice(2));
    else throw invalidArgument(word);
  }
  return settings;
}

function splitOptions(options: string): string[] {
  const words = options.match(/(?:\\.|[^\s\\])+/gs) ?? [];
  return words.map((word) => word.replaceAll(/\\(.)/gs, "$1"));
}

function setting(settings: Map<string, string>, flag: string, text: string): void {
  const equals = text.indexOf("=");
  if (equals < 0)
    throw new PgError("42601", `${flag}${text} requires a value`, { severity: "FATAL" });
  settings.set(text.slice(0, equals).replaceAll("-", "_"), text.slice(equals + 1));
}

/** PostgreSQL's other switches set what this server has not. */
function invalidArgument(word: string): PgError {
  return new PgError("42601", `invalid command-line argument for server process: ${word}`, {
    severity: "FATAL",
    hint: "Use -c name=value or --name=value.",
  });
}
