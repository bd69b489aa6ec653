/** CREATE VIEW: a name for a query, staged in the transaction. */
import { must } from "../base/assert.ts";
import type { Relation } from "../catalog/relation.ts";
import type { DefinitionPlan } from "../query/plan.ts";
import type { Backend } from "./backend.ts";
import { checkedRows } from "./checked-rows.ts";
import { checkConstraints } from "./constraints.ts";
import { runText } from "./engine-rows.ts";
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

type Refresh = Extract<DefinitionPlan, { kind: "refresh" }>;

/** Every row goes and comes again as the query gives it now. */
export async function refresh({ target, text }: Refresh, backend: Backend): Promise<Outcome> {
  const { transaction } = backend;
  const view = must(target.view, "a materialized view has a definition");
  const { mark: cleared } = await transaction.stageFor(target);
  const { stage, mark } = await transaction.stageFor(target);
  if (text !== undefined) {
    const insertion = (sql: string) => stage.insertion(target, checkedRows(sql, target, mark));
    await runText(text, insertion, backend, [], { seen: cleared - 1 });
  }
  stage.wrote("TRUNCATE", cleared);
  stage.wrote("INSERT", mark);
  if (text !== undefined) await checkConstraints(backend, target, stage, mark);
  if ((view.isUnfilled === true) === (text !== undefined)) {
    const { isUnfilled: _, ...filled } = view;
    const after = text === undefined ? { ...filled, isUnfilled: true } : filled;
    const relation = { ...target, view: after };
    transaction.change({ kind: "replace table", base: target, relation });
  }
  return { kind: "command", tag: "REFRESH MATERIALIZED VIEW" };
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
