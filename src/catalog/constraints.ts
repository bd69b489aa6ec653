/** Constraints of every table, found by their OIDs and names, and how pg_get_constraintdef writes one. */
import { must } from "../base/assert.ts";
import type { CatalogVersion } from "./catalog.ts";
import { quoteIdent } from "./identifiers.ts";
import type { Relation, TableConstraint } from "./relation.ts";
import { indexesIn } from "./table-index.ts";

export type KeyConstraint = Extract<TableConstraint, { kind: "primary key" | "unique" }>;
export type CheckConstraint = Extract<TableConstraint, { kind: "check" }>;
export type ForeignKey = Extract<TableConstraint, { kind: "foreign key" }>;

export interface ConstraintOf<Constraint extends TableConstraint = TableConstraint> {
  readonly relation: Relation;
  readonly constraint: Constraint;
}

/** As pg_constraint.contype. */
export const constraintCodes = {
  "primary key": "p",
  unique: "u",
  check: "c",
  "foreign key": "f",
} as const;

interface Lookup {
  readonly byOid: ReadonlyMap<number, ConstraintOf>;
  /** By the index's OID. */
  readonly keys: ReadonlyMap<number, ConstraintOf<KeyConstraint>>;
  /** By the OID of the relation they refer to. */
  readonly references: ReadonlyMap<number, readonly ConstraintOf<ForeignKey>[]>;
}

const lookups = new WeakMap<CatalogVersion, Lookup>();

export function constraintsIn(catalog: CatalogVersion): Lookup {
  const known = lookups.get(catalog);
  if (known !== undefined) return known;
  const byOid = new Map<number, ConstraintOf>();
  const keys = new Map<number, ConstraintOf<KeyConstraint>>();
  const references = new Map<number, ConstraintOf<ForeignKey>[]>();
  for (const relation of catalog.relations()) {
    for (const constraint of relation.constraints ?? []) {
      byOid.set(constraint.oid, { relation, constraint });
      if (isKey(constraint)) keys.set(constraint.indexOid, { relation, constraint });
      if (constraint.kind !== "foreign key") continue;
      const others = references.get(constraint.target) ?? [];
      references.set(constraint.target, [...others, { relation, constraint }]);
    }
  }
  const lookup = { byOid, keys, references };
  lookups.set(catalog, lookup);
  return lookup;
}

/** Whether a table, or the index of a key, has a name: they share one space. */
export function isNameTaken(catalog: CatalogVersion, schema: string, name: string): boolean {
  if (catalog.relation(schema, name) !== undefined) return true;
  for (const { relation, constraint } of constraintsIn(catalog).keys.values()) {
    if (constraint.name === name && relation.schema === schema) return true;
  }
  for (const { relation, index } of indexesIn(catalog).values())
    if (index.name === name && relation.schema === schema) return true;
  return false;
}

/** Foreign keys of other tables, and its own, that refer to this one. */
export function referencesTo(
  oid: number,
  catalog: CatalogVersion,
): readonly ConstraintOf<ForeignKey>[] {
  return constraintsIn(catalog).references.get(oid) ?? [];
}

export function isKey(constraint: TableConstraint): constraint is KeyConstraint {
  return constraint.kind === "primary key" || constraint.kind === "unique";
}

/** Something is asked of rows that are written to it, other than NOT NULL. */
export function isConstrained({ constraints = [], indexes = [] }: Relation): boolean {
  return (
    constraints.some(({ isEnforced }) => isEnforced) ||
    indexes.some(({ isUnique }) => isUnique === true)
  );
}

/** The key a foreign key stands on. */
export function referredKey(
  { target, targetColumns }: ForeignKey,
  catalog: CatalogVersion,
): KeyConstraint | undefined {
  const wanted = sorted(targetColumns);
  return catalog
    .relationByOid(target)
    ?.constraints?.filter(isKey)
    .find(({ columns }) => sorted(columns) === wanted);
}

const sorted = (numbers: readonly number[]) => numbers.toSorted((a, b) => a - b).join();

export interface ConstraintPrinting {
  /** How a table that is referred to is called. */
  readonly nameOf: (relation: Relation) => string;
  /** How the condition of a check is written. */
  readonly conditionOf: (check: ConstraintOf<CheckConstraint>) => string;
}

/** pg_get_constraintdef; a unique index that is no constraint has none. */
export function constraintText(
  { relation, constraint }: ConstraintOf,
  catalog: CatalogVersion,
  { nameOf, conditionOf }: ConstraintPrinting,
): string | null {
  const columns = quotedColumns(relation, constraint.columns).join(", ");
  const ending = endingOf(constraint);
  switch (constraint.kind) {
    case "primary key":
      return `PRIMARY KEY (${columns})${including(relation, constraint)}${ending}`;
    case "unique": {
      if (constraint.isIndex) return null;
      const nulls = constraint.nullsNotDistinct ? " NULLS NOT DISTINCT" : "";
      return `UNIQUE${nulls} (${columns})${including(relation, constraint)}${ending}`;
    }
    case "check": {
      return `CHECK (${conditionOf({ relation, constraint })})${constraint.noInherit ? " NO INHERIT" : ""}${ending}`;
    }
    case "foreign key":
      return `FOREIGN KEY (${columns}) REFERENCES ${referred(constraint, relation, catalog, nameOf)}${ending}`;
    default:
      return constraint satisfies never;
  }
}

function endingOf({ deferrable, isEnforced, isValidated }: TableConstraint): string {
  return [
    deferrable === undefined ? "" : " DEFERRABLE",
    deferrable === "initially deferred" ? " INITIALLY DEFERRED" : "",
    isEnforced ? "" : " NOT ENFORCED",
    isEnforced && isValidated === false ? " NOT VALID" : "",
  ].join("");
}

function including(relation: Relation, { include = [] }: KeyConstraint): string {
  return include.length === 0 ? "" : ` INCLUDE (${quotedColumns(relation, include).join(", ")})`;
}

function referred(
  constraint: ForeignKey,
  from: Relation,
  catalog: CatalogVersion,
  nameOf: ConstraintPrinting["nameOf"],
): string {
  const { match, onUpdate, onDelete, deleteColumns } = constraint;
  const target = catalog.relationByOid(constraint.target);
  if (target === undefined) return "";
  const columns = quotedColumns(target, constraint.targetColumns).join(", ");
  const of = deleteColumns ? ` (${quotedColumns(from, deleteColumns).join(", ")})` : "";
  return [
    `${nameOf(target)}(${columns})`,
    ...(match === "full" ? ["MATCH FULL"] : []),
    ...(onUpdate === "no action" ? [] : [`ON UPDATE ${onUpdate.toUpperCase()}`]),
    ...(onDelete === "no action" ? [] : [`ON DELETE ${onDelete.toUpperCase()}${of}`]),
  ].join(" ");
}

export function quotedColumns(relation: Relation, numbers: readonly number[]): string[] {
  return numbers.map((number) =>
    quoteIdent(
      must(
        relation.columns.find((column) => column.number === number),
        `column ${number} of "${relation.name}"`,
      ).name,
    ),
  );
}
