/** What was written where an analyzed query has something else: for those who print it again. */
import type { BuiltinProc } from "../../catalog/builtins.ts";
import type { Expression } from "./tree.ts";

export type Written =
  /** CURRENT_DATE, and a precision in parentheses after it. */
  | { readonly kind: "key word"; readonly text: string }
  | {
      readonly kind: "call";
      readonly proc: BuiltinProc;
      readonly arguments: readonly Expression[];
    }
  /** The column that USING has made of two, or that `of`, a join with a name, calls so. */
  | { readonly kind: "merged"; readonly name: string; readonly of?: string };
