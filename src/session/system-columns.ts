/** ctid and xmin of a scan's rows, made of the places where they lie: https://www.postgresql.org/docs/15/ddl-system-columns.html */
import { must } from "../base/assert.ts";
import { quoteName } from "../base/quote.ts";
import { readTid, type Tid } from "../pgtypes/tid.ts";
import { firstStagedBlock, rowsPerBlock } from "../table/row-places.ts";
import type { Predicate, TableVersion } from "../table/table.ts";

export const isOfSystem = ({ column }: Predicate) => column === "ctid" || column === "xmin";

/** Of the rows of a version and those staged upon it; of these alone where there is no version. */
export interface Places {
  /** By file, in the version's order. */
  readonly firstBlocks: readonly number[];
  readonly version: TableVersion | undefined;
}

/** `rows`, a SELECT in parentheses that gives `"@file"` and `"@row"`, with columns of the system's behind its own. */
export function withSystemColumns(
  rows: string,
  columns: readonly string[],
  wanted: readonly string[],
  where: readonly Predicate[],
  { firstBlocks }: Places,
): string {
  const blocks = `([${[firstStagedBlock, ...firstBlocks].join(",")}]::BIGINT[])["@file" + 2]`;
  const texts: Readonly<Record<string, string>> = {
    ctid: `concat('(', ${blocks} + "@row" // ${rowsPerBlock}, ',', "@row" % ${rowsPerBlock} + 1, ')')`,
    // Whoever changes a row puts it into another file; the first three numbers have a meaning of their own.
    xmin: `CAST(${blocks} + 3 AS UINTEGER)`,
  };
  const list = [
    ...columns.map(quoteName),
    ...wanted.map((name) => `${must(texts[name], "a system column")} AS ${quoteName(name)}`),
  ];
  const asked = askedPlaces(where, firstBlocks);
  const only = asked === undefined ? "" : ` WHERE ${among(asked)}`;
  return `(SELECT ${list.join(", ")} FROM ${rows} AS placed${only})`;
}

/** The files that rows of certain places can be in; undefined: any. */
export function filesAsked(
  where: readonly Predicate[],
  { version, firstBlocks }: Places,
): ReadonlySet<string> | undefined {
  const asked = askedPlaces(where, firstBlocks);
  if (asked === undefined || version === undefined) return undefined;
  const paths = [...version.files.keys()];
  return new Set(asked.flatMap(({ file }) => paths[file] ?? []));
}

interface RowPlace {
  /** -1: staged. */
  readonly file: number;
  readonly row: number;
}

function askedPlaces(
  where: readonly Predicate[],
  firstBlocks: readonly number[],
): readonly RowPlace[] | undefined {
  const asked = where.find(
    ({ column, operator }) => column === "ctid" && (operator === "=" || operator === "in"),
  );
  return asked?.values.flatMap((value) => placesOf(readTid(String(value)), firstBlocks));
}

/** Files whose blocks begin before it; in the last of them it is, if anywhere. */
function placesOf({ block, offset }: Tid, firstBlocks: readonly number[]): readonly RowPlace[] {
  if (offset === 0 || offset > rowsPerBlock) return [];
  const rowIn = (first: number) => (block - first) * rowsPerBlock + offset - 1;
  if (block >= firstStagedBlock) return [{ file: -1, row: rowIn(firstStagedBlock) }];
  let file = -1;
  for (const [at, first] of firstBlocks.entries())
    if (first <= block && (file < 0 || first > must(firstBlocks[file], "a file's block")))
      file = at;
  const first = firstBlocks[file];
  return first === undefined ? [] : [{ file, row: rowIn(first) }];
}

function among(places: readonly RowPlace[]): string {
  if (places.length === 0) return "false";
  const rows = new Map<number, number[]>();
  for (const { file, row } of places) {
    const known = rows.get(file);
    if (known) known.push(row);
    else rows.set(file, [row]);
  }
  return Array.from(
    rows,
    ([file, all]) => `("@file" = ${file} AND "@row" IN (${all.join(", ")}))`,
  ).join(" OR ");
}
