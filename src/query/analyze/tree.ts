/**
 * An analyzed query: every name resolved to the thing it names, every value typed. Plain data, made by analyze/ and
 * read by print/. Types are pg_type OIDs; `location` is a 0-based character of the statement's text.
 */
import type { BuiltinOperator, BuiltinProc } from "../../catalog/builtins.ts";
import type { EntryColumn, FromItem, RangeEntry } from "./from-tree.ts";
import type { Field } from "./record.ts";
import type { WindowDefinition } from "./window-tree.ts";
import type { Written } from "./written.ts";

export type {
  Alias,
  EntryColumn,
  FromFunction,
  FromItem,
  RangeEntry,
  RangeSource,
} from "./from-tree.ts";
export type { FrameBound, WindowDefinition, WindowFrame } from "./window-tree.ts";
export type { Written } from "./written.ts";

interface Typed {
  readonly type: number;
  readonly typmod: number;
  readonly location: number | undefined;
  /** What was written where something else stands for it: for those who print it again. */
  readonly written?: Written;
}

export type Expression =
  | Constant
  | Parameter
  | ColumnUse
  | WholeRow
  | FunctionCall
  | EngineCall
  | AggregateCall
  | WindowCall
  | OperatorCall
  | ArrayComparison
  | RowComparison
  | BooleanOperation
  | Cast
  | CaseExpression
  | Coalesce
  | Extremum
  | NullIf
  | DistinctTest
  | NullTest
  | BooleanTest
  | ArrayConstructor
  | RowConstructor
  | Subscript
  | FieldSelection
  | SubqueryExpression
  | SessionValue
  | XmlConstructor
  | Item
  | Shown
  | Grouping;

/** Text in PostgreSQL's form; a literal whose type is not known yet has type unknown. */
export interface Constant extends Typed {
  readonly kind: "constant";
  readonly text: string | null;
}

/** Its type is in the analysis, for a later use may decide it. */
export interface Parameter extends Typed {
  readonly kind: "parameter";
  readonly index: number;
}

export interface ColumnUse extends Typed {
  readonly kind: "column";
  readonly entry: RangeEntry;
  readonly column: EntryColumn;
}

export interface WholeRow extends Typed {
  readonly kind: "whole row";
  readonly entry: RangeEntry;
}

export interface FunctionCall extends Typed {
  readonly kind: "function";
  readonly proc: BuiltinProc;
  /** Cast to what the function takes; a VARIADIC tail stays spread out. */
  readonly arguments: readonly Expression[];
  /** By position where some were given by name. */
  readonly named?: ReadonlyMap<string, Expression>;
  readonly isVariadicArray: boolean;
  /** Not the client's own call, so that nobody asks whether it may. */
  readonly isOwners?: boolean;
  /** Written with key words: EXTRACT(year FROM x), x AT TIME ZONE y. */
  readonly isSyntax?: boolean;
}

/** A function that only the engine has. */
export interface EngineCall extends Typed {
  readonly kind: "engine function";
  readonly name: string;
  readonly arguments: readonly Expression[];
  readonly aggregate: AggregateOptions | undefined;
  readonly over: WindowDefinition | undefined;
}

export interface AggregateOptions {
  readonly isDistinct: boolean;
  readonly order: readonly SortKey[];
  readonly filter: Expression | undefined;
}

export interface AggregateCall extends Typed {
  readonly kind: "aggregate";
  readonly proc: BuiltinProc;
  readonly isStar: boolean;
  readonly arguments: readonly Expression[];
  /** WITHIN GROUP: what is ordered is the argument. */
  readonly within: readonly SortKey[] | undefined;
  readonly options: AggregateOptions;
}

export interface WindowCall extends Typed {
  readonly kind: "window";
  readonly proc: BuiltinProc;
  readonly isStar: boolean;
  readonly arguments: readonly Expression[];
  readonly filter: Expression | undefined;
  readonly over: WindowDefinition;
}

export interface OperatorCall extends Typed {
  readonly kind: "operator";
  readonly operator: BuiltinOperator;
  /** Types after casting; for an engine-typed operand there is no operator row and the symbol alone counts. */
  readonly left: Expression | undefined;
  readonly right: Expression;
}

