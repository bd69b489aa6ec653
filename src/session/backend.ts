/**
 * One session's state, without its protocol: role, run-time parameters, transaction, prepared statements, portals.
 * session.ts talks for it; a routine's SqlRunner uses it with nobody to talk to.
 */
import type { AccessVersion, Role } from "../access/access.ts";
import { must } from "../base/assert.ts";
import type { Notice, PgError } from "../base/error.ts";
import { useTypes } from "../catalog/types-in-force.ts";
import { Parameters } from "../config/parameters.ts";
import type { StopSignal } from "../engine/engine.ts";
import { type Encoding, knownEncoding } from "../pgtypes/encodings.ts";
import { firstMadeOid } from "../pgtypes/made-types.ts";
import type { TextSettings } from "../pgtypes/text-settings.ts";
import type { PlannedStatement } from "../query/plan.ts";
import type { QueryContext, StatementText } from "../query/query.ts";
import type { ActivityEntry, ActivityState } from "./activity.ts";
import type { LockMode } from "./advisory-locks.ts";
import { Authorization } from "./authorization.ts";
import { idleLimit } from "./idle-limit.ts";
import { keptValues } from "./kept-parameters.ts";
import { knownBucket } from "./known-bucket.ts";
import { type Notification, Subscriber } from "./notifications.ts";
import { closePortal, type Portal } from "./portal.ts";
import type { PreparedStatement } from "./prepared.ts";
import { abortedBlock } from "./refusals.ts";
import { checkRunning } from "./role-limits.ts";
import type { Services } from "./services.ts";
import { SessionSequences } from "./session-sequences.ts";
import { PipelineClock, StatementClock, terminated } from "./statement-clock.ts";
import { Transaction } from "./transaction.ts";

export interface BackendOptions {
  readonly pid: number;
  readonly secretKey: number;
  /** Who authenticated, and the roles known at that moment. */
  readonly role: Role;
  readonly access: AccessVersion;
  readonly database: string;
  readonly startupParameters: ReadonlyMap<string, string>;
  readonly clientAddress: string | null;
  readonly clientPort: number | null;
  readonly serverAddress: string | null;
  readonly serverPort: number | null;
  /** Fires when nobody waits for the answers any more. */
  readonly gone: AbortSignal;
  readonly notice: (notice: Notice) => void;
  readonly parameterStatus: (name: string, value: string) => void;
  readonly notification: (notification: Notification) => void;
}

interface Savepoint {
  readonly name: string;
  readonly portals: ReadonlySet<Portal>;
  readonly notifications: number;
  readonly locks: number;
}

export class Backend {
  readonly services: Services;
  readonly pid: number;
  readonly parameters: Parameters;
  readonly transaction: Transaction;
  readonly sequences: SessionSequences;
  readonly prepared = new Map<string, PreparedStatement>();
  readonly portals = new Map<string, Portal>();
  readonly notice: (notice: Notice) => void;
  readonly activity: ActivityEntry;
  readonly subscriber: Subscriber;
  /** The statement came in one message with others: they are a transaction block of their own. */
  isOneOfSeveral = false;
  /** What a function in the statement that has just failed could not have at once. */
  wantedLock: { readonly key: string; readonly mode: LockMode } | undefined;
  readonly #gone: AbortSignal;
  readonly #onGone = (): void => this.#clock?.connectionLost();
  #savepoints: Savepoint[] = [];
  readonly #authorization: Authorization;
  #access: AccessVersion;
  #clock: StatementClock | undefined;
  readonly pipeline = new PipelineClock(() => Number(this.parameters.get("statement_timeout")));
  /** Of the statement that runs: performance.now(). */
  startedAt = 0;
  #terminated = false;
  #endWaiting: (error: PgError) => void = () => {};
  statementTime: Date = new Date();

