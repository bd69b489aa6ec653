/** Keys, checks and references as they are declared. https://www.postgresql.org/docs/15/ddl-constraints.html */
import type { Constraint, Node } from "libpg-query";
import { must } from "../../base/assert.ts";
import { PgError, unsupported } from "../../base/error.ts";
import type { Relation, RelationColumn } from "../../catalog/relation.ts";
import { analyzeCheck } from "../analyze/analyze.ts";
import { typeName } from "../analyze/types.ts";
import { positionOf, type Requirement, type Scope } from "../draft.ts";
import type { ConstraintDefinition } from "../plan.ts";
import { ConstraintAttributes, misplaced, type Timing, timingOf } from "./constraint-attributes.ts";
import { ConstraintNames } from "./constraint-names.ts";
import { checkExpression } from "./expression-text.ts";
import { foreignKey } from "./foreign-keys.ts";
import { strings } from "./names.ts";

export interface Declared {
  readonly node: Constraint;
  /** Of a column's own constraint: the column. */
  readonly column: string | undefined;
  readonly isEnforced: boolean;
}

export interface DefinedConstraints {
  readonly constraints: readonly ConstraintDefinition[];
  /** Numbers of columns that a primary key makes NOT NULL. */
  readonly notNull: ReadonlySet<number>;
  readonly requirements: readonly Requirement[];
}

/** Those of CREATE TABLE's columns and of the table, in their order. */
export function declaredIn(elements: readonly Node[], scope: Scope): readonly Declared[] {
  return elements.flatMap((element) => {
    if ("Constraint" in element) return [declaredFor(element.Constraint, scope)];
    if (!("ColumnDef" in element)) return [];
    const { colname, constraints = [] } = element.ColumnDef;
    return ofColumn(must(colname, "a column has a name"), constraints, scope);
  });
}

/** A constraint of the table: in CREATE TABLE, or of ALTER TABLE … ADD. */
export function declaredFor(node: Constraint, scope: Scope): Declared {
  refuseOptions(node, scope);
  return { node, column: undefined, isEnforced: enforced(node) };
}

/** Only checks and references say so themselves; on a column NOT ENFORCED is a constraint of its own. */
function enforced({ contype, is_enforced }: Constraint): boolean {
  if (contype !== "CONSTR_CHECK" && contype !== "CONSTR_FOREIGN") return true;
  return is_enforced === true;
}

const kept = new Set(["CONSTR_PRIMARY", "CONSTR_UNIQUE", "CONSTR_CHECK", "CONSTR_FOREIGN"]);
const elsewhere = new Set([
  "CONSTR_NULL",
  "CONSTR_NOTNULL",
  "CONSTR_DEFAULT",
  "CONSTR_IDENTITY",
  "CONSTR_GENERATED",
]);

/** NOT ENFORCED, DEFERRABLE and their kin follow the constraint they are said of. */
export function ofColumn(column: string, nodes: readonly Node[], scope: Scope): Declared[] {
  const found: Declared[] = [];
  let attributes: ConstraintAttributes | undefined;
  for (const each of nodes) {
    const node = must("Constraint" in each ? each.Constraint : undefined, "a constraint");
    const { contype = "CONSTR_NULL" } = node;
    if (contype.startsWith("CONSTR_ATTR_")) {
      if (attributes === undefined) throw misplaced(node, scope);
      attributes.add(node);
      found.splice(-1, 1, attributes.declared);
      continue;
    }
    attributes = undefined;
    if (elsewhere.has(contype)) continue;
    refuseOptions(node, scope);
    attributes = new ConstraintAttributes({ node, column, isEnforced: enforced(node) }, scope);
    found.push(attributes.declared);
  }
  return found;
}

const refusals: Readonly<Record<string, string>> = {
  CONSTR_EXCLUSION: "an exclusion constraint",
  CONSTR_NOTNULL: "NOT NULL as a constraint of the table",
};

function refuseOptions(node: Constraint, scope: Scope): void {
  const position = positionOf(scope, node.location);
  const { contype = "CONSTR_EXCLUSION" } = node;
  if (!kept.has(contype)) throw unsupported(refusals[contype] ?? "this constraint", position);
  if (node.indexspace !== undefined || node.options !== undefined)
    throw unsupported("storage of a key", { ...position, hint: "A key stores nothing." });
  if (node.without_overlaps || node.fk_with_period || node.pk_with_period)
    throw unsupported("a temporal key", position);
}

/** Of a table that exists, or with OID 0 is about to be made. In PostgreSQL's order: keys are looked at, then checks, then keys are named, then references. */
export function defineConstraints(
  declared: readonly Declared[],
  table: Relation,
  scope: Scope,
): DefinedConstraints {
  const of = (type: string) => declared.filter(({ node }) => node.contype === type);
  const names = new ConstraintNames(table, scope.context.catalog);
  const keys = declaredKeys(declared, table, scope);
  const checks = of("CONSTR_CHECK").map((each) => check(each, table, names, scope));
  const distinct = keys.filter((key, at) => keys.findIndex((other) => isSame(other, key)) === at);
  const named = distinct.map((key) => keyDefinition(key, table, names));
  const known = [...(table.constraints ?? []), ...named];
  const references = of("CONSTR_FOREIGN").map((each) =>
    foreignKey(each, { ...table, constraints: known }, names, scope),
  );
  return {
    constraints: [...checks, ...named, ...references.map(({ definition }) => definition)],
    notNull: new Set(keys.flatMap(({ kind, columns }) => (kind === "primary key" ? columns : []))),
    requirements: references.flatMap(({ requirements }) => requirements),
  };
}

