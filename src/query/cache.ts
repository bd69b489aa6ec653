/**
 * Plans by everything their meaning depends on. Drivers send the same texts again and again; a hit parses nothing.
 * Bounded by bytes; the least recently used goes first.
 */
import type { Role } from "../access/access.ts";
import type { AuthorizedStatement } from "./authorize.ts";
import type { QueryContext, StatementText } from "./query.ts";
import { planned } from "./statement.ts";

/** Texts longer than this are bulk loads: each comes once. */
const cachedLengthMax = 64 * 1024;

export interface PlanCacheOptions {
  readonly bytesMax: number;
}

const standaloneMax = 2_000;

interface Entry {
  readonly statement: AuthorizedStatement;
  readonly reading: Reading;
  readonly bytes: number;
}

export class PlanCache {
  readonly #bytesMax: number;
  readonly #entries = new Map<string, Entry>();
  /** Plans that hold for every context: `SELECT 1`, `BEGIN`. Dropped all together when they are too many. */
  readonly #standalone = new Map<string, AuthorizedStatement>();
  /** The same for whole texts, by the list that the text cache gives: no key has to be put together. */
  readonly #ofSuperuser = new WeakMap<readonly StatementText[], readonly AuthorizedStatement[]>();
  readonly #ofOthers = new WeakMap<readonly StatementText[], readonly AuthorizedStatement[]>();
  #bytes = 0;
  hits = 0;
  misses = 0;

