/**
 * CREATE UNIQUE INDEX: as good as a unique constraint, told apart in the catalog alone. Others order nothing here and are
 * refused. https://www.postgresql.org/docs/15/sql-createindex.html
 */
import type { DropStmt, IndexElem, IndexStmt } from "libpg-query";
import { must } from "../../base/assert.ts";
import { PgError, unsupported } from "../../base/error.ts";
import { type ConstraintOf, isKey, type KeyConstraint } from "../../catalog/constraints.ts";
import { quoteIdent } from "../../catalog/identifiers.ts";
import type { Relation } from "../../catalog/relation.ts";
import { relationKind } from "../../catalog/relation-kind.ts";
import type { Draft, Scope } from "../draft.ts";
import { dropAll } from "./alter-constraints.ts";
import { begin, draftOf } from "./alter-table.ts";
import { ConstraintNames } from "./constraint-names.ts";
import { refuseUnordered } from "./constraints.ts";
import { tableName } from "./dependents.ts";
import { existingRelation, type Name, nameOf, nameOfList } from "./names.ts";
import { refusedStatement } from "./refused.ts";

export function createIndex(node: IndexStmt, scope: Scope): Draft {
  const range = must(node.relation, "CREATE INDEX names a table");
  const target = existingRelation(nameOf(range, scope.context), scope.context);
  if (target.source.kind !== "dataset")
    throw new PgError("42809", `cannot create index on relation "${target.name}"`, {
      detail: `This operation is not supported for ${relationKind(target)}s.`,
    });
  if (node.unique !== true) throw refusedStatement("IndexStmt");
  refuseOptions(node);
  const names = new ConstraintNames(target, scope.context.catalog);
  const altering = begin(target, scope);
  if (node.if_not_exists === true && names.isRelation(node.idxname ?? "")) {
    const message = `relation "${node.idxname}" already exists, skipping`;
    altering.notices.push({ sqlstate: "42P07", message });
    return draftOf(altering, "CREATE INDEX");
  }
  const columns = (node.indexParams ?? []).map((item) =>
    indexedColumn(must("IndexElem" in item ? item.IndexElem : undefined, "a column"), target),
  );
  for (const { typeOid } of columns) refuseUnordered(typeOid);
  const about = columns.map(({ name }) => name).join("_");
  const name =
    node.idxname === undefined ? names.forIndex(about, "idx") : names.takeIndex(node.idxname);
  const index: KeyConstraint = {
    kind: "unique",
    oid: 0,
    indexOid: 0,
    name,
    columns: columns.map(({ number }) => number),
    isEnforced: true,
    isIndex: true,
    ...(node.nulls_not_distinct === true ? { nullsNotDistinct: true } : {}),
  };
  altering.relation = { ...target, constraints: [...(target.constraints ?? []), index] };
  altering.verified.add(name);
  return draftOf(altering, "CREATE INDEX");
}

function refuseOptions(node: IndexStmt): void {
  const { accessMethod = "btree" } = node;
  if (accessMethod !== "btree")
    throw unsupported(`a unique index of access method "${accessMethod}"`);
  if (node.whereClause !== undefined)
    throw unsupported("a partial unique index", { hint: "Leave WHERE out, or use CHECK." });
  if (node.indexIncludingParams !== undefined)
    throw unsupported("INCLUDE in an index", { hint: "Every column is read anyway." });
  if (node.options !== undefined || node.tableSpace !== undefined)
    throw unsupported("storage of an index", { hint: "A unique index stores nothing." });
}

function indexedColumn(element: IndexElem, target: Relation): Relation["columns"][number] {
  const { name, expr, opclass, collation } = element;
  if (expr !== undefined || name === undefined)
    throw unsupported("a unique index of an expression", {
      hint: "Keep the expression's value in a column of its own.",
    });
  if (opclass !== undefined || collation !== undefined)
    throw unsupported("an operator class or collation of an index");
  const column = target.columns.find((each) => each.name === name);
  if (column === undefined) throw new PgError("42703", `column "${name}" does not exist`);
  return column;
}

/** DROP INDEX of one made by CREATE UNIQUE INDEX. */
export function dropIndex(node: DropStmt, scope: Scope): Draft {
  const [object, more] = node.objects ?? [];
  if (more !== undefined)
    throw unsupported("DROP INDEX of several indexes", { hint: "Drop one after the other." });
  const nodes = object !== undefined && "List" in object ? (object.List.items ?? []) : [];
  const name = nameOfList(nodes, scope.context);
  const found = indexNamed(name, scope);
  if (found === undefined) {
    if (node.missing_ok !== true) throw new PgError("42704", `index "${name.name}" does not exist`);
    const notice = `index "${name.name}" does not exist, skipping`;
    return {
      plan: { kind: "nothing", tag: "DROP INDEX", notice },
      parameterTypes: [],
      isReadOnly: false,
    };
  }
  const { relation, constraint } = found;
  const quoted = quoteIdent(constraint.name);
  if (!constraint.isIndex) {
    const own = `constraint ${quoted} on table ${tableName(relation, scope.context)}`;
    throw new PgError("2BP01", `cannot drop index ${quoted} because ${own} requires it`, {
      hint: `You can drop ${own} instead.`,
    });
  }
  const altering = begin(relation, scope);
  const what = `index ${quoted}`;
  dropAll([constraint], node.behavior === "DROP_CASCADE", what, what, altering);
  return draftOf(altering, "DROP INDEX");
}

/** Along the search path, then in every bucket. 42809 when a table has the name. */
function indexNamed({ schema, name }: Name, scope: Scope): ConstraintOf<KeyConstraint> | undefined {
  const { catalog, searchPath } = scope.context;
  const schemas = schema === undefined ? [...searchPath, ...catalog.buckets] : [schema];
  for (const each of schemas) {
    if (catalog.relation(each, name) !== undefined)
      throw new PgError("42809", `"${name}" is not an index`, {
        hint: "Use DROP TABLE to remove a table.",
      });
    for (const relation of catalog.relations()) {
      if (relation.schema !== each) continue;
      const constraint = relation.constraints?.filter(isKey).find((key) => key.name === name);
      if (constraint !== undefined) return { relation, constraint };
    }
  }
  return undefined;
}
