/**
 * A statement → its plan: one table from the parser's node kinds to what handles each. analyze/ gives queries their
 * meaning, utility/ the rest; authorize.ts alone turns a draft into something that may run.
 */
import type {
  AlterObjectSchemaStmt,
  AlterOwnerStmt,
  AlterTableStmt,
  CreateTableAsStmt,
  DefineStmt,
  DropStmt,
  InsertStmt,
  Node,
  RenameStmt,
  SelectStmt,
} from "libpg-query";
import { must } from "../base/assert.ts";
import { PgError, unsupported } from "../base/error.ts";
import {
  type AnalyzedQuery,
  analyzeInsert,
  analyzeModification,
  analyzePlaced,
  analyzeSelect,
} from "./analyze/analyze.ts";
import { type AuthorizedStatement, authorize } from "./authorize.ts";
import { analyzedUses, type Draft, type Scope } from "./draft.ts";
import { draftByDuckdb } from "./duckdb/road.ts";
import { type PastRelations, pastRelations } from "./past.ts";
import type { WithPlan } from "./plan.ts";
import type { QueryContext, StatementText } from "./query.ts";
import { alterTable, renameInTable, setSchema } from "./utility/alter-table.ts";
import { callStatement } from "./utility/call.ts";
import { comment } from "./utility/comments.ts";
import { alterComposite, createComposite, renameAttribute } from "./utility/composites.ts";
import { copyStatement } from "./utility/copy.ts";
import { createFunction } from "./utility/create-function.ts";
import * as cursors from "./utility/cursors.ts";

import * as databases from "./utility/databases.ts";
import { alterDefaultPrivileges } from "./utility/default-privileges.ts";
import { doBlock } from "./utility/do.ts";
import { alterDomain, createDomain, renameDomainConstraint } from "./utility/domains.ts";
import { dropOwned } from "./utility/drop-owned.ts";
import { alterEnum, createEnum } from "./utility/enums.ts";
import { explainStatement } from "./utility/explain.ts";
import { createExtension } from "./utility/extensions.ts";
import { createForeignTable, createServer } from "./utility/foreign.ts";
import * as functions from "./utility/functions.ts";
import * as grants from "./utility/grants.ts";
import * as indexNames from "./utility/index-names.ts";
import { createIndex } from "./utility/indexes.ts";
import { createMaterializedView, refreshMaterializedView } from "./utility/materialized-views.ts";
import * as objects from "./utility/objects.ts";
import { setConfig, setParameter, showParameter } from "./utility/parameters.ts";
import * as policies from "./utility/policies.ts";
import { reassignOwned } from "./utility/reassign-owned.ts";
import { refusedDefinition, refusedStatement } from "./utility/refused.ts";
import * as roles from "./utility/roles.ts";
import { alterSequence, createSequence } from "./utility/sequences.ts";
import { setConstraints } from "./utility/set-constraints.ts";
import { createTable, createTableAs, selectInto } from "./utility/tables.ts";
import { transactionStatement } from "./utility/transactions.ts";
import { truncate } from "./utility/truncate.ts";
import * as upkeep from "./utility/upkeep.ts";
import * as types from "./utility/user-types.ts";
import { createView } from "./utility/views.ts";
import { verify } from "./verify.ts";

/** What `cache.ts` keeps beside the plan. */
export interface Planned {
  readonly statement: AuthorizedStatement;
  readonly isCacheable: boolean;
}

export async function plan(
  statement: StatementText,
  parameterTypes: readonly number[],
  context: QueryContext,
): Promise<AuthorizedStatement> {
  return (await planned(statement, parameterTypes, context)).statement;
}

/** `plan`, and whether it may be kept. */
export async function planned(
  statement: StatementText,
  parameterTypes: readonly number[],
  context: QueryContext,
): Promise<Planned> {
  const past = await pastRelations(statement, context);
  const scope = scopeOf(statement, past, parameterTypes, context);
  const draft =
    statement.tree === undefined
      ? await draftByDuckdb(scope, { draftOf, authorized })
      : await draftOf(asNode(statement.tree), scope);
  refuseUnread(past, draft, statement);
  return {
    statement: await authorized(draft, scope),
    isCacheable: past === undefined && (draft.isCacheable ?? true),
  };
}

