/** What a relation is called where PostgreSQL speaks of it. */
import { builtins } from "./builtins.ts";
import type { Relation } from "./relation.ts";

export type RelationKind = "table" | "foreign table" | "view" | "materialized view" | "sequence";

export function relationKind({ oid, source, view }: Relation): RelationKind {
  switch (source.kind) {
    case "foreign":
      return "foreign table";
    case "sequence":
      return "sequence";
    case "shadow":
      return builtins().classes.get(oid)?.relkind === "r" ? "table" : "view";
    case "view":
    case "live":
      return "view";
    default:
      return view === undefined ? "table" : "materialized view";
  }
}
