/**
 * INSERT of a few rows that stand on nothing the server holds, as a transaction of its own: its rows go into the dataset without a
 * stage, and those of sessions that come together into one commit. Where it takes no engine to know the rows, all that is waited for
 * is the disk, twice: for the rows and the entry that names them, then for the entry's name.
 */
import { assert, must } from "../base/assert.ts";
import { PgError } from "../base/error.ts";
import { isConstrained } from "../catalog/constraints.ts";
import type { Relation } from "../catalog/relation.ts";
import { firstMadeOid } from "../pgtypes/made-types.ts";
import { isNull } from "../pgtypes/read-value.ts";
import type { Batch } from "../pgtypes/vector.ts";
import type { EngineText, InsertPlan, PlannedStatement } from "../query/plan.ts";
import type { Table } from "../table/table.ts";
import type { Backend } from "./backend.ts";
import { executionOf, expand } from "./expand.ts";
import { batchOf, knownColumns } from "./known-rows.ts";
import type { Outcome } from "./portal.ts";
import type { Request } from "./request.ts";
import type { Services } from "./services.ts";
import { allowed, type SmallRows } from "./small-commit.ts";
import { plainKeys } from "./small-keys.ts";
import { answered, insertedRows, isOfRowsAlone, returnedRowsMax } from "./small-returning.ts";

/** Rows of one commit. */
const commitRowsMax = 16_384;
/** More keys than this are looked for by the long road, which does not name them one by one. */
const keyedRowsMax = 256;

/** What can be told before it runs. */
export function isSmallInsert({ plan }: PlannedStatement, backend: Backend): boolean {
  if (plan.kind !== "insert" || !isOfRowsAlone(plan.returning)) return false;
  if (plan.viewChecks !== undefined) return false;
  if (plan.known === undefined && !isAlone(plan.source)) return false;
  return mayBeSmall(backend) && isPlain(plan.target);
}

/** What others wait for, or is asked at the end, belongs to the long road. */
export function mayBeSmall({ services, parameters }: Backend): boolean {
  if (services.advisoryLocks.tables > 0) return false; // LOCK TABLE
  if (parameters.get("transaction_read_only") === "on") return false;
  return parameters.get("transaction_isolation") !== "serializable";
}

/** Rows that the engine gives without anything of ours. */
function isAlone({ scans, calls, readsCatalog, sequences, pieces }: EngineText): boolean {
  if (scans.length > 0 || calls.length > 0 || readsCatalog || sequences !== undefined) return false;
  // Functions of ours may wait for something, or read what is not there yet.
  return !pieces.some((piece) => typeof piece === "string" && /shim/i.test(piece));
}

/** A dataset whose rows nothing is asked of but whether their keys are free, and that keeps them. */
export function isPlain(relation: Relation): boolean {
  const { source, partitionedBy, columns, onCommit } = relation;
  return (
    source.kind === "dataset" &&
    onCommit === undefined &&
    partitionedBy === undefined &&
    columns.length > 0 &&
    columns.every(({ typeOid }) => typeOid < firstMadeOid) &&
    plainKeys(relation) !== undefined
  );
}

/** Undefined: it is for the long road after all, and nothing has happened. */
export async function runSmallInsert(
  backend: Backend,
  { statement, parameters }: Request,
): Promise<Outcome | undefined> {
  const plan = statement.plan as InsertPlan;
  const { target } = plan;
  if (target.source.kind !== "dataset") return undefined;
  backend.ensureTransaction();
  const known = await knownRows(plan, backend, parameters);
  if (known === undefined && !isAlone(plan.source)) return undefined;
  const batch = known ?? (await fewRows(plan, backend, parameters));
  if (batch === undefined || lacksValues(target, batch)) return undefined;
  if (isConstrained(target) && batch.rowCount > keyedRowsMax) return undefined;
  if (plan.returning !== undefined && (batch.rowCount === 0 || batch.rowCount > returnedRowsMax))
    return undefined;
  const tag = `INSERT 0 ${batch.rowCount}`;
  const rows = insertedRows(target, batch);
  const write = () => put({ target, batch }, backend);
  const outcome = await answered(plan.returning, tag, rows, write, backend, parameters);
  if (outcome !== undefined) await backend.commit();
  return outcome;
}

async function put(rows: SmallRows, { services, role }: Backend): Promise<boolean> {
  const { target, batch } = rows;
  if (batch.rowCount === 0) return true;
  const { bucket, location } = datasetOf(target);
  const table = services.tables.get(bucket, location);
  if (!(await groupOf(table, target, role.name, services).add(rows))) return false;
  services.statistics.countTable(target.oid, "n_tup_ins", batch.rowCount);
  return true;
}

