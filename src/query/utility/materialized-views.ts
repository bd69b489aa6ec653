/** CREATE and REFRESH MATERIALIZED VIEW. https://www.postgresql.org/docs/15/sql-creatematerializedview.html */
import type { CreateTableAsStmt, RefreshMatViewStmt } from "libpg-query";
import { must } from "../../base/assert.ts";
import { PgError } from "../../base/error.ts";
import { qualified } from "../../catalog/identifiers.ts";
import type { Relation } from "../../catalog/relation.ts";
import { analyzeFilling } from "../analyze/view-analysis.ts";
import { ownedRelation } from "../authorize.ts";
import { analyzedUses, type Draft, type Scope } from "../draft.ts";
import { existingRelation, nameOf, strings } from "./names.ts";
import { placeOf } from "./place.ts";
import { storageParameters } from "./storage-parameters.ts";
import { definedView } from "./view-definition.ts";

export async function createMaterializedView(
  node: CreateTableAsStmt,
  scope: Scope,
): Promise<Draft> {
  const into = must(node.into, "a materialized view is named");
  const range = must(into.rel, "a materialized view is named");
  const made = definedView(
    { CreateTableAsStmt: node },
    strings(into.colNames),
    "too many column names were specified",
    scope,
  );
  if (made.isTemporary)
    throw new PgError("0A000", "materialized views must not use temporary tables or views");
  const analyzed = await scope.query(node.query);
  const place = placeOf(range, undefined, scope);
  const withData = into.skipData !== true;
  return {
    ...analyzedUses(analyzed),
    plan: {
      kind: "create table",
      schema: place.schema,
      name: nameOf(range, scope.context).name,
      columns: made.columns.map(({ number: _, ...column }) => column),
      constraints: [],
      options: storageParameters(into.options),
      ifNotExists: node.if_not_exists ?? false,
      view: withData ? made.definition : { ...made.definition, isUnfilled: true },
      as: { text: analyzed.text, withData, tag: "CREATE MATERIALIZED VIEW" },
    },
    parameterTypes: [],
    requirements: [place.requirement],
    isReadOnly: false,
  };
}

export function refreshMaterializedView(node: RefreshMatViewStmt, scope: Scope): Draft {
  const range = must(node.relation, "a materialized view is named");
  const target = existingRelation(nameOf(range, scope.context), scope.context);
  if (target.source.kind !== "dataset" || target.view === undefined)
    throw new PgError("0A000", `"${target.name}" is not a materialized view`);
  const withData = node.skipData !== true;
  if (node.concurrent === true) refuseConcurrently(target, withData);
  const analyzed = analyzeFilling(target, scope.context);
  return {
    plan: {
      kind: "refresh",
      target,
      text: withData ? analyzed.text : undefined,
    },
    parameterTypes: [],
    ...analyzedUses(analyzed),
    requirements: [{ kind: "owner", object: ownedRelation(target) }],
    isReadOnly: false,
  };
}

function refuseConcurrently(target: Relation, withData: boolean): void {
  if (!withData)
    throw new PgError("42601", "CONCURRENTLY and WITH NO DATA options cannot be used together");
  if (target.view?.isUnfilled === true)
    throw new PgError(
      "0A000",
      "CONCURRENTLY cannot be used when the materialized view is not populated",
    );
  if (target.constraints?.some(({ kind }) => kind === "unique") === true) return;
  throw new PgError(
    "55000",
    `cannot refresh materialized view "${qualified(target.schema, target.name)}" concurrently`,
    {
      hint: "Create a unique index with no WHERE clause on one or more columns of the materialized view.",
    },
  );
}
