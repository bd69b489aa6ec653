/** INSERT, UPDATE, DELETE, MERGE and TRUNCATE: what they do to a dataset is staged in the transaction, not done yet. */
import { PgError } from "../base/error.ts";
import { isConstrained } from "../catalog/constraints.ts";
import type { Relation } from "../catalog/relation.ts";
import { sequencesOf } from "../catalog/sequence-uses.ts";
import type { EngineText, InsertPlan, ModifyPlan, Plan, ViewCheckText } from "../query/plan.ts";
import type { Backend } from "./backend.ts";
import { checkedChanges, checkedRows } from "./checked-rows.ts";
import { restartSequences } from "./column-sequences.ts";
import { checkConstraints } from "./constraints.ts";
import { openResult, runText } from "./engine-rows.ts";
import type { Names } from "./expand.ts";
import { knownColumns } from "./known-rows.ts";
import type { Outcome } from "./portal.ts";
import type { Request } from "./request.ts";
import { withOpenKeys } from "./settled-keys.ts";
import type { Stage, Verb } from "./stage.ts";
import { checkViews } from "./view-checks.ts";

let serial = 0;

/** What a statement has staged, under a mark of its own; `work` gives the number of rows. Constraints have been asked. */
export async function staged(
  backend: Backend,
  relation: Relation,
  verb: Verb,
  work: (stage: Stage, mark: number) => Promise<number>,
  viewChecks: readonly ViewCheckText[] = [],
  open: Relation = relation,
): Promise<{ readonly stage: Stage; readonly mark: number; readonly count: number }> {
  const { stage, mark } = await backend.transaction.stageFor(relation);
  const count = await work(stage, mark);
  if (count > 0) {
    stage.wrote(verb, mark);
    const afterKeys = () => checkViews(viewChecks, relation, stage, mark, backend);
    await checkConstraints(backend, relation, stage, mark, afterKeys, open);
    await countRows(backend, relation, verb, stage, mark, count);
  }
  return { stage, mark, count };
}

/** MERGE and ON CONFLICT do several things at once: what they did is asked. */
async function countRows(
  { services: { statistics, engine } }: Backend,
  relation: Relation,
  verb: Verb,
  stage: Stage,
  mark: number,
  count: number,
): Promise<void> {
  const counter = counters[verb];
  if (counter !== undefined) {
    statistics.countTable(relation.oid, counter, count);
    return;
  }
  const done = await engine.system(
    `SELECT "@action" AS action, count(*) AS rows FROM (${stage.written(relation, mark)}) GROUP BY ALL`,
  );
  for (const { action, rows } of done) {
    const made = action === "d" ? "n_tup_del" : action === "u" ? "n_tup_upd" : "n_tup_ins";
    statistics.countTable(relation.oid, made, Number(rows));
  }
}

const counters: Readonly<Partial<Record<Verb, "n_tup_ins" | "n_tup_upd" | "n_tup_del">>> = {
  INSERT: "n_tup_ins",
  UPDATE: "n_tup_upd",
  DELETE: "n_tup_del",
};

type Truncate = Extract<Plan, { kind: "truncate" }>;

/** What a statement is part of: the steps of WITH see what the whole statement saw at its start. */
export interface Surroundings {
  readonly seen?: number;
  readonly returned?: readonly string[];
  /** What is done with the rows that RETURNING gives, instead of handing them to the client. */
  readonly giveBack?: (
    text: EngineText,
    names: Omit<Names, "calls">,
    tag: string,
  ) => Promise<Outcome>;
}

export async function runWrite(
  plan: InsertPlan | ModifyPlan | Truncate,
  backend: Backend,
  request: Request,
  surroundings: Surroundings = {},
): Promise<Outcome> {
  const writing: Writing = {
    backend,
    request,
    isWhole: surroundings.seen === undefined,
    names: (mark) => ({
      seen: surroundings.seen ?? mark - 1,
      ...(surroundings.returned === undefined ? {} : { returned: surroundings.returned }),
    }),
    giveBack:
      surroundings.giveBack ??
      (async (text, names, tag) => ({
        kind: "rows",
        rows: await openResult(text, backend, request.parameters, names),
        // Of a portal that was suspended PostgreSQL counts the rows given last.
        tag: (given) => tag.replace(/\d+$/, String(given)),
      })),
  };
  switch (plan.kind) {
    case "insert":
      return insert(plan, writing);
    case "modify":
      return modify(plan, writing);
    case "truncate":
      return truncate(plan, backend);
    default:
      return plan satisfies never;
  }
}

interface Writing {
  readonly backend: Backend;
  /** It is no step of WITH. */
  readonly isWhole: boolean;
  readonly request: Request;
  /** What a text of the statement that writes under `mark` may see. */
  readonly names: (mark: number) => Omit<Names, "calls">;
  readonly giveBack: NonNullable<Surroundings["giveBack"]>;
}

async function insert(plan: InsertPlan, writing: Writing): Promise<Outcome> {
  const { target } = plan;
  const { backend, request, names, giveBack } = writing;
  const kept = await keptInsert(plan, backend, request);
  if (kept !== undefined) return kept;
  const { stage, mark, count } = await staged(
    backend,
    target,
    "INSERT",
    (stage, mark) =>
      runText(
        plan.source,
        (sql) => stage.insertion(target, checkedRows(sql, target, mark)),
        backend,
        request.parameters,
        names(mark),
      ),
    plan.viewChecks,
  );
  const tag = `INSERT 0 ${count}`;
  if (plan.returning === undefined) return { kind: "command", tag };
  const written = `(${stage.written(target, mark)})`;
  return giveBack(plan.returning, { ...names(mark), written }, tag);
}