/** Primary key first. What is wrong with one is said even where the table exists already. */
export function declaredKeys(
  declared: readonly Declared[],
  table: Relation,
  scope: Scope,
): readonly Key[] {
  const of = (type: string) => declared.filter(({ node }) => node.contype === type);
  const primary = onlyPrimary(of("CONSTR_PRIMARY"), table, scope);
  return [...primary, ...of("CONSTR_UNIQUE")].map((each) => keyColumns(each, table, scope));
}

function onlyPrimary(
  declared: readonly Declared[],
  table: Relation,
  scope: Scope,
): readonly Declared[] {
  const [first, second] = declared;
  const hasOne = table.constraints?.some(({ kind }) => kind === "primary key");
  const extra = hasOne ? first : second;
  if (extra !== undefined)
    throw new PgError(
      "42P16",
      `multiple primary keys for table "${table.name}" are not allowed`,
      hasOne ? {} : positionOf(scope, extra.node.location),
    );
  return declared;
}

interface Key {
  readonly kind: "primary key" | "unique";
  readonly name: string | undefined;
  readonly columns: readonly number[];
  readonly nullsNotDistinct: boolean;
  readonly include: readonly number[];
  readonly isEnforced: boolean;
  readonly timing: Timing;
}

function keyColumns({ node, column, isEnforced }: Declared, table: Relation, scope: Scope) {
  const kind = node.contype === "CONSTR_PRIMARY" ? ("primary key" as const) : ("unique" as const);
  const position = positionOf(scope, node.location);
  const columns: RelationColumn[] = [];
  for (const name of column === undefined ? strings(node.keys) : [column]) {
    const found = table.columns.find((each) => each.name === name);
    if (found === undefined)
      throw new PgError("42703", `column "${name}" named in key does not exist`, position);
    if (columns.includes(found))
      throw new PgError(
        "42701",
        `column "${name}" appears twice in ${kind === "unique" ? "unique" : "primary key"} constraint`,
        position,
      );
    columns.push(found);
  }
  for (const { typeOid } of columns) refuseUnordered(typeOid);
  return {
    kind,
    name: node.conname,
    columns: columns.map(({ number }) => number),
    nullsNotDistinct: node.nulls_not_distinct ?? false,
    include: strings(node.including).map((name) => {
      const found = table.columns.find((each) => each.name === name);
      if (found !== undefined) return found.number;
      throw new PgError("42703", `column "${name}" named in key does not exist`, position);
    }),
    isEnforced,
    timing: timingOf(node),
  };
}

/** json, xml and the geometric types, which nothing tells equal. */
const unordered = new Set([114, 142, 600, 601, 602, 603, 604, 628, 718]);

export function refuseUnordered(typeOid: number): void {
  if (!unordered.has(typeOid)) return;
  throw new PgError(
    "42704",
    `data type ${typeName(typeOid)} has no default operator class for access method "btree"`,
    {
      hint: "You must specify an operator class for the index or define a default operator class for the data type.",
    },
  );
}

/** A UNIQUE said twice is one; what is a primary key already needs no second. */
function isSame(one: Key, other: Key): boolean {
  return (
    one.columns.join() === other.columns.join() &&
    one.isEnforced === other.isEnforced &&
    (other.name === undefined || one.name === undefined || one.name === other.name) &&
    one.nullsNotDistinct === other.nullsNotDistinct &&
    one.timing.deferrable === other.timing.deferrable &&
    one.include.join() === other.include.join()
  );
}

function keyDefinition(key: Key, table: Relation, names: ConstraintNames): ConstraintDefinition {
  const { kind, columns, isEnforced, nullsNotDistinct, include, timing } = key;
  const chosen =
    kind === "primary key"
      ? () => names.forIndex(undefined, "pkey")
      : () => names.forIndex(columnNames([...columns, ...include], table), "key");
  const name = key.name === undefined ? chosen() : names.takeIndex(key.name);
  return {
    kind,
    name,
    columns,
    isEnforced,
    ...timing,
    ...(include.length > 0 ? { include } : {}),
    ...(nullsNotDistinct ? { nullsNotDistinct } : {}),
  };
}

function columnNames(numbers: readonly number[], table: Relation): string {
  return numbers
    .map(
      (number) =>
        must(
          table.columns.find((one) => one.number === number),
          "a column",
        ).name,
    )
    .join("_");
}

function check(
  { node, isEnforced }: Declared,
  table: Relation,
  names: ConstraintNames,
  scope: Scope,
): ConstraintDefinition {
  const { source, context } = scope;
  const tree = must(node.raw_expr, "a check has a condition");
  const columns = analyzeCheck(tree, table, source, context);
  const expression = checkExpression(node, scope);
  const about = columns.length === 1 ? columnNames(columns, table) : undefined;
  const name =
    node.conname === undefined ? names.forOther(about, "check") : names.takeCheck(node.conname);
  return {
    kind: "check",
    name,
    expression,
    columns,
    isEnforced,
    ...(node.is_no_inherit ? { noInherit: true } : {}),
    ...(table.oid !== 0 && node.skip_validation && isEnforced ? { isValidated: false } : {}),
  };
}
