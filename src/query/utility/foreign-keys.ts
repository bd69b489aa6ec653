/** REFERENCES: to which key of which table, and whether the types agree. PostgreSQL's ATAddForeignKeyConstraint. */
import { must } from "../../base/assert.ts";
import { PgError } from "../../base/error.ts";
import type { ReferentialAction, Relation, RelationColumn } from "../../catalog/relation.ts";
import { relationKind } from "../../catalog/relation-kind.ts";
import { oid } from "../analyze/oids.ts";
import { findPathway } from "../analyze/pathway.ts";
import { baseType, typeName } from "../analyze/types.ts";
import { ownedRelation } from "../authorize.ts";
import type { Requirement, Scope } from "../draft.ts";
import type { ConstraintDefinition } from "../plan.ts";
import { timingOf } from "./constraint-attributes.ts";
import type { ConstraintNames } from "./constraint-names.ts";
import type { Declared } from "./constraints.ts";
import { existingRelation, nameOf, strings } from "./names.ts";

/** Its own constraints count as declared before: a table may refer to itself. */
type ReferringTable = Pick<Relation, "oid" | "schema" | "name" | "columns"> & {
  readonly constraints: readonly ConstraintDefinition[];
};

interface Target extends ReferringTable {
  readonly isItself: boolean;
}

export function foreignKey(
  { node, column, isEnforced }: Declared,
  table: ReferringTable,
  names: ConstraintNames,
  scope: Scope,
): { readonly definition: ConstraintDefinition; readonly requirements: readonly Requirement[] } {
  const target = targetOf(must(node.pktable, "a reference names a table"), table, scope);
  const own = column === undefined ? strings(node.fk_attrs) : [column];
  const columns = columnsNamed(own, table);
  const given = strings(node.pk_attrs);
  const targetColumns =
    given.length === 0 ? primaryKey(target) : matched(columnsNamed(given, target), target);
  if (columns.length !== targetColumns.length)
    throw new PgError(
      "42830",
      "number of referencing and referenced columns for foreign key disagree",
    );
  const chosen = () => names.forOther(own.join("_"), "fkey");
  const name = node.conname === undefined ? chosen() : names.takeOther(node.conname);
  for (const [at, each] of columns.entries())
    refuseIncompatible(each, must(targetColumns[at], "as many"), name);
  const deleteColumns = setColumns(strings(node.fk_del_set_cols), columns, table);
  return {
    definition: {
      kind: "foreign key",
      name,
      isEnforced,
      ...timingOf(node),
      columns: columns.map(({ number }) => number),
      target: target.isItself ? table.oid : target.oid,
      targetColumns: targetColumns.map(({ number }) => number),
      onUpdate: actions[node.fk_upd_action ?? "a"] ?? "no action",
      onDelete: actions[node.fk_del_action ?? "a"] ?? "no action",
      match: node.fk_matchtype === "f" ? "full" : "simple",
      ...(deleteColumns.length > 0 ? { deleteColumns } : {}),
      ...(table.oid !== 0 && node.skip_validation && isEnforced ? { isValidated: false } : {}),
    },
    requirements: target.requirements,
  };
}

const actions: Readonly<Record<string, ReferentialAction>> = {
  a: "no action",
  r: "restrict",
  c: "cascade",
  n: "set null",
  d: "set default",
};

