/** CREATE TABLE, with columns or as a query. https://www.postgresql.org/docs/15/sql-createtable.html */
import type {
  ColumnDef,
  Constraint,
  CreateStmt,
  CreateTableAsStmt,
  IntoClause,
  Node,
  OnCommitAction,
  RangeVar,
} from "libpg-query";
import { must } from "../../base/assert.ts";
import { PgError, unsupported } from "../../base/error.ts";
import { quoteName } from "../../base/quote.ts";
import type { Relation, RelationColumn } from "../../catalog/relation.ts";
import { logicalTypeFor } from "../../pgtypes/types.ts";
import { type AnalyzedQuery, analyzeColumnDefault, analyzeGeneration } from "../analyze/analyze.ts";
import { baseType, typeName, typeRow } from "../analyze/types.ts";
import { analyzedUses, type Draft, positionOf, type Requirement, type Scope } from "../draft.ts";
import type { ColumnDefinition, DefinitionPlan, EngineText } from "../plan.ts";
import {
  identityColumn,
  refuseTogether,
  type SequenceTable,
  serialColumn,
  serialType,
} from "./column-sequences.ts";
import { ConstraintNames } from "./constraint-names.ts";
import { declaredIn, declaredKeys, defineConstraints } from "./constraints.ts";
import { keptDefault } from "./default-text.ts";
import { expressionText, generationText } from "./expression-text.ts";
import { Likes } from "./like.ts";
import { creationSchema, nameOf, strings } from "./names.ts";
import { partitioning, partitionRefused } from "./partitions.ts";
import { placeOf } from "./place.ts";
import { storageParameters } from "./storage-parameters.ts";
import { refuseTypeOf } from "./type-names.ts";
import { typeNamed } from "./types.ts";

export function createTable(node: CreateStmt, scope: Scope): Draft {
  const range = must(node.relation, "CREATE TABLE has a name");
  refuseKinds(node);
  const options = storageParameters(node.options);
  const elements = node.tableElts ?? [];
  const likes = new Likes(elements, scope);
  const columns = columnDefinitions(elements, range, scope, likes, createdTable(range, scope));
  const ifNotExists = node.if_not_exists ?? false;
  const divided = partitioning(node, columns, scope);
  const rest = { columns, constraints: [], options, ifNotExists, as: undefined, ...divided };
  const created = { ...creation(range, node.oncommit, scope, rest), uses: likes.uses };
  const declared = [...declaredIn(elements, scope), ...likes.keys()];
  const { schema, name } = created.plan;
  refuseTypeOf(schema, name, scope);
  const isThere = scope.context.catalog.relation(schema, name) !== undefined;
  if (isThere && ifNotExists) return created;
  const numbered = columns.map((column, at) => ({ comment: null, ...column, number: at + 1 }));
  const table = tableToBe(created.plan, numbered, scope);
  checkGenerated(elements, table, scope);
  if (isThere) {
    declaredKeys(declared, table, scope);
    return created;
  }
  const { constraints, notNull, requirements } = defineConstraints(declared, table, scope);
  const checked = numbered.map(({ number, ...column }) => ({
    ...column,
    notNull: column.notNull || notNull.has(number),
  }));
  const own = [...likes.checks(numbered), ...constraints];
  const like = likes.indexes(numbered, new ConstraintNames(table, scope.context.catalog));
  return {
    ...created,
    plan: {
      ...created.plan,
      columns: checked,
      constraints: [...own, ...like.constraints],
      ...(like.indexes.length > 0 ? { indexes: like.indexes } : {}),
    },
    requirements: [...created.requirements, ...requirements],
  };
}

/** Where its sequences stand with it. */
function createdTable(range: RangeVar, { context }: Scope): SequenceTable {
  const own = context.catalog.temporary?.name;
  const isTemporary = range.relpersistence === "t" || range.schemaname === "pg_temp";
  const schema = isTemporary
    ? (own ?? "pg_temp")
    : (range.schemaname ?? creationSchema(nameOf(range, context), context, {}).name);
  return { schema, name: range.relname ?? "" };
}

/** What generates a column reads others, which are known only when all are. */
function checkGenerated(elements: readonly Node[], table: Relation, scope: Scope): void {
  for (const element of elements) {
    if (!("ColumnDef" in element)) continue;
    const column = table.columns.find(({ name }) => name === element.ColumnDef.colname);
    if (column?.isGenerated === true) checkGeneration(element.ColumnDef, column, table, scope);
  }
}

export function checkGeneration(
  node: ColumnDef,
  column: RelationColumn,
  table: Relation,
  { source, context }: Scope,
): void {
  for (const item of node.constraints ?? []) {
    if (!("Constraint" in item) || item.Constraint.contype !== "CONSTR_GENERATED") continue;
    const tree = must(item.Constraint.raw_expr, "a generation expression");
    analyzeGeneration(tree, column, table, source, context);
  }
}

