/**
 * UPDATE, DELETE and ON CONFLICT of a few rows found by their keys, as a transaction of its own: what becomes of them is asked of the
 * engine once, and goes into the dataset without a stage. The rows written are put into a file of their own and those they replace
 * into a deletion vector, both in one commit.
 */
import { must } from "../base/assert.ts";
import { PgError } from "../base/error.ts";
import { isKey } from "../catalog/constraints.ts";
import type { Relation } from "../catalog/relation.ts";
import { columnOf } from "../engine/column-values.ts";
import { readValue } from "../pgtypes/read-value.ts";
import { logicalTypeFor } from "../pgtypes/types.ts";
import type { Batch, EngineValue } from "../pgtypes/vector.ts";
import type { EngineText, ModifyPlan, PlannedStatement, Scan } from "../query/plan.ts";
import { isSmallType } from "../table/small-parquet.ts";
import type { Operation, Table, TableVersion } from "../table/table.ts";
import type { Backend } from "./backend.ts";
import { openResult } from "./engine-rows.ts";
import type { Outcome, StreamedRows } from "./portal.ts";
import { gainedFiles } from "./recheck.ts";
import { lostRaceFor } from "./refusals.ts";
import type { Request } from "./request.ts";
import type { Services } from "./services.ts";
import { isAsPlanned, isReferredTo, newKeys, takenAmong } from "./small-commit.ts";
import { isPlain, lacksValues, mayBeSmall } from "./small-insert.ts";
import { keysIn, plainKeys, type SmallKeys } from "./small-keys.ts";
import { answered, isOfRowsAlone } from "./small-returning.ts";
import { tagOf } from "./writes.ts";

/** Rows of one statement. */
const rowsMax = 256;

const texts = new WeakMap<ModifyPlan, EngineText | "for many rows">();

/** What can be told before it runs. */
export function isSmallModify({ plan }: PlannedStatement, backend: Backend): boolean {
  if (plan.kind !== "modify" || !isOfRowsAlone(plan.returning)) return false;
  if (plan.viewChecks !== undefined || plan.whenTwice !== "never") return false;
  return mayBeSmall(backend) && isPlain(plan.target) && textOf(plan) !== "for many rows";
}

/** The source, cut off behind the rows that are too many. */
function textOf(plan: ModifyPlan): EngineText | "for many rows" {
  const known = texts.get(plan);
  if (known !== undefined) return known;
  const { source } = plan;
  const pieces = ["SELECT * FROM (", ...source.pieces, `) AS changes LIMIT ${rowsMax + 1}`];
  const isSmall = isByKey(plan) && (plan.verb === "DELETE" || isWrittenHere(plan.target));
  const text = isSmall ? { ...source, pieces, rowsMax: rowsMax + 1 } : "for many rows";
  texts.set(plan, text);
  return text;
}

/** Rows of such types are put into a file without the engine. */
function isWrittenHere({ columns }: Relation): boolean {
  return columns.every(({ typeOid, typmod }) => {
    const type = logicalTypeFor(typeOid, typmod);
    return type !== undefined && isSmallType(type);
  });
}

/** Rows that are there are found by keys alone, named one by one, and stay where their keys are. */
function isByKey({ source, target, keys }: ModifyPlan): boolean {
  if (keys === undefined) return false;
  const constraints = (target.constraints ?? [])
    .filter(({ isEnforced }) => isEnforced)
    .filter(isKey);
  const isLeft = constraints.every(
    ({ columns }) => !columns.some((number) => keys.sets.includes(number)),
  );
  const scans = source.scans.filter(({ position }) => position === true);
  return (
    isLeft &&
    scans.length > 0 &&
    scans.every(
      (scan) =>
        scan.relation.oid === target.oid &&
        constraints.some(({ columns }) => columns.every((number) => isNamed(number, scan))),
    )
  );
}

function isNamed(number: number, { relation, where }: Scan): boolean {
  const column = relation.columns.find((each) => each.number === number)?.name;
  return where.some(
    (predicate) =>
      predicate.column === column &&
      (predicate.operator === "=" || predicate.operator === "in") &&
      predicate.values.length <= rowsMax,
  );
}

