/** CREATE, DROP, RENAME, COMMENT: staged in the transaction, committed with it. */
import { must } from "../base/assert.ts";
import { PgError } from "../base/error.ts";
import { isNameTaken } from "../catalog/constraints.ts";
import type { Relation } from "../catalog/relation.ts";
import {
  type ColumnDefinition,
  type DefinitionPlan,
  type Plan,
  unknownColumns,
} from "../query/plan.ts";
import { alterTable } from "./alter-table.ts";
import type { Backend } from "./backend.ts";
import { withBornGrants } from "./born-grants.ts";
import { checkedRows } from "./checked-rows.ts";
import { makeSequences, numberedColumns } from "./column-sequences.ts";
import { constraintsMade, standOnRows, withOids } from "./constraint-changes.ts";
import { alterSequence, createSequence } from "./define-sequence.ts";
import { completed, engineColumns, needsEngine } from "./describe.ts";
import { dropSchemas } from "./drop-schemas.ts";
import { dropTables } from "./drop-tables.ts";
import { runText } from "./engine-rows.ts";
import { createForeignTable } from "./foreign.ts";
import { dropFunctions, putFunction } from "./function-definitions.ts";
import { newLocation } from "./new-location.ts";
import type { Outcome } from "./portal.ts";
import type { Request } from "./request.ts";
import { alterType, createType, dropTypes } from "./type-definitions.ts";
import { createView, refresh } from "./views.ts";
import { staged } from "./writes.ts";

type CreateTable = Extract<DefinitionPlan, { kind: "create table" }>;

const command = (tag: string): Outcome => ({ kind: "command", tag });

const definitions: Readonly<Record<DefinitionPlan["kind"], true>> = {
  "create table": true,
  "create view": true,
  refresh: true,
  "put function": true,
  "drop function": true,
  "create foreign table": true,
  "drop table": true,
  "rename table": true,
  "alter table": true,
  "create sequence": true,
  "alter sequence": true,
  comment: true,
  "create schema": true,
  "alter schema": true,
  "drop schema": true,
  "alter tables": true,
  several: true,
  "revoke all": true,
  "create type": true,
  "alter type": true,
  "drop type": true,
};

export function isDefinition(plan: Plan): plan is DefinitionPlan {
  return plan.kind in definitions;
}

export function define(plan: DefinitionPlan, backend: Backend, request: Request): Promise<Outcome> {
  return withBornGrants(backend, () => defined(plan, backend, request));
}

async function defined(plan: DefinitionPlan, backend: Backend, request: Request): Promise<Outcome> {
  const { transaction } = backend;
  switch (plan.kind) {
    case "create table":
      return createTable(plan, backend, request);
    case "create view":
      return createView(plan, backend);
    case "refresh":
      return refresh(plan, backend);
    case "put function":
      return putFunction(plan, backend);
    case "drop function":
      return dropFunctions(plan, backend);
    case "create foreign table":
      return createForeignTable(plan, backend);
    case "drop table":
      for (const name of plan.missing) {
        skipped(`${plan.what} "${name}" does not exist, skipping`, backend);
      }
      await dropTables(plan.targets, plan.cascade, backend);
      return command(`DROP ${plan.what.toUpperCase()}`);
    case "rename table":
      transaction.change({ kind: "rename table", oid: plan.target.oid, to: plan.to });
      return command(`ALTER ${plan.what.toUpperCase()}`);
    case "alter table":
      return alterTable(plan, backend);
    case "create sequence":
      return createSequence(plan, backend);
    case "alter sequence":
      return alterSequence(plan, backend);
    case "comment":
      transaction.change({
        kind: "comment",
        oid: plan.target.oid,
        column: plan.column,
        text: plan.text,
      });
      return command("COMMENT");
    case "create schema":
      return createSchema(plan, backend);
    case "alter schema":
      transaction.change(plan);
      return command(plan.owner === undefined ? "COMMENT" : "ALTER SCHEMA");
    case "drop schema":
      return dropSchemas(plan, backend);
    case "alter tables":
      for (const notice of plan.notices) backend.notice({ severity: "NOTICE", ...notice });
      for (const alteration of plan.alterations) await alterTable(alteration, backend);
      return command(plan.tag);
    case "several":
      for (const each of plan.plans) await defined(each, backend, request);
      return command(plan.tag);
    case "revoke all":
      await backend.services.access.commit(
        plan.roles.map((role) => ({ kind: "revoke all", role })),
      );
      return command("DROP OWNED");
    case "create type":
      return createType(plan, backend);
    case "alter type":
      return alterType(plan, backend);
    case "drop type":
      return dropTypes(plan, backend);
    default:
      return plan satisfies never;
  }
}

