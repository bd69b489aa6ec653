/** Constraints that waited are asked: at COMMIT, by SET CONSTRAINTS … IMMEDIATE, and where a table is to change under them. */
import { must } from "../base/assert.ts";
import { PgError } from "../base/error.ts";
import {
  type ConstraintOf,
  constraintsIn,
  isKey,
  type KeyConstraint,
} from "../catalog/constraints.ts";
import type { Relation } from "../catalog/relation.ts";
import type { Plan } from "../query/plan.ts";
import type { Backend } from "./backend.ts";
import { repeatedKey } from "./check-keys.ts";
import { checkReference, refuseLeft } from "./check-references.ts";
import type { Waiting } from "./deferred-constraints.ts";
import { rowsText } from "./expand.ts";
import type { Outcome } from "./portal.ts";
import { duplicateKey } from "./violations.ts";

/** COMMIT: 23505 or 23503 for the first that does not hold, and the transaction is undone. */
export async function checkDeferred(backend: Backend): Promise<void> {
  const { transaction } = backend;
  try {
    for (const waiting of transaction.deferred.waiting) await ask(waiting, backend);
  } catch (error) {
    await transaction.rollback();
    throw error;
  }
}

export async function setConstraints(
  plan: Extract<Plan, { kind: "set constraints" }>,
  backend: Backend,
): Promise<Outcome> {
  const { deferred } = backend.transaction;
  if (!backend.isInBlock) {
    const message = "SET CONSTRAINTS can only be used in transaction blocks";
    backend.notice({ severity: "WARNING", sqlstate: "25P01", message });
  }
  deferred.set(plan.constraints, plan.isDeferred);
  const asked = deferred.waiting.filter(
    ({ constraint }) => !plan.isDeferred && (plan.constraints?.includes(constraint) ?? true),
  );
  for (const waiting of asked) {
    await ask(waiting, backend);
    deferred.settle(waiting);
  }
  return { kind: "command", tag: "SET CONSTRAINTS" };
}

/** 55006 where a table is about to change that constraints are still to be asked about. */
export async function refuseWaiting(plan: Plan, backend: Backend): Promise<void> {
  const { deferred } = backend.transaction;
  const changed = changedBy(plan);
  if (changed === undefined) return;
  for (const { oid, name } of changed.relations) {
    for (const waiting of deferred.waiting) {
      if (waiting.relation !== oid || (await isHeldKey(waiting, backend))) continue;
      throw new PgError(
        "55006",
        `cannot ${changed.verb} "${name}" because it has pending trigger events`,
      );
    }
  }
}

function changedBy(
  plan: Plan,
): { readonly verb: string; readonly relations: readonly Relation[] } | undefined {
  switch (plan.kind) {
    case "alter table":
      return { verb: plan.tag ?? "ALTER TABLE", relations: [plan.target] };
    case "drop table":
      return { verb: "DROP TABLE", relations: plan.targets };
    case "truncate":
      return { verb: "TRUNCATE", relations: plan.targets };
    default:
      return undefined;
  }
}

/** PostgreSQL remembers only the keys that were there already: the others hold for good. */
async function isHeldKey(waiting: Waiting, backend: Backend): Promise<boolean> {
  const found = await constraintOf(waiting, backend);
  if (found === undefined) return true;
  if (!isKey(found.constraint)) return false;
  return (await repeated(found.relation, found.constraint, backend)) === undefined;
}

async function ask(waiting: Waiting, backend: Backend): Promise<void> {
  const found = await constraintOf(waiting, backend);
  if (found === undefined) return;
  const { relation, constraint } = found;
  if (isKey(constraint)) {
    const key = await repeated(relation, constraint, backend);
    if (key !== undefined) throw duplicateKey(relation, constraint, key, backend);
  } else if (constraint.kind === "foreign key") {
    const { transaction } = backend;
    const catalog = await transaction.catalog();
    const target = must(catalog.relationByOid(constraint.target), "a reference has its target");
    const { side } = waiting;
    if (side === "rows") {
      const reference = { relation, constraint };
      await checkReference(
        reference,
        target,
        await writtenRows(relation, backend),
        backend,
        (columns, where) =>
          rowsText({ relation: target, columns, where, seen: transaction.mark }, transaction),
      );
      return;
    }
    const rows = transaction.deferred.lostKeys(constraint.oid);
    if (rows === undefined) return;
    const lost = { relation: target, columns: constraint.targetColumns, rows };
    await refuseLeft(
      { lost, reference: { relation, constraint }, action: side, wanted: "no action" },
      false,
      backend,
    );
  }
}

/** Undefined: it is gone by now. */
async function constraintOf(
  { constraint }: Waiting,
  { transaction }: Backend,
): Promise<ConstraintOf | undefined> {
  return constraintsIn(await transaction.catalog()).byOid.get(constraint);
}

/** A key of the rows written that is there twice. */
async function repeated(relation: Relation, constraint: KeyConstraint, backend: Backend) {
  const { transaction } = backend;
  const seen = transaction.mark;
  return repeatedKey(
    relation,
    constraint,
    await writtenRows(relation, backend),
    (columns, where) =>
      rowsText({ relation, columns, where, seen, isCommitted: true }, transaction),
    backend,
  );
}

/** The rows that the transaction has written and that are still there. */
async function writtenRows(relation: Relation, { transaction }: Backend): Promise<string> {
  const names = relation.columns.map(({ name }) => name);
  const stage = must(await transaction.stagedRows(relation), "rows were staged");
  return `(${stage.rows(relation, names, transaction.mark)})`;
}