/** Undefined: it is for the long road after all, and nothing has happened. */
export async function runSmallModify(
  backend: Backend,
  { statement, parameters }: Request,
): Promise<Outcome | undefined> {
  const plan = statement.plan as ModifyPlan;
  const { target } = plan;
  const text = textOf(plan);
  if (text === "for many rows" || target.source.kind !== "dataset") return undefined;
  backend.ensureTransaction();
  const { services, transaction } = backend;
  // Whoever adds a constraint comes to know of this commit, or is seen now.
  const base = await transaction.pinned(target);
  if (!(await isAsPlanned(target, services)) || (await isReferredTo(target, services)))
    return undefined;
  const changes = await changesOf(plan, text, base, backend, parameters);
  if (changes === undefined || changes.rowCount > rowsMax) return undefined;
  const table = transaction.table(target);
  const made = await madeOf(changes, plan, table, base);
  if (made === undefined) return undefined;
  if (made.rows.rowCount > 0 && lacksValues(target, made.rows)) return undefined;
  if (plan.returning !== undefined && made.live.length === 0) return undefined;
  const tag = tagOf(plan, made.live.length);
  const rows = { target, changes, rows: made.live };
  const write = async () => made.live.length === 0 || commit(plan, table, base, made, backend);
  const outcome = await answered(plan.returning, tag, rows, write, backend, parameters);
  if (outcome === undefined) return undefined;
  const replaced = [...made.gone.values()].reduce((sum, rows) => sum + rows.length, 0);
  const isDelete = plan.verb === "DELETE";
  const { statistics } = services;
  statistics.countTable(target.oid, isDelete ? "n_tup_del" : "n_tup_upd", replaced);
  statistics.countTable(target.oid, "n_tup_ins", isDelete ? 0 : made.rows.rowCount - replaced);
  await backend.commit();
  return outcome;
}

/**
 * As many as there are, and one more when they are too many; undefined also when they cannot be put into one batch. Deleted rows may be among them, for the engine needs
 * 3 ms to leave them out of a million; undefined when one of those may be what has failed.
 */
async function changesOf(
  plan: ModifyPlan,
  text: EngineText,
  { files }: TableVersion,
  backend: Backend,
  parameters: Request["parameters"],
): Promise<Batch | undefined> {
  // Of what is left undone nobody could tell whether it was for a deleted row.
  const withDeleted = plan.verb !== "INSERT" || plan.keys?.sets.length !== 0;
  try {
    const found = await openResult(text, backend, parameters, { withDeleted });
    try {
      return joined(await batchesOf(found));
    } finally {
      await found.close();
    }
  } catch (error) {
    const isOfServer = !(error instanceof PgError) || /^(40|5)/.test(error.sqlstate);
    const hasDeleted = [...files.values()].some(({ deletionVector }) => deletionVector);
    if (withDeleted && hasDeleted && !isOfServer) return undefined;
    throw error;
  }
}

/** Each of the engine's threads gives a batch of its own, however few its rows are. */
async function batchesOf({ stream }: StreamedRows): Promise<readonly Batch[]> {
  const batches: Batch[] = [];
  for (let batch = await stream.next(); batch; batch = await stream.next()) batches.push(batch);
  return batches;
}

function joined(batches: readonly Batch[]): Batch | undefined {
  const [first = noRows, ...others] = batches;
  if (others.length === 0) return first;
  if (!first.vectors.every(({ type }) => isSmallType(type))) return undefined;
  const rowCount = batches.reduce((sum, batch) => sum + batch.rowCount, 0);
  const vectors = first.vectors.map(({ type }, at) =>
    columnOf(
      type,
      batches.flatMap((batch) => valuesOf(batch, at)),
    ),
  );
  return { rowCount, vectors };
}

function valuesOf({ rowCount, vectors }: Batch, at: number): readonly EngineValue[] {
  const vector = must(vectors[at], "a column of each batch");
  return Array.from({ length: rowCount }, (_, row) => readValue(vector, row));
}

interface Made {
  /** Rows of the changes that are touched: the others were deleted before. */
  readonly live: readonly number[];
  /** Of the target's columns, in its order. */
  readonly rows: Batch;
  /** Rows of theirs that were there, by the number of their file, ascending. */
  readonly gone: ReadonlyMap<number, readonly number[]>;
  /** Some of `rows` replace none. */
  readonly hasNew: boolean;
}

const noRows: Batch = { rowCount: 0, vectors: [] };

