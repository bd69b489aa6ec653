/**
 * A printed text that does nothing but look up rows of one dataset by a whole number: it can be answered from memory. Told by
 * the text itself, so that whatever else a statement asks for, and whatever is shown otherwise than it is kept, is no lookup.
 */
import type { Lookup, ParameterSource, Piece, Scan } from "../plan.ts";

type Printed = {
  readonly pieces: readonly Piece[];
  readonly scans: readonly Scan[];
  readonly parameters: readonly ParameterSource[];
};

const name = '"((?:[^"]|"")*)"';
const item = new RegExp(`^${name}\\.${name} AS ${name}(?:, |$)`);
const condition = new RegExp(
  `^ AS ${name} WHERE \\(${name}\\.${name} = (?:(\\d+)|\\((-\\d+)\\)|CAST\\(\\$1 AS (?:SMALLINT|INTEGER|BIGINT)\\))\\)$`,
);

export function lookupOf({ pieces, scans, parameters }: Printed): Lookup | undefined {
  const [head, at, tail] = pieces;
  const [scan] = scans;
  if (pieces.length !== 3 || scans.length !== 1 || scan === undefined) return undefined;
  if (typeof head !== "string" || typeof tail !== "string") return undefined;
  if (typeof at !== "object" || !("scan" in at) || scan.at || scan.position) return undefined;
  const [, alias, tested, key = "", positive, negative] = condition.exec(tail) ?? [];
  if (alias === undefined || tested !== alias) return undefined;
  const columns = columnsOf(head, alias);
  const value = numberOf(positive ?? negative, parameters);
  if (columns === undefined || value === undefined) return undefined;
  return { key: plain(key), value, columns };
}

/** Of `SELECT a.x AS y, … FROM `: undefined when anything but columns of `alias` is there. */
function columnsOf(head: string, alias: string): readonly string[] | undefined {
  if (!head.startsWith("SELECT ") || !head.endsWith(" FROM ")) return undefined;
  const columns: string[] = [];
  let rest = head.slice("SELECT ".length, -" FROM ".length);
  while (rest !== "") {
    const [whole, of, column = ""] = item.exec(rest) ?? [];
    if (whole === undefined || of !== alias) return undefined;
    columns.push(plain(column));
    rest = rest.slice(whole.length);
  }
  return columns.length === 0 ? undefined : columns;
}

function numberOf(
  written: string | undefined,
  parameters: readonly ParameterSource[],
): Lookup["value"] | undefined {
  if (written !== undefined) {
    const literal = Number(written);
    return Number.isSafeInteger(literal) ? { literal } : undefined;
  }
  const [source] = parameters;
  return parameters.length === 1 && source?.kind === "client"
    ? { parameter: source.index }
    : undefined;
}

function plain(quoted: string): string {
  return quoted.replaceAll('""', '"');
}
