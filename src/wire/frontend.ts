/** Messages a client may send, and how their bytes become values: https://www.postgresql.org/docs/15/protocol-message-formats.html */
import { PgError } from "../base/error.ts";
import type { Charset } from "./charset.ts";
import { Reader } from "./reader.ts";

export type FormatCode = 0 | 1;

export type FrontendMessage =
  | { readonly type: "Query"; readonly sql: string }
  | {
      readonly type: "Parse";
      readonly statement: string;
      readonly sql: string;
      /** Type OIDs; 0 = the server is to infer it. May be shorter than the statement's parameters. */
      readonly parameterTypes: readonly number[];
    }
  | {
      readonly type: "Bind";
      readonly portal: string;
      readonly statement: string;
      /** Empty: all text; one: for all; else one each. */
      readonly parameterFormats: readonly FormatCode[];
      readonly parameters: readonly (Uint8Array | null)[];
      readonly resultFormats: readonly FormatCode[];
    }
  | { readonly type: "Describe"; readonly target: "statement" | "portal"; readonly name: string }
  | { readonly type: "Execute"; readonly portal: string /** 0 = all. */; readonly maxRows: number }
  | { readonly type: "Close"; readonly target: "statement" | "portal"; readonly name: string }
  | { readonly type: "Flush" }
  | { readonly type: "Sync" }
  | { readonly type: "CopyData"; readonly data: Uint8Array }
  | { readonly type: "CopyDone" }
  | { readonly type: "CopyFail"; readonly message: string }
  | {
      readonly type: "FunctionCall";
      readonly functionOid: number;
      readonly argumentFormats: readonly FormatCode[];
      readonly arguments: readonly (Uint8Array | null)[];
      readonly resultFormat: FormatCode;
    }
  | { readonly type: "Terminate" };

type MessageName = FrontendMessage["type"];

interface Decoder {
  readonly type: MessageName;
  /** Whether its body grows with the user's data. The others have PostgreSQL's small limit. */
  readonly large?: true;
  readonly decode: (body: Reader) => FrontendMessage;
}

/** Keyed by the message's type byte, in the order of the protocol's own reference. */
const decoders: Readonly<Record<string, Decoder>> = {
  B: {
    type: "Bind",
    large: true,
    decode: (body) => ({
      type: "Bind",
      portal: body.cstring(),
      statement: body.cstring(),
      parameterFormats: body.times(body.uint16(), () => formatCode(body)),
      parameters: body.times(body.uint16(), () => body.value()),
      resultFormats: body.times(body.uint16(), () => formatCode(body)),
    }),
  },
  C: {
    type: "Close",
    decode: (body) => ({ type: "Close", target: target(body, "CLOSE"), name: body.cstring() }),
  },
  d: { type: "CopyData", large: true, decode: (body) => ({ type: "CopyData", data: body.rest() }) },
  c: { type: "CopyDone", decode: () => ({ type: "CopyDone" }) },
  f: { type: "CopyFail", decode: (body) => ({ type: "CopyFail", message: body.cstring() }) },
  D: {
    type: "Describe",
    decode: (body) => ({
      type: "Describe",
      target: target(body, "DESCRIBE"),
      name: body.cstring(),
    }),
  },
  E: {
    type: "Execute",
    decode: (body) => ({
      type: "Execute",
      portal: body.cstring(),
      maxRows: Math.max(0, body.int32()),
    }),
  },
  H: { type: "Flush", decode: () => ({ type: "Flush" }) },
  F: {
    type: "FunctionCall",
    large: true,
    decode: (body) => ({
      type: "FunctionCall",
      functionOid: body.uint32(),
      argumentFormats: body.times(body.uint16(), () => formatCode(body)),
      arguments: body.times(body.uint16(), () => body.value()),
      resultFormat: formatCode(body),
    }),
  },
  P: {
    type: "Parse",
    large: true,
    decode: (body) => ({
      type: "Parse",
      statement: body.cstring(),
      sql: body.cstring(),
      parameterTypes: body.times(body.uint16(), () => body.uint32()),
    }),
  },
  Q: { type: "Query", large: true, decode: (body) => ({ type: "Query", sql: body.cstring() }) },
  S: { type: "Sync", decode: () => ({ type: "Sync" }) },
  X: {
    type: "Terminate",
    // Whatever else it says, as PostgreSQL: the client goes.
    decode: (body) => {
      body.rest();
      return { type: "Terminate" };
    },
  },
};

const byCode = new Map(
  Object.entries(decoders).map(([code, decoder]) => [code.charCodeAt(0), decoder] as const),
);

/**
 * A message of a session. An unknown type byte is FATAL: nothing after it can be trusted. A body that does not decode
 * is an ERROR, for the frames go on; `malformedMessage` tells which message it was, and so how to answer.
 */
export function decodeFrontend(code: number, body: Buffer, charset?: Charset): FrontendMessage {
  const decoder = decoderOf(code);
  const reader = new Reader(body, charset);
  try {
    const message = decoder.decode(reader);
    reader.end();
    return message;
  } catch (error) {
    if (!(error instanceof PgError)) throw error;
    throw new PgError(error.sqlstate, error.message, error.details, {
      cause: { malformed: decoder.type },
    });
  }
}

/** The message a decoding error was found in: after a Query comes ReadyForQuery, after the others nothing until Sync. */
export function malformedMessage(error: PgError): MessageName | undefined {
  const cause = error.cause;
  if (typeof cause !== "object" || cause === null || !("malformed" in cause)) return undefined;
  return cause.malformed as MessageName;
}

/** The longest body a message may have, known before any of it is read. */
export function bodyBytesMax(code: number, largeBytesMax: number): number {
  return decoderOf(code).large ? largeBytesMax : smallBytesMax;
}

/** PostgreSQL's PQ_SMALL_MESSAGE_LIMIT. */
const smallBytesMax = 10_000;

function decoderOf(code: number): Decoder {
  const decoder = byCode.get(code);
  if (decoder) return decoder;
  const message = `invalid frontend message type ${code}`;
  throw new PgError("08P01", message, { severity: "FATAL" });
}

function formatCode(body: Reader): FormatCode {
  const code = body.uint16();
  if (code === 0 || code === 1) return code;
  throw new PgError("22023", `unsupported format code: ${code}`);
}

function target(body: Reader, verb: string): "statement" | "portal" {
  const subtype = body.uint8();
  if (subtype === 0x53) return "statement";
  if (subtype === 0x50) return "portal";
  throw new PgError("08P01", `invalid ${verb} message subtype ${subtype}`);
}
