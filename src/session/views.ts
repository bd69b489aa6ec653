/** CREATE VIEW: a name for a query, staged in the transaction. */
import { must } from "../base/assert.ts";
import type { Relation } from "../catalog/relation.ts";
import type { DefinitionPlan } from "../query/plan.ts";
import type { Backend } from "./backend.ts";
import type { Outcome } from "./portal.ts";

type CreateView = Extract<DefinitionPlan, { kind: "create view" }>;

export async function createView(plan: CreateView, backend: Backend): Promise<Outcome> {
  const { transaction } = backend;
  for (const notice of plan.notices) backend.notice({ severity: "NOTICE", ...notice });
  const { replaced: base, columns, options, view } = plan;
  if (base === undefined) {
    transaction.change({ kind: "create table", relation: await newView(plan, backend) });
  } else {
    const { options: _, ...rest } = base;
    const relation = { ...rest, columns, view, ...(options.length > 0 ? { options } : {}) };
    transaction.change({ kind: "replace table", base, relation });
  }
  return { kind: "command", tag: "CREATE VIEW" };
}

async function newView(plan: CreateView, backend: Backend): Promise<Relation> {
  const { transaction, services } = backend;
  const { temporary } = transaction;
  const isTemporary = plan.schema === "pg_temp";
  const catalog = await transaction.catalog();
  const schema = isTemporary
    ? await temporary.open(backend.role.oid)
    : must(catalog.schemas.get(plan.schema), "the planner found the schema");
  const { name, columns, options, view } = plan;
  return {
    oid: isTemporary ? temporary.allotOid() : await services.catalog.allotOid(schema.name),
    schema: schema.name,
    schemaOid: schema.oid,
    name,
    owner: backend.role.oid,
    comment: null,
    columns,
    ...(options.length > 0 ? { options } : {}),
    view,
    source: { kind: "view" },
  };
}
