/** The client's half of the protocol, for tests: frontend messages to bytes, bytes to backend messages. */
import { must } from "../../src/base/assert.ts";
import type { BackendMessage, NoticeFields } from "../../src/wire/backend.ts";
import type { Charset } from "../../src/wire/charset.ts";
import type { FormatCode, FrontendMessage } from "../../src/wire/frontend.ts";
import { Reader } from "../../src/wire/reader.ts";
import { Writer } from "../../src/wire/writer.ts";

export function encodeFrontend(message: FrontendMessage, charset?: Charset): Buffer {
  const out = new Writer();
  out.charset = charset;
  out.begin(must(frontendCodes[message.type], message.type).charCodeAt(0));
  writeFrontend(out, message);
  out.end();
  return out.written();
}

const frontendCodes: Readonly<Record<FrontendMessage["type"], string>> = {
  Bind: "B",
  Close: "C",
  CopyData: "d",
  CopyDone: "c",
  CopyFail: "f",
  Describe: "D",
  Execute: "E",
  Flush: "H",
  FunctionCall: "F",
  Parse: "P",
  Query: "Q",
  Sync: "S",
  Terminate: "X",
};

function writeFrontend(out: Writer, message: FrontendMessage): void {
  switch (message.type) {
    case "Bind":
      out.cstring(message.portal).cstring(message.statement);
      int16s(out, message.parameterFormats);
      values(out, message.parameters);
      int16s(out, message.resultFormats);
      return;
    case "Close":
    case "Describe":
      out.uint8(message.target === "statement" ? 0x53 : 0x50).cstring(message.name);
      return;
    case "CopyData":
      out.bytes(message.data);
      return;
    case "CopyFail":
      out.cstring(message.message);
      return;
    case "Execute":
      out.cstring(message.portal).int32(message.maxRows);
      return;
    case "FunctionCall":
      out.uint32(message.functionOid);
      int16s(out, message.argumentFormats);
      values(out, message.arguments);
      out.int16(message.resultFormat);
      return;
    case "Parse":
      out.cstring(message.statement).cstring(message.sql).uint16(message.parameterTypes.length);
      for (const oid of message.parameterTypes) out.uint32(oid);
      return;
    case "Query":
      out.cstring(message.sql);
      return;
    case "CopyDone":
    case "Flush":
    case "Sync":
    case "Terminate":
      return;
    default:
      message satisfies never;
  }
}

function int16s(out: Writer, list: readonly number[]): void {
  out.uint16(list.length);
  for (const value of list) out.int16(value);
}

function values(out: Writer, list: readonly (Uint8Array | null)[]): void {
  out.uint16(list.length);
  for (const value of list) out.value(value);
}

/** A startup packet: a length, then what follows. */
export function encodeStartup(
  parameters: Readonly<Record<string, string>>,
  version = 3 << 16,
): Buffer {
  const out = new Writer().int32(version);
  for (const [name, value] of Object.entries(parameters)) out.cstring(name).cstring(value);
  return startupPacket(out.uint8(0).written());
}

export function startupPacket(body: Buffer): Buffer {
  return new Writer()
    .int32(body.length + 4)
    .bytes(body)
    .written();
}

export const sslRequest: Buffer = startupPacket(new Writer().int32(80877103).written());
export const gssencRequest: Buffer = startupPacket(new Writer().int32(80877104).written());

export function cancelRequest(pid: number, secretKey: number): Buffer {
  return startupPacket(new Writer().int32(80877102).int32(pid).int32(secretKey).written());
}

export function decodeBackend(code: number, body: Buffer, charset?: Charset): BackendMessage {
  const letter = String.fromCharCode(code);
  const reader = new Reader(body, charset);
  const decode = must(backendDecoders[letter], `a server sent a message of type ${letter}`);
  const message = decode(reader);
  reader.end();
  return message;
}

const backendDecoders: Readonly<Record<string, (body: Reader) => BackendMessage>> = {
  R: authentication,
  K: (body) => ({ type: "BackendKeyData", pid: body.int32(), secretKey: body.int32() }),
  "2": () => ({ type: "BindComplete" }),
  "3": () => ({ type: "CloseComplete" }),
  C: (body) => ({ type: "CommandComplete", tag: body.cstring() }),
  d: (body) => ({ type: "CopyData", data: body.rest() }),
  c: () => ({ type: "CopyDone" }),
  G: (body) => ({
    type: "CopyInResponse",
    format: body.uint8() as FormatCode,
    columnFormats: formats(body),
  }),
  H: (body) => ({
    type: "CopyOutResponse",
    format: body.uint8() as FormatCode,
    columnFormats: formats(body),
  }),
  D: (body) => ({ type: "DataRow", values: body.times(body.uint16(), () => body.value()) }),
  I: () => ({ type: "EmptyQueryResponse" }),
  E: (body) => ({ type: "ErrorResponse", fields: fields(body) }),
  V: (body) => ({ type: "FunctionCallResponse", value: body.value() }),
  v: (body) => ({
    type: "NegotiateProtocolVersion",
    minor: body.int32() & 0xffff,
    options: body.times(body.int32(), () => body.cstring()),
  }),
  n: () => ({ type: "NoData" }),
  N: (body) => ({ type: "NoticeResponse", fields: fields(body) }),
  A: (body) => ({
    type: "NotificationResponse",
    pid: body.int32(),
    channel: body.cstring(),
    payload: body.cstring(),
  }),
  t: (body) => ({
    type: "ParameterDescription",
    typeOids: body.times(body.uint16(), () => body.uint32()),
  }),
  S: (body) => ({ type: "ParameterStatus", name: body.cstring(), value: body.cstring() }),
  "1": () => ({ type: "ParseComplete" }),
  s: () => ({ type: "PortalSuspended" }),
  Z: (body) => ({
    type: "ReadyForQuery",
    status: String.fromCharCode(body.uint8()) as "I" | "T" | "E",
  }),
  T: (body) => ({
    type: "RowDescription",
    fields: body.times(body.uint16(), () => ({
      name: body.cstring(),
      tableOid: body.uint32(),
      columnNumber: int16(body),
      typeOid: body.uint32(),
      typeSize: int16(body),
      typmod: body.int32(),
      format: body.uint16() as FormatCode,
    })),
  }),
};

function authentication(body: Reader): BackendMessage {
  const kind = body.int32();
  switch (kind) {
    case 0:
      return { type: "AuthenticationOk" };
    case 3:
      return { type: "AuthenticationCleartextPassword" };
    case 5:
      return { type: "AuthenticationMD5Password", salt: body.rest() };
    case 10: {
      const mechanisms: string[] = [];
      for (let name = body.cstring(); name !== ""; name = body.cstring()) mechanisms.push(name);
      return { type: "AuthenticationSASL", mechanisms };
    }
    case 11:
      return { type: "AuthenticationSASLContinue", data: body.rest() };
    case 12:
      return { type: "AuthenticationSASLFinal", data: body.rest() };
    default:
      throw new Error(`a server asked for authentication of kind ${kind}`);
  }
}

function formats(body: Reader): FormatCode[] {
  return body.times(body.uint16(), () => body.uint16() as FormatCode);
}

function int16(body: Reader): number {
  return (body.uint16() << 16) >> 16;
}

function fields(body: Reader): NoticeFields {
  const found: Record<string, string> = {};
  for (let code = body.uint8(); code !== 0; code = body.uint8())
    found[String.fromCharCode(code)] = body.cstring();
  return found;
}
