/** Windows and their frames, as an analyzed query has them. */
import type { Expression, SortKey } from "./tree.ts";

export interface WindowDefinition {
  readonly partition: readonly Expression[];
  readonly order: readonly SortKey[];
  readonly frame: WindowFrame | undefined;
  /** Of WINDOW, when it is one of those. */
  readonly name?: string;
  /** The one it is built on, and whether the order is that one's. */
  readonly base?: { readonly name: string; readonly isOrdered: boolean };
}

export interface WindowFrame {
  readonly mode: "ROWS" | "RANGE" | "GROUPS";
  readonly start: FrameBound;
  readonly end: FrameBound;
  readonly exclude: "CURRENT ROW" | "GROUP" | "TIES" | undefined;
}

export type FrameBound =
  | { readonly kind: "UNBOUNDED PRECEDING" | "CURRENT ROW" | "UNBOUNDED FOLLOWING" }
  | { readonly kind: "PRECEDING" | "FOLLOWING"; readonly offset: Expression };