/** Undefined: some rows go and others come; or one is proposed that is as a deleted row was, and may have met no other. */
async function madeOf(
  changes: Batch,
  { target, verb, keys }: ModifyPlan,
  table: Table,
  { files }: TableVersion,
): Promise<Made | undefined> {
  const [actions, fileNumbers, places, ...values] = changes.vectors;
  const adds = [...files.values()];
  const gone = new Map<number, number[]>();
  const letters = new Set<unknown>();
  const [live, deleted]: [number[], number[]] = [[], []];
  for (let row = 0; row < changes.rowCount; row++) {
    const letter = readValue(must(actions, "an action"), row);
    if (letter !== "i") {
      const file = Number(readValue(must(fileNumbers, "a file"), row));
      const place = Number(readValue(must(places, "a place"), row));
      const add = must(adds[file], "a row's file is of its version");
      if (isAmong(await table.deletedRows(add), place)) {
        deleted.push(row);
        continue;
      }
      gone.set(file, [...(gone.get(file) ?? []), place]);
    }
    letters.add(letter);
    live.push(row);
  }
  const given = { rowCount: changes.rowCount, vectors: values.slice(0, target.columns.length) };
  const rows = letters.has("d") ? noRows : taken(given, live);
  if (letters.has("d") && letters.size > 1) return undefined;
  if (verb === "INSERT" && deleted.length > 0) {
    const arbiter = plainKeys(target)?.find(({ oid }) => keys?.free.includes(oid));
    if (arbiter === undefined) return undefined;
    const met = keysIn(target, arbiter, rows).byId;
    const asked = keysIn(target, arbiter, taken(given, deleted)).byId;
    if ([...asked.keys()].some((id) => !met.has(id))) return undefined;
  }
  for (const numbers of gone.values()) numbers.sort((a, b) => a - b);
  return { live, rows, gone, hasNew: letters.has("i") };
}

function isAmong(ascending: ArrayLike<number>, wanted: number): boolean {
  let [low, high] = [0, ascending.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ascending[middle] ?? 0) < wanted) low = middle + 1;
    else high = middle;
  }
  return ascending[low] === wanted;
}

function taken({ rowCount, vectors }: Batch, rows: readonly number[]): Batch {
  if (rows.length === rowCount) return { rowCount, vectors };
  const columns = vectors.map((vector) =>
    columnOf(
      vector.type,
      rows.map((row) => readValue(vector, row)),
    ),
  );
  return { rowCount: rows.length, vectors: columns };
}

/** False: the engine alone knows how its rows are stored, or a key is taken. */
async function commit(
  { verb, target, keys }: ModifyPlan,
  table: Table,
  base: TableVersion,
  { rows, gone, hasNew }: Made,
  backend: Backend,
): Promise<boolean> {
  const { services, role } = backend;
  // A row that is replaced keeps its keys: whoever has put one of them elsewhere has taken it away here.
  const added = hasNew ? newKeys(target, rows) : new Map<number, SmallKeys>();
  const open = new Map([...added].filter(([oid]) => !keys?.free.includes(oid)));
  if ([...open.values()].some(({ areRepeated }) => areRepeated)) return false;
  if ((await takenAmong([open], table, base, services, undefined, backend)).includes(true))
    return false;
  const paths = [...base.files.keys()];
  const deletes = new Map(
    [...gone].map(([file, places]) => [
      must(paths[file], "a row's file is of its version"),
      places,
    ]),
  );
  const recheck = (newest: TableVersion) => recheckOf(target, added, table, base, newest, services);
  const operation: Operation = verb === "INSERT" ? (gone.size > 0 ? "MERGE" : "WRITE") : verb;
  const info = { operation, actor: role.name };
  const columns = target.columns.map(({ name }) => name);
  const batches = rows.rowCount > 0 ? [rows] : [];
  return table.append(columns, batches, info, { base, deletes, recheck, isBlind: false });
}

async function recheckOf(
  target: Relation,
  added: ReadonlyMap<number, SmallKeys>,
  table: Table,
  base: TableVersion,
  newest: TableVersion,
  services: Services,
): Promise<void> {
  if (!(await isAsPlanned(target, services)) || (await isReferredTo(target, services)))
    throw lostRaceFor(target);
  const files = new Set(gainedFiles(base, newest).keys());
  const lost = await takenAmong([added], table, newest, services, files);
  if (lost.includes(true)) throw lostRaceFor(target);
}
