/** What a DO block is to do. */
import type { PgError } from "../base/error.ts";

/** Its texts are the client's, planned when their turn comes: each sees what those before it have done. `line` is the body's. */
export type BlockStep = { readonly line: number } & (
  | { readonly kind: "sql" | "perform"; readonly sql: string }
  /** `value` is a query whose one value is the text to run. */
  | { readonly kind: "execute"; readonly value: string }
  | {
      readonly kind: "block";
      readonly steps: readonly BlockStep[];
      /** EXCEPTION: the first that names the error's condition, by name or SQLSTATE, is run instead. */
      readonly handlers: readonly {
        readonly conditions: readonly string[];
        readonly steps: readonly BlockStep[];
      }[];
    }
  | {
      readonly kind: "if";
      readonly branches: readonly {
        /** A query of one boolean; undefined: ELSE. */
        readonly condition: string | undefined;
        readonly steps: readonly BlockStep[];
      }[];
    }
  | { readonly kind: "return" }
  | RaiseStep
);

export interface RaiseStep {
  readonly kind: "raise";
  readonly level: "DEBUG" | "LOG" | "INFO" | "NOTICE" | "WARNING" | "EXCEPTION";
  readonly format: string | undefined;
  /** Its name, or its SQLSTATE. */
  readonly condition: string | undefined;
  /** A query of the values that the format names. */
  readonly values: string | undefined;
  /** `value` is a query of one value. */
  readonly options: readonly { readonly name: RaiseOption; readonly value: string }[];
  /** Without anything said, in a handler: the error it handles. */
  readonly again?: PgError;
  readonly line: number;
}

export type RaiseOption =
  | "message"
  | "detail"
  | "hint"
  | "errcode"
  | "column"
  | "constraint"
  | "datatype"
  | "table"
  | "schema";
