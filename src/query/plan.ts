/** What a statement comes to: plain data, made by query/, executed by session/. */

import type { Relation, RelationColumn } from "../catalog/relation.ts";
import type { UserFunction } from "../catalog/user-function.ts";
import type { TypedValue } from "../pgtypes/codec.ts";
import type { RecordField } from "../pgtypes/composite-codec.ts";
import type { LogicalType } from "../pgtypes/logical-type.ts";
import type { Routine } from "../routines/define.ts";
import type { AccessPlan } from "./access-plan.ts";
import type { BlockStep } from "./block-plan.ts";
import type { DefinitionPlan } from "./definition-plan.ts";
import type { TransactionPlan } from "./transaction-plan.ts";

export type { AccessPlan, RoleOptions } from "./access-plan.ts";
export type {
  AlterTablePlan,
  ColumnDefinition,
  ConstraintDefinition,
  DefinitionPlan,
} from "./definition-plan.ts";
export type { TransactionModes, TransactionPlan } from "./transaction-plan.ts";

/** Of a statement that went the second road: only the engine knows its select list. */
export const unknownColumns: readonly ResultColumn[] = [];

/** A statement that has been through authorize: only such a one can reach the engine. */
export interface PlannedStatement {
  readonly plan: Plan;
  /** The client's text of this statement alone, and where it starts (0-based character) in what the client sent. */
  readonly sql: string;
  readonly offset: number;
  /** Parameter type OIDs, in `$n` order; inferred where the client gave 0. */
  readonly parameterTypes: readonly number[];
  /** Undefined: the statement gives no rows (NoData). */
  readonly columns: readonly ResultColumn[] | undefined;
  /** Every relation read or written, for locks, audit and re-planning. */
  readonly relations: readonly Relation[];
  /** 25006 in a read-only transaction when false. */
  readonly isReadOnly: boolean;
}

export interface ResultColumn {
  readonly name: string;
  /** 0: the analyzer leaves it to the engine; session/ asks it by preparing, and maps its type. */
  readonly typeOid: number;
  readonly typmod: number;
  /** The table column it is, when it is one: RowDescription's table OID and attribute number; else 0. */
  readonly tableOid: number;
  readonly columnNumber: number;
  /** Of a row that has no type of its own, or of an array of such rows, where they are known. */
  readonly fields?: readonly RecordField[] | undefined;
}

export type Plan =
  /** Rows from the engine. */
  | { readonly kind: "select"; readonly text: EngineText }
  /** Rows known without it: SELECT 1, SHOW, version(). Values are PostgreSQL's text form. */
  | {
      readonly kind: "constant";
      readonly rows: readonly (readonly (string | null)[])[];
      readonly tag: string;
    }
  | InsertPlan
  | ModifyPlan
  | WithPlan
  | {
      readonly kind: "truncate";
      readonly targets: readonly Relation[];
      /** Those of the targets that CASCADE alone has added. */
      readonly cascadesTo: readonly Relation[];
      readonly cascade: boolean;
      readonly restartIdentity: boolean;
    }
  | {
      readonly kind: "copy in";
      readonly target: Relation;
      readonly columns: readonly RelationColumn[];
      readonly options: CopyOptions;
      /** FREEZE asks that this transaction has made the table, or emptied it. */
      readonly isFrozen: boolean;
      /** Of rows, `{ written }` with every column of the target, those that are loaded; undefined: all. */
      readonly where: EngineText | undefined;
    }
  | {
      readonly kind: "copy out";
      readonly text: EngineText;
      readonly columns: readonly ResultColumn[];
      readonly options: CopyOptions;
    }
  /** COPY (INSERT … RETURNING …) TO: the statement's rows. */
  | {
      readonly kind: "copy returned";
      readonly statement: PlannedStatement;
      readonly columns: readonly ResultColumn[];
      readonly options: CopyOptions;
    }
  | DefinitionPlan
  | AccessPlan
  /** CALL p(…) of a routine of ours. (As a function in FROM it is a Call inside a `select`.) */
  | { readonly kind: "call"; readonly call: RoutineCall }
  /** CALL of a procedure that somebody made. */
  | { readonly kind: "call procedure"; readonly call: FunctionCall }
  /** DO: PL/pgSQL, as far as it is there. */
  | { readonly kind: "do"; readonly block: BlockStep }
  | ParameterPlan
  | TransactionPlan
  | CursorPlan
  | {
      readonly kind: "explain";
      readonly statement: PlannedStatement;
      /** EXPLAIN EXECUTE: what the prepared statement is given. */
      readonly execute?: Extract<CursorPlan, { kind: "execute" }>;
      readonly options: ExplainOptions;
    }
  /** Small files merged, old ones deleted. */
  | {
      readonly kind: "vacuum";
      /** Undefined: every dataset of the role. */
      readonly targets: readonly Relation[] | undefined;
      readonly full: boolean;
      readonly verbose: boolean;
      /** VACUUM (ANALYZE). */
      readonly analyze: readonly AnalyzeTarget[] | "all" | undefined;
    }
  | AnalyzePlan
  | {
      readonly kind: "lock table";
      readonly targets: readonly Relation[];
      /** 1 to 8, from ACCESS SHARE to ACCESS EXCLUSIVE. */
      readonly mode: number;
      readonly noWait: boolean;
    }
  | {
      readonly kind: "set constraints";
      /** OIDs; undefined: all. */
      readonly constraints: readonly number[] | undefined;
      readonly isDeferred: boolean;
    }
  | { readonly kind: "checkpoint" }
  | { readonly kind: "empty" }
  /** Understood, harmless, and nothing to do here. The tag is PostgreSQL's. */
  | {
      readonly kind: "nothing";
      readonly tag: string;
      readonly notice?: string;
      /** The notice's; 00000 when left out. */
      readonly sqlstate?: string;
    };

