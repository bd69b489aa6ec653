/** FOREIGN KEY, from both ends: keys written must be there, and of keys that go nothing may be left that refers to them. */
import { must } from "../base/assert.ts";
import { PgError } from "../base/error.ts";
import { quoteName } from "../base/quote.ts";
import { type ConstraintOf, type ForeignKey, referencesTo } from "../catalog/constraints.ts";
import type { ReferentialAction, Relation, RelationColumn } from "../catalog/relation.ts";
import { defaultText } from "../query/analyze/analyze.ts";
import type { Predicate } from "../table/table.ts";
import type { Backend } from "./backend.ts";
import { columnsOf, keySource, type RowSource } from "./check-keys.ts";
import { checkedChanges } from "./checked-rows.ts";
import { runText } from "./engine-rows.ts";
import { rowsText } from "./expand.ts";
import { boundsOf, readRows } from "./key-values.ts";
import type { Stage } from "./stage.ts";
import { missingTarget, mixedNulls, stillReferenced } from "./violations.ts";

/** 23503 when a row staged under `mark` refers to a key that is not there; an updated one that did before may. */
export async function checkReferences(
  relation: Relation,
  stage: Stage,
  mark: number,
  backend: Backend,
): Promise<void> {
  const { transaction } = backend;
  const catalog = await transaction.catalog();
  const changes = stage.written(relation, mark);
  const written = `(SELECT * FROM (${changes}) AS changes WHERE "@action" <> 'd')`;
  for (const constraint of relation.constraints ?? []) {
    if (constraint.kind !== "foreign key" || !constraint.isEnforced) continue;
    if (transaction.deferred.isDeferred(constraint)) {
      transaction.deferred.wait({
        constraint: constraint.oid,
        relation: relation.oid,
        side: "rows",
      });
      continue;
    }
    const target = must(catalog.relationByOid(constraint.target), "a reference has its target");
    const targets: RowSource = (columns, where) =>
      rowsText({ relation: target, columns, where, seen: transaction.mark }, transaction);
    try {
      await checkReference({ relation, constraint }, target, written, backend, targets);
    } catch (error) {
      if (!(error instanceof PgError) || !stage.hasChangedAt(mark)) throw error;
      const moved = await movedRows(relation, constraint, changes, mark, backend);
      await checkReference({ relation, constraint }, target, moved, backend, targets);
    }
  }
}

/** Of the rows that a statement has written, those that refer to another key than before. */
async function movedRows(
  relation: Relation,
  constraint: ForeignKey,
  changes: string,
  mark: number,
  { transaction }: Backend,
): Promise<string> {
  const columns = columnsOf(relation, constraint.columns).map(({ name }) => name);
  const seen = mark - 1;
  const rows = { relation, columns, where: [], position: true, seen };
  const before = await rowsText(rows, transaction);
  const same = columns.map(
    (name) => `old.${quoteName(name)} IS NOT DISTINCT FROM changes.${quoteName(name)}`,
  );
  return (
    `(SELECT * FROM (${changes}) AS changes ANTI JOIN ${before} AS old ON old."@file" = changes."@file" ` +
    `AND old."@row" = changes."@row" AND ${same.join(" AND ")} WHERE "@action" <> 'd')`
  );
}

/** `targets` gives the rows that may be referred to. */
export async function checkReference(
  { relation, constraint }: ConstraintOf<ForeignKey>,
  target: Relation,
  written: string,
  backend: Backend,
  targets: RowSource,
): Promise<void> {
  const columns = columnsOf(relation, constraint.columns);
  const names = columns.map(({ name }) => name);
  if (constraint.match === "full" && names.length > 1) {
    const isNull = names.map((name) => `${quoteName(name)} IS NULL`);
    const mixed = await readRows(
      `SELECT 1 FROM ${written} AS rows WHERE (${isNull.join(" OR ")}) AND NOT (${isNull.join(" AND ")}) LIMIT 1`,
      [{ typeOid: 23, typmod: -1 }],
      backend.textSettings(),
      backend,
    );
    if (mixed.texts.length > 0) throw mixedNulls(relation, constraint);
  }
  const source = keySource(names, written, false);
  const bounds = await boundsOf(source, columns, false, backend);
  if (bounds.isEmpty) return;
  const targetNames = columnsOf(target, constraint.targetColumns).map(({ name }) => name);
  const rows = await targets(targetNames, bounds.where(targetNames));
  const { texts } = await readRows(
    `SELECT ${names.map((_, at) => `fresh.k${at}`).join(", ")} FROM (${source}) AS fresh ` +
      `ANTI JOIN (SELECT * FROM ${rows} AS known WHERE ${bounds.filter("known", targetNames)}) AS known ` +
      `ON ${targetNames.map((name, at) => `known.${quoteName(name)} = fresh.k${at}`).join(" AND ")} LIMIT 1`,
    columns,
    backend.textSettings(),
    backend,
  );
  const [missing] = texts;
  if (missing !== undefined) throw missingTarget(relation, constraint, target, missing, backend);
}

