/** Messages the server may send, and how they become bytes: https://www.postgresql.org/docs/15/protocol-message-formats.html */
import type { FormatCode } from "./frontend.ts";
import { Writer } from "./writer.ts";

export interface FieldDescription {
  readonly name: string;
  readonly tableOid: number;
  readonly columnNumber: number;
  readonly typeOid: number;
  readonly typeSize: number;
  readonly typmod: number;
  readonly format: FormatCode;
}

/** Field type byte (S, V, C, M, D, H, P, …) → text: https://www.postgresql.org/docs/15/protocol-error-fields.html */
export type NoticeFields = Readonly<Record<string, string>>;

export type BackendMessage =
  | { readonly type: "AuthenticationOk" }
  | { readonly type: "AuthenticationCleartextPassword" }
  | { readonly type: "AuthenticationMD5Password"; readonly salt: Uint8Array }
  | { readonly type: "AuthenticationSASL"; readonly mechanisms: readonly string[] }
  | { readonly type: "AuthenticationSASLContinue"; readonly data: Uint8Array }
  | { readonly type: "AuthenticationSASLFinal"; readonly data: Uint8Array }
  | { readonly type: "BackendKeyData"; readonly pid: number; readonly secretKey: number }
  | {
      readonly type: "NegotiateProtocolVersion";
      readonly minor: number;
      readonly options: readonly string[];
    }
  | { readonly type: "ParameterStatus"; readonly name: string; readonly value: string }
  | { readonly type: "ReadyForQuery"; readonly status: "I" | "T" | "E" }
  | { readonly type: "ParseComplete" }
  | { readonly type: "BindComplete" }
  | { readonly type: "CloseComplete" }
  | { readonly type: "NoData" }
  | { readonly type: "PortalSuspended" }
  | { readonly type: "EmptyQueryResponse" }
  | { readonly type: "ParameterDescription"; readonly typeOids: readonly number[] }
  | { readonly type: "RowDescription"; readonly fields: readonly FieldDescription[] }
  | { readonly type: "DataRow"; readonly values: readonly (Uint8Array | null)[] }
  | { readonly type: "CommandComplete"; readonly tag: string }
  | {
      readonly type: "CopyInResponse";
      readonly format: FormatCode;
      readonly columnFormats: readonly FormatCode[];
    }
  | {
      readonly type: "CopyOutResponse";
      readonly format: FormatCode;
      readonly columnFormats: readonly FormatCode[];
    }
  | { readonly type: "CopyData"; readonly data: Uint8Array }
  | { readonly type: "CopyDone" }
  /** A void or null result is null. */
  | { readonly type: "FunctionCallResponse"; readonly value: Uint8Array | null }
  | { readonly type: "ErrorResponse"; readonly fields: NoticeFields }
  | { readonly type: "NoticeResponse"; readonly fields: NoticeFields }
  | {
      readonly type: "NotificationResponse";
      readonly pid: number;
      readonly channel: string;
      readonly payload: string;
    };

type Encoder<Message> = readonly [code: string, encode?: (out: Writer, message: Message) => void];

type Encoders = {
  readonly [Type in BackendMessage["type"]]: Encoder<Extract<BackendMessage, { type: Type }>>;
};

/** In the order of the protocol's own reference. */
const encoders: Encoders = {
  AuthenticationOk: ["R", (out) => out.int32(0)],
  AuthenticationCleartextPassword: ["R", (out) => out.int32(3)],
  AuthenticationMD5Password: ["R", (out, { salt }) => out.int32(5).bytes(salt)],
  AuthenticationSASL: [
    "R",
    (out, { mechanisms }) => {
      out.int32(10);
      for (const mechanism of mechanisms) out.cstring(mechanism);
      out.uint8(0);
    },
  ],
  AuthenticationSASLContinue: ["R", (out, { data }) => out.int32(11).bytes(data)],
  AuthenticationSASLFinal: ["R", (out, { data }) => out.int32(12).bytes(data)],
  BackendKeyData: ["K", (out, { pid, secretKey }) => out.int32(pid).int32(secretKey)],
  BindComplete: ["2"],
  CloseComplete: ["3"],
  CommandComplete: ["C", (out, { tag }) => out.cstring(tag)],
  CopyData: ["d", (out, { data }) => out.bytes(data)],
  CopyDone: ["c"],
  CopyInResponse: ["G", (out, copy) => copyResponse(out, copy)],
  CopyOutResponse: ["H", (out, copy) => copyResponse(out, copy)],
  DataRow: [
    "D",
    (out, { values }) => {
      out.uint16(values.length);
      for (const value of values) out.value(value);
    },
  ],
  EmptyQueryResponse: ["I"],
  ErrorResponse: ["E", (out, { fields }) => noticeFields(out, fields)],
  FunctionCallResponse: ["V", (out, { value }) => out.value(value)],
  NegotiateProtocolVersion: [
    "v",
    (out, { minor, options }) => {
      // PostgreSQL and libpq exchange the whole version here, whatever the reference says of a "minor version".
      out.int32((3 << 16) | minor).int32(options.length);
      for (const option of options) out.cstring(option);
    },
  ],
  NoData: ["n"],
  NoticeResponse: ["N", (out, { fields }) => noticeFields(out, fields)],
  NotificationResponse: [
    "A",
    (out, { pid, channel, payload }) => out.int32(pid).cstring(channel).cstring(payload),
  ],
  ParameterDescription: [
    "t",
    (out, { typeOids }) => {
      out.uint16(typeOids.length);
      for (const oid of typeOids) out.uint32(oid);
    },
  ],
  ParameterStatus: ["S", (out, { name, value }) => out.cstring(name).cstring(value)],
  ParseComplete: ["1"],
  PortalSuspended: ["s"],
  ReadyForQuery: ["Z", (out, { status }) => out.uint8(status.charCodeAt(0))],
  RowDescription: [
    "T",
    (out, { fields }) => {
      out.uint16(fields.length);
      for (const field of fields) fieldDescription(out, field);
    },
  ],
};

/** One message as bytes of its own. */
export function encodeBackend(message: BackendMessage): Buffer {
  const out = new Writer(Buffer.allocUnsafe(256));
  writeBackend(out, message);
  return out.written();
}

/** The same behind what a writer holds already. */
export function writeBackend(out: Writer, message: BackendMessage): void {
  // The table's type ties each key to its message; an index by a union loses the tie.
  const [code, encode] = encoders[message.type] as Encoder<BackendMessage>;
  out.begin(code.charCodeAt(0));
  encode?.(out, message);
  out.end();
}

function fieldDescription(out: Writer, field: FieldDescription): void {
  out.cstring(field.name).uint32(field.tableOid).int16(field.columnNumber);
  out.uint32(field.typeOid).int16(field.typeSize).int32(field.typmod).int16(field.format);
}

function noticeFields(out: Writer, fields: NoticeFields): void {
  for (const [field, text] of Object.entries(fields)) out.uint8(field.charCodeAt(0)).cstring(text);
  out.uint8(0);
}

function copyResponse(
  out: Writer,
  copy: { readonly format: FormatCode; readonly columnFormats: readonly FormatCode[] },
): void {
  out.uint8(copy.format).uint16(copy.columnFormats.length);
  for (const format of copy.columnFormats) out.int16(format);
}
