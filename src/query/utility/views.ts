/** CREATE VIEW. https://www.postgresql.org/docs/15/sql-createview.html */
import type { ViewStmt } from "libpg-query";
import { must } from "../../base/assert.ts";
import { PgError } from "../../base/error.ts";
import type { Relation } from "../../catalog/relation.ts";
import { notUpdatable } from "../analyze/updatable.ts";
import { ownedRelation } from "../authorize.ts";
import type { Draft, Requirement, Scope } from "../draft.ts";
import { nameOf, strings } from "./names.ts";
import { placeOf } from "./place.ts";
import { definedView, refuseOtherColumns, viewOptions } from "./view-definition.ts";

export function createView(node: ViewStmt, scope: Scope): Draft {
  const range = must(node.view, "a view is named");
  const { name } = nameOf(range, scope.context);
  if (range.relpersistence === "u")
    throw new PgError("42601", "views cannot be unlogged because they do not have storage");
  const options = viewOptions(node.options, node.withCheckOption);
  const tooMany = "CREATE VIEW specifies more column names than columns";
  const made = definedView({ ViewStmt: node }, strings(node.aliases), tooMany, scope);
  if (options.some((option) => option.startsWith("check_option=")))
    refuseCheckOption(notUpdatable(made.analyzed.query, true));
  const isTemporary = range.relpersistence !== "t" && made.isTemporary;
  const place = placeOf(isTemporary ? { ...range, relpersistence: "t" } : range, undefined, scope);
  const before = scope.context.catalog.relation(place.schema, name);
  const replaced = node.replace === true ? before : undefined;
  const requirements: Requirement[] = [place.requirement];
  if (replaced !== undefined) {
    if (replaced.source.kind !== "view") throw new PgError("42809", `"${name}" is not a view`);
    requirements.push({ kind: "owner", object: ownedRelation(replaced) });
    refuseOtherColumns(replaced.columns, made.columns);
  }
  return {
    plan: {
      kind: "create view",
      schema: place.schema,
      name,
      replaced,
      columns: replaced === undefined ? made.columns : kept(replaced, made.columns),
      options,
      view: made.definition,
      notices: isTemporary
        ? [{ sqlstate: "00000", message: `view "${name}" will be a temporary view` }]
        : [],
    },
    parameterTypes: [],
    requirements,
    isReadOnly: false,
  };
}

/** Defaults and comments stay with the columns they were given to. */
function kept({ columns: before }: Relation, after: Relation["columns"]): Relation["columns"] {
  return after.map((column, at) => ({ ...column, ...before[at] }));
}

function refuseCheckOption(reason: string | undefined): void {
  if (reason === undefined) return;
  throw new PgError(
    "0A000",
    "WITH CHECK OPTION is supported only on automatically updatable views",
    { hint: reason },
  );
}
