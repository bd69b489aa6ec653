/** `t AT (VERSION => 3)`: which version of a dataset is read. */
import type { RangeVar } from "@pgsql/types";
import type { Relation } from "../../catalog/relation.ts";
import type { Analysis } from "./analysis.ts";

export function timeTravel(
  node: RangeVar,
  relation: Relation,
  analysis: Analysis,
): { readonly version: number } | { readonly timestamp: Date } | undefined {
  const { location } = node;
  const at = location === undefined ? undefined : analysis.source.at?.get(location);
  if (at === undefined) return undefined;
  const { source } = relation;
  if (source.kind !== "dataset" && !(source.kind === "foreign" && source.format === "delta"))
    throw analysis.error("42809", `"${relation.name}" is not a dataset with versions`, location);
  const [token = "", more] = at.value;
  if (at.unit === "version") {
    if (more === undefined && /^\d+$/.test(token)) return { version: Number(token) };
    throw analysis.error("22023", "AT (VERSION => …) takes a whole number", location);
  }
  const text = /^'(.*)'$/s.exec(at.value.at(-1) ?? "")?.[1]?.replaceAll("''", "'");
  const instant = text === undefined ? Number.NaN : Date.parse(withZone(text));
  if (Number.isNaN(instant))
    throw analysis.error(
      "22007",
      "AT (TIMESTAMP => …) takes a timestamp in quotes, as '2026-01-31 12:00:00+00'",
      location,
    );
  return { timestamp: new Date(instant) };
}

/** Without a zone it is UTC. */
function withZone(text: string): string {
  const iso = text.trim().replace(" ", "T");
  if (/(?:Z|[+-]\d\d(?::?\d\d)?)$/i.test(iso) && iso.includes("T"))
    return iso.replace(/([+-]\d\d)$/, "$1:00");
  return iso.includes("T") ? `${iso}Z` : iso;
}
