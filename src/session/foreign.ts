/** Foreign tables: CREATE finds the folder and looks into it, a scan reads its files where they are. */
import { resolve } from "node:path";
import { must } from "../base/assert.ts";
import { PgError } from "../base/error.ts";
import {
  type ForeignSource,
  foreignServer,
  type Relation,
  type RelationColumn,
} from "../catalog/relation.ts";
import { assertInside } from "../ingest/staged-file.ts";
import type { DefinitionPlan, Scan } from "../query/plan.ts";
import { declaredScan, type ForeignTable } from "../table/foreign.ts";
import { columnsOf } from "../table/schema.ts";
import type { Predicate, TableVersion } from "../table/table.ts";
import type { Backend } from "./backend.ts";
import type { Outcome } from "./portal.ts";
import type { Transaction } from "./transaction.ts";

type CreateForeignTable = Extract<DefinitionPlan, { kind: "create foreign table" }>;

export async function createForeignTable(
  plan: CreateForeignTable,
  backend: Backend,
): Promise<Outcome> {
  const { transaction, services } = backend;
  const done: Outcome = { kind: "command", tag: "CREATE FOREIGN TABLE" };
  const catalog = await transaction.catalog();
  if (catalog.relation(plan.schema, plan.name)) {
    const message = `relation "${plan.name}" already exists`;
    if (!plan.ifNotExists) throw new PgError("42P07", message);
    backend.notice({ severity: "NOTICE", sqlstate: "42P07", message: `${message}, skipping` });
    return done;
  }
  const source = await sourceOf(plan, backend);
  const version = await (await services.tables.foreign(source)).current();
  transaction.change({
    kind: "create table",
    relation: {
      oid: await services.catalog.allotOid(plan.schema),
      schema: plan.schema,
      schemaOid: must(catalog.schemas.get(plan.schema), "the planner found the schema").oid,
      name: plan.name,
      owner: backend.role.oid,
      comment: null,
      columns: columnsFor(plan, version),
      source,
    },
  });
  return done;
}

/** A SELECT, in parentheses, of a foreign table's rows at the version that a transaction sees. */
export async function foreignRows(
  { relation, columns, at }: Scan,
  where: readonly Predicate[],
  transaction: Transaction,
): Promise<string> {
  const table = await transaction.foreignTable(relation);
  const scan = await declaredScan(table, await versionOf(table, relation, at, transaction), {
    columns: columns.map((name) =>
      must(
        relation.columns.find((column) => column.name === name),
        `${relation.name} has column ${name}`,
      ),
    ),
    where,
    isOlder: at !== undefined,
  });
  return `(${scan})`;
}

function versionOf(
  table: ForeignTable,
  relation: Relation,
  at: Scan["at"],
  transaction: Transaction,
): Promise<TableVersion> {
  if (at === undefined) return transaction.pinned(relation);
  return "version" in at ? table.at(at.version) : table.atTime(at.timestamp);
}

async function sourceOf(
  { location, format, options }: CreateForeignTable,
  { role, services }: Backend,
): Promise<ForeignSource> {
  const { buckets, options: configured } = services.rooms;
  const folders = configured.ingestFolders;
  // Whoever may read a bucket's folder reads every dataset in it, whatever is granted: only a superuser names one.
  if (!role.isSuperuser) await assertInside(resolve(location), location, folders);
  const place = await buckets.find(role.isSuperuser ? location : resolve(location));
  if (!role.isSuperuser) {
    if (!("outside" in place)) throw new PgError("42501", `permission denied for "${location}"`);
    await assertInside(place.outside, location, folders);
  }
  const { bucket, location: folder } = await buckets.attach(place, false);
  const hasLog = async () => (await bucket.list(`${folder}/_delta_log/`)).length > 0;
  return {
    kind: "foreign",
    server: foreignServer,
    place,
    format: format ?? ((await hasLog()) ? "delta" : "parquet"),
    options,
  };
}

/** As declared, or as the files are. 42703 for a declared one that they have not. */
function columnsFor(
  { name, columns, options }: CreateForeignTable,
  version: TableVersion,
): readonly RelationColumn[] {
  const stored = columnsOf(version.fields);
  if (stored.length === 0) {
    throw new PgError("58P01", `there are no Parquet files in "${options["location"]}"`);
  }
  if (columns.length === 0) {
    return stored.map((column, at) => ({
      ...column,
      number: at + 1,
      notNull: false,
      defaultText: null,
    }));
  }
  return columns.map((column, at) => {
    const found = stored.find((candidate) => candidate.name === column.name);
    if (found) return { ...column, number: at + 1, comment: found.comment };
    throw new PgError("42703", `column "${column.name}" of relation "${name}" does not exist`, {
      detail: `The files have: ${stored.map((each) => each.name).join(", ")}.`,
    });
  });
}