let serial = 0;

/** Asks about what a further statement of ours has staged. */
type Asking = (relation: Relation, stage: Stage, mark: number) => Promise<void>;

/** Keys that a statement has taken away: an engine table of them, and what it makes of each. */
interface LostKeys {
  readonly relation: Relation;
  /** The key's columns. In `rows` they are o0, o1, …; their new values, of a row updated, n0, n1, … */
  readonly columns: readonly number[];
  /** Engine name: columns "@action" ('u' or 'd'), o…, n…. */
  readonly rows: string;
}

/** What becomes of the rows that refer to keys that a statement under `mark` has changed or removed. */
export async function followReferences(
  backend: Backend,
  relation: Relation,
  stage: Stage,
  mark: number,
  ask: Asking,
): Promise<void> {
  if (!stage.hasChangedAt(mark)) return;
  const catalog = await backend.transaction.catalog();
  const references = referencesTo(relation.oid, catalog).filter(
    ({ constraint }) => constraint.isEnforced,
  );
  const losses: Loss[] = [];
  try {
    for (const columns of distinctKeys(references)) {
      const of = references.filter(({ constraint }) => keyOf(constraint) === columns.join());
      const lost = await lostKeys(relation, columns, stage, mark, backend);
      if (lost === undefined) continue;
      losses.push(...of.flatMap((reference) => lossesOf(lost, reference)));
      for (const { relation: referring } of of) backend.transaction.keysGone(referring);
    }
    await follow(losses, backend, ask);
  } finally {
    for (const rows of new Set(losses.map(({ lost }) => lost.rows))) {
      await backend.services.engine.system(`DROP TABLE IF EXISTS ${rows}`);
    }
  }
}

/** Lost keys as one reference to them sees them: of rows removed, or of rows updated. */
interface Loss {
  readonly lost: LostKeys;
  readonly reference: ConstraintOf<ForeignKey>;
  readonly action: "u" | "d";
  readonly wanted: ReferentialAction;
}

function lossesOf(lost: LostKeys, reference: ConstraintOf<ForeignKey>): readonly Loss[] {
  const { onDelete, onUpdate } = reference.constraint;
  return [
    { lost, reference, action: "d", wanted: onDelete },
    { lost, reference, action: "u", wanted: onUpdate },
  ];
}

const keyOf = ({ targetColumns }: ForeignKey) => targetColumns.join();

function distinctKeys(references: readonly ConstraintOf<ForeignKey>[]): (readonly number[])[] {
  return [
    ...new Map(
      references.map(({ constraint }) => [keyOf(constraint), constraint.targetColumns]),
    ).values(),
  ];
}

/** Undefined: none. */
async function lostKeys(
  relation: Relation,
  columns: readonly number[],
  stage: Stage,
  mark: number,
  backend: Backend,
): Promise<LostKeys | undefined> {
  const key = columnsOf(relation, columns);
  const names = key.map(({ name }) => quoteName(name));
  const changes = stage.written(relation, mark);
  const old: OldRows = (where) =>
    rowsText(
      { relation, columns: key.map(({ name }) => name), where, position: true, seen: mark - 1 },
      backend.transaction,
    );
  if (await areKeysKept(key, changes, old, backend)) return undefined;
  const before = await old([]);
  const rows = `call.k${++serial}`;
  const changed = names.map((name) => `changes.${name} IS DISTINCT FROM old.${name}`).join(" OR ");
  const list = [
    ...names.map((name, at) => `old.${name} AS o${at}`),
    ...names.map((name, at) => `changes.${name} AS n${at}`),
  ];
  await runIn(
    backend,
    `CREATE TABLE ${rows} AS SELECT changes."@action", ${list.join(", ")} FROM ${before} AS old ` +
      `JOIN (${changes}) AS changes ON changes."@file" = old."@file" AND changes."@row" = old."@row" ` +
      `WHERE ${names.map((name) => `old.${name} IS NOT NULL`).join(" AND ")} AND (changes."@action" = 'd' OR ${changed})`,
  );
  const { engine } = backend.services;
  const [some] = await engine.system(`SELECT 1 FROM ${rows} LIMIT 1`);
  if (some !== undefined) return { relation, columns, rows };
  await engine.system(`DROP TABLE ${rows}`);
  return undefined;
}

