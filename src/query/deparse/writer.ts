/** Text as PostgreSQL lays out what it prints again: ruleutils.c's indentation, and the names things go by. */
import type { BuiltinProc } from "../../catalog/builtins.ts";
import type { ViewStyle } from "../../catalog/facts.ts";
import type { Relation } from "../../catalog/relation.ts";
import type { Expression, Query, RangeEntry } from "../analyze/tree.ts";
import type { Call } from "../plan.ts";
import { isSimple } from "./simple.ts";

/** Columns by which a new line is set in. */
export const indents = { standard: 8, join: 4, variable: 4 } as const;

const deepest = 40;

/** What the range entries of one query are called. */
export interface Namespace {
  readonly entries: ReadonlyMap<RangeEntry, EntryNames>;
  /** Names of its WITH queries. */
  readonly commonTables: ReadonlySet<string>;
}

export interface EntryNames {
  readonly name: string;
  /** By place among the entry's columns. */
  readonly columns: readonly string[];
}

export interface Surroundings {
  readonly calls: readonly Call[];
  /** Of an expression over one row: the row, whose name goes without saying, or a domain's VALUE. */
  readonly row?: { readonly entry: RangeEntry; readonly isDomain: boolean };
  /** Qualified where the search path does not find it. */
  relationName(relation: Relation, isHidden: boolean): string;
  functionName(proc: BuiltinProc): string;
  /** The name a constant of a reg… type is shown by. */
  registeredName(oid: number, type: number): string;
}

/** The two recursions, so that the files of this room need not import each other in circles. */
export interface Forms {
  query(query: Query, writer: Writer, look: QueryLook): void;
  expression(value: Expression, writer: Writer, showsImplicit: boolean): void;
}

export class Writer {
  text = "";
  indent = 0;
  /** Innermost first. */
  namespaces: readonly Namespace[] = [];
  readonly style: ViewStyle;
  readonly around: Surroundings;
  readonly #forms: Forms;

  constructor(style: ViewStyle, around: Surroundings, forms: Forms) {
    this.style = style;
    this.around = around;
    this.#forms = forms;
  }

  /** `showsImplicit`: casts nobody wrote are shown, for they decide which function is called. */
  expression(value: Expression, showsImplicit: boolean): void {
    this.#forms.expression(value, this, showsImplicit);
  }

  /** With parentheses where a pretty text needs them; other texts have their own everywhere. */
  enclosed(value: Expression, parent: Expression, showsImplicit: boolean): void {
    const needed = this.style.isPretty && !isSimple(value, parent);
    if (needed) this.write("(");
    this.expression(value, showsImplicit);
    if (needed) this.write(")");
  }

  call(proc: BuiltinProc, values: readonly Expression[]): void {
    this.write(`${this.around.functionName(proc)}(`);
    this.list(values);
    this.write(")");
  }

  list(values: readonly Expression[]): void {
    for (const [i, value] of values.entries()) {
      if (i > 0) this.write(", ");
      this.expression(value, true);
    }
  }

  write(text: string): void {
    this.text += text;
  }

  /** A key word on a line of its own; the level moves before and after it. */
  keyword(word: string, before: number, after: number, plus: number): void {
    this.indent += before;
    this.trim();
    const level = Math.max(this.indent, 0);
    const amount =
      level < deepest
        ? level
        : (deepest + Math.trunc((level - deepest) / (indents.standard / 2))) % deepest;
    this.text += `\n${" ".repeat(amount + plus)}${word}`;
    this.indent = Math.max(this.indent + after, 0);
  }

  trim(): void {
    this.text = this.text.replace(/ +$/, "");
  }

  /** What `step` writes, taken out again. */
  apart(step: () => void): string {
    const before = this.text;
    this.text = "";
    step();
    const written = this.text;
    this.text = before;
    return written;
  }

  /** The length of the line being written. */
  get lineLength(): number {
    return this.text.length - this.text.lastIndexOf("\n") - 1;
  }

  /** A query within: it starts at this level, and leaves it as it was. */
  query(query: Query, options: QueryLook = { areNamesVisible: true }): void {
    const { indent, namespaces } = this;
    this.#forms.query(query, this, options);
    this.indent = indent;
    this.namespaces = namespaces;
  }

  open(): void {
    if (!this.style.isPretty) this.text += "(";
  }

  close(): void {
    if (!this.style.isPretty) this.text += ")";
  }
}

export interface QueryLook {
  /** Names of the result columns, where they are not the query's own. */
  readonly columns?: readonly string[];
  /** False: nobody sees what a column is called, so that ?column? need not be said. */
  readonly areNamesVisible: boolean;
}