async function createTable(
  plan: CreateTable,
  backend: Backend,
  request: Request,
): Promise<Outcome> {
  const { transaction, services } = backend;
  const catalog = await transaction.catalog();
  if (isNameTaken(catalog, plan.schema, plan.name)) {
    const message = `relation "${plan.name}" already exists`;
    if (!plan.ifNotExists) throw new PgError("42P07", message);
    backend.notice({ severity: "NOTICE", sqlstate: "42P07", message: `${message}, skipping` });
    return command(plan.as ? plan.as.tag : "CREATE TABLE");
  }
  const columns = await definedColumns(plan, backend, request);
  const isTemporary = plan.schema === "pg_temp";
  const { temporary } = transaction;
  const schema = isTemporary
    ? await temporary.open(backend.role.oid)
    : must(catalog.schemas.get(plan.schema), "the planner found the schema");
  const allot = async () =>
    isTemporary ? temporary.allotOid() : services.catalog.allotOid(schema.name);
  const oid = await allot();
  const constraints = await constraintsMade(plan.constraints, oid, allot);
  const sequences = columns.flatMap(({ sequence }, at) =>
    sequence ? [{ ...sequence, column: at + 1 }] : [],
  );
  const place = { oid, schema, owner: backend.role.oid, ...onCommitOf(plan) };
  const made = await makeSequences(sequences, place, allot, backend);
  const relation = await withOids(
    {
      oid,
      schema: schema.name,
      schemaOid: schema.oid,
      name: plan.name,
      owner: backend.role.oid,
      comment: null,
      columns: numberedColumns(columns, made).map(({ sequence: _, ...column }, at) => ({
        comment: null,
        ...column,
        number: at + 1,
      })),
      ...(constraints.length > 0 ? { constraints } : {}),
      ...(plan.indexes ? { indexes: plan.indexes } : {}),
      ...partitioningOf(plan),
      ...(plan.options.length > 0 ? { options: plan.options } : {}),
      ...onCommitOf(plan),
      ...(plan.view === undefined ? {} : { view: plan.view }),
      source: { kind: "dataset", bucket: schema.name, location: newLocation(plan.name) },
    },
    allot,
  );
  await standOnRows(undefined, relation, backend);
  if (plan.as === undefined || !plan.as.withData) {
    transaction.change({ kind: "create table", relation });
    return command(plan.as ? plan.as.tag : "CREATE TABLE");
  }
  return fill(plan.as.text, relation, backend, request);
}

function onCommitOf({ onCommit }: CreateTable) {
  return onCommit === undefined ? {} : { onCommit };
}

function partitioningOf({ partitionedBy, partitionStrategy }: CreateTable) {
  return partitionedBy && partitionStrategy ? { partitionedBy, partitionStrategy } : {};
}

/** CREATE TABLE … AS: the query is read before the table it makes exists. */
async function fill(
  text: NonNullable<CreateTable["as"]>["text"],
  relation: Relation,
  backend: Backend,
  request: Request,
): Promise<Outcome> {
  const { transaction } = backend;
  transaction.change({ kind: "create table", relation });
  const { count } = await staged(backend, relation, "INSERT", (stage, mark) =>
    runText(
      text,
      (sql) => stage.insertion(relation, checkedRows(sql, relation, mark)),
      backend,
      request.parameters,
      { seen: mark - 1 },
    ),
  );
  return command(`SELECT ${count}`);
}

async function definedColumns(
  plan: CreateTable,
  backend: Backend,
  request: Request,
): Promise<readonly ColumnDefinition[]> {
  const known = plan.columns.length === 0 ? unknownColumns : plan.columns.map(asResult);
  if (plan.as === undefined || !needsEngine(known)) return plan.columns;
  const engine = await engineColumns(plan.as.text, request.statement.parameterTypes, backend);
  return completed(known, engine).map(({ name, typeOid, typmod }) => ({
    name,
    typeOid,
    typmod,
    notNull: false,
    defaultText: null,
  }));
}

function asResult({ name, typeOid, typmod }: ColumnDefinition) {
  return { name, typeOid, typmod, tableOid: 0, columnNumber: 0 };
}

async function createSchema(
  plan: Extract<DefinitionPlan, { kind: "create schema" }>,
  backend: Backend,
): Promise<Outcome> {
  const { transaction } = backend;
  const catalog = await transaction.catalog();
  if (catalog.schemas.has(plan.name)) {
    const message = `schema "${plan.name}" already exists`;
    if (!plan.ifNotExists) throw new PgError("42P06", message);
    backend.notice({ severity: "NOTICE", sqlstate: "42P06", message: `${message}, skipping` });
    return command("CREATE SCHEMA");
  }
  const owner = plan.owner === undefined ? backend.role.oid : await roleOid(plan.owner, backend);
  transaction.change({ kind: "create schema", name: plan.name, owner });
  return command("CREATE SCHEMA");
}

async function roleOid(name: string, backend: Backend): Promise<number> {
  const role = (await backend.services.access.current()).role(name);
  if (!role) throw new PgError("42704", `role "${name}" does not exist`);
  return role.oid;
}

function skipped(message: string, backend: Backend): void {
  backend.notice({ severity: "NOTICE", sqlstate: "00000", message });
}
