/** The engine itself: settings at open, a pool of connections, admission, and the server's own statements. */
import { chmod, mkdir } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { assert } from "../base/assert.ts";
import { PgError } from "../base/error.ts";
import { quoteText } from "../base/quote.ts";
import { Semaphore } from "../base/semaphore.ts";
import { PooledConnection } from "./connection.ts";
import type {
  Engine,
  EngineConnection,
  EngineOptions,
  EngineParameter,
  NumberFunction,
  ScalarFunction,
} from "./engine.ts";
import { pgError } from "./errors.ts";
import type { Admission, Spared } from "./operation.ts";
import { plainRows } from "./plain.ts";
import { numberFunction, scalarFunction } from "./scalar-function.ts";
import { LastingResults, LongTexts } from "./statement-cache.ts";

/** Idle connections kept for the next session; more are closed. */
const idleMax = 16;

/** Who has run for less has hardly taken the memory that is short. */
const briefMs = 100;
/** Of the growth since the first of them began. */
const shareToBlame = 0.5;

/** What a failed statement had is free again after that. */
const afterwardsMs = 2_000;

/** The settings under which every statement runs; `seal` adds the rest. */
function settings(options: EngineOptions): Record<string, string> {
  return {
    integer_division: "true",
    default_null_order: "postgres",
    errors_as_json: "true",
    catalog_error_max_schemas: "0",
    // Freed memory goes back within a second; else every thread's arena keeps what its largest statement took.
    allocator_background_threads: "true",
    // It would keep some KiB of every file that was ever read, dropped ones too, until the whole limit is used up; and so would
    // the cache of footers, which is off unless set. The system's pages do as well: a scan of 1 000 small files takes 22 ms for
    // 19, and one of large files the same.
    enable_external_file_cache: "false",
    autoinstall_known_extensions: "false",
    autoload_known_extensions: "false",
    allow_community_extensions: "false",
    allow_persistent_secrets: "false",
    allowed_configs: "[TimeZone, streaming_buffer_size]",
    temp_directory: options.temporaryDirectory,
    ...(options.threads === undefined ? {} : { threads: String(options.threads) }),
    ...(options.memoryLimit === undefined ? {} : { memory_limit: options.memoryLimit }),
  };
}

/** What the engine heeds only when it is set after its start; its own settings show it in any case. */
function laterSettings({ temporaryBytesMax }: EngineOptions): readonly string[] {
  const disk =
    temporaryBytesMax === undefined
      ? []
      : [`max_temp_directory_size = ${quoteText(temporaryBytesMax)}`];
  return ["GLOBAL TimeZone = 'UTC'", ...disk];
}

/** Sealed from its first moment: nothing in it ever needs a file. */
async function smallTwin(options: EngineOptions): Promise<DuckDBInstance> {
  const small = await DuckDBInstance.create(":memory:", settings({ ...options, threads: 1 }));
  const connection = await small.connect();
  for (const setting of [
    ...laterSettings(options),
    "enable_external_access = false",
    "lock_configuration = true",
  ]) {
    await connection.run(`SET ${setting}`);
  }
  connection.closeSync();
  return small;
}

export class Instance implements Engine {
  readonly #instance: DuckDBInstance;
  readonly #small: DuckDBInstance;
  /** Functions belong to the instance but are registered through a connection, one that has no transaction. */
  readonly #registrar: DuckDBConnection;
  readonly #queue: Semaphore;
  readonly #admission: Admission;
  readonly #longTexts = new LongTexts();
  readonly #lastingResults = new LastingResults();
  readonly #idle: PooledConnection[] = [];
  readonly #idleSystem: PooledConnection[] = [];
  readonly #idleSmall: PooledConnection[] = [];
  readonly #connections = new Set<PooledConnection>();
  /** Connections being made ready for their next user. */
  readonly #returning = new Set<Promise<void>>();
  readonly #connectionsMax: number;
  readonly #readAhead: number | undefined;
  /** Functions of ours that do something, or give something out. */
  readonly #volatile: string[] = [];
  /** The last statement whose own fault it was that it got no memory. */
  #failed = { startedAt: Number.POSITIVE_INFINITY, at: 0 };
  #running = 0;
  #isClosed = false;