function datasetOf({ name, source }: Relation) {
  assert(source.kind === "dataset", `${name} is a dataset`);
  return source;
}

async function knownRows(
  plan: InsertPlan,
  backend: Backend,
  parameters: Request["parameters"],
): Promise<Batch | undefined> {
  const columns = await knownColumns(plan, backend, parameters);
  return columns && batchOf(columns);
}

async function fewRows(
  { source }: InsertPlan,
  backend: Backend,
  parameters: Request["parameters"],
): Promise<Batch | undefined> {
  const { services, transaction } = backend;
  backend.parameters.queryStarted();
  const execution = executionOf(backend, parameters);
  const runnable = await expand(source, { calls: [] }, transaction, execution, services);
  const connection = await services.engine.connectSmall(backend.parameters.engineTimeZone);
  try {
    const rows = await connection.row(runnable.sql, runnable.parameters, backend.stop);
    const first = await rows.next();
    if (first === undefined) return { rowCount: 0, vectors: [] };
    return (await rows.next()) === undefined ? first : undefined;
  } finally {
    connection.release();
  }
}

/** The long road says so in PostgreSQL's words. */
export function lacksValues({ columns }: Relation, { rowCount, vectors }: Batch): boolean {
  return columns.some(({ notNull }, at) => {
    if (!notNull) return false;
    const vector = must(vectors[at], "an INSERT gives every column");
    for (let row = 0; row < rowCount; row++) if (isNull(vector, row)) return true;
    return false;
  });
}

interface Waiting extends SmallRows {
  readonly settle: (isDone: boolean) => void;
  readonly fail: (error: unknown) => void;
}

/** Inserts into one dataset by one role: while one commit is under way, those that come wait for the next, all together. */
class Group {
  readonly #table: Table;
  readonly #actor: string;
  readonly #services: Services;
  readonly #ended: () => void;
  #waiting: Waiting[] = [];
  #isRunning = false;

  constructor(table: Table, actor: string, services: Services, ended: () => void) {
    this.#table = table;
    this.#actor = actor;
    this.#services = services;
    this.#ended = ended;
  }

  /** True: durable. False: not for this road. */
  add(rows: SmallRows): Promise<boolean> {
    return new Promise((settle, fail) => {
      this.#waiting.push({ ...rows, settle, fail });
      if (!this.#isRunning) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    while (this.#waiting.length > 0) await this.#commit(this.#next());
    this.#isRunning = false;
    this.#ended();
  }

  #next(): readonly Waiting[] {
    let rows = 0;
    const rowsMax = this.#waiting.some(({ target }) => isConstrained(target))
      ? keyedRowsMax
      : commitRowsMax;
    const end = this.#waiting.findIndex(({ batch }, at) => {
      rows += batch.rowCount;
      return at > 0 && rows > rowsMax;
    });
    return this.#waiting.splice(0, end < 0 ? this.#waiting.length : end);
  }

  async #commit(waiting: readonly Waiting[]): Promise<void> {
    const table = this.#table;
    try {
      const upon = await allowed(waiting, table, this.#services);
      const rows = waiting.filter((each) => upon.allowed.has(each));
      for (const each of waiting) if (!upon.allowed.has(each)) each.settle(false);
      const [first] = rows;
      if (first === undefined) return;
      const info = { operation: "WRITE", actor: this.#actor } as const;
      const columns = first.target.columns.map(({ name }) => name);
      const batches = rows.map(({ batch }) => batch);
      const isDone = await table.append(columns, batches, info, upon.change);
      for (const { settle } of rows) settle(isDone);
    } catch (error) {
      // A lost race: each goes the long road, which knows how to lose.
      const isLost = error instanceof PgError && error.sqlstate === "40001";
      for (const { settle, fail } of waiting) {
        if (isLost) settle(false);
        else fail(error);
      }
    }
  }
}

const groups = new WeakMap<Table, Map<string, Group>>();

function groupOf(table: Table, { columns }: Relation, actor: string, services: Services): Group {
  const own = groups.get(table) ?? new Map<string, Group>();
  groups.set(table, own);
  const key = JSON.stringify([actor, columns.map(({ name }) => name)]);
  const known = own.get(key);
  if (known !== undefined) return known;
  const group = new Group(table, actor, services, () => own.delete(key));
  own.set(key, group);
  return group;
}