/** Rows with their places, as they were. */
type OldRows = (where: readonly Predicate[]) => Promise<string>;

/** True when every row was updated and has the key it had: of those, where they lie is known without reading all. */
async function areKeysKept(
  key: readonly RelationColumn[],
  changes: string,
  old: OldRows,
  backend: Backend,
): Promise<boolean> {
  const names = key.map(({ name }) => name);
  const source = keySource(
    names,
    `(SELECT * FROM (${changes}) AS changes WHERE "@action" = 'u')`,
    false,
  );
  const bounds = await boundsOf(source, key, false, backend);
  if (bounds.isEmpty) return false;
  const same = names.map((name) => `old.${quoteName(name)} = changes.${quoteName(name)}`);
  const { texts } = await readRows(
    `SELECT 1 FROM (${changes}) AS changes ANTI JOIN (SELECT * FROM ${await old(bounds.where(names))} AS old ` +
      `WHERE ${bounds.filter("old", names)}) AS old ON old."@file" = changes."@file" AND old."@row" = changes."@row" ` +
      `AND changes."@action" = 'u' AND ${same.join(" AND ")} WHERE changes."@file" IS NOT NULL LIMIT 1`,
    [{ typeOid: 23, typmod: -1 }],
    backend.textSettings(),
    backend,
  );
  return texts.length === 0;
}

/** RESTRICT at once, then what is to be done, and at the end what may not be left. */
async function follow(losses: readonly Loss[], backend: Backend, ask: Asking): Promise<void> {
  for (const loss of losses) {
    if (loss.wanted === "restrict") await refuseLeft(loss, true, backend);
  }
  for (const { lost, reference, action, wanted } of losses) {
    if (wanted !== "restrict" && wanted !== "no action") {
      await change(lost, reference, action, wanted, backend, ask);
    }
  }
  for (const loss of losses) {
    // A default may be the very key that is lost.
    const isToAsk = loss.wanted === "no action" || loss.wanted === "set default";
    if (isToAsk && !(await isPutOff(loss, backend))) await refuseLeft(loss, false, backend);
  }
}

/** NO ACTION alone can wait for the transaction's end. */
async function isPutOff(
  { lost, reference: { constraint }, action, wanted }: Loss,
  { transaction: { deferred, mark } }: Backend,
): Promise<boolean> {
  if (wanted !== "no action" || !deferred.isDeferred(constraint)) return false;
  await deferred.keepLostKeys(constraint.oid, lost.rows, action, mark);
  deferred.wait({ constraint: constraint.oid, relation: lost.relation.oid, side: action });
  return true;
}

/** 23503. Another row may have the key by now: then nothing is lost, but RESTRICT does not ask. */
export async function refuseLeft(
  { lost, reference, action }: Loss,
  isRestrict: boolean,
  backend: Backend,
): Promise<void> {
  const { transaction } = backend;
  const { relation, constraint } = reference;
  const columns = columnsOf(lost.relation, lost.columns);
  const keys = `SELECT ${columns.map((_, at) => `o${at} AS k${at}`).join(", ")} FROM ${lost.rows} WHERE "@action" = '${action}'`;
  const bounds = await boundsOf(keys, columns, false, backend);
  if (bounds.isEmpty) return;
  const seen = transaction.mark;
  const joined = async (table: Relation, names: readonly string[], alias: string) => {
    const where = bounds.where(names);
    const rows = await rowsText({ relation: table, columns: names, where, seen }, transaction);
    const on = names.map((name, at) => `${alias}.${quoteName(name)} = gone.k${at}`).join(" AND ");
    return `(SELECT * FROM ${rows} AS ${alias} WHERE ${bounds.filter(alias, names)}) AS ${alias} ON ${on}`;
  };
  const own = columnsOf(relation, constraint.columns).map(({ name }) => name);
  const anew = isRestrict
    ? ""
    : ` ANTI JOIN ${await joined(
        lost.relation,
        columns.map(({ name }) => name),
        "anew",
      )}`;
  const { texts } = await readRows(
    `SELECT ${columns.map((_, at) => `gone.k${at}`).join(", ")} FROM (${keys}) AS gone ` +
      `SEMI JOIN ${await joined(relation, own, "child")}${anew} LIMIT 1`,
    columns,
    backend.textSettings(),
    backend,
  );
  const [key] = texts;
  if (key === undefined) return;
  throw stillReferenced(lost.relation, lost.columns, relation, constraint, key, backend);
}