function targetOf(
  range: Parameters<typeof nameOf>[0],
  table: ReferringTable,
  scope: Scope,
): Target & { readonly requirements: readonly Requirement[] } {
  const { context } = scope;
  const name = nameOf(range, context);
  const isNew = table.oid === 0;
  const isItself =
    name.name === table.name && (name.schema === undefined ? isNew : name.schema === table.schema);
  if (isItself) return { ...table, isItself, requirements: [] };
  const found = existingRelation(name, context);
  if (found.oid === table.oid) return { ...table, isItself: true, requirements: [] };
  const { kind } = found.source;
  if (kind === "shadow" || kind === "live")
    throw new PgError("42501", `permission denied: "${found.name}" is a system catalog`);
  if (relationKind(found) !== "table")
    throw new PgError("42809", `referenced relation "${found.name}" is not a table`);
  if (isTemporary(found.schema) !== isTemporary(table.schema))
    throw new PgError(
      "42P16",
      isTemporary(table.schema)
        ? "constraints on temporary tables may reference only temporary tables"
        : "constraints on permanent tables may reference only permanent tables",
    );
  return {
    ...found,
    constraints: found.constraints ?? [],
    isItself: false,
    requirements: [{ kind: "privilege", privilege: "REFERENCES", object: ownedRelation(found) }],
  };
}

const isTemporary = (schema: string) => schema.startsWith("pg_temp");

function columnsNamed(names: readonly string[], table: ReferringTable): RelationColumn[] {
  return names.map((name) => {
    const found = table.columns.find((each) => each.name === name);
    if (found !== undefined) return found;
    throw new PgError(
      "42703",
      `column "${name}" referenced in foreign key constraint does not exist`,
    );
  });
}

function primaryKey(target: Target): RelationColumn[] {
  const key = target.constraints.find(({ kind }) => kind === "primary key");
  if (key === undefined)
    throw new PgError("42704", `there is no primary key for referenced table "${target.name}"`);
  if (key.deferrable !== undefined)
    throw new PgError(
      "55000",
      `cannot use a deferrable primary key for referenced table "${target.name}"`,
    );
  return key.columns.map((number) =>
    must(
      target.columns.find((column) => column.number === number),
      "a key's column",
    ),
  );
}

/** The columns of some key, in any order. */
function matched(columns: RelationColumn[], target: Target): RelationColumn[] {
  if (new Set(columns).size !== columns.length)
    throw new PgError("42830", "foreign key referenced-columns list must not contain duplicates");
  const wanted = sorted(columns.map(({ number }) => number));
  const keys = target.constraints.filter(
    ({ kind, columns: numbers }) =>
      (kind === "primary key" || kind === "unique") && sorted(numbers) === wanted,
  );
  if (keys.some(({ deferrable }) => deferrable === undefined)) return columns;
  if (keys.length > 0)
    throw new PgError(
      "55000",
      `cannot use a deferrable unique constraint for referenced table "${target.name}"`,
    );
  throw new PgError(
    "42830",
    `there is no unique constraint matching given keys for referenced table "${target.name}"`,
  );
}

const sorted = (numbers: readonly number[]) => numbers.toSorted((a, b) => a - b).join();

/** Types among which PostgreSQL compares without a cast. */
const families = [
  [oid.int2, oid.int4, oid.int8],
  [oid.float4, oid.float8],
  [oid.date, oid.timestamp, oid.timestamptz],
];

function refuseIncompatible(own: RelationColumn, target: RelationColumn, name: string): void {
  const [from, to] = [baseType(own.typeOid), baseType(target.typeOid)];
  const isFine =
    from === to ||
    families.some(
      (family) => family.some((one) => one === from) && family.some((one) => one === to),
    ) ||
    findPathway(to, from, "implicit") !== undefined;
  if (isFine) return;
  throw new PgError("42804", `foreign key constraint "${name}" cannot be implemented`, {
    detail: `Key columns "${own.name}" and "${target.name}" are of incompatible types: ${typeName(own.typeOid)} and ${typeName(target.typeOid)}.`,
  });
}

function setColumns(
  names: readonly string[],
  columns: readonly RelationColumn[],
  table: ReferringTable,
): readonly number[] {
  return columnsNamed(names, table).map((column) => {
    if (columns.includes(column)) return column.number;
    throw new PgError(
      "42P10",
      `column "${column.name}" referenced in ON DELETE SET action must be part of foreign key`,
    );
  });
}