export interface ExplainOptions {
  readonly analyze: boolean;
  readonly format: "text" | "json" | "xml" | "yaml";
  readonly costs: boolean;
  readonly timing: boolean;
  readonly summary: boolean;
}

export interface AnalyzePlan {
  readonly kind: "analyze";
  /** Undefined: every dataset of the role. */
  readonly targets: readonly AnalyzeTarget[] | undefined;
  readonly verbose: boolean;
}

export interface AnalyzeTarget {
  readonly relation: Relation;
  /** Undefined: all. */
  readonly columns: readonly string[] | undefined;
}

/**
 * Engine SQL in pieces. Strings are ours or re-printed; the other pieces are names filled in at execution, so that
 * one text serves every version of a dataset. Joined with placeholder names it is what the verifier parses.
 */
export interface EngineText {
  readonly pieces: readonly Piece[];
  readonly scans: readonly Scan[];
  readonly calls: readonly Call[];
  /** What the engine's $1, $2, … are bound to. */
  readonly parameters: readonly ParameterSource[];
  /** True when sql/-defined relations are read: catalog facts must be published first. */
  readonly readsCatalog: boolean;
  /** False: no figure of a dataset is told, so nobody need look at their logs. */
  readonly readsFigures?: boolean;
  /** It cannot give more rows than this. */
  readonly rowsMax?: number;
  /** Of the catalog alone: the same rows for as long as its facts are the same. */
  readonly isLasting?: boolean;
  /** The engine has made all of its rows before it gives the first. */
  readonly isSorted?: boolean;
  /** It does nothing but this. */
  readonly lookup?: Lookup;
  /** Numbers of sequences are drawn or asked for: how many calls draw from one, by OID; others are named by the rows. */
  readonly sequences?: ReadonlyMap<number, number>;
}

/** Rows of the one scan whose key is a whole number: these columns of theirs, in this order, as they are. */
export interface Lookup {
  readonly key: string;
  readonly value: { readonly literal: number } | { readonly parameter: number };
  readonly columns: readonly string[];
}

export type Piece =
  | string
  /** Becomes a parenthesised SELECT of the dataset's rows at the transaction's version, staged rows included. */
  | { readonly scan: number }
  /** Becomes the name of the engine table that holds the call's rows. */
  | { readonly call: number }
  /** Becomes the name of the engine table that holds the rows just written (RETURNING). */
  | { readonly written: true }
  /** Becomes the name of the engine table that holds what this step of a WithPlan gave back. */
  | { readonly returned: number }
  /** Becomes the engine's `$n` (0-based here), cast to its type; an array's depth and a numeric's digits are the value's. */
  | { readonly parameter: number; readonly type: LogicalType };

