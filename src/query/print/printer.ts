/** What printing one statement gathers, and the way back into the two recursions. */
import { quoteName } from "../../base/quote.ts";
import type { Analysis } from "../analyze/analysis.ts";
import type { Expression, Query, RangeEntry, WindowDefinition } from "../analyze/tree.ts";
import type { ParameterSource, Scan } from "../plan.ts";

export interface Printer {
  readonly analysis: Analysis;
  readonly scans: Scan[];
  readonly parameters: ParameterSource[];
  readsCatalog: boolean;
  /** Rows, bytes and objects of datasets are told. */
  readsFigures: boolean;
  /** How many calls ask a sequence for numbers, by OID; undefined when nothing has to do with sequences. */
  sequences: Map<number, number> | undefined;
  /** Where a row of the SELECT that is being printed stands among the others, as the engine says it. */
  rowPlace: string | undefined;
  /** What the SELECT that is being printed is grouped by: what stands for it is one value of each group. */
  groups: readonly Expression[];
  readonly texts: AskedTexts;
  expression(expression: Expression): string;
  /** A whole SELECT, without parentheses; result columns under their engine names. */
  query(query: Query): string;
  /** What stands between the parentheses of OVER. */
  window(window: WindowDefinition): string;
  /** `CAST($k AS T)` for what the engine is to be bound with. */
  parameter(source: ParameterSource): string;
}

/** Of rows rather than groups: inside an aggregate, and in what is itself grouped by. */
export function ofRows<T>(printer: Printer, print: () => T): T {
  return within([], printer, print);
}

export function within<T>(groups: readonly Expression[], printer: Printer, print: () => T): T {
  const before = printer.groups;
  printer.groups = groups;
  const printed = print();
  printer.groups = before;
  return printed;
}

/** Columns of subqueries whose values' texts are wanted beside them. What has been printed can be asked for no more. */
export class AskedTexts {
  readonly #asked = new Map<Query, Set<number>>();
  readonly #printed = new Set<Query>();

  /** False when it is too late. */
  ask(query: Query, index: number): boolean {
    const columns = this.#asked.get(query) ?? new Set();
    if (this.#printed.has(query) && !columns.has(index)) return false;
    this.#asked.set(query, columns.add(index));
    return true;
  }

  /** Of a query that is being printed. */
  take(query: Query): readonly number[] {
    this.#printed.add(query);
    return this.asked(query);
  }

  asked(query: Query): readonly number[] {
    return [...(this.#asked.get(query) ?? [])];
  }
}

/** Stand-ins for pieces in printed text: a NUL is in no text PostgreSQL's parser has taken. */
export const marks = {
  scan: (index: number) => `\0s${index}\0`,
  call: (index: number) => `\0c${index}\0`,
  written: "\0w\0",
  returned: (step: number) => `\0r${step}\0`,
} as const;

export function columnName(entry: RangeEntry, engineName: string): string {
  return `${quoteName(entry.alias)}.${quoteName(engineName)}`;
}

export function list(items: readonly string[]): string {
  return items.join(", ");
}
