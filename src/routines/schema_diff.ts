import { formatType } from "../catalog/format-type.ts";
import { schemaDiff } from "../ingest/schema-diff.ts";
import { float8, text } from "./columns.ts";
import { defineFunction } from "./define.ts";
import { schemaSources } from "./schema-source.ts";

export const schema_diff = defineFunction({
  oid: 90_041,
  name: "schema_diff",
  summary:
    "How the columns of one dataset, version (name@3) or file differ from another's: added, removed, renamed, type changed.",
  arguments: {
    a: text("What it was: a dataset, one version of it as name@3, or a path of a file."),
    b: text("What it is to be, written alike."),
  },
  returns: {
    change: text("added, removed, renamed or type changed."),
    column_name: text("In a; of an added column, in b."),
    new_name: text("In b; NULL for a removed column.").orNull(),
    old_type: text("NULL for an added column.").orNull(),
    new_type: text("NULL for a removed column.").orNull(),
    confidence: float8(
      "0 to 1: how sure it is that this is what happened, or that every value can be cast.",
    ),
    detail: text("What tells a rename, or the rule of a cast.").orNull(),
  },
  examples: [
    {
      title: "What a file would change",
      before: [
        "CREATE TABLE guests (id int, full_name text, born date)",
        "CREATE TABLE guests_new (id bigint, name_full text, email text)",
      ],
      sql: "SELECT * FROM schema_diff('guests', 'guests_new')",
    },
  ],

  async *run({ a, b }, context) {
    const sources = await schemaSources(a, b, context);
    for (const change of schemaDiff(sources.a.columns, sources.b.columns)) {
      const from =
        "from" in change ? change.from : change.kind === "removed" ? change.column : null;
      const to = "to" in change ? change.to : change.kind === "added" ? change.column : null;
      const casting = "casting" in change ? change.casting : undefined;
      const hasType = from !== null && to !== null && change.kind !== "renamed";
      yield {
        change: change.kind,
        column_name: (from ?? to)?.name ?? "",
        new_name: to?.name ?? null,
        old_type: from && formatType(from.typeOid, from.typmod),
        new_type: to && formatType(to.typeOid, to.typmod),
        confidence: change.confidence,
        detail:
          change.kind === "renamed" ? change.reason : hasType ? (casting?.rule ?? "no cast") : null,
      };
    }
  },
});