export interface Scan {
  readonly relation: Relation;
  /** Columns the statement uses, in the order in which the piece must give them; at least one. */
  readonly columns: readonly string[];
  readonly where: readonly ScanPredicate[];
  /** The piece also gives `"@file"` (int4) and `"@row"` (int8) of each row: where a write finds it again. */
  readonly position?: boolean;
  /** And these of ctid (PostgreSQL's text) and xmin (xid): of the file where a row lies, and its place there. */
  readonly system?: readonly string[];
  readonly at?: { readonly version: number } | { readonly timestamp: Date };
}

export interface ScanPredicate {
  readonly column: string;
  readonly operator: "=" | "<" | "<=" | ">" | ">=" | "is null" | "is not null" | "in";
  readonly values: readonly (
    | { readonly literal: string | number | bigint | boolean }
    | { readonly parameter: number }
  )[];
}

export type ParameterSource =
  /** 0-based index of the client's parameter, and the type it has in the engine text. */
  | { readonly kind: "client"; readonly index: number; readonly typeOid: number }
  | {
      readonly kind: "session";
      readonly value:
        | "transaction timestamp"
        | "statement timestamp"
        | "clock timestamp"
        | "backend pid"
        | "settings";
    };

/** A routine of ours or a live relation standing in FROM: runs first, its rows are materialized. */
export type Call =
  | { readonly kind: "routine"; readonly call: RoutineCall }
  | { readonly kind: "live"; readonly relation: Relation }
  | { readonly kind: "function"; readonly call: FunctionCall }
  /** WHERE CURRENT OF: one row of the place where a cursor's row lies, `file` and `row`; none where it is gone. */
  | { readonly kind: "current row"; readonly cursor: string; readonly relation: Relation };

/** A function or procedure whose statements are run one after the other. */
export interface FunctionCall {
  readonly made: UserFunction;
  /** One row of its arguments, in order; undefined when it takes none. */
  readonly arguments: EngineText | undefined;
  /** What it gives; a procedure without outputs nothing. */
  readonly columns: readonly { readonly name: string; readonly typeOid: number }[];
}

export interface RoutineCall {
  readonly routine: Routine;
  /** In the declaration's order, defaults filled in; constants or client parameters. */
  readonly arguments: readonly CallArgument[];
}

export type CallArgument =
  | {
      readonly kind: "constant" /** PostgreSQL's text form; null = NULL. */;
      readonly text: string | null;
      readonly typeOid: number;
    }
  | { readonly kind: "parameter"; readonly index: number; readonly typeOid: number };

export interface InsertPlan {
  readonly kind: "insert";
  readonly target: Relation;
  /** Gives every column of the target, in its order, defaults filled in, already cast. */
  readonly source: EngineText;
  readonly returning: EngineText | undefined;
  /** The same rows, where it takes no engine to know their values. */
  readonly known?: readonly KnownRow[] | undefined;
  readonly viewChecks?: readonly ViewCheckText[];
}

/** WITH CHECK OPTION of a view, or a table's policies: over `{written}`, each row's `"@holds"` (BOOLEAN), then the table's columns. */
export interface ViewCheckText {
  readonly fault:
    | { readonly kind: "view"; readonly view: string }
    /** Of a restrictive policy its name. */
    | { readonly kind: "policy"; readonly table: string; readonly policy: string | undefined };
  /** Of rows inserted, or of those changed, alone. */
  readonly action?: "i" | "u";
  readonly text: EngineText;
}

/** In the target's order; each is still to be brought into its column's type. */
export type KnownRow = readonly KnownValue[];

export type KnownValue =
  | { readonly kind: "constant"; readonly typed: TypedValue }
  /** 0-based. */
  | { readonly kind: "parameter"; readonly index: number }
  | {
      readonly kind: "session";
      readonly value: "transaction timestamp" | "statement timestamp";
    }
  /** The next one of a sequence. Nobody is asked for a privilege on an identity's. */
  | { readonly kind: "number"; readonly sequence: number; readonly isIdentity: boolean };