/** As its checks and references see it before it is. */
function tableToBe(
  { schema, name }: CreateTable,
  columns: Relation["columns"],
  { context }: Scope,
): Relation {
  return {
    oid: 0,
    schema,
    schemaOid: context.catalog.schemas.get(schema)?.oid ?? 0,
    name,
    owner: context.role.oid,
    comment: null,
    columns,
    source: { kind: "dataset", bucket: schema, location: "" },
  };
}

/** 42701 for a name that is there twice. */
export function columnDefinitions(
  elements: readonly Node[],
  range: RangeVar,
  scope: Scope,
  likes: Likes = new Likes(elements, scope),
  table: SequenceTable = { schema: range.schemaname ?? "", name: range.relname ?? "" },
): readonly ColumnDefinition[] {
  const columns = elements.flatMap((element) => {
    if ("Constraint" in element) return [];
    if ("TableLikeClause" in element) return likes.columns(element.TableLikeClause, table);
    return [columnDefinition(element, table, scope)];
  });
  for (const [at, { name }] of columns.entries())
    if (columns.findIndex((column) => column.name === name) !== at)
      throw new PgError("42701", `column "${name}" specified more than once`);
  return columns;
}

export async function createTableAs(node: CreateTableAsStmt, scope: Scope): Promise<Draft> {
  if (node.query !== undefined && "ExecuteStmt" in node.query)
    throw unsupported("CREATE TABLE AS EXECUTE", { hint: "Write the query itself." });
  const into = must(node.into, "CREATE TABLE AS has a name");
  return tableAs(into, node.query, node.if_not_exists ?? false, "CREATE TABLE AS", scope);
}

/** SELECT … INTO is the same by another spelling; it answers as a SELECT does. */
export function selectInto(into: IntoClause, query: Node, scope: Scope): Promise<Draft> {
  return tableAs(into, query, false, "SELECT", scope);
}

async function tableAs(
  into: IntoClause,
  query: Node | undefined,
  ifNotExists: boolean,
  tag: "SELECT" | "CREATE TABLE AS",
  scope: Scope,
): Promise<Draft> {
  const range = must(into.rel, "a table is named");
  refusePlaces(into.tableSpaceName, into.accessMethod);
  const options = storageParameters(into.options);
  const analyzed = await scope.query(query);
  const names = strings(into.colNames);
  if (analyzed.columns.length > 0 && names.length > analyzed.columns.length)
    throw new PgError("42601", "too many column names were specified");
  const columns = analyzed.columns.map((column, at): ColumnDefinition => {
    const name = names[at] ?? column.name;
    if (column.typeOid !== 0) refuseType(column.typeOid, column.typmod, name, {});
    const { typeOid, typmod } = column;
    return { name, typeOid, typmod, notNull: false, defaultText: null };
  });
  const created = creation(range, into.onCommit, scope, {
    columns,
    constraints: [],
    options,
    ifNotExists,
    as: { text: renamed(analyzed, names), withData: into.skipData !== true, tag },
  });
  const uses = analyzedUses(analyzed);
  return { ...uses, ...created, parameterTypes: analyzed.parameterTypes, isReadOnly: false };
}

/** Only the engine knows the columns of the second road: it is told their names, and counts them. */
function renamed({ text, columns }: AnalyzedQuery, names: readonly string[]): EngineText {
  if (columns.length > 0 || names.length === 0) return text;
  const list = names.map(quoteName).join(", ");
  return { ...text, pieces: ["SELECT * FROM (", ...text.pieces, `) AS as_query(${list})`] };
}

type CreateTable = Extract<DefinitionPlan, { kind: "create table" }>;

function creation(
  range: RangeVar,
  action: OnCommitAction | undefined,
  scope: Scope,
  rest: Omit<CreateTable, "kind" | "schema" | "onCommit" | "name">,
): Draft & { readonly plan: CreateTable; readonly requirements: readonly Requirement[] } {
  const { name } = nameOf(range, scope.context);
  const { schema, onCommit, requirement } = placeOf(range, action, scope);
  return {
    plan: {
      kind: "create table",
      schema,
      name,
      ...(onCommit === undefined ? {} : { onCommit }),
      ...rest,
    },
    parameterTypes: [],
    requirements: [requirement],
    isReadOnly: false,
  };
}

function refuseKinds(node: CreateStmt): void {
  refusePlaces(node.tablespacename, node.accessMethod);
  if (node.partbound !== undefined) throw partitionRefused();
  if (node.inhRelations !== undefined) throw unsupported("table inheritance");
  if (node.ofTypename !== undefined) throw unsupported("a typed table");
}

