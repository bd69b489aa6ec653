/** What DROP says of the foreign keys that depend on what is to go. https://www.postgresql.org/docs/15/ddl-depend.html */
import { PgError } from "../../base/error.ts";
import type { ConstraintOf, ForeignKey } from "../../catalog/constraints.ts";
import { qualified, quoteIdent } from "../../catalog/identifiers.ts";
import type { Relation } from "../../catalog/relation.ts";
import { findRelation } from "../analyze/registered.ts";
import type { QueryContext } from "../query.ts";

/** So many are listed, the rest is counted. */
const listedMax = 100;

/** What PostgreSQL calls more than one. */
export const several = "desired object(s)";

/** `what`: "table p"; `on` says on which part of it one depends, when not on all. */
export function dependedOn(
  what: string,
  references: readonly ConstraintOf<ForeignKey>[],
  context: QueryContext,
  on: (reference: ConstraintOf<ForeignKey>) => string = () => what,
): PgError {
  const lines = references.map(
    (reference) => `${described(reference, context)} depends on ${on(reference)}`,
  );
  const it = what === several ? "them" : "it";
  return new PgError("2BP01", `cannot drop ${what} because other objects depend on ${it}`, {
    detail: listed(lines),
    hint: "Use DROP ... CASCADE to drop the dependent objects too.",
  });
}

/** NOTICE of what CASCADE takes along. */
export function cascadeNotice(
  references: readonly ConstraintOf[],
  context: QueryContext,
): { readonly sqlstate: string; readonly message: string; readonly detail?: string } {
  const lines = references.map((reference) => `drop cascades to ${described(reference, context)}`);
  const [only = "", second] = lines;
  if (second === undefined) return { sqlstate: "00000", message: only };
  const message = `drop cascades to ${lines.length} other objects`;
  return { sqlstate: "00000", message, detail: listed(lines) };
}

function described({ relation, constraint }: ConstraintOf, context: QueryContext): string {
  return `constraint ${quoteIdent(constraint.name)} on table ${tableName(relation, context)}`;
}

/** Qualified where the path does not find it. */
export function tableName(relation: Relation, context: QueryContext): string {
  const isVisible = findRelation(context, undefined, relation.name)?.oid === relation.oid;
  return isVisible ? quoteIdent(relation.name) : qualified(relation.schema, relation.name);
}

function listed(lines: readonly string[]): string {
  const rest = lines.length - listedMax;
  const shown = lines.slice(0, listedMax);
  return [
    ...shown,
    ...(rest > 0 ? [`and ${rest} other objects (see server log for list)`] : []),
  ].join("\n");
}
