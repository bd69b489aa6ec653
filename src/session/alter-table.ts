/** ALTER TABLE staged in its transaction: the relation as it will be, and its rows where they must change. */
import { must } from "../base/assert.ts";
import { quoteName, quoteText } from "../base/quote.ts";
import type { Relation } from "../catalog/relation.ts";
import { sequencesOf } from "../catalog/sequence-uses.ts";
import { raisedField } from "../engine/errors.ts";
import type { AlterTablePlan, EngineText } from "../query/plan.ts";
import type { Backend } from "./backend.ts";
import {
  changeSequences,
  makeSequences,
  numberedColumns,
  numberedText,
} from "./column-sequences.ts";
import { standOnRows, withOids } from "./constraint-changes.ts";
import { dropDefaults, dropInOrder, dropPolicies, dropReferences } from "./drop-tables.ts";
import { runText } from "./engine-rows.ts";
import type { Outcome } from "./portal.ts";
import { verifyConstraints } from "./verify-constraints.ts";

export async function alterTable(plan: AlterTablePlan, backend: Backend): Promise<Outcome> {
  const { target, rewrite, notices } = plan;
  for (const notice of notices) backend.notice({ severity: "NOTICE", ...notice });
  const { transaction, services } = backend;
  const { schema } = plan.after;
  const isTemporary = schema.startsWith("pg_temp_");
  const allot = async () =>
    isTemporary ? transaction.temporary.allotOid() : services.catalog.allotOid(schema);
  const home = must((await transaction.catalog()).schemas.get(schema), "a table's schema is there");
  const made = await makeSequences(
    plan.sequences,
    { oid: target.oid, schema: home, owner: plan.after.owner },
    allot,
    backend,
  );
  const columns = numberedColumns(plan.after.columns, made);
  const changed = columns === plan.after.columns ? plan.after : { ...plan.after, columns };
  const after = await withOids(changed, allot);
  await dropReferences(plan.dropped, backend);
  dropInOrder(plan.droppedViews, backend);
  await dropPolicies(plan.droppedPolicies, backend);
  await dropDefaults(plan.droppedDefaults, backend);
  if (rewrite) await rewriteRows(numberedText(rewrite, made), after, backend);
  await standOnRows(target, after, backend);
  if (after !== target)
    transaction.change({ kind: "replace table", base: target, relation: after });
  await changeSequences(plan.sequenceChanges, backend);
  await bringSequences(target, after, backend);
  for (const column of plan.notNull) await refuseNulls(column, after, backend);
  await verifyConstraints(after, plan.verified, backend);
  return { kind: "command", tag: plan.tag ?? "ALTER TABLE" };
}

/** Sequences of its columns go with them, and belong where the table belongs. */
async function bringSequences(
  before: Relation,
  { oid, columns, owner, schema, schemaOid }: Relation,
  { transaction }: Backend,
): Promise<void> {
  const isMoved = owner !== before.owner || schema !== before.schema;
  const numbers = new Set(columns.map(({ number }) => number));
  if (!isMoved && before.columns.every(({ number }) => numbers.has(number))) return;
  for (const sequence of sequencesOf(oid, await transaction.catalog())) {
    const isOrphan = !numbers.has(sequence.source.ownedBy?.column ?? 0);
    if (isOrphan) transaction.change({ kind: "drop table", oid: sequence.oid });
    else if (isMoved) {
      const relation = { ...sequence, owner, schema, schemaOid };
      transaction.change({ kind: "replace table", base: sequence, relation });
    }
  }
}

/** Every row goes and comes again as it will be: to those who read the log the files are other files. */
export async function rewriteRows(
  rewrite: EngineText,
  after: Relation,
  backend: Backend,
): Promise<void> {
  const { transaction } = backend;
  const { mark: cleared } = await transaction.stageFor(after);
  const { stage, mark } = await transaction.stageFor(after);
  const insertion = (sql: string) =>
    stage.insertion(after, `SELECT *, ${mark} FROM (${sql}) AS rewritten`);
  await runText(rewrite, insertion, backend, [], { seen: cleared - 1 });
  stage.wrote("TRUNCATE", cleared);
  stage.wrote("INSERT", mark);
}

/** 23502 when a row has none. */
async function refuseNulls(column: string, relation: Relation, backend: Backend): Promise<void> {
  const message = `column "${column}" of relation "${relation.name}" contains null values`;
  const fields = [`s${relation.schema}`, `t${relation.name}`, `c${column}`];
  const fault = quoteText([`PGERR:23502:${message}`, ...fields].join(raisedField));
  const name = quoteName(column);
  // Said of a value, or the engine would say it while planning.
  const text: EngineText = {
    pieces: [
      `SELECT CASE WHEN ${name} IS NULL THEN error(${fault} || coalesce(CAST(${name} AS VARCHAR), '')) END FROM `,
      { scan: 0 },
      ` AS present WHERE ${name} IS NULL LIMIT 1`,
    ],
    scans: [{ relation, columns: [column], where: [{ column, operator: "is null", values: [] }] }],
    calls: [],
    parameters: [],
    readsCatalog: false,
  };
  await runText(text, (sql) => sql, backend, []);
}
