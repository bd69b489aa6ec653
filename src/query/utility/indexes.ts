/**
 * CREATE INDEX. A unique one is as good as a unique constraint, told apart in the catalog alone; others order nothing by
 * themselves: they are told to tools, and CLUSTER writes rows in their order. https://www.postgresql.org/docs/15/sql-createindex.html
 */
import type { IndexElem, IndexStmt, Node } from "libpg-query";
import { must } from "../../base/assert.ts";
import { PgError, unsupported } from "../../base/error.ts";
import type { KeyConstraint } from "../../catalog/constraints.ts";
import { hasDefaultClass, operatorClass } from "../../catalog/operator-classes.ts";
import type { Relation } from "../../catalog/relation.ts";
import { relationKind } from "../../catalog/relation-kind.ts";
import { type IndexKey, keyOption, type TableIndex } from "../../catalog/table-index.ts";
import { analyzeCheck, analyzeIndexed } from "../analyze/analyze.ts";
import { typeName } from "../analyze/types.ts";
import type { Draft, Scope } from "../draft.ts";
import { begin, draftOf } from "./alter-table.ts";
import type { Altering } from "./altering.ts";
import { ConstraintNames } from "./constraint-names.ts";
import { refuseUnordered } from "./constraints.ts";
import { indexedText, predicateText } from "./index-text.ts";
import { existingRelation, nameOf, strings } from "./names.ts";
import { indexParameters, storageParameters } from "./storage-parameters.ts";

/** By pg_am.amname: its OID, and what it can do. */
const methods: Readonly<
  Record<string, { readonly oid: number; readonly isOrdered?: true; readonly isSingle?: true }>
> = {
  btree: { oid: 403, isOrdered: true },
  hash: { oid: 405, isSingle: true },
  gist: { oid: 783 },
  gin: { oid: 2742 },
  spgist: { oid: 4000 },
  brin: { oid: 3580 },
};

export function createIndex(node: IndexStmt, scope: Scope): Draft {
  const range = must(node.relation, "CREATE INDEX names a table");
  const target = existingRelation(nameOf(range, scope.context), scope.context);
  if (target.source.kind !== "dataset")
    throw new PgError("42809", `cannot create index on relation "${target.name}"`, {
      detail: `This operation is not supported for ${relationKind(target)}s.`,
    });
  const names = new ConstraintNames(target, scope.context.catalog);
  const altering = begin(target, scope);
  if (node.if_not_exists === true && names.isRelation(node.idxname ?? "")) {
    const message = `relation "${node.idxname}" already exists, skipping`;
    altering.notices.push({ sqlstate: "42P07", message });
    return draftOf(altering, "CREATE INDEX");
  }
  if (node.unique === true && isOfColumns(node)) addUnique(node, names, altering);
  else addPlain(node, names, altering);
  return draftOf(altering, "CREATE INDEX");
}

/** All rows, by columns alone: as good as a constraint. */
function isOfColumns({ indexParams, whereClause }: IndexStmt): boolean {
  return whereClause === undefined && elements(indexParams).every(({ expr }) => expr === undefined);
}

function addPlain(node: IndexStmt, names: ConstraintNames, altering: Altering): void {
  const { target, scope } = altering;
  const { accessMethod = "btree" } = node;
  const method = methodNamed(accessMethod);
  const isUnique = node.unique === true;
  if (isUnique) refuseUniqueOptions(node);
  const reads = new Set<number>();
  const keys = elements(node.indexParams).map((item) => keyOf(item, accessMethod, reads, altering));
  if (method.isSingle && keys.length > 1)
    throw new PgError(
      "0A000",
      `access method "${accessMethod}" does not support multicolumn indexes`,
    );
  const others = elements(node.indexIncludingParams).map((item) => included(item, target));
  const include = others.map(({ number }) => number);
  const where = node.whereClause;
  if (where !== undefined)
    for (const number of analyzeCheck(where, target, scope.source, scope.context))
      reads.add(number);
  for (const number of include) reads.add(number);
  const about = [...keys, ...others].map(({ name }) => name).join("_");
  const name =
    node.idxname === undefined ? names.forIndex(about, "idx") : names.takeIndex(node.idxname);
  const options = storageParameters(node.options, indexParameters);
  const index: TableIndex = {
    oid: 0,
    name,
    method: accessMethod,
    keys: distinctNames(keys),
    ...(isUnique ? { isUnique } : {}),
    ...(isUnique && node.nulls_not_distinct === true ? { nullsNotDistinct: true } : {}),
    reads: [...reads],
    ...(include.length > 0 ? { include } : {}),
    ...(where === undefined ? {} : { where: predicateText(where, scope) }),
    ...(options.length > 0 ? { options } : {}),
  };
  altering.relation = { ...target, indexes: [...(target.indexes ?? []), index] };
  if (isUnique) altering.verified.add(name);
}

/** Two of a name get numbers, as ChooseIndexColumnNames gives them. */
function distinctNames(keys: readonly IndexKey[]): readonly IndexKey[] {
  const taken = new Set<string>();
  return keys.map((key) => {
    let name = key.name;
    for (let n = 1; taken.has(name); n++) name = `${key.name}${n}`;
    taken.add(name);
    return { ...key, name };
  });
}

function methodNamed(name: string): (typeof methods)[string] {
  const method = methods[name];
  if (method !== undefined) return method;
  if (name === "hnsw" || name === "ivfflat")
    throw unsupported(`an index of access method "${name}"`, {
      hint: "CALL create_vector_index() indexes text and vectors.",
    });
  throw new PgError("42704", `access method "${name}" does not exist`);
}

