/** Makes the fact tables and keeps them at the version that is asked for. */
import { setTimeout } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { PgError } from "../base/error.ts";
import type { Engine, EngineConnection } from "../engine/engine.ts";
import type { CatalogVersion } from "./catalog.ts";
import { createAll } from "./create.ts";
import * as rowsOf from "./fact-rows.ts";
import { type FactTable, factTables } from "./fact-tables.ts";
import {
  type FactPublisher,
  type Facts,
  type HeldFacts,
  noFacts,
  type WantedFacts,
} from "./facts.ts";
import { registerFunctions } from "./functions.ts";
import { indexColumnRows, indexRows } from "./index-rows.ts";
import { bringColumnPrivileges, bringKept, bringSchemas, createKept } from "./kept.ts";
import type { Relation } from "./relation.ts";
import { loadStaticTables } from "./static-tables.ts";
import * as typeRows from "./type-rows.ts";
import type { UserType } from "./user-type.ts";

/** Once, before the engine is sealed and before the shadow relations are made. */
export async function createFacts(engine: Engine): Promise<FactPublisher> {
  await loadStaticTables(engine);
  await engine.system("CREATE SCHEMA facts");
  await createAll(Object.entries(factTables), ([name, columns]) => {
    const list = Object.entries(columns).map(([column, type]) => `"${column}" ${type}`);
    return engine.system(`CREATE TABLE facts.${name} (${list.join(", ")})`);
  });
  await createKept(engine);
  const publisher = new Publisher(engine);
  registerFunctions(engine, () => publisher.current);
  return publisher;
}

/** What is published is everybody's: when another's statement has taken all memory, it is waited for. */
const bringing = { waitMs: 100, times: 20 };

class Publisher implements FactPublisher {
  readonly #engine: Engine;
  #current: Facts = noFacts;
  /** As HeldFacts.number. */
  #number = 0;
  /** By OID, to see which have changed: versions share the relations that have not. */
  #relations: ReadonlyMap<number, Relation> = new Map();
  /** Holds are taken one after the other. */
  #turn: Promise<void> = Promise.resolve();
  #holders = 0;
  #whenFree: (() => void) | undefined;
  /** When the figures published were read, by performance.now(). */
  #readAt = Number.NEGATIVE_INFINITY;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  get current(): Facts {
    return this.#current;
  }

  async publish({ statistics, ...facts }: Partial<Facts>): Promise<void> {
    const given = statistics && { statistics: async () => statistics };
    const held = await this.hold({ ...facts, ...given });
    held.release();
  }

  async hold(wanted: WantedFacts): Promise<HeldFacts> {
    const askedAt = performance.now();
    const before = this.#turn;
    let done = () => {};
    this.#turn = new Promise((resolve) => {
      done = resolve;
    });
    try {
      await before;
      if (!this.#does(wanted, askedAt)) await this.#get(wanted);
      this.#holders++;
    } finally {
      done();
    }
    return { number: this.#number, release: this.#releaseOnce() };
  }

  /**
   * Somebody has brought it while this one waited for its turn. Without this a server that is written to without pause, and
   * asked for its catalog more often than it can be brought, would let them wait for ever longer.
   */
  #does({ orNewer = false, catalog, access, ...rest }: WantedFacts, askedAt: number): boolean {
    if (rest.statistics !== undefined && this.#readAt < askedAt) return false;
    const { statistics: _, ...others } = rest;
    if (!this.#shows({ ...others, ...(access && { access }) }) || catalog === undefined)
      return false;
    const now = this.#current.catalog;
    return catalog.id === now.id || (orNewer && isCommittedAfter(now, catalog));
  }

  async #get({ statistics, orNewer: _, ...facts }: WantedFacts): Promise<void> {
    const readAt = performance.now();
    const figures = await statistics?.();
    const next = { ...facts, ...(figures && { statistics: figures }) };
    if (!this.#shows(next)) {
      await this.#free();
      await this.#bring({ ...this.#current, ...next });
    }
    if (figures) this.#readAt = readAt;
  }

  #shows(facts: Partial<Facts>): boolean {
    const now = this.#current;
    return (
      (facts.catalog === undefined || facts.catalog.id === now.catalog.id) &&
      (facts.access === undefined || facts.access.id === now.access.id) &&
      (facts.routines ?? now.routines) === now.routines &&
      (facts.settings ?? now.settings) === now.settings &&
      (facts.statistics ?? now.statistics) === now.statistics
    );
  }

  #releaseOnce(): () => void {
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      this.#holders--;
      if (this.#holders === 0) this.#whenFree?.();
    };
  }

  async #free(): Promise<void> {
    if (this.#holders === 0) return;
    await new Promise<void>((resolve) => {
      this.#whenFree = resolve;
    });
    this.#whenFree = undefined;
  }

  /** One engine transaction: a reader sees all of it or nothing. */
  async #bring(next: Facts, repeats = bringing.times): Promise<void> {
    try {
      await this.#broughtOnce(next);
    } catch (error) {
      const isShort = error instanceof PgError && error.sqlstate === "53200";
      if (!isShort || repeats === 0) throw error;
      await setTimeout(bringing.waitMs);
      await this.#bring(next, repeats - 1);
    }
  }

  async #broughtOnce(next: Facts): Promise<void> {
    const relations = new Map<number, Relation>();
    for (const relation of next.catalog.relations()) {
      if (rowsOf.isPublished(relation)) relations.set(relation.oid, relation);
    }
    const connection = await this.#engine.connectPastQueue();
    const tables = new Writer(connection);
    try {
      await tables.run("BEGIN TRANSACTION");
      await writeChanges(
        tables,
        this.#number + 1,
        [this.#current, next],
        [this.#relations, relations],
      );
      await tables.run("COMMIT");
    } catch (error) {
      await tables.run("ROLLBACK").catch(() => undefined);
      throw error;
    } finally {
      connection.release();
    }
    this.#current = next;
    this.#relations = relations;
    this.#number++;
  }
}