  constructor(services: Services, options: BackendOptions) {
    this.services = services;
    this.pid = options.pid;
    this.notice = options.notice;
    this.subscriber = new Subscriber(services.notifications, options.pid, options.notification);
    this.#gone = options.gone;
    this.#gone.addEventListener("abort", this.#onGone);
    this.#access = options.access;
    this.transaction = new Transaction(services);
    this.sequences = new SessionSequences(this);
    this.#authorization = new Authorization(options.role.name, {
      access: () => this.#access,
      changed: (session, isSuperuser, role) =>
        this.parameters.authorizationChanged(session, isSuperuser, role),
    });
    this.parameters = new Parameters({
      sessionAuthorization: options.role.name,
      isSuperuser: options.role.isSuperuser,
      defaults: services.parameterDefaults,
      kept: keptValues(options.role, options.access),
      warn: ({ sqlstate, message }) => options.notice({ severity: "WARNING", sqlstate, message }),
      startup: options.startupParameters,
      onReport: options.parameterStatus,
      checks: { "lakehouse.bucket": (name) => knownBucket(name, services) },
      setAuthorization: (name, value) =>
        name === "role"
          ? this.#authorization.setRole(value)
          : this.#authorization.setSession(value),
    });
    this.activity = this.#entry(options);
  }

  /** By whom everything is decided: SET ROLE's, else the session's. */
  get role(): Role {
    return this.#authorization.role;
  }

  get sessionRole(): Role {
    return this.#authorization.sessionRole;
  }

  /** As of the last statement; roles and grants are no part of the snapshot, so that a revoked right is gone at once. */
  get access(): AccessVersion {
    return this.#access;
  }

  get isInBlock(): boolean {
    return this.transaction.status !== "implicit" || this.isOneOfSeveral;
  }

  /** The same as `signal`, for a statement that hardly takes longer than making one. */
  get stop(): StopSignal {
    return this.#clock ?? this.#gone;
  }

  get signal(): AbortSignal {
    return this.#clock?.signal ?? this.#gone;
  }

  /** Around everything that one Query, Parse, Bind, Execute … does; of several messages each `isPart` of a statement. */
  async running<T>(query: string | undefined, work: () => Promise<T>, isPart = false): Promise<T> {
    if (this.#terminated) throw terminated();
    const timeoutMs = isPart ? this.pipeline.left() : this.pipeline.timeoutMs();
    const clock = new StatementClock(timeoutMs, this.#gone.aborted);
    this.#clock = clock;
    this.startedAt = performance.now();
    if (query !== undefined) this.#noteQuery(query);
    this.#state("active");
    try {
      if (query !== undefined) checkRunning(this);
      return await work();
    } catch (error) {
      throw clock.causeOf(error);
    } finally {
      clock.end();
      this.#clock = undefined;
    }
  }

  /** Of a statement that is over before anybody could stop it or see it run. */
  noteStart(query: string): void {
    if (this.#terminated) throw terminated();
    this.startedAt = performance.now();
    this.#noteQuery(query);
  }

  #noteQuery(query: string): void {
    this.statementTime = new Date();
    this.activity.query = query;
    this.activity.queryStart = this.statementTime;
  }

  /** Waits for the client outside any statement, but no longer than the session lives or may be idle. */
  untilTerminated<T>(waiting: T | Promise<T>, failed?: (error: unknown) => T): T | Promise<T> {
    if (this.#terminated) throw terminated();
    if (!(waiting instanceof Promise)) return waiting;
    // In the middle of a pipeline nobody is idle: as PostgreSQL, whose clock starts with ReadyForQuery.
    const { timeoutMs, fault } =
      this.activity.state === "active"
        ? this.pipeline.limit()
        : idleLimit(this.parameters, this.transaction.indicator !== "I");
    return new Promise((resolve, reject) => {
      const fail = failed ? (error: unknown) => resolve(failed(error)) : reject;
      this.#endWaiting = fail;
      if (timeoutMs === 0) {
        waiting.then(resolve, fail);
        return;
      }
      const timer = setTimeout(() => fail(fault()), timeoutMs);
      waiting.then(resolve, fail).finally(() => clearTimeout(timer));
    });
  }

  /** A statement has succeeded; `tag` ends in its number of rows, if it has one. */
  finished(sql: string, tag: string): void {
    const { statistics } = this.services;
    const rows = Number(/ (\d+)$/.exec(tag)?.[1] ?? 0);
    if (tag.startsWith("SELECT")) statistics.count("tup_returned", rows);
    const elapsed = performance.now() - this.startedAt;
    statistics.statements.add(this.sessionRole.oid, sql, elapsed, rows);
  }

  /** After a message that ends with ReadyForQuery. */
  idle(): void {
    this.pipeline.over();
    const status = this.transaction.indicator;
    this.#state(
      status === "I"
        ? "idle"
        : status === "T"
          ? "idle in transaction"
          : "idle in transaction (aborted)",
    );
  }

  async context(): Promise<QueryContext> {
    this.#access = await this.services.access.current();
    const catalog = await this.transaction.catalog();
    return {
      catalog,
      access: this.#access,
      role: this.role,
      sessionRole: this.sessionRole,
      searchPath: this.parameters.searchPath(this.role.name),
      setting: (name) => this.parameters.show(name),
      database: this.services.database,
      pid: this.pid,
      serverVersion: this.services.serverVersion,
      engine: this.services.engine,
      prepared: (name) => this.prepared.get(name)?.planned,
      cursor: (name) => this.portals.get(name)?.statement,
      columnsAt: (relation, at) => this.transaction.columnsAt(relation, at),
    };
  }

  /** Before values are decoded: what people's types are to this transaction. */
  knowTypes(oids: readonly number[]): Promise<void> | undefined {
    return oids.some((oid) => oid >= firstMadeOid) ? this.#useTypes() : undefined;
  }

  async #useTypes(): Promise<void> {
    useTypes(await this.transaction.catalog(), this.parameters.searchPath(this.role.name));
  }

  async plan(
    statement: StatementText,
    parameterTypes: readonly number[],
  ): Promise<PlannedStatement> {
    if (this.transaction.status === "failed" && !statement.endsTransaction) {
      throw abortedBlock();
    }
    this.ensureTransaction();
    return this.services.plan(statement, parameterTypes, this.role.isSuperuser, () =>
      this.context(),
    );
  }

  /** The client's character set; undefined: UTF-8, as everything is here. */
  get encoding(): Encoding | undefined {
    const name = this.parameters.get("client_encoding");
    return name === "UTF8" || name === "SQL_ASCII" ? undefined : knownEncoding(name);
  }

  textSettings(): TextSettings {
    return {
      dateStyle: this.parameters.get("DateStyle"),
      intervalStyle: this.parameters.get("IntervalStyle"),
      timeZone: this.parameters.get("TimeZone"),
      byteaOutput: this.parameters.get("bytea_output"),
      extraFloatDigits: Number(this.parameters.get("extra_float_digits")),
      encoding: this.encoding,
    };
  }

  /** Outside a block every statement opens an implicit transaction; SET is undone with it. */
  ensureTransaction(): void {
    if (this.transaction.status !== "idle") return;
    this.transaction.ensure();
  }

  savepoint(name: string): void {
    this.transaction.savepoint(name);
    this.parameters.savepoint(name);
    const portals = new Set(this.portals.values());
    const locks = this.services.advisoryLocks.mark(this.pid);
    this.#savepoints.push({ name, portals, locks, notifications: this.subscriber.mark });
  }

  release(name: string): void {
    this.transaction.release(name);
    this.parameters.release(name);
    this.#savepoints.splice(this.#savepoints.findLastIndex((each) => each.name === name));
  }

  /** Portals opened since are gone; those from before stand where they stand. */
  async rollbackTo(name: string): Promise<void> {
    await this.transaction.rollbackTo(name);
    this.parameters.rollbackTo(name);
    const index = this.#savepoints.findLastIndex((each) => each.name === name);
    const savepoint = must(this.#savepoints[index], "every savepoint is known here too");
    this.#savepoints.splice(index + 1);
    this.subscriber.rollbackTo(savepoint.notifications);
    this.services.advisoryLocks.releaseSince(this.pid, savepoint.locks, "transaction");
    await this.closePortals((portal) => !savepoint.portals.has(portal));
  }

  /** COMMIT, and the end of every implicit transaction. False when it had failed and was rolled back. */
  async commit(): Promise<boolean> {
    const isFailed = this.transaction.status === "failed";
    await this.closePortals((portal) => !portal.isHeld && (isFailed || !portal.isHoldable));
    let committed = false;
    try {
      if (!isFailed && !this.transaction.deferred.isUnused) await this.services.checkDeferred(this);
      committed = await this.transaction.commit(
        this.role.name,
        () => this.signal,
        (written) => this.services.recheckOf(written, this),
        this.parameters.get("transaction_isolation") === "serializable",
      );
    } finally {
      if (!committed) await this.#rolledBack();
    }
    if (committed) this.#committed();
    return committed;
  }

  #committed(): void {
    this.services.statistics.count("xact_commit");
    this.#savepoints = [];
    this.parameters.commit();
    for (const portal of this.portals.values()) portal.isHeld = true;
    this.subscriber.committed();
    this.services.advisoryLocks.releaseAll(this.pid, "transaction");
  }

  /** A statement of a block has failed. */
  fail(): void {
    this.transaction.fail();
    this.parameters.fail();
  }

  /** The same for a transaction that has written nothing, when no portal is open. */
  commitUnwritten(): void {
    this.transaction.forget();
    this.#committed();
  }

  /** And its ROLLBACK. */
  rollbackUnwritten(): void {
    this.transaction.forget();
    this.#undone();
  }

  async rollback(): Promise<void> {
    try {
      await this.transaction.rollback();
    } finally {
      await this.#rolledBack();
    }
  }

  async closePortals(which: (portal: Portal) => boolean): Promise<void> {
    for (const portal of this.portals.values()) {
      if (!which(portal)) continue;
      this.portals.delete(portal.name);
      await closePortal(portal);
    }
  }

  async dropPortal(name: string): Promise<void> {
    const portal = this.portals.get(name);
    if (!portal) return;
    this.portals.delete(name);
    await closePortal(portal);
  }

  async end(): Promise<void> {
    this.#gone.removeEventListener("abort", this.#onGone);
    this.subscriber.end();
    this.services.advisoryLocks.releaseSince(this.pid, 0);
    try {
      await this.closePortals(() => true);
    } finally {
      await this.transaction.rollback();
      await this.transaction.temporary.end();
    }
  }

  /** What goes with a transaction that does not commit: all its portals, WITH HOLD or not. */
  async #rolledBack(): Promise<void> {
    this.#undone();
    await this.closePortals((portal) => !portal.isHeld);
  }

  #undone(): void {
    this.services.statistics.count("xact_rollback");
    this.#savepoints = [];
    this.subscriber.rollbackTo(0);
    this.services.advisoryLocks.releaseAll(this.pid, "transaction");
    this.parameters.rollback();
  }

  #state(state: ActivityState): void {
    const { statistics } = this.services;
    const before = this.activity.state;
    const elapsed = Date.now() - this.activity.stateChange.getTime();
    if (before === "active") statistics.count("active_time", elapsed);
    else if (before !== "idle") statistics.count("idle_in_transaction_time", elapsed);
    this.activity.state = state;
    this.activity.stateChange = new Date();
  }

  #entry(options: BackendOptions): ActivityEntry {
    const now = new Date();
    return {
      pid: options.pid,
      secretKey: options.secretKey,
      database: options.database,
      backend: () => this,
      roleName: () => this.sessionRole.name,
      roleOid: () => this.sessionRole.oid,
      applicationName: () => this.parameters.get("application_name"),
      clientAddress: options.clientAddress,
      clientPort: options.clientPort,
      serverAddress: options.serverAddress,
      serverPort: options.serverPort,
      backendStart: now,
      queryStart: null,
      stateChange: now,
      state: "idle",
      query: "",
      cancel: () => this.#clock?.cancel(),
      terminate: () => {
        this.#terminated = true;
        this.#clock?.terminate();
        this.#endWaiting(terminated());
      },
    };
  }
}