  constructor({ bytesMax }: PlanCacheOptions = { bytesMax: 64 * 1024 * 1024 }) {
    this.#bytesMax = bytesMax;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /**
   * A plan that stands on its text alone, without looking whether names or grants have changed: what is asked before a
   * context is made. Undefined when there is none.
   */
  standalone(
    statement: StatementText,
    parameterTypes: readonly number[],
    isSuperuser: boolean,
  ): AuthorizedStatement | undefined {
    return this.#standalone.get(standaloneKey(statement, parameterTypes, isSuperuser));
  }

  /** The plans of all statements of a text, without parameters; undefined when there is one that has no such plan, or no statement. */
  standaloneAll(
    statements: readonly StatementText[],
    isSuperuser: boolean,
  ): readonly AuthorizedStatement[] | undefined {
    const known = isSuperuser ? this.#ofSuperuser : this.#ofOthers;
    const found = known.get(statements);
    if (found !== undefined) return found;
    const plans = statements.flatMap(
      (statement) => this.standalone(statement, [], isSuperuser) ?? [],
    );
    if (plans.length === 0 || plans.length < statements.length) return undefined;
    known.set(statements, plans);
    return plans;
  }

  /** As `plan` of statement.ts. The same object again for the same key. */
  async plan(
    statement: StatementText,
    parameterTypes: readonly number[],
    context: QueryContext,
  ): Promise<AuthorizedStatement> {
    if (statement.sql.length > cachedLengthMax)
      return (await planned(statement, parameterTypes, context)).statement;
    const key = keyOf(statement, parameterTypes, context);
    const found = this.#entries.get(key);
    if (found?.reading.holds(context) === true) {
      this.hits++;
      this.#entries.delete(key);
      this.#entries.set(key, found);
      return found.statement;
    }
    this.misses++;
    const reading = new Reading();
    const result = await planned(statement, parameterTypes, reading.noting(context));
    if (!result.isCacheable) return result.statement;
    if (reading.isEmpty) {
      if (this.#standalone.size >= standaloneMax) this.#standalone.clear();
      const standalone = standaloneKey(statement, parameterTypes, context.role.isSuperuser);
      this.#standalone.set(standalone, result.statement);
    }
    this.#put(key, result.statement, reading);
    return result.statement;
  }

  #put(key: string, statement: AuthorizedStatement, reading: Reading): void {
    const bytes = 2 * key.length + sizeOf(statement);
    const before = this.#entries.get(key);
    if (before !== undefined) this.#bytes -= before.bytes;
    this.#entries.set(key, { statement, reading, bytes });
    this.#bytes += bytes;
    for (const [oldest, entry] of this.#entries) {
      if (this.#bytes <= this.#bytesMax) return;
      this.#entries.delete(oldest);
      this.#bytes -= entry.bytes;
    }
  }
}

function standaloneKey(
  { sql, offset, tree }: StatementText,
  parameterTypes: readonly number[],
  isSuperuser: boolean,
): string {
  const road = tree === undefined ? "d" : "p";
  return `${isSuperuser ? "s" : "o"}${road}${offset}\u0001${parameterTypes.join(",")}\u0001${sql}`;
}

function keyOf(
  { sql, offset, tree }: StatementText,
  parameterTypes: readonly number[],
  { catalog, access, role, sessionRole, searchPath, database }: QueryContext,
): string {
  const parts = [
    role.oid,
    sessionRole.oid,
    catalog.id,
    access.id,
    database,
    offset,
    tree === undefined ? "d" : "p",
    parameterTypes.join(","),
    JSON.stringify(searchPath),
  ];
  return `${parts.join("\u0001")}\u0001${sql}`;
}

/**
 * What planning asked of the session: current_setting() and its like fold their answer into the plan. It does not hold the
 * context, and with it a version of the whole catalog that is out of date at the next change of a name.
 */
class Reading {
  readonly #settings = new Map<string, string | undefined>();
  #pid: number | undefined;
  #hasReadNames = false;

  /** Made where no context is in reach: a plan may hold on to the role, and that to this. */
  readonly #noted = <T>(value: T): T => {
    this.#hasReadNames = true;
    return value;
  };

  /** The context for planning, which tells what it is asked. */
  noting(context: QueryContext): QueryContext {
    const noted = this.#noted;
    const notedPid = () => {
      this.#pid = context.pid;
      return context.pid;
    };
    return {
      get catalog() {
        return noted(context.catalog);
      },
      get access() {
        return noted(context.access);
      },
      // Whether it is a superuser's is part of every key; whose it is, is a thing read.
      role: notedRole(context.role, noted),
      get sessionRole() {
        return noted(context.sessionRole);
      },
      get searchPath() {
        return noted(context.searchPath);
      },
      get database() {
        return noted(context.database);
      },
      setting: (name) => {
        const value = context.setting(name);
        this.#settings.set(name, value);
        return value;
      },
      get pid() {
        return notedPid();
      },
      serverVersion: context.serverVersion,
      engine: context.engine,
      prepared: (name) => noted(context.prepared)(name),
      cursor: (name) => noted(context.cursor)(name),
      columnsAt: (relation, at) => noted(context.columnsAt)(relation, at),
    };
  }

  /** Planning looked at nothing but the text. */
  get isEmpty(): boolean {
    return !this.#hasReadNames && this.#settings.size === 0 && this.#pid === undefined;
  }

  /** Would planning read the same now? */
  holds(context: QueryContext): boolean {
    if (this.#pid !== undefined && this.#pid !== context.pid) return false;
    for (const [name, value] of this.#settings) if (context.setting(name) !== value) return false;
    return true;
  }
}

function notedRole(role: Role, noted: <T>(value: T) => T): Role {
  return new Proxy(role, {
    get: (target, property) => {
      const value: unknown = Reflect.get(target, property);
      return property === "isSuperuser" ? value : noted(value);
    },
  });
}

/** A guess at the memory a plan takes: its texts and lists, near enough to keep the cache within bounds. */
function sizeOf(statement: AuthorizedStatement): number {
  let bytes = 1024;
  const seen = new Set<unknown>(statement.relations);
  const add = (value: unknown): void => {
    if (typeof value === "string") bytes += 2 * value.length + 16;
    else if (typeof value !== "object" || value === null) bytes += 8;
    else if (!seen.has(value)) {
      seen.add(value);
      bytes += 32;
      for (const part of Object.values(value)) add(part);
    }
  };
  // Relations and routines belong to the catalog and to the program.
  add({ ...statement, relations: undefined, plan: withoutRoutine(statement.plan) });
  return bytes;
}

function withoutRoutine(plan: AuthorizedStatement["plan"]): unknown {
  return plan.kind === "call" ? plan.call.arguments : plan;
}