type Following = Exclude<ReferentialAction, "no action" | "restrict">;

/** CASCADE, SET NULL, SET DEFAULT: a statement of its own on the table that refers. */
async function change(
  lost: LostKeys,
  reference: ConstraintOf<ForeignKey>,
  action: "u" | "d",
  wanted: Following,
  backend: Backend,
  ask: Asking,
): Promise<void> {
  const { relation } = reference;
  const defaults = wanted === "set default" ? await defaultsOf(reference, backend) : [];
  try {
    const source = await changedRows(lost, reference, action, wanted, defaults, backend);
    const { stage, mark } = await backend.transaction.stageFor(relation);
    const count = await runIn(
      backend,
      stage.insertion(relation, checkedChanges(source, relation, mark), [
        "@action",
        "@file",
        "@row",
      ]),
    );
    if (count === 0) return;
    stage.wrote(action === "d" && wanted === "cascade" ? "DELETE" : "UPDATE", mark);
    await ask(relation, stage, mark);
  } finally {
    for (const table of defaults) {
      await backend.services.engine.system(`DROP TABLE IF EXISTS ${table}`);
    }
  }
}

/** Engine SQL as `ModifyPlan.source` has it: the rows that refer to a lost key, and what becomes of them. */
async function changedRows(
  lost: LostKeys,
  { relation, constraint }: ConstraintOf<ForeignKey>,
  action: "u" | "d",
  wanted: Following,
  defaults: readonly string[],
  { transaction }: Backend,
): Promise<string> {
  const columns = relation.columns.map(({ name }) => name);
  const rows = await rowsText(
    { relation, columns, where: [], position: true, seen: transaction.mark },
    transaction,
  );
  const isDeleted = action === "d" && wanted === "cascade";
  const settled = (action === "d" ? constraint.deleteColumns : undefined) ?? constraint.columns;
  const values = relation.columns.map(({ name, number }) => {
    const at = constraint.columns.indexOf(number);
    const isKept = isDeleted || at < 0 || (wanted !== "cascade" && !settled.includes(number));
    if (isKept) return `child.${quoteName(name)}`;
    const value = {
      cascade: `gone.n${at}`,
      "set null": "NULL",
      "set default": `(FROM ${defaults[at]})`,
    };
    return `${value[wanted]} AS ${quoteName(name)}`;
  });
  const on = columnsOf(relation, constraint.columns).map(
    ({ name }, at) => `child.${quoteName(name)} = gone.o${at}`,
  );
  return (
    `SELECT '${isDeleted ? "d" : "u"}' AS "@action", child."@file", child."@row", ${values.join(", ")} FROM ${rows} AS child ` +
    `JOIN (FROM ${lost.rows} WHERE "@action" = '${action}') AS gone ON ${on.join(" AND ")}`
  );
}

/** An engine table for each column of the constraint, which holds its default. */
async function defaultsOf(
  { relation, constraint }: ConstraintOf<ForeignKey>,
  backend: Backend,
): Promise<readonly string[]> {
  const context = await backend.context();
  const made: string[] = [];
  for (const column of columnsOf(relation, constraint.columns)) {
    const table = `call.d${++serial}`;
    const text = defaultText(column, context);
    await runText(text, (sql) => `CREATE TABLE ${table} AS ${sql}`, backend, []);
    made.push(table);
  }
  return made;
}

async function runIn({ services, signal }: Backend, sql: string): Promise<number> {
  const connection = await services.engine.connect();
  try {
    return await connection.run(sql, [], signal);
  } finally {
    connection.release();
  }
}