/** UPDATE, DELETE, MERGE and INSERT … ON CONFLICT: one SELECT tells every row that is touched and what becomes of it. */
export interface ModifyPlan {
  readonly kind: "modify";
  readonly verb: "UPDATE" | "DELETE" | "MERGE" | "INSERT";
  readonly target: Relation;
  /**
   * A row for each row touched: `"@action"` (VARCHAR: 'i' inserted, 'u' updated, 'd' deleted), `"@file"` and `"@row"` of the row it
   * replaces or removes (as the scan gave them; NULL for 'i'), then every column of the target under its name in its
   * order, cast: the new values, of a deleted row the old ones (NULLs when nothing returns them). Further columns,
   * named `"@1"`, `"@2"`, …, are for RETURNING alone.
   */
  readonly source: EngineText;
  /** Reads `{written}`: the rows of `source`. */
  readonly returning: EngineText | undefined;
  /** What it means that `source` names one place twice: UPDATE … FROM and DELETE … USING take any one. "never": it cannot. */
  readonly whenTwice: "any" | "error" | "never";
  readonly viewChecks?: readonly ViewCheckText[];
  /** Undefined: any key may be another than it was. */
  readonly keys?: WrittenKeys | undefined;
}

/** What keys need not be asked about once more. */
export interface WrittenKeys {
  /** Numbers of the columns in which rows that were there may get other values; none for DO NOTHING. */
  readonly sets: readonly number[];
  /** OIDs of constraints and indexes whose keys the source has not found among the rows there are, nor twice in itself. */
  readonly free: readonly number[];
}

/** WITH x AS (DELETE … RETURNING …) …: each step sees what the statement saw at its start, and the rows that earlier ones gave back. */
export interface WithPlan {
  readonly kind: "with";
  /** `returning` of each gives the rows that pieces `{ returned }` of later texts read. */
  readonly steps: readonly (InsertPlan | ModifyPlan)[];
  readonly main: { readonly kind: "select"; readonly text: EngineText } | InsertPlan | ModifyPlan;
}

export type ParameterPlan =
  | {
      readonly kind: "set";
      readonly name: string /** undefined = DEFAULT. */;
      readonly value: string | undefined;
      readonly isLocal: boolean;
      readonly tag: "SET" | "RESET";
    }
  | { readonly kind: "reset all" }
  | { readonly kind: "show"; readonly name: string }
  | { readonly kind: "show all" }
  | {
      readonly kind: "set role";
      readonly name: string | undefined;
      readonly isLocal: boolean;
      /** SET when left out; RESET ROLE's is RESET. */
      readonly tag?: "SET" | "RESET";
    }
  | {
      readonly kind: "set session authorization";
      readonly name: string | undefined;
      readonly tag?: "SET" | "RESET";
    }
  /** SELECT set_config(…): sets, then gives the value as a row. */
  | {
      readonly kind: "set config";
      readonly name: CallArgument;
      readonly value: CallArgument;
      readonly isLocal: CallArgument;
    };

export type FetchDirection =
  | { readonly kind: "forward" | "backward" /** Infinity = ALL. */; readonly count: number }
  | { readonly kind: "absolute" | "relative"; readonly count: number };

export type CursorPlan =
  | {
      readonly kind: "declare";
      readonly name: string;
      readonly query: PlannedStatement;
      /** FOR UPDATE: the dataset whose rows' places, a file and a row, are the query's last two columns. */
      readonly placesIn?: Relation;
      readonly scroll: boolean | undefined;
      readonly hold: boolean;
      readonly binary: boolean;
    }
  | {
      readonly kind: "fetch";
      readonly name: string;
      readonly direction: FetchDirection;
      readonly isMove: boolean;
    }
  | { readonly kind: "close" /** undefined = ALL. */; readonly name: string | undefined }
  | {
      readonly kind: "prepare";
      readonly name: string;
      readonly sql: string;
      readonly offset: number;
      readonly parameterTypes: readonly number[];
    }
  | { readonly kind: "execute"; readonly name: string; readonly arguments: readonly CallArgument[] }
  | { readonly kind: "deallocate"; readonly name: string | undefined }
  | { readonly kind: "discard"; readonly target: "all" | "plans" | "sequences" | "temporary" }
  | { readonly kind: "listen"; readonly channel: string }
  | { readonly kind: "unlisten"; readonly channel: string | undefined }
  | { readonly kind: "notify"; readonly channel: string; readonly payload: string };

/** https://www.postgresql.org/docs/15/sql-copy.html */
export interface CopyOptions {
  /** json: an object a line. */
  readonly format: "text" | "csv" | "binary" | "json" | "parquet" | "arrow";
  readonly delimiter: string;
  readonly null: string;
  readonly header: boolean | "match";
  readonly quote: string;
  readonly escape: string;
  readonly forceQuote: readonly string[] | "*" | undefined;
  readonly forceNotNull: readonly string[];
  readonly forceNull: readonly string[];
  readonly encoding: string | undefined;
}
