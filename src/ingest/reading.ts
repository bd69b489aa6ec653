/** What the readers of all formats give: columns with types, and the engine's SELECT of any choice of them. */
import { PgError } from "../base/error.ts";
import { quoteName } from "../base/quote.ts";
import { engineTypeName } from "../pgtypes/engine-type.ts";
import type { LogicalType } from "../pgtypes/logical-type.ts";

export interface Reading {
  readonly columns: readonly SourceColumn[];
  /** What was decided about the file, for the record: delimiter, header, … */
  readonly decisions: Readonly<Record<string, string>>;
  /** Engine SQL that gives the picks in order. `skip`: rows that cannot be read are left out. */
  select(picks: readonly Pick[]): string;
}

export interface SourceColumn {
  readonly name: string;
  readonly typeOid: number;
  readonly typmod: number;
}

/** One column of the dataset, and where it comes from; undefined: NULL in every row. */
export interface Pick {
  readonly name: string;
  readonly type: LogicalType;
  readonly source: number | undefined;
}

/** More columns than a relation can have in PostgreSQL. */
export const columnsMax = 1600;

export function checkColumns(names: readonly string[], fileName: string): void {
  if (names.length <= columnsMax) return;
  throw new PgError(
    "54011",
    `"${fileName}" has ${names.length} columns, at most ${columnsMax} can be loaded`,
  );
}

export function picked(expression: string, { name, type }: Pick): string {
  return `CAST(${expression} AS ${engineTypeName(type)}) AS ${quoteName(name)}`;
}