/** PREPARE keeps its text; everything else has looked where AT (…) points, or does not know it. */
function refuseUnread(past: PastRelations | undefined, { plan }: Draft, { offset }: StatementText) {
  if (past?.unread === undefined || plan.kind === "prepare") return;
  throw unsupported("AT (…) in this place", { position: offset + past.unread + 1 });
}

async function authorized(draft: Draft, scope: Scope): Promise<AuthorizedStatement> {
  const statement = authorize(draft, scope);
  await verify(draft, scope.context);
  return statement;
}

function scopeOf(
  statement: StatementText,
  past: PastRelations | undefined,
  parameterTypes: readonly number[],
  context: QueryContext,
): Scope {
  const { sql, offset } = statement;
  const source = { sql, offset, ...(past === undefined ? {} : { past }) };
  const scope: Scope = {
    statement,
    source,
    parameterTypes,
    context,
    plan: async (tree) => authorized(await draftOf(must(tree, "a statement within"), scope), scope),
    draft: async (text, types, within) =>
      text.tree === undefined
        ? draftByDuckdb(scopeOf(text, undefined, types, within), { draftOf, authorized })
        : draftOf(asNode(text.tree), scopeOf(text, undefined, types, within)),
    placed: async (tree) => placedQuery(must(tree, "a query within"), scope),
    query: async (tree) => analyzeQuery(must(tree, "a query within"), scope),
  };
  return scope;
}

async function placedQuery(tree: Node, scope: Scope): ReturnType<Scope["placed"]> {
  if (!("SelectStmt" in tree)) return undefined;
  const { source, parameterTypes, context } = scope;
  const made = analyzePlaced(tree.SelectStmt, source, parameterTypes, context);
  if (made === undefined) return undefined;
  const { analyzed, relation } = made;
  const draft: Draft = {
    plan: { kind: "select", text: analyzed.text },
    columns: analyzed.columns.slice(0, -2),
    parameterTypes: analyzed.parameterTypes,
    ...analyzedUses(analyzed),
  };
  return { query: await authorized(draft, scope), relation };
}

function analyzeQuery(tree: Node, { source, parameterTypes, context }: Scope): AnalyzedQuery {
  if (!("SelectStmt" in tree)) throw unsupported("a statement that is no query in this place");
  const { intoClause, ...select } = tree.SelectStmt;
  if (intoClause !== undefined) throw new PgError("42601", "SELECT ... INTO is not allowed here");
  const analyzed = analyzeSelect(select, source, parameterTypes, context);
  if (analyzed.steps.length > 0)
    throw unsupported("WITH containing a data-modifying statement in this place");
  return analyzed;
}

type Handler = (node: never, scope: Scope) => Draft | Promise<Draft>;