/** By the catalog's own count of what was committed; a version of a transaction's or a session's own is neither. */
function isCommittedAfter(version: CatalogVersion, other: CatalogVersion): boolean {
  const [count, before] = [version, other].map(({ committed }) => committed);
  return count !== undefined && before !== undefined && count > before;
}

async function writeChanges(
  tables: Writer,
  number: number,
  [now, next]: readonly [Facts, Facts],
  [had, has]: readonly [ReadonlyMap<number, Relation>, ReadonlyMap<number, Relation>],
): Promise<void> {
  // Each a text of its own: see HeldFacts.
  const run = (sql: string) => tables.run(`${sql} /* facts ${number} */`);
  if (next.catalog.id !== now.catalog.id) {
    const [before, schemas] = [now.catalog, next.catalog].map(rowsOf.schemaRows);
    if (schemas !== undefined && !isDeepStrictEqual(before, schemas)) {
      await tables.replace("schema", schemas);
      await bringSchemas(run);
    }
    await tables.replace("bucket", rowsOf.bucketRows(next.catalog));
    await tables.replace("function", rowsOf.functionRows(next.catalog));
    const [was, is] = [[...now.catalog.types()], [...next.catalog.types()]];
    await writeRelations(tables, had, has, next.catalog);
    await writeTypes(tables, was, is, next.catalog);
    await bringKept(run, {
      gone: [...unlike(had, has), ...without(was, is)],
      come: [...unlike(has, had), ...without(is, was)],
    });
  }
  if (next.access.id !== now.access.id) {
    await tables.replace("role", rowsOf.roleRows(next.access));
    await tables.replace("membership", rowsOf.membershipRows(next.access));
    await tables.replace("db_role_setting", rowsOf.keptSettingRows(next.access));
    const columns = [now, next].flatMap((facts) => facts.aclRows().columns);
    await tables.replace("column_acl", rowsOf.columnAclRows(next.aclRows()));
    await bringColumnPrivileges(
      run,
      columns.map(({ relation }) => relation),
    );
    await tables.replace("default_acl", rowsOf.defaultAclRows(next.aclRows()));
  }
  if (next.routines !== now.routines) {
    await tables.replace("routine", rowsOf.routineRows(next.routines));
    await tables.replace("routine_argument", rowsOf.routineArgumentRows(next.routines));
  }
  if (next.settings !== now.settings) {
    await tables.replace("setting", rowsOf.settingRows(next.settings));
  }
  if (next.statistics !== now.statistics) {
    await writeStatistics(tables, now.statistics, next.statistics);
  }
}

