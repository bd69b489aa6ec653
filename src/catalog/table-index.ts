/**
 * Indexes that are no constraints. Rows are found by the statistics of data files, so an index is what tools are told, and the order
 * in which CLUSTER writes rows. https://www.postgresql.org/docs/15/catalog-pg-index.html
 */
import type { CatalogVersion } from "./catalog.ts";
import { quoteIdent } from "./identifiers.ts";
import type { Relation } from "./relation.ts";

export interface TableIndex {
  readonly oid: number;
  readonly name: string;
  /** As pg_am.amname. */
  readonly method: string;
  readonly keys: readonly IndexKey[];
  /** On expressions, or on some rows alone: on all rows' columns a unique index is a constraint. */
  readonly isUnique?: boolean;
  readonly nullsNotDistinct?: boolean;
  /** Attribute numbers of INCLUDE. */
  readonly include?: readonly number[];
  /** SQL text in PostgreSQL's dialect, over the row's own columns. */
  readonly where?: string;
  /** Attribute numbers of all the columns it stands on. */
  readonly reads: readonly number[];
  /** `name=value` each. */
  readonly options?: readonly string[];
  readonly comment?: string | null;
}

export interface IndexKey {
  /** Attribute number; 0 for an expression. */
  readonly column: number;
  /** SQL text, in parentheses but for a function's call. */
  readonly expression?: string;
  /** What its column is called in pg_attribute. */
  readonly name: string;
  readonly typeOid: number;
  /** Where it is not the type's own. */
  readonly operatorClass?: string;
  readonly collation?: string;
  readonly isDescending?: boolean;
  /** Where it is not as the direction has it. */
  readonly nulls?: "first" | "last";
}

export interface IndexOf {
  readonly relation: Relation;
  readonly index: TableIndex;
}

const lookups = new WeakMap<CatalogVersion, ReadonlyMap<number, IndexOf>>();

export function indexesIn(catalog: CatalogVersion): ReadonlyMap<number, IndexOf> {
  const known = lookups.get(catalog);
  if (known !== undefined) return known;
  const made = new Map<number, IndexOf>();
  for (const relation of catalog.relations())
    for (const index of relation.indexes ?? []) made.set(index.oid, { relation, index });
  lookups.set(catalog, made);
  return made;
}

export interface IndexPrinting {
  readonly nameOf: (relation: Relation) => string;
  /** How an expression that is kept is written. */
  readonly textOf: (kept: string) => string;
}

/** pg_get_indexdef; of one key with a number, 1-based. */
export function indexText(
  { relation, index }: IndexOf,
  column: number,
  { nameOf, textOf }: IndexPrinting,
): string {
  const names = (numbers: readonly number[]) =>
    numbers.map((number) =>
      quoteIdent(relation.columns.find((each) => each.number === number)?.name ?? ""),
    );
  const bare = ({ column: number, expression }: IndexKey) => {
    if (expression === undefined) return names([number])[0] ?? "";
    const isCall = !expression.startsWith("(");
    return isCall ? textOf(expression) : `(${textOf(expression)})`;
  };
  if (column > 0) {
    const key = index.keys[column - 1];
    return key === undefined
      ? (names(index.include ?? [])[column - 1 - index.keys.length] ?? "")
      : bare(key);
  }
  const keys = index.keys.map((key) => [bare(key), ...keyWords(key)].join(" "));
  const { include = [], options = [], where } = index;
  return [
    `CREATE ${index.isUnique ? "UNIQUE " : ""}INDEX ${quoteIdent(index.name)} ON ${nameOf(relation)} USING ${index.method} (${keys.join(", ")})`,
    ...(include.length === 0 ? [] : [`INCLUDE (${names(include).join(", ")})`]),
    ...(index.nullsNotDistinct ? ["NULLS NOT DISTINCT"] : []),
    ...(options.length === 0 ? [] : [`WITH (${options.map(optionText).join(", ")})`]),
    ...(where === undefined ? [] : [`WHERE ${textOf(where)}`]),
  ].join(" ");
}

function keyWords({ collation, operatorClass, isDescending, nulls }: IndexKey): string[] {
  return [
    ...(collation === undefined ? [] : [`COLLATE "${collation}"`]),
    ...(operatorClass === undefined ? [] : [operatorClass]),
    ...(isDescending ? ["DESC"] : []),
    ...(nulls === undefined ? [] : [`NULLS ${nulls.toUpperCase()}`]),
  ];
}

function optionText(option: string): string {
  const at = option.indexOf("=");
  const value = option.slice(at + 1);
  return `${option.slice(0, at)}=${/^[a-z]+$/.test(value) ? value : `'${value}'`}`;
}

/** How such bits are written. */
export function optionWords(option: number): string {
  const isDescending = (option & 1) !== 0;
  const nullsFirst = (option & 2) !== 0;
  const nulls = nullsFirst === isDescending ? "" : ` NULLS ${nullsFirst ? "FIRST" : "LAST"}`;
  return `${isDescending ? " DESC" : ""}${nulls}`;
}

/** Bits of pg_index.indoption: 1 descending, 2 nulls first. */
export function keyOption({
  isDescending = false,
  nulls,
}: Pick<IndexKey, "isDescending" | "nulls">): number {
  const nullsFirst = nulls === undefined ? isDescending : nulls === "first";
  return (isDescending ? 1 : 0) | (nullsFirst ? 2 : 0);
}
