/** A view in FROM: its text, analyzed under its own names. What it may read is its owner's business. */
import type { Node, SelectStmt } from "@pgsql/types";
import { must } from "../../base/assert.ts";
import { PgError } from "../../base/error.ts";
import type { Relation, ViewDefinition } from "../../catalog/relation.ts";
import { parse } from "../parse.ts";
import type { Analysis } from "./analysis.ts";
import { make } from "./constant.ts";
import { frozenView } from "./frozen.ts";
import { oid } from "./oids.ts";
import type { Query } from "./tree.ts";

/** The query of a view or a materialized view. 42P17 when it reads itself. */
export function viewQuery(relation: Relation, analysis: Analysis): Query {
  return withinDefinition(relation, analysis, (tree) => analysis.rules.wholeQuery(tree, analysis));
}

/** Runs `step` on a view's text, among the names it was made with. */
export function withinDefinition<T>(
  relation: Relation,
  analysis: Analysis,
  step: (tree: SelectStmt) => T,
): T {
  const definition = must(relation.view, "a view has a definition");
  const { context } = analysis;
  const asRole = isSecurityInvoker(relation) ? analysis.definer : relation.owner;
  const view = frozenView(relation, definition.names, asRole, context);
  const tree = treeOf(definition, new Set(context.catalog.buckets));
  return analysis.withinView(view, () => step(tree));
}

export function isSecurityInvoker(view: Relation): boolean {
  return isSet(view, "security_invoker");
}

/** A view that lets nobody test rows it does not show: the engine moves no condition below an OFFSET. */
export function behindBarrier(view: Relation, query: Query): Query {
  if (!isSet(view, "security_barrier") || query.offset !== undefined) return query;
  return { ...query, offset: make(oid.int8, "0", undefined) };
}

function isSet({ options = [] }: Relation, name: string): boolean {
  return options.some((option) =>
    ["true", "on", "yes", "1"].some((on) => option === `${name}=${on}`),
  );
}

/** 55000 for a materialized view that was never filled. */
export function refuseUnfilled({ name, view }: Relation): void {
  if (view?.isUnfilled !== true) return;
  throw new PgError("55000", `materialized view "${name}" has not been populated`, {
    hint: "Use the REFRESH MATERIALIZED VIEW command.",
  });
}

const trees = new WeakMap<ViewDefinition, SelectStmt>();

function treeOf(definition: ViewDefinition, buckets: ReadonlySet<string>): SelectStmt {
  const known = trees.get(definition);
  if (known !== undefined) return known;
  const [statement] = parse(definition.sql, buckets);
  const places = new Set((definition.names.past ?? []).map(({ place }) => place));
  const tree = placeless(queryOf(statement?.tree), places) as SelectStmt;
  trees.set(definition, tree);
  return tree;
}

/** The query of CREATE VIEW and CREATE MATERIALIZED VIEW. */
export function queryOf(tree: unknown): SelectStmt {
  const node = tree as Node;
  const query =
    "ViewStmt" in node
      ? node.ViewStmt.query
      : "CreateTableAsStmt" in node
        ? node.CreateTableAsStmt.query
        : undefined;
  const body = must(query, "a view's statement has a query");
  return must("SelectStmt" in body ? body.SelectStmt : undefined, "a view's query is a SELECT");
}

/** Places in a stored text mean nothing in the client's, but those after which AT (…) stood. */
export function placeless(tree: unknown, kept: ReadonlySet<number>): unknown {
  if (Array.isArray(tree)) return tree.map((part) => placeless(part, kept));
  if (typeof tree !== "object" || tree === null) return tree;
  const parts = Object.entries(tree).filter(
    ([key, value]) => key !== "location" || ("relname" in tree && kept.has(Number(value))),
  );
  return Object.fromEntries(parts.map(([key, value]) => [key, placeless(value, kept)]));
}
