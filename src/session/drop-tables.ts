/** DROP TABLE and what depends on it: the foreign keys of other tables. https://www.postgresql.org/docs/15/ddl-depend.html */
import { PgError } from "../base/error.ts";
import { type ConstraintOf, type ForeignKey, referencesTo } from "../catalog/constraints.ts";
import { qualified, quoteIdent } from "../catalog/identifiers.ts";
import type { Relation } from "../catalog/relation.ts";
import { findRelation } from "../query/analyze/registered.ts";
import type { QueryContext } from "../query/query.ts";
import type { Backend } from "./backend.ts";

/** Notices list so many objects and count the rest. */
const listedMax = 100;

/** Stages the changes. 2BP01 without CASCADE when a table that stays refers to one that goes. */
export async function dropTables(
  targets: readonly Relation[],
  isCascade: boolean,
  backend: Backend,
): Promise<void> {
  const { transaction } = backend;
  const context = await backend.context();
  const isGoing = (oid: number) => targets.some((target) => target.oid === oid);
  const references = targets.flatMap(({ oid }) => referencesTo(oid, context.catalog));
  const others = references.filter(({ relation }) => !isGoing(relation.oid));
  if (others.length > 0 && !isCascade) throw depended(targets, others, context);
  await dropReferences(references, backend);
  if (others.length > 0) noticeCascade(others, backend, context);
  for (const { oid } of targets) transaction.change({ kind: "drop table", oid });
}

/** Takes foreign keys away from the tables they are of. */
export async function dropReferences(
  references: readonly ConstraintOf<ForeignKey>[],
  { transaction }: Backend,
): Promise<void> {
  const gone = new Set(references.map(({ constraint }) => constraint.oid));
  for (const oid of new Set(references.map(({ relation }) => relation.oid))) {
    const base = (await transaction.catalog()).relationByOid(oid);
    if (base?.constraints === undefined) continue;
    const constraints = base.constraints.filter((constraint) => !gone.has(constraint.oid));
    transaction.change({ kind: "replace table", base, relation: { ...base, constraints } });
  }
}

/** NOTICE of what CASCADE takes along. */
export function noticeCascade(
  references: readonly ConstraintOf<ForeignKey>[],
  backend: Backend,
  context: QueryContext,
): void {
  const lines = references.map((reference) => `drop cascades to ${described(reference, context)}`);
  const [only = "", second] = lines;
  backend.notice(
    second === undefined
      ? { severity: "NOTICE", sqlstate: "00000", message: only }
      : {
          severity: "NOTICE",
          sqlstate: "00000",
          message: `drop cascades to ${lines.length} other objects`,
          detail: listed(lines),
        },
  );
}

function depended(
  targets: readonly Relation[],
  references: readonly ConstraintOf<ForeignKey>[],
  context: QueryContext,
): PgError {
  const [target, another] = targets;
  const name = (oid: number) => {
    const found = targets.find((one) => one.oid === oid);
    return found === undefined ? "" : tableName(found, context);
  };
  const message =
    another === undefined
      ? `cannot drop table ${name(target?.oid ?? 0)} because other objects depend on it`
      : "cannot drop desired object(s) because other objects depend on them";
  const lines = references.map(
    (reference) =>
      `${described(reference, context)} depends on table ${name(reference.constraint.target)}`,
  );
  return new PgError("2BP01", message, {
    detail: listed(lines),
    hint: "Use DROP ... CASCADE to drop the dependent objects too.",
  });
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