  static async open(options: EngineOptions): Promise<Instance> {
    await mkdir(options.temporaryDirectory, { recursive: true, mode: 0o700 });
    await chmod(options.temporaryDirectory, 0o700);
    try {
      const instance = await DuckDBInstance.create(":memory:", settings(options));
      const registrar = await instance.connect();
      for (const setting of laterSettings(options)) await registrar.run(`SET ${setting}`);
      const small = await smallTwin(options);
      const runningMax = options.runningMax ?? availableParallelism() * 3;
      return new Instance(instance, small, registrar, { ...options, runningMax });
    } catch (error) {
      throw pgError(error);
    }
  }

  private constructor(
    instance: DuckDBInstance,
    small: DuckDBInstance,
    registrar: DuckDBConnection,
    options: EngineOptions & { readonly runningMax: number },
  ) {
    this.#instance = instance;
    this.#small = small;
    this.#registrar = registrar;
    this.#readAhead = options.readAheadBytes;
    this.#connectionsMax = options.connectionsMax ?? Number.POSITIVE_INFINITY;
    const queue = new Semaphore(options.runningMax, options.queuedMax);
    this.#queue = queue;
    this.#admission = {
      acquire: async (signal) => this.#admitted(await queue.acquire(signal)),
      take: () => {
        const leave = queue.take();
        return leave && this.#admitted(leave);
      },
    };
  }

  #admitted(leave: () => void): () => void {
    this.#running++;
    return () => {
      this.#running--;
      leave();
    };
  }

  /** One older runs, or has just failed for the same reason; and nothing that it calls would notice being called again. */
  readonly #isSpared: Spared = (sql, startedAt) => {
    if (this.#volatile.some((name) => sql.includes(name))) return false;
    const now = performance.now();
    const running = [...this.#connections].filter((connection) => connection.isStoppable);
    const isOlder = running.some((connection) => connection.startedAt < startedAt);
    const wasOlder = this.#failed.startedAt < startedAt && now - this.#failed.at < afterwardsMs;
    if (isOlder || wasOlder) return true;
    this.#failed = { startedAt, at: now };
    return false;
  };

  get running(): number {
    return this.#running;
  }

  get queued(): number {
    return this.#queue.waiting;
  }

  get connectionsInUse(): number {
    return [...this.#connections].filter((connection) => connection.isLent).length;
  }

  connect(timeZone?: string): Promise<EngineConnection> {
    return this.#take(this.#instance, this.#idle, this.#admission, timeZone);
  }

  connectSmall(timeZone?: string): Promise<EngineConnection> {
    return this.#take(this.#small, this.#idleSmall, this.#admission, timeZone);
  }

  connectPastQueue(): Promise<EngineConnection> {
    return this.#take(this.#instance, this.#idleSystem, undefined);
  }

  async system(
    sql: string,
    parameters: readonly EngineParameter[] = [],
  ): Promise<Record<string, unknown>[]> {
    const connection = await this.connectPastQueue();
    try {
      const stream = await connection.stream(sql, parameters, never);
      const rows: Record<string, unknown>[] = [];
      for (;;) {
        const batch = await stream.next();
        if (!batch) return rows;
        rows.push(...plainRows(stream.columns, batch));
      }
    } finally {
      connection.release();
    }
  }

  async seal(folders: readonly string[]): Promise<void> {
    const list = folders.map((folder) => quoteText(folder.endsWith("/") ? folder : `${folder}/`));
    await this.system(`SET allowed_directories = [${list.join(", ")}]`);
    await this.system("SET enable_external_access = false");
    await this.system("SET lock_configuration = true");
  }

  async serialize(sql: string): Promise<string> {
    const tree = await this.#text("SELECT json_serialize_sql($1::VARCHAR) AS value", sql);
    const failure = /^\{"error":true,/.test(tree)
      ? (JSON.parse(tree) as { error_message?: string; error_type?: string; position?: string })
      : undefined;
    if (!failure) return tree;
    throw pgError(
      new Error(
        JSON.stringify({
          exception_type: failure.error_type === "parser" ? "Parser" : "Not implemented",
          exception_message: failure.error_message ?? "syntax error",
          position: failure.position,
        }),
      ),
      sql,
    );
  }

  deserialize(tree: string): Promise<string> {
    return this.#text("SELECT json_deserialize_sql($1::VARCHAR::JSON) AS value", tree);
  }

  registerScalar(definition: ScalarFunction): void {
    if (definition.isVolatile) this.#volatile.push(definition.name);
    this.#registrar.registerScalarFunction(scalarFunction(definition));
  }

  registerNumbers(definition: NumberFunction): void {
    this.#volatile.push(definition.name);
    this.#registrar.registerScalarFunction(numberFunction(definition));
  }

  forget(): void {
    for (const idle of [this.#idle, this.#idleSystem, this.#idleSmall])
      for (const connection of idle) connection.forget();
  }

  stopLargest(reason: PgError, grownSince: (startedAt: number) => number): boolean {
    const running = [...this.#connections].filter((connection) => connection.isStoppable);
    const before = performance.now() - briefMs;
    const long = running.filter(({ startedAt }) => startedAt < before);
    const stoppable = (long.length > 0 ? long : running).map((connection) => ({
      connection,
      startedAt: connection.startedAt,
      grown: grownSince(connection.startedAt),
    }));
    // What runs for long has seen all of the growth: that alone does not make it the cause.
    const least = Math.max(...stoppable.map(({ grown }) => grown)) * shareToBlame;
    const newest = stoppable
      .filter(({ grown }) => grown >= least)
      .toSorted((a, b) => a.startedAt - b.startedAt)
      .at(-1);
    newest?.connection.interrupt(reason);
    if (newest) this.#failed = { startedAt: newest.startedAt, at: performance.now() };
    return newest !== undefined;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all(this.#returning);
    await Promise.all([...this.#connections].map((connection) => connection.close()));
    this.#connections.clear();
    this.#registrar.closeSync();
    this.#instance.closeSync();
    this.#small.closeSync();
  }

  async #text(sql: string, value: string): Promise<string> {
    const [row] = await this.system(sql, [{ type: { id: "VARCHAR" }, value }]);
    const text = row?.["value"];
    assert(typeof text === "string", "one row of text");
    return text;
  }

  async #take(
    instance: DuckDBInstance,
    idle: PooledConnection[],
    admission: Admission | undefined,
    timeZone = "UTC",
  ): Promise<PooledConnection> {
    if (this.#isClosed) throw new PgError("57P01", "the engine is closed");
    if (admission && this.#connections.size >= this.#connectionsMax && idle.length === 0) {
      throw new PgError("53400", "too many results are open", {
        hint: "Close portals and cursors that are not read to their end.",
      });
    }
    const known = takeIdle(idle, timeZone);
    const connection = (known ?? (await this.#made(instance, idle, admission))).lend();
    if (connection.timeZone === timeZone) return connection;
    try {
      await connection.setTimeZone(timeZone);
      return connection;
    } catch (error) {
      connection.release();
      throw error;
    }
  }

  async #opened(instance: DuckDBInstance): Promise<DuckDBConnection> {
    const raw = await instance.connect();
    if (this.#readAhead !== undefined)
      await raw.run(`SET streaming_buffer_size = '${this.#readAhead} bytes'`);
    return raw;
  }

  async #made(
    instance: DuckDBInstance,
    idle: PooledConnection[],
    admission: Admission | undefined,
  ): Promise<PooledConnection> {
    const raw = await this.#opened(instance).catch((error) => {
      throw pgError(error);
    });
    const connection = new PooledConnection(
      raw,
      admission,
      this.#isSpared,
      (returned) => this.#giveBack(returned, idle),
      this.#longTexts,
      this.#lastingResults,
    );
    this.#connections.add(connection);
    return connection;
  }

  /** A connection returns to the pool when nothing of its last user is left but the time zone. */
  #giveBack(connection: PooledConnection, idle: PooledConnection[]): void {
    if (connection.isClean && idle.length < idleMax && !this.#isClosed) {
      idle.push(connection);
      return;
    }
    const returning = this.#settle(connection, idle);
    this.#returning.add(returning);
    void returning.finally(() => this.#returning.delete(returning));
  }

  async #settle(connection: PooledConnection, idle: PooledConnection[]): Promise<void> {
    const isClean = await connection.settled().catch(() => false);
    if (this.#isClosed) return;
    if (isClean && idle.length < idleMax) idle.push(connection);
    else {
      this.#connections.delete(connection);
      await connection.close();
    }
  }
}

/** The one used last that has this time zone already, else the one used last: a change of zone costs it its plans. */
function takeIdle(idle: PooledConnection[], timeZone: string): PooledConnection | undefined {
  const at = idle.findLastIndex((connection) => connection.timeZone === timeZone);
  return at < 0 ? idle.pop() : idle.splice(at, 1)[0];
}

const never = new AbortController().signal;