const handlers: Readonly<Record<string, Handler>> = {
  SelectStmt: select,
  InsertStmt: insert,
  UpdateStmt: (node, scope) => modification("UpdateStmt", node, scope),
  DeleteStmt: (node, scope) => modification("DeleteStmt", node, scope),
  MergeStmt: (node, scope) => modification("MergeStmt", node, scope),
  TruncateStmt: truncate,
  CopyStmt: copyStatement,
  CallStmt: callStatement,
  DoStmt: doBlock,
  ExplainStmt: explainStatement,
  CreateStmt: createTable,
  CreateSeqStmt: createSequence,
  AlterSeqStmt: alterSequence,
  CreateTableAsStmt: (node: CreateTableAsStmt, scope) =>
    node.objtype === "OBJECT_MATVIEW"
      ? createMaterializedView(node, scope)
      : createTableAs(node, scope),
  ViewStmt: createView,
  CreateFunctionStmt: createFunction,
  AlterFunctionStmt: functions.alterFunction,
  RefreshMatViewStmt: refreshMaterializedView,
  CreateSchemaStmt: objects.createSchema,
  CreateForeignTableStmt: createForeignTable,
  CreateForeignServerStmt: createServer,
  DropStmt: (node: DropStmt, scope: Scope) =>
    node.removeType === "OBJECT_POLICY"
      ? policies.dropPolicies(node, scope)
      : objects.dropObjects(node, scope),
  AlterTableStmt: (node: AlterTableStmt, scope: Scope) =>
    node.objtype === "OBJECT_INDEX"
      ? indexNames.alterIndex(node, scope)
      : node.objtype === "OBJECT_TYPE"
        ? alterComposite(node, scope)
        : alterTable(node, scope),
  IndexStmt: createIndex,
  ReindexStmt: indexNames.reindex,
  ClusterStmt: indexNames.cluster,
  ConstraintsSetStmt: setConstraints,
  AlterObjectSchemaStmt: moveToSchema,
  RenameStmt: rename,
  AlterOwnerStmt: changeOwner,
  CreatePolicyStmt: policies.createPolicy,
  AlterPolicyStmt: policies.alterPolicy,
  CommentStmt: comment,
  CreateEnumStmt: createEnum,
  AlterEnumStmt: alterEnum,
  CreateExtensionStmt: createExtension,
  DefineStmt: ({ kind = "OBJECT_TYPE" }: DefineStmt) => {
    throw refusedDefinition(kind);
  },
  CompositeTypeStmt: createComposite,
  CreateDomainStmt: createDomain,
  AlterDomainStmt: alterDomain,
  CreateRoleStmt: roles.createRole,
  AlterRoleStmt: roles.alterRole,
  AlterRoleSetStmt: roles.alterRoleSet,
  DropRoleStmt: roles.dropRole,
  ReassignOwnedStmt: reassignOwned,
  DropOwnedStmt: dropOwned,
  CreatedbStmt: databases.createDatabase,
  DropdbStmt: databases.dropDatabase,
  AlterDatabaseStmt: databases.alterDatabase,
  AlterDatabaseSetStmt: roles.alterDatabaseSet,
  AlterDefaultPrivilegesStmt: alterDefaultPrivileges,
  GrantStmt: grants.grant,
  GrantRoleStmt: grants.grantRole,
  VariableSetStmt: setParameter,
  VariableShowStmt: showParameter,
  TransactionStmt: transactionStatement,
  DeclareCursorStmt: cursors.declareCursor,
  FetchStmt: cursors.fetchCursor,
  ClosePortalStmt: cursors.closeCursor,
  PrepareStmt: cursors.prepareStatement,
  ExecuteStmt: cursors.executeStatement,
  DeallocateStmt: cursors.deallocate,
  DiscardStmt: cursors.discard,
  ListenStmt: upkeep.listen,
  UnlistenStmt: upkeep.unlisten,
  NotifyStmt: upkeep.notify,
  LockStmt: upkeep.lockTable,
  VacuumStmt: upkeep.vacuum,
  CheckPointStmt: upkeep.checkpoint,
};

async function draftOf(tree: Node, scope: Scope): Promise<Draft> {
  const [entry] = Object.entries(tree);
  const [kind, node] = must(entry, "a statement has a kind");
  const handler = handlers[kind];
  if (handler === undefined) throw refusedStatement(kind);
  // Each handler takes the node that stands under its own name in the parser's tree.
  return handler(node as never, scope);
}

function asNode(tree: unknown): Node {
  return tree as Node;
}

async function select(node: SelectStmt, scope: Scope): Promise<Draft> {
  const { intoClause, ...query } = node;
  if (intoClause !== undefined) return selectInto(intoClause, { SelectStmt: query }, scope);
  const configured = setConfig(node, scope);
  if (configured !== undefined) return configured;
  const analyzed = analyzeSelect(node, scope.source, scope.parameterTypes, scope.context);
  const { text, columns, parameterTypes, constantRow, steps } = analyzed;
  const uses = analyzedUses(analyzed);
  if (constantRow !== undefined)
    return {
      plan: { kind: "constant", rows: [constantRow], tag: "SELECT 1" },
      columns,
      parameterTypes,
      ...uses,
    };
  return {
    plan: withSteps(steps, { kind: "select", text }),
    columns,
    parameterTypes,
    ...uses,
    isReadOnly: steps.length === 0 && uses.isReadOnly,
  };
}