function keyOf(
  element: IndexElem,
  method: string,
  reads: Set<number>,
  { target, scope }: Altering,
): IndexKey {
  const key =
    element.expr === undefined
      ? columnKey(element, target)
      : expressionKey(element, target, reads, scope);
  if (key.column !== 0) reads.add(key.column);
  const { isOrdered } = methodNamed(method);
  const isDescending = element.ordering === "SORTBY_DESC";
  const { nulls_ordering: nulls } = element;
  if (!isOrdered && element.ordering !== "SORTBY_DEFAULT" && element.ordering !== undefined)
    throw new PgError("0A000", `access method "${method}" does not support ASC/DESC options`);
  if (!isOrdered && nulls !== undefined && nulls !== "SORTBY_NULLS_DEFAULT")
    throw new PgError(
      "0A000",
      `access method "${method}" does not support NULLS FIRST/LAST options`,
    );
  const opclass = strings(element.opclass).at(-1);
  const collation = strings(element.collation).at(-1);
  refuseClass(key.typeOid, method, opclass);
  const isFirst = nulls === "SORTBY_NULLS_FIRST";
  const isOdd = nulls !== undefined && nulls !== "SORTBY_NULLS_DEFAULT" && isFirst !== isDescending;
  return {
    ...key,
    ...(opclass === undefined ? {} : { operatorClass: opclass }),
    ...(collation === undefined ? {} : { collation }),
    ...(isDescending ? { isDescending } : {}),
    ...(isOdd ? { nulls: isFirst ? "first" : "last" } : {}),
  };
}

function columnKey({ name = "" }: IndexElem, target: Relation): IndexKey {
  const column = columnNamed(name, target);
  return { column: column.number, name, typeOid: column.typeOid };
}

function expressionKey(
  { expr }: IndexElem,
  target: Relation,
  reads: Set<number>,
  scope: Scope,
): IndexKey {
  const tree = must(expr, "an expression");
  const { typeOid, columns } = analyzeIndexed(tree, target, scope.source, scope.context);
  const [only] = columns;
  if ("ColumnRef" in tree && only !== undefined && columns.length === 1) {
    const column = must(
      target.columns.find(({ number }) => number === only),
      "a column that was read",
    );
    return { column: only, name: column.name, typeOid };
  }
  for (const number of columns) reads.add(number);
  const name = "FuncCall" in tree ? (strings(tree.FuncCall.funcname).at(-1) ?? "expr") : "expr";
  return { column: 0, expression: indexedText(tree, scope), name, typeOid };
}

function refuseClass(typeOid: number, method: string, opclass: string | undefined): void {
  const { oid } = methodNamed(method);
  if (opclass !== undefined) {
    if (operatorClass(oid, opclass) === undefined)
      throw new PgError(
        "42704",
        `operator class "${opclass}" does not exist for access method "${method}"`,
      );
    return;
  }
  if (hasDefaultClass(oid, typeOid)) return;
  throw new PgError(
    "42704",
    `data type ${typeName(typeOid)} has no default operator class for access method "${method}"`,
    {
      hint: "You must specify an operator class for the index or define a default operator class for the data type.",
    },
  );
}

function addUnique(node: IndexStmt, names: ConstraintNames, altering: Altering): void {
  const { target } = altering;
  refuseUniqueOptions(node);
  const columns = elements(node.indexParams).map((item) => keyColumn(item, target));
  for (const { typeOid } of columns) refuseUnordered(typeOid);
  const options = elements(node.indexParams).map(sortOption);
  const others = elements(node.indexIncludingParams).map((item) => included(item, target));
  const include = others.map(({ number }) => number);
  const about = [...columns, ...others].map(({ name }) => name).join("_");
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
    ...(include.length > 0 ? { include } : {}),
    ...(options.some((option) => option !== 0) ? { options } : {}),
    ...(node.nulls_not_distinct === true ? { nullsNotDistinct: true } : {}),
  };
  altering.relation = { ...target, constraints: [...(target.constraints ?? []), index] };
  altering.verified.add(name);
}

/** As pg_index.indoption has it. */
function sortOption({ ordering, nulls_ordering: nulls }: IndexElem): number {
  const isDescending = ordering === "SORTBY_DESC";
  if (nulls === "SORTBY_NULLS_FIRST") return keyOption({ isDescending, nulls: "first" });
  if (nulls === "SORTBY_NULLS_LAST") return keyOption({ isDescending, nulls: "last" });
  return keyOption({ isDescending });
}

function refuseUniqueOptions(node: IndexStmt): void {
  const { accessMethod = "btree" } = node;
  methodNamed(accessMethod);
  if (accessMethod !== "btree")
    throw new PgError("0A000", `access method "${accessMethod}" does not support unique indexes`);
  if (node.options !== undefined || node.tableSpace !== undefined)
    throw unsupported("storage of a unique index", { hint: "A unique index stores nothing." });
}

function elements(nodes: readonly Node[] | undefined): readonly IndexElem[] {
  return (nodes ?? []).map((item) =>
    must("IndexElem" in item ? item.IndexElem : undefined, "a column of an index"),
  );
}

function included({ name, expr }: IndexElem, target: Relation): Relation["columns"][number] {
  if (expr !== undefined || name === undefined)
    throw new PgError("0A000", "expressions are not supported in included columns");
  return columnNamed(name, target);
}

function keyColumn(element: IndexElem, target: Relation): Relation["columns"][number] {
  const { name, expr, opclass, collation } = element;
  if (expr !== undefined || name === undefined) throw new Error("bug: a column is named");
  if (opclass !== undefined || collation !== undefined)
    throw unsupported("an operator class or collation of a unique index");
  return columnNamed(name, target);
}

function columnNamed(name: string, target: Relation): Relation["columns"][number] {
  const column = target.columns.find((each) => each.name === name);
  if (column === undefined) throw new PgError("42703", `column "${name}" does not exist`);
  return column;
}
