/** Messages the server may send: https://www.postgresql.org/docs/15/protocol-message-formats.html */
import type { FormatCode } from "./frontend.ts";

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
  | { readonly type: "ErrorResponse"; readonly fields: NoticeFields }
  | { readonly type: "NoticeResponse"; readonly fields: NoticeFields }
  | {
      readonly type: "NotificationResponse";
      readonly pid: number;
      readonly channel: string;
      readonly payload: string;
    };
