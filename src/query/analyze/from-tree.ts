/** What FROM brings into an analyzed query. */
import type { BuiltinProc } from "../../catalog/builtins.ts";
import type { Relation } from "../../catalog/relation.ts";
import type { ScanPredicate } from "../plan.ts";
import type { Field } from "./record.ts";
import type { CommonTable, Expression, Query } from "./tree.ts";

export type FromItem =
  | { readonly kind: "entry"; readonly entry: RangeEntry; readonly isLateral: boolean }
  | {
      readonly kind: "join";
      readonly join: "INNER" | "LEFT" | "RIGHT" | "FULL";
      readonly left: FromItem;
      readonly right: FromItem;
      readonly on: Expression | undefined;
      readonly using?: { readonly names: readonly string[]; readonly alias: string | undefined };
      /** (a JOIN b …) AS j (x, y) */
      readonly alias?: Alias;
    };

/** A name given in FROM, and names of columns with it. */
export interface Alias {
  readonly name: string;
  readonly columns: readonly string[];
}

/** One thing that gives rows. Identity matters: a column use points to its entry. */
export interface RangeEntry {
  /** Unique in the whole statement, so that no scope of the engine's can be taken for another. */
  readonly alias: string;
  /** What the client calls it. */
  readonly name: string;
  /** How deep the query it stands in is nested. */
  readonly depth: number;
  readonly columns: readonly EntryColumn[];
  readonly source: RangeSource;
  readonly given?: Alias;
  /** Columns some expression reads. */
  readonly used: Set<EntryColumn>;
}

export interface EntryColumn {
  readonly name: string;
  readonly engineName: string;
  readonly type: number;
  readonly typmod: number;
  /** Its attnum in `source.relation`; 0 when it is no table's column. */
  readonly number: number;
  /** Of rows, or of an array of rows, where only what made the query knows them. */
  readonly fields?: readonly Field[];
}

export interface Sample {
  readonly method: "bernoulli" | "system";
  readonly percent: Expression;
  /** REPEATABLE: the same rows for the same seed. */
  readonly seed: Expression | undefined;
}

export type RangeSource =
  | {
      readonly kind: "relation";
      readonly relation: Relation;
      readonly predicates: ScanPredicate[];
      /** TABLESAMPLE. */
      sample?: Sample;
      readonly at: { readonly version: number } | { readonly timestamp: Date } | undefined;
      /** The role by whom it shows what it shows, when that is not the one who asks. */
      readonly asRole?: number | undefined;
      /** Its rows' places are read too, as "@file" and "@row". */
      position?: boolean;
    }
  | { readonly kind: "written"; readonly relation: Relation }
  | {
      readonly kind: "query";
      readonly query: Query;
      /** It is what a function that somebody made comes to. */
      readonly written?: { readonly proc: BuiltinProc; readonly arguments: readonly Expression[] };
    }
  | { readonly kind: "view"; readonly relation: Relation; readonly query: Query }
  | { readonly kind: "common table"; readonly table: () => CommonTable }
  /** What a data-modifying statement of WITH gave back: index into the analysis's steps. */
  | { readonly kind: "returned"; readonly step: number; readonly query: Query }
  | {
      readonly kind: "functions";
      readonly functions: readonly FromFunction[];
      readonly hasOrdinality: boolean;
    }
  /** A routine of ours or a live relation: index into the analysis's calls. */
  | {
      readonly kind: "call";
      readonly call: number;
      readonly relation: Relation | undefined;
      readonly hasOrdinality: boolean;
    };

export interface FromFunction {
  readonly expression: Expression;
  /** Columns it gives, in order; their names are the function's own. */
  readonly columns: readonly { readonly name: string; readonly type: number }[];
  /** From a column definition list: json_to_recordset(…) AS x(a int). */
  readonly isDefined: boolean;
  /** XMLTABLE's columns, made of a row's texts (`item`); undefined: the row's number. */
  readonly cells?: readonly (Expression | undefined)[];
}