function withSteps(steps: WithPlan["steps"], main: WithPlan["main"]): WithPlan | WithPlan["main"] {
  return steps.length === 0 ? main : { kind: "with", steps, main };
}

function insert(node: InsertStmt, scope: Scope): Draft {
  const { source: text, parameterTypes, context } = scope;
  const made = analyzeInsert(node, text, parameterTypes, context);
  const { source, target, returning, checks } = made;
  const texts = { source: source.text, returning: returning?.text, ...checks };
  return {
    plan: withSteps(
      source.steps,
      made.isModification
        ? { kind: "modify", verb: "INSERT", target, whenTwice: "never", keys: made.keys, ...texts }
        : { kind: "insert", target, known: made.known, ...texts },
    ),
    ...writeUses(source, returning),
  };
}

function modification<Kind extends Parameters<typeof analyzeModification>[0]>(
  kind: Kind,
  node: Parameters<typeof analyzeModification<Kind>>[1],
  { source: text, parameterTypes, context }: Scope,
): Draft {
  const made = analyzeModification(kind, node, text, parameterTypes, context);
  const { source, returning } = made;
  return {
    plan: withSteps(source.steps, {
      kind: "modify",
      ...made.plan,
      source: source.text,
      returning: returning?.text,
    }),
    ...writeUses(source, returning),
  };
}

/** Both texts were made by one analysis, which says what both use. */
function writeUses(
  source: AnalyzedQuery,
  returning: AnalyzedQuery | undefined,
): Omit<Draft, "plan"> {
  return {
    ...analyzedUses(source),
    columns: returning?.columns,
    parameterTypes: source.parameterTypes,
    functions: [...source.functions, ...(returning?.functions ?? [])],
    isReadOnly: false,
  };
}

function rename(node: RenameStmt, scope: Scope): Draft {
  if (node.renameType === "OBJECT_ROLE") return roles.renameRole(node, scope);
  if (node.renameType === "OBJECT_DATABASE")
    return databases.renameDatabase(node.subname ?? "", scope);
  if (node.renameType === "OBJECT_SCHEMA")
    throw unsupported("ALTER SCHEMA … RENAME TO", {
      hint: "A bucket's name is recorded with its objects: make another and move the tables with SET SCHEMA.",
    });
  if (node.renameType === "OBJECT_ATTRIBUTE") return renameAttribute(node, scope);
  if (node.renameType === "OBJECT_DOMCONSTRAINT") return renameDomainConstraint(node, scope);
  if (isType(node.renameType)) return types.renameType(node, scope);
  if (node.renameType === "OBJECT_POLICY") return policies.renamePolicy(node, scope);
  const index = indexNames.renameIndex(node, scope);
  if (index !== undefined) return index;
  if (isFunction(node.renameType)) return functions.renameFunction(node, scope);
  const renamed = renameInTable(node, scope);
  if (renamed === undefined) throw refusedStatement("RenameStmt");
  return renamed;
}

function moveToSchema(node: AlterObjectSchemaStmt, scope: Scope): Draft {
  if (isFunction(node.objectType)) return functions.setFunctionSchema(node, scope);
  return isType(node.objectType) ? types.setTypeSchema(node, scope) : setSchema(node, scope);
}

function changeOwner(node: AlterOwnerStmt, scope: Scope): Draft {
  return isFunction(node.objectType)
    ? functions.changeFunctionOwner(node, scope)
    : objects.changeOwner(node, scope);
}

function isFunction(kind: string | undefined): boolean {
  return kind === "OBJECT_FUNCTION" || kind === "OBJECT_ROUTINE" || kind === "OBJECT_PROCEDURE";
}

function isType(kind: string | undefined): boolean {
  return kind === "OBJECT_TYPE" || kind === "OBJECT_DOMAIN";
}