/** Only the relations that differ: a CREATE TABLE beside ten thousand others writes one. */
async function writeRelations(
  tables: Writer,
  had: ReadonlyMap<number, Relation>,
  has: ReadonlyMap<number, Relation>,
  catalog: CatalogVersion,
): Promise<void> {
  const added = unlike(has, had);
  const removed = unlike(had, has);
  const oids = removed.map(({ oid }) => oid);
  await tables.remove("relation", "oid", oids);
  await tables.remove("attribute", "relation_oid", oids);
  await tables.insert("relation", added.map(rowsOf.relationRow));
  await tables.insert("attribute", added.flatMap(rowsOf.attributeRows));
  // One statement less each for what most relations have none of.
  const having = (rows: (relation: Relation) => readonly unknown[]) =>
    removed.filter((relation) => rows(relation).length > 0).map(({ oid }) => oid);
  await tables.remove("policy", "relation_oid", having(rowsOf.policyRows));
  await tables.insert("policy", added.flatMap(rowsOf.policyRows));
  await tables.remove("sequence", "relation_oid", having(rowsOf.sequenceRows));
  await tables.insert("sequence", added.flatMap(rowsOf.sequenceRows));
  await tables.remove(
    "index_column",
    "index_oid",
    removed.flatMap(({ indexes = [] }) => indexes.map(({ oid }) => oid)),
  );
  await tables.insert("index_column", added.flatMap(indexColumnRows));
  await tables.remove("index", "relation_oid", having(indexRows));
  await tables.insert("index", added.flatMap(indexRows));
  const rows = added.flatMap((relation) => rowsOf.constraintRows(relation, catalog));
  await tables.remove("constraint", "relation_oid", oids);
  await tables.insert("constraint", rows);
  await tables.remove("view_read", "view_oid", having(rowsOf.viewReadRows));
  await tables.insert("view_read", added.flatMap(rowsOf.viewReadRows));
}

/** Those that the others have not, or not as they are here. */
function unlike(
  these: ReadonlyMap<number, Relation>,
  others: ReadonlyMap<number, Relation>,
): Relation[] {
  return [...these.values()].filter((relation) => others.get(relation.oid) !== relation);
}

function without<T>(these: readonly T[], others: readonly T[]): T[] {
  const known = new Set(others);
  return these.filter((item) => !known.has(item));
}

/** There are few, and they seldom change. */
async function writeTypes(
  tables: Writer,
  had: readonly UserType[],
  has: readonly UserType[],
  next: CatalogVersion,
): Promise<void> {
  const areSame = had.length === has.length && had.every((type, at) => type === has[at]);
  if (areSame) return;
  await tables.replace("type", typeRows.typeRows(next));
  await tables.replace("type_column", has.flatMap(typeRows.typeColumnRows));
  await tables.replace("enum_label", has.flatMap(typeRows.enumLabelRows));
  await tables.replace("domain_check", has.flatMap(typeRows.domainCheckRows));
}

/** The same of figures and object references: an INSERT into one dataset writes those of one. */
async function writeStatistics(
  tables: Writer,
  had: Facts["statistics"],
  has: Facts["statistics"],
): Promise<void> {
  const added = new Map([...has].filter(([oid, value]) => had.get(oid) !== value));
  const removed = [...had].filter(([oid, value]) => has.get(oid) !== value);
  const oids = removed.map(([oid]) => oid);
  await tables.remove("statistics", "relation_oid", oids);
  await tables.remove("object", "relation_oid", oids);
  await tables.remove("column_statistics", "relation_oid", oids);
  await tables.insert("statistics", rowsOf.statisticsRows(added));
  await tables.insert("object", rowsOf.objectRows(added));
  await tables.insert("column_statistics", rowsOf.columnStatisticsRows(added));
}

/** Rows reach the engine as one JSON text a table: parsed there, and no value is ever in SQL. */
class Writer {
  readonly #connection: EngineConnection;
  readonly #signal = new AbortController().signal;

  constructor(connection: EngineConnection) {
    this.#connection = connection;
  }

  async run(sql: string, json?: string): Promise<void> {
    const parameters =
      json === undefined ? [] : [{ type: { id: "VARCHAR" }, value: json } as const];
    await this.#connection.run(sql, parameters, this.#signal);
  }

  async replace(table: FactTable, rows: readonly rowsOf.Row[]): Promise<void> {
    await this.run(`DELETE FROM facts.${table}`);
    await this.insert(table, rows);
  }

  async insert(table: FactTable, rows: readonly rowsOf.Row[]): Promise<void> {
    if (rows.length === 0) return;
    const structure = JSON.stringify([factTables[table]]);
    await this.run(
      `INSERT INTO facts.${table} SELECT row.* FROM (SELECT unnest(from_json($1::JSON, '${structure}')) AS row)`,
      JSON.stringify(rows),
    );
  }

  async remove(table: FactTable, column: string, oids: readonly number[]): Promise<void> {
    if (oids.length === 0) return;
    await this.run(
      `DELETE FROM facts.${table} WHERE ${column} IN (SELECT unnest(from_json($1::JSON, '["UINTEGER"]')))`,
      JSON.stringify(oids),
    );
  }
}