/** x op ANY (array), x op ALL (array). */
export interface ArrayComparison extends Typed {
  readonly kind: "array comparison";
  readonly operator: BuiltinOperator;
  readonly isAny: boolean;
  readonly left: Expression;
  readonly right: Expression;
}

/** Rows compared column by column, left to right. */
export interface RowComparison extends Typed {
  readonly kind: "row comparison";
  readonly comparison: "=" | "<>" | "<" | "<=" | ">" | ">=";
  readonly pairs: readonly (readonly [Expression, Expression])[];
}

export interface BooleanOperation extends Typed {
  readonly kind: "boolean";
  readonly operation: "AND" | "OR" | "NOT";
  readonly arguments: readonly Expression[];
}

/** `relabel`: the same value under another type's name. */
export interface Cast extends Typed {
  readonly kind: "cast";
  readonly argument: Expression;
  readonly method: "relabel" | "convert" | "length";
  readonly context: CastContext;
}

export type CastContext = "implicit" | "assignment" | "explicit";

export interface CaseExpression extends Typed {
  readonly kind: "case";
  /** CASE x WHEN …: each branch compares it, in its left operand. */
  readonly subject?: Expression;
  readonly branches: readonly { readonly when: Expression; readonly result: Expression }[];
  readonly otherwise: Expression | undefined;
}

export interface Coalesce extends Typed {
  readonly kind: "coalesce";
  readonly arguments: readonly Expression[];
}

export interface Extremum extends Typed {
  readonly kind: "extremum";
  readonly function: "greatest" | "least";
  readonly arguments: readonly Expression[];
}

/** The comparison alone is cast; what comes back is `value`. */
export interface NullIf extends Typed {
  readonly kind: "nullif";
  readonly value: Expression;
  readonly comparison: Expression;
}

export interface DistinctTest extends Typed {
  readonly kind: "distinct";
  readonly isNegated: boolean;
  readonly left: Expression;
  readonly right: Expression;
}

export interface NullTest extends Typed {
  readonly kind: "null test";
  readonly isNegated: boolean;
  readonly argument: Expression;
}

export interface BooleanTest extends Typed {
  readonly kind: "boolean test";
  readonly test: "TRUE" | "FALSE" | "UNKNOWN";
  readonly isNegated: boolean;
  readonly argument: Expression;
}

export interface ArrayConstructor extends Typed {
  readonly kind: "array";
  readonly elements: readonly Expression[];
}

export interface RowConstructor extends Typed {
  readonly kind: "row";
  readonly fields: readonly Expression[];
  readonly names: readonly string[];
  /** Places of literals whose type nobody decided: texts to everything but the binary form. */
  readonly unknowns?: readonly number[];
}

export interface Subscript extends Typed {
  readonly kind: "subscript";
  readonly argument: Expression;
  readonly lower: Expression | undefined;
  readonly upper: Expression | undefined;
  readonly isSlice: boolean;
}

export interface FieldSelection extends Typed {
  readonly kind: "field";
  readonly argument: Expression;
  readonly field: string;
}

export interface SubqueryExpression extends Typed {
  readonly kind: "subquery";
  /** `row`: (a, b) = (SELECT …), of at most one row. */
  readonly form: "scalar" | "exists" | "array" | "any" | "all" | "row";
  readonly query: Query;
  /** For any, all and row: what is compared, cast as the operator wants it. */
  readonly left: readonly Expression[];
  /** One comparison a column, its right side a column of `entry`. */
  readonly tests: readonly Expression[];
  readonly entry: RangeEntry | undefined;
  readonly operator: string;
}

/** Filled in when the statement runs. */
export interface SessionValue extends Typed {
  readonly kind: "session";
  readonly value:
    | "transaction timestamp"
    | "statement timestamp"
    | "clock timestamp"
    | "backend pid"
    /** Every run-time parameter that may be read, as a JSON object: lower-case name → value as SHOW gives it. */
    | "settings";
}