/** Rows that say themselves what they are, of which nothing is asked, need no trip to the engine. Undefined: it takes one. */
async function keptInsert(
  plan: InsertPlan,
  backend: Backend,
  { parameters }: Request,
): Promise<Outcome | undefined> {
  const { target } = plan;
  if (plan.known === undefined || plan.returning !== undefined) return undefined;
  if (plan.viewChecks !== undefined || isConstrained(target)) return undefined;
  const rows = await knownColumns(plan, backend, parameters);
  if (rows === undefined) return undefined;
  const { stage, mark } = await backend.transaction.stageToKeep(target);
  await stage.keep(target, rows, mark);
  stage.wrote("INSERT", mark);
  backend.services.statistics.countTable(target.oid, "n_tup_ins", rows.rowCount);
  return { kind: "command", tag: `INSERT 0 ${rows.rowCount}` };
}

async function modify(plan: ModifyPlan, writing: Writing): Promise<Outcome> {
  const { returning } = plan;
  const { backend, names, giveBack } = writing;
  const verb = plan.verb === "INSERT" ? "MERGE" : plan.verb;
  // Another step of WITH may have written the key that this one has not seen.
  const open = writing.isWhole ? withOpenKeys(plan.target, plan) : plan.target;
  if (returning === undefined) {
    const { count } = await staged(
      backend,
      plan.target,
      verb,
      (stage, mark) => stageChanges(plan, stage, mark, writing),
      plan.viewChecks,
      open,
    );
    return { kind: "command", tag: tagOf(plan, count) };
  }
  const { engine } = backend.services;
  const result = `call.r${++serial}`;
  try {
    const { mark, count } = await staged(
      backend,
      plan.target,
      verb,
      (stage, mark) => stageResult(plan, result, stage, mark, writing),
      plan.viewChecks,
      open,
    );
    return await giveBack(returning, { ...names(mark), written: result }, tagOf(plan, count));
  } finally {
    await engine.system(`DROP TABLE IF EXISTS ${result}`);
  }
}

/** https://www.postgresql.org/docs/15/sql-truncate.html */
async function truncate(plan: Truncate, backend: Backend): Promise<Outcome> {
  for (const { name } of plan.cascadesTo) {
    const message = `truncate cascades to table "${name}"`;
    backend.notice({ severity: "NOTICE", sqlstate: "00000", message });
  }
  for (const target of plan.targets) {
    const { stage, mark } = await backend.transaction.stageFor(target);
    stage.wrote("TRUNCATE", mark);
    if (plan.restartIdentity) {
      restartSequences(sequencesOf(target.oid, await backend.transaction.catalog()), backend);
    }
  }
  return { kind: "command", tag: "TRUNCATE TABLE" };
}

/** Straight into the stage: nobody reads the rows there before the statement has ended. */
async function stageChanges(
  plan: ModifyPlan,
  stage: Stage,
  mark: number,
  { backend, request: { parameters }, names }: Writing,
): Promise<number> {
  const { target } = plan;
  const insertion = (sql: string) =>
    stage.insertion(target, checkedChanges(sql, target, mark), bookkeeping);
  const count = await runText(plan.source, insertion, backend, parameters, names(mark));
  if (count < 2 || plan.whenTwice === "never") return count;
  if (!(await hitsTwice(`(${stage.written(target, mark)})`, backend))) return count;
  if (plan.whenTwice === "error") throw hitTwice(plan);
  return count - (await stage.keepOneOfEach(mark));
}

/** Into a table of their own, which RETURNING reads, and from there into the stage. */
async function stageResult(
  plan: ModifyPlan,
  result: string,
  stage: Stage,
  mark: number,
  { backend, request: { parameters }, names }: Writing,
): Promise<number> {
  const { target } = plan;
  const { engine } = backend.services;
  const creation = (sql: string) => `CREATE TABLE ${result} AS ${sql}`;
  await runText(plan.source, creation, backend, parameters, names(mark));
  if (plan.whenTwice !== "never" && (await hitsTwice(result, backend))) {
    if (plan.whenTwice === "error") throw hitTwice(plan);
    await engine.system(
      `DELETE FROM ${result} WHERE "@file" IS NOT NULL AND rowid NOT IN (SELECT min(rowid) FROM ${result} GROUP BY "@file", "@row")`,
    );
  }
  const changes = checkedChanges(`SELECT * FROM ${result}`, target, mark);
  const connection = await engine.connect();
  try {
    const insertion = stage.insertion(target, changes, bookkeeping);
    return await connection.run(insertion, [], backend.signal);
  } finally {
    connection.release();
  }
}

const bookkeeping = ["@action", "@file", "@row"] as const;

async function hitsTwice(changes: string, { services }: Backend): Promise<boolean> {
  const twice = await services.engine.system(
    `SELECT 1 FROM ${changes} AS changes WHERE "@file" IS NOT NULL GROUP BY "@file", "@row" HAVING count(*) > 1 LIMIT 1`,
  );
  return twice.length > 0;
}

/** ON CONFLICT finds its own twins before it comes to this. */
function hitTwice({ verb }: ModifyPlan): PgError {
  return new PgError("21000", `${verb} command cannot affect row a second time`, {
    hint: "Ensure that not more than one source row matches any one target row.",
  });
}

export function tagOf({ verb }: ModifyPlan, count: number): string {
  return verb === "INSERT" ? `INSERT 0 ${count}` : `${verb} ${count}`;
}
