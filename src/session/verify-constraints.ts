/** Constraints that are new to a table: the rows there are must meet them. */
import { must } from "../base/assert.ts";
import { isKey } from "../catalog/constraints.ts";
import type { Relation, TableConstraint } from "../catalog/relation.ts";
import type { TableIndex } from "../catalog/table-index.ts";
import type { Backend } from "./backend.ts";
import { repeatedIndexKey } from "./check-indexes.ts";
import { columnsOf, repeatedKey } from "./check-keys.ts";
import { checkReference } from "./check-references.ts";
import { failingRow } from "./constraints.ts";
import { rowsText } from "./expand.ts";
import { cannotBeUnique, indexCannotBeUnique, violatedByRow } from "./violations.ts";

/** 23505, 23514 or 23503 when a row breaks one of those named. */
export async function verifyConstraints(
  relation: Relation,
  names: readonly string[],
  backend: Backend,
): Promise<void> {
  for (const constraint of relation.constraints ?? []) {
    if (names.includes(constraint.name)) await verify(relation, constraint, backend);
  }
  for (const index of relation.indexes ?? []) {
    if (index.isUnique && names.includes(index.name)) await verifyIndex(relation, index, backend);
  }
}

async function verifyIndex(relation: Relation, index: TableIndex, backend: Backend): Promise<void> {
  const { transaction } = backend;
  const columns = relation.columns
    .filter(({ number }) => index.reads.includes(number))
    .map(({ name }) => name);
  const seen = transaction.mark;
  const rows = await rowsText({ relation, columns, where: [], seen }, transaction);
  const key = await repeatedIndexKey(relation, index, rows, undefined, backend);
  if (key !== undefined) throw indexCannotBeUnique(relation, index, key);
}

async function verify(
  relation: Relation,
  constraint: TableConstraint,
  backend: Backend,
): Promise<void> {
  const { transaction } = backend;
  const seen = transaction.mark;
  const needed =
    constraint.kind === "check" ? relation.columns : columnsOf(relation, constraint.columns);
  const columns = needed.map(({ name }) => name);
  const rows = await rowsText({ relation, columns, where: [], seen }, transaction);
  if (isKey(constraint)) {
    const key = await repeatedKey(relation, constraint, rows, undefined, backend);
    if (key !== undefined) throw cannotBeUnique(relation, constraint, key);
  } else if (constraint.kind === "check") {
    const row = await failingRow(relation, constraint, rows, backend);
    if (row !== undefined) throw violatedByRow(relation, constraint);
  } else {
    const catalog = await transaction.catalog();
    const target = must(catalog.relationByOid(constraint.target), "a reference has its target");
    await checkReference({ relation, constraint }, target, rows, backend, (names, where) =>
      rowsText({ relation: target, columns: names, where, seen }, transaction),
    );
  }
}