function refusePlaces(tablespace: string | undefined, method: string | undefined): void {
  if (tablespace !== undefined)
    throw unsupported("a tablespace", { hint: "Name a bucket as the schema instead." });
  if (method !== undefined && method !== "heap") throw unsupported(`access method "${method}"`);
}

/** Of a table of that name; its keys, checks and references are for `declaredIn`. */
export function columnDefinition(
  element: Node,
  table: SequenceTable,
  scope: Scope,
): ColumnDefinition {
  const column = must("ColumnDef" in element ? element.ColumnDef : undefined, "a column");
  const name = column.colname ?? "";
  const serial = serialType(column.typeName, scope);
  const type =
    serial === undefined ? typeNamed(column.typeName, scope) : { oid: serial, typmod: -1 };
  const position = positionOf(scope, column.typeName?.location);
  refuseType(type.oid, type.typmod, name, position);
  refuseColumnOptions(column, scope);
  const constraints = (column.constraints ?? []).map((node) =>
    must("Constraint" in node ? node.Constraint : undefined, "a constraint"),
  );
  refuseTogether(constraints, column, serial !== undefined, table.name, scope);
  const of = (kind: string) => constraints.find(({ contype }) => contype === kind);
  const [identity, generated] = [of("CONSTR_IDENTITY"), of("CONSTR_GENERATED")];
  const isNumbered = serial !== undefined || identity !== undefined;
  const plain = { name, typeOid: type.oid, typmod: type.typmod };
  const notNull = isNotNull(constraints, isNumbered, name, table.name, scope);
  if (serial !== undefined)
    return { ...plain, notNull, ...serialColumn(name, serial, table, scope) };
  if (identity !== undefined)
    return { ...plain, notNull, ...identityColumn(identity, plain, table, scope) };
  if (generated !== undefined)
    return { ...plain, notNull, defaultText: generationText(generated, scope), isGenerated: true };
  return { ...plain, notNull, defaultText: defaultText(constraints, name, type, scope) };
}

/** A column that numbers itself is NOT NULL without saying so. */
function isNotNull(
  constraints: readonly Constraint[],
  isNumbered: boolean,
  name: string,
  table: string,
  scope: Scope,
): boolean {
  const of = (kind: string) => constraints.find(({ contype }) => contype === kind);
  const [isNull, notNull] = [of("CONSTR_NULL"), of("CONSTR_NOTNULL")];
  if (isNull !== undefined && (notNull !== undefined || isNumbered))
    throw new PgError(
      "42601",
      `conflicting NULL/NOT NULL declarations for column "${name}" of table "${table}"`,
      notNull && positionOf(scope, Math.max(isNull.location ?? 0, notNull.location ?? 0)),
    );
  return notNull !== undefined || isNumbered;
}

function defaultText(
  constraints: readonly Constraint[],
  name: string,
  type: { readonly oid: number; readonly typmod: number },
  scope: Scope,
): string | null {
  const first = constraints.find(({ contype }) => contype === "CONSTR_DEFAULT");
  if (first === undefined) return null;
  const column = { name, typeOid: type.oid, typmod: type.typmod };
  analyzeColumnDefault(must(first.raw_expr, "a default"), column, scope.source, scope.context);
  const expression = must(first.raw_expr, "a default");
  return keptDefault(
    expression,
    expressionText(first.location ?? 0, expression, scope),
    column,
    scope,
  );
}

/** Refuses what no column can be. */
export function refuseType(
  typeOid: number,
  typmod: number,
  column: string,
  position: { position?: number },
): void {
  if (typeRow(typeOid)?.typtype === "p")
    throw new PgError("42P16", `column "${column}" has pseudo-type ${typeName(typeOid)}`);
  if (isComposite(typeOid) || logicalTypeFor(typeOid, typmod) === undefined)
    throw unsupported(`a column of type ${typeName(typeOid)}`, {
      ...position,
      hint: `Store "${column}" as text or jsonb.`,
    });
}

export function refuseCollation(column: ColumnDef, scope: Scope): void {
  const position = positionOf(scope, column.location);
  const collation = strings(column.collClause?.collname).at(-1);
  if (collation !== undefined && !["C", "POSIX", "default", "ucs_basic"].includes(collation))
    throw unsupported(`collation "${collation}"`, { ...position, hint: 'Text sorts as in "C".' });
}

function refuseColumnOptions(column: ColumnDef, scope: Scope): void {
  const position = positionOf(scope, column.location);
  refuseCollation(column, scope);
  if (column.storage_name !== undefined || column.compression !== undefined)
    throw unsupported("a column's STORAGE or COMPRESSION", position);
  if (column.fdwoptions !== undefined) throw unsupported("a column's OPTIONS", position);
}

function isComposite(typeOid: number): boolean {
  const row = typeRow(baseType(typeOid));
  if (row?.typcategory === "A" && row.typelem !== 0) return isComposite(row.typelem);
  return row?.typtype === "c";
}
