/** Views need what they read: what a change of names must not take from under them. */
import { PgError } from "../base/error.ts";
import type { CatalogVersion } from "./catalog.ts";
import { readersOf } from "./readers.ts";
import type { Relation } from "./relation.ts";
import { relationKind } from "./relation-kind.ts";
import { policiesReading, readsOf } from "./row-security.ts";

type Names = CatalogVersion & { hasFunction(oid: number): boolean };

/** The same of views. */
export function refuseRead(names: Names, relation: Relation): void {
  const [policy] = policiesReading(relation.oid, names).filter(
    (each) => each.relation.oid !== relation.oid,
  );
  if (policy !== undefined)
    throw new PgError(
      "2BP01",
      `cannot drop table ${relation.name} because other objects depend on it`,
      {
        detail: `policy ${policy.policy.name} on table ${policy.relation.name} depends on table ${relation.name}`,
        hint: "Use DROP ... CASCADE to drop the dependent objects too.",
      },
    );
  const [reader] = readersOf(relation.oid, names).filter(({ view }) => view.oid !== relation.oid);
  if (reader === undefined) return;
  const what = `${relationKind(relation)} ${relation.name}`;
  throw new PgError("2BP01", `cannot drop ${what} because other objects depend on it`, {
    detail: `${relationKind(reader.view)} ${reader.view.name} depends on ${what}`,
    hint: "Use DROP ... CASCADE to drop the dependent objects too.",
  });
}

/** A column that a view reads may go only with the view. */
export function refuseReadColumns(names: Names, { oid, name, columns }: Relation): void {
  const numbers = new Set(columns.map(({ number }) => number));
  for (const reader of readersOf(oid, names)) {
    if (reader.columns.every((column) => numbers.has(column))) continue;
    throw new PgError("2BP01", `cannot drop column of ${name} because other objects depend on it`, {
      detail: `${relationKind(reader.view)} ${reader.view.name} depends on it`,
      hint: "Use DROP ... CASCADE to drop the dependent objects too.",
    });
  }
}

/** What a view reads, or a column it reads, may have gone meanwhile. */
export function refuseBlind(names: Names, relation: Relation): void {
  refuseBlindPolicies(names, relation);
  const { view, name } = relation;
  for (const { oid, columns } of view?.reads ?? []) {
    if (names.hasFunction(oid)) continue;
    const relation = names.relationByOid(oid);
    const numbers = new Set(relation?.columns.map(({ number }) => number));
    if (relation === undefined || columns.some((column) => !numbers.has(column)))
      throw new PgError("42P01", `a relation or column that view "${name}" reads does not exist`);
  }
}

function refuseBlindPolicies(
  names: Names,
  { oid: own, columns: ownColumns, rowSecurity }: Relation,
): void {
  for (const policy of rowSecurity?.policies ?? [])
    for (const { oid, columns } of readsOf(policy)) {
      if (names.hasFunction(oid)) continue;
      const known = oid === own ? ownColumns : names.relationByOid(oid)?.columns;
      if (
        known !== undefined &&
        columns.every((each) => known.some(({ number }) => number === each))
      )
        continue;
      throw new PgError(
        "42P01",
        `a relation or column that policy "${policy.name}" reads does not exist`,
      );
    }
}
