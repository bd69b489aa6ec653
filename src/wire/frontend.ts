/** Messages a client may send: https://www.postgresql.org/docs/15/protocol-message-formats.html */

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
  | { readonly type: "FunctionCall" }
  | { readonly type: "Terminate" };
