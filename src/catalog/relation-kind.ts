/** What a relation is called where PostgreSQL speaks of it. */
import type { Relation } from "./relation.ts";

export type RelationKind = "table" | "foreign table" | "view" | "materialized view" | "sequence";

export function relationKind({ source, view }: Relation): RelationKind {
  switch (source.kind) {
    case "foreign":
      return "foreign table";
    case "sequence":
      return "sequence";
    case "view":
    case "shadow":
    case "live":
      return "view";
    default:
      return view === undefined ? "table" : "materialized view";
  }
}