/** XMLELEMENT and the others that are written with key words of their own. */
export interface XmlConstructor extends Typed {
  readonly kind: "xml";
  readonly operation:
    | "element"
    | "forest"
    | "concat"
    | "pi"
    | "root"
    | "parse"
    | "serialize"
    | "is document"
    /** XMLTABLE: the document, the rows' path, namespaces and the columns' paths, all as texts. */
    | "table";
  /** Of an element or an instruction, as XML has it. */
  readonly name: string;
  /** Of attributes, or of a forest's elements: one for each of `named`. */
  readonly names: readonly string[];
  readonly named: readonly Expression[];
  readonly arguments: readonly Expression[];
  /** DOCUMENT, not CONTENT. */
  readonly isDocument: boolean;
}

/** Inside `lambda item: …`: the element at hand. Made by print/ alone. */
export interface Item extends Typed {
  readonly kind: "item";
  /** Engine text that stands for it, where it is something else. */
  readonly name?: string;
}

/** A result's text as the wire shows it. Made by print/ alone. */
export interface Shown extends Typed {
  readonly kind: "shown";
  readonly argument: Expression;
}

export interface Grouping extends Typed {
  readonly kind: "grouping";
  readonly arguments: readonly Expression[];
}

// ── Queries ─────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface Query {
  readonly commonTables: readonly CommonTable[];
  readonly body: SelectBody | SetBody | ValuesBody;
  readonly columns: readonly QueryColumn[];
  readonly sort: readonly SortKey[];
  readonly limit: Expression | undefined;
  readonly offset: Expression | undefined;
  readonly withTies: boolean;
}

export interface QueryColumn {
  readonly name: string;
  /** How the printed query calls it where it stands as a subquery. */
  readonly engineName: string;
  readonly type: number;
  readonly typmod: number;
  /** Of rows, or of an array of rows, where only what made the query knows them. */
  readonly fields?: readonly Field[];
}

export interface SelectBody {
  readonly kind: "select";
  /** Results first, then what only ORDER BY or DISTINCT ON need. */
  readonly targets: readonly Target[];
  readonly from: readonly FromItem[];
  readonly where: Expression | undefined;
  readonly groups: GroupClause | undefined;
  readonly having: Expression | undefined;
  readonly distinct: "all" | readonly SortKey[] | undefined;
  readonly isAggregated: boolean;
  /** WINDOW's, in its order. */
  readonly windows?: readonly WindowDefinition[];
}

export interface Target {
  readonly name: string;
  readonly expression: Expression;
  readonly isJunk: boolean;
}

export interface GroupClause {
  readonly isDistinct: boolean;
  readonly items: readonly GroupItem[];
  /** Every expression grouped by, in whatever set. */
  readonly expressions: readonly Expression[];
  /** Columns that a primary key grouped by decides: not written, but grouped by as well. */
  readonly decided: Expression[];
}

export type GroupItem =
  | { readonly kind: "expressions"; readonly expressions: readonly Expression[] }
  | { readonly kind: "rollup" | "cube"; readonly sets: readonly (readonly Expression[])[] }
  | { readonly kind: "sets"; readonly items: readonly GroupItem[] };

/** `target` is the 1-based place in the select list when the key stands there. */
export interface SortKey {
  readonly expression: Expression;
  readonly target: number | undefined;
  readonly isDescending: boolean;
  readonly nullsFirst: boolean;
}

export interface SetBody {
  readonly kind: "set";
  readonly operation: "UNION" | "INTERSECT" | "EXCEPT";
  readonly isAll: boolean;
  readonly left: SetOperand;
  readonly right: SetOperand;
}

/** `casts`: the column types it must give where its own differ. */
export interface SetOperand {
  readonly query: Query;
  readonly casts: readonly (number | undefined)[];
}

export interface ValuesBody {
  readonly kind: "values";
  readonly rows: readonly (readonly Expression[])[];
}

export interface CommonTable {
  readonly name: string;
  readonly engineName: string;
  readonly isRecursive: boolean;
  readonly materialized: boolean | undefined;
  readonly query: Query;
  /** SEARCH or CYCLE was said. */
  readonly hasSteps?: true;
  /** It stands after WITH RECURSIVE, and its columns are named as said there. */
  readonly written: { readonly isRecursive: boolean; readonly columns: readonly string[] };
}
