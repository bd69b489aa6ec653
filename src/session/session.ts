/**
 * One client's conversation: what a message means, in a state. Pulls messages at its own pace and answers over its
 * Channel. Knows no sockets and no SQL text; what a statement means is query/'s, what it does is execute.ts's.
 */
import type { AccessVersion, Role } from "../access/access.ts";
import { PgError } from "../base/error.ts";
import type { StatementText } from "../query/query.ts";
import type { FormatCode, FrontendMessage } from "../wire/frontend.ts";
import { noticeFields } from "../wire/notice-fields.ts";
import { answeredAtOnce } from "./at-once.ts";
import { Backend, type BackendOptions } from "./backend.ts";
import { bindPortal } from "./bind.ts";
import type { Channel, Startup } from "./channel.ts";
import { ClientEncoding } from "./client-encoding.ts";
import { completeColumns } from "./describe.ts";
import { EventLoopShare } from "./event-loop-share.ts";
import { callFunction } from "./function-call.ts";
import { isLoneWrite, runLoneWrite, Withheld } from "./lone-write.ts";
import { reaches } from "./notice-level.ts";
import type { Notification } from "./notifications.ts";
import { closePortal, newPortal, type Portal, simpleFormats } from "./portal.ts";
import { sendPortalRows } from "./portal-rows.ts";
import { prepare } from "./prepared.ts";
import { Hearing, type Malformed } from "./received.ts";
import {
  portalNamed,
  preparedNamed,
  refuseDescribing,
  refuseInFailed,
  refuseSpent,
} from "./refusals.ts";
import { fieldDescriptions } from "./reply.ts";
import type { Services } from "./services.ts";
import { isSmall } from "./small-write.ts";
import { tellError } from "./tell-error.ts";

/** What the session does with the next message. `drain` is skip-until-Sync. */
export type State = "ready" | "drain" | "done";

type Message<T extends FrontendMessage["type"]> = Extract<FrontendMessage, { type: T }>;

export class Session {
  readonly #channel: Channel;
  readonly #services: Services;
  readonly #backend: Backend;
  readonly #startup: Startup;
  #notifications: Notification[] = [];
  /** Waiting for the client outside any transaction: the moment for what others have to say. */
  #isIdle = false;
  readonly #share = new EventLoopShare();
  readonly #hearing = new Hearing();
  #withheld: Withheld | undefined;
  readonly #encoding: ClientEncoding;

  constructor(
    services: Services,
    access: AccessVersion,
    role: Role,
    startup: Startup,
    channel: Channel,
  ) {
    this.#channel = channel;
    this.#services = services;
    this.#startup = startup;
    const options: BackendOptions = {
      pid: startup.pid,
      secretKey: startup.secretKey,
      role,
      access,
      database: startup.database,
      startupParameters: startup.parameters,
      clientAddress: channel.remoteAddress,
      clientPort: channel.remotePort,
      serverAddress: channel.localAddress,
      serverPort: channel.localPort,
      gone: channel.gone,
      notice: (notice) => {
        if (reaches(notice.severity, this.#backend.parameters.get("client_min_messages"))) {
          channel.send({ type: "NoticeResponse", fields: noticeFields(notice) });
        }
      },
      parameterStatus: (name, value) => channel.send({ type: "ParameterStatus", name, value }),
      notification: (notification) => this.#notified(notification),
    };
    this.#backend = new Backend(services, options);
    this.#encoding = new ClientEncoding(this.#backend, channel);
  }

  /** From BackendKeyData to the end of the connection. */
  async run(): Promise<void> {
    const { activity } = this.#backend;
    this.#services.activity.add(activity);
    this.#services.statistics.count("sessions");
    try {
      this.#encoding.follow();
      this.#backend.parameters.report();
      const { pid, secretKey } = this.#startup;
      this.#channel.send({ type: "BackendKeyData", pid, secretKey });
      await this.#ready();
      await this.#converse();
    } finally {
      await this.#end();
    }
  }

  /** Whatever fails on the way, nobody sees this session afterwards. */
  async #end(): Promise<void> {
    try {
      await this.#backend.end();
    } finally {
      this.#services.activity.remove(this.#startup.pid);
      this.#services.statistics.ended(this.#backend.activity.backendStart);
      await this.#channel.close();
    }
  }

  async #converse(): Promise<void> {
    let state: State = "ready";
    while (state !== "done") {
      this.#isIdle = state === "ready" && this.#backend.transaction.status === "idle";
      const next = this.#hearing.next(this.#channel, this.#backend);
      const message = next instanceof Promise ? await next : next;
      this.#isIdle = false;
      if (message === undefined) return this.#services.statistics.count("sessions_abandoned");
      if (this.#share.isUsedUp) await this.#share.yield();
      const after: State | Promise<State> =
        "fault" in message ? this.#malformed(state, message) : this.#handle(state, message);
      state = after instanceof Promise ? await after : after;
    }
  }

  /** A message whose frame was right and whose body is wrong ends a statement; anything else the session. */
  async #malformed(state: State, { fault, name }: Malformed): Promise<State> {
    if (fault.severity === "ERROR" && state === "drain" && name !== "Sync") return "drain";
    return this.#failed(name, fault);
  }

  /** No promise where there is nothing to wait for. */
  #handle(state: State, message: FrontendMessage): State | Promise<State> {
    if (state === "drain" && message.type !== "Sync" && message.type !== "Terminate")
      return "drain";
    try {
      if (this.#withheld && message.type !== "Sync")
        return this.#handleBehind(this.#withheld, message);
      const after = this.#decide(message);
      return after instanceof Promise
        ? after.catch((error) => this.#failed(message.type, error))
        : after;
    } catch (error) {
      return this.#failed(message.type, error);
    }
  }

  async #handleBehind(withheld: Withheld, message: FrontendMessage): Promise<State> {
    try {
      await this.#sendWithheld(withheld);
      return await this.#decide(message);
    } catch (error) {
      return this.#failed(message.type, error);
    }
  }

  /** The only place that decides what a message means. */
  #decide(message: FrontendMessage): State | Promise<State> {
    switch (message.type) {
      case "Query":
        return this.#atOnce(message.sql) ?? this.#query(message.sql);
      case "Parse":
        return this.#running(message, () => this.#parse(message));
      case "Bind":
        return this.#running(message, () => this.#bind(message));
      case "Describe":
        return this.#running(message, () => this.#describe(message));
      case "Execute":
        return this.#running(message, () => this.#execute(message));
      case "Close":
        return this.#close(message);
      case "Flush":
        return this.#flushed();
      case "Sync":
        return this.#sync();
      case "CopyData":
      case "CopyDone":
      case "CopyFail":
        return "ready"; // What a client still sends of a COPY that has failed.
      case "FunctionCall":
        return this.#functionCall(message);
      case "Terminate":
        return "done";
      default:
        return message satisfies never;
    }
  }

  #running(message: FrontendMessage, work: () => Promise<State>): Promise<State> {
    const portal =
      message.type === "Execute" ? this.#backend.portals.get(message.portal) : undefined;
    return this.#backend.running(portal?.statement.sql, work, true);
  }

  async #flushed(): Promise<State> {
    await this.#flush();
    return "ready";
  }

  /** Undefined: it takes the long road. */
  #atOnce(sql: string): State | Promise<State> | undefined {
    if (!answeredAtOnce(sql, this.#backend, this.#channel, this.#encoding)) return undefined;
    const flushed = this.#sayReady();
    return flushed instanceof Promise ? flushed.then(() => "ready" as const) : "ready";
  }

  async #query(sql: string): Promise<State> {
    await this.#backend.running(sql, async () => {
      await this.#dropUnnamed();
      const statements = this.#services.parse(sql);
      if (statements.length === 0) this.#channel.send({ type: "EmptyQueryResponse" });
      this.#backend.isOneOfSeveral = statements.length > 1;
      const last = statements.at(-1);
      for (const statement of statements) {
        // The first has had its turn; ROLLBACK must not fail because the server is busy.
        if (statement !== statements[0] && this.#share.isUsedUp) {
          await this.#share.yield();
          this.#backend.signal.throwIfAborted();
        }
        await this.#simple(statement, statement === last);
      }
      await this.#commitImplicit();
    });
    await this.#ready();
    return "ready";
  }

  /** The last statement has succeeded only when what it wrote is durable. */
  async #simple(text: StatementText, isLast: boolean): Promise<void> {
    this.#backend.startedAt = performance.now();
    const statement = await this.#backend.plan(text, []);
    const columns = await completeColumns(statement, this.#backend);
    const formats = simpleFormats(statement, this.#backend.portals);
    const portal = newPortal("", { statement, columns, formats, parameters: [] });
    const request = { statement, parameters: [], channel: this.#channel, isBinary: false };
    try {
      portal.outcome = isLoneWrite(statement, this.#backend)
        ? await runLoneWrite(this.#backend, request)
        : await this.#services.execute(this.#backend, request);
      this.#encoding.follow();
      if (portal.columns !== undefined && portal.outcome.kind === "rows") {
        const fields = fieldDescriptions(portal.columns, portal.formats);
        this.#channel.send({ type: "RowDescription", fields });
      }
      await sendPortalRows(this.#backend, portal, 0, this.#channel, async () => {
        if (isLast) await this.#commitImplicit();
      });
    } finally {
      await closePortal(portal);
    }
  }

  async #functionCall(message: Message<"FunctionCall">): Promise<State> {
    await this.#backend.running(undefined, async () => {
      const value = await callFunction(message, this.#backend);
      this.#channel.send({ type: "FunctionCallResponse", value });
      await this.#commitImplicit();
    });
    await this.#ready();
    return "ready";
  }

  async #commitImplicit() {
    if (this.#backend.transaction.status === "implicit") await this.#backend.commit();
  }

  async #parse(message: Message<"Parse">): Promise<State> {
    const { prepared } = this.#backend;
    if (message.statement !== "" && prepared.has(message.statement)) {
      throw new PgError("42P05", `prepared statement "${message.statement}" already exists`);
    }
    if (prepared.size >= this.#services.limits.preparedStatementsMax) {
      throw new PgError("54000", "too many prepared statements", {
        hint: "DEALLOCATE those that are not used any more.",
      });
    }
    const [statement, another] = this.#services.parse(message.sql);
    if (another !== undefined) {
      throw new PgError("42601", "cannot insert multiple commands into a prepared statement");
    }
    const { statement: name, parameterTypes, sql } = message;
    prepared.set(name, await prepare(this.#backend, name, statement, parameterTypes, false, sql));
    this.#channel.send({ type: "ParseComplete" });
    return "ready";
  }

  async #bind(message: Message<"Bind">): Promise<State> {
    await bindPortal(message, this.#backend);
    this.#channel.send({ type: "BindComplete" });
    return "ready";
  }

  async #describe(message: Message<"Describe">): Promise<State> {
    if (message.target === "statement") {
      const prepared = preparedNamed(this.#backend, message.name);
      refuseDescribing(this.#backend.transaction.status, prepared.columns !== undefined);
      const { parameterTypes: typeOids } = prepared.planned;
      this.#channel.send({ type: "ParameterDescription", typeOids });
      this.#sendColumns(prepared.columns, []);
    } else {
      const { columns, formats } = portalNamed(this.#backend, message.name);
      refuseDescribing(this.#backend.transaction.status, columns !== undefined);
      this.#sendColumns(columns, formats);
    }
    return "ready";
  }

  async #execute(message: Message<"Execute">): Promise<State> {
    const portal = portalNamed(this.#backend, message.portal);
    refuseInFailed(this.#backend.transaction.status, portal);
    refuseSpent(portal);
    try {
      await this.#executePortal(portal, message.maxRows);
      if (portal.isComplete || this.#withheld) this.#backend.pipeline.over();
      return "ready";
    } catch (error) {
      portal.hasFailed = true;
      throw error;
    }
  }

  async #executePortal(portal: Portal, maxRows: number): Promise<void> {
    if (portal.cursor) {
      const count = maxRows === 0 ? Number.POSITIVE_INFINITY : maxRows;
      const rows = await portal.cursor.fetch({ kind: "forward", count });
      portal.outcome = { kind: "rows", rows, tag: (sent) => `SELECT ${sent}` };
      portal.isComplete = false;
      try {
        await sendPortalRows(this.#backend, portal, maxRows, this.#channel);
      } finally {
        // The cursor knows where it stands; the next Execute reads a range of its own.
        await rows.close();
      }
      return;
    }
    if (portal.outcome === undefined) {
      this.#backend.ensureTransaction();
      const { statement, parameters } = portal;
      const isBinary = portal.formats.includes(1);
      const request = { statement, parameters, channel: this.#channel, isBinary };
      const isAlone = maxRows === 0 && isLoneWrite(statement, this.#backend);
      // Alone, it needs no stage: what comes next tells.
      if (!isAlone || !isSmall(statement, this.#backend))
        portal.outcome = await this.#services.execute(this.#backend, request);
      this.#encoding.follow();
      if (isAlone) {
        this.#withheld = new Withheld(this.#backend, portal, request, this.#channel);
        return;
      }
    }
    await sendPortalRows(this.#backend, portal, maxRows, this.#channel);
  }

  async #close(message: Message<"Close">): Promise<State> {
    if (message.target === "statement") this.#backend.prepared.delete(message.name);
    else await this.#backend.dropPortal(message.name);
    this.#channel.send({ type: "CloseComplete" });
    return "ready";
  }

  /** The end of an implicit transaction: what it wrote is durable before ReadyForQuery says so. */
  async #sync(): Promise<State> {
    if (this.#backend.transaction.status === "implicit") {
      const withheld = this.#withheld;
      this.#withheld = undefined;
      await this.#backend.running(undefined, () => withheld?.commit() ?? this.#commitImplicit());
    }
    await this.#ready();
    return "ready";
  }

  async #sendWithheld(withheld: Withheld): Promise<void> {
    this.#withheld = undefined;
    await this.#backend.running(undefined, () => withheld.send());
  }

  async #failed(message: string | undefined, error: unknown): Promise<State> {
    this.#withheld = undefined;
    this.#backend.pipeline.over();
    const fault = tellError(error, this.#channel, this.#services, this.#startup.pid);
    if (this.#backend.transaction.status === "implicit") await this.#backend.rollback();
    else this.#backend.fail();
    // Whoever closes the channel flushes it, and does not wait for ever for a client that does not read.
    if (fault.severity !== "ERROR") return "done";
    if (message !== "Query" && message !== "FunctionCall" && message !== "Sync") {
      await this.#flush();
      return "drain";
    }
    await this.#ready();
    return "ready";
  }

  async #ready(): Promise<void> {
    await this.#sayReady();
  }

  #sayReady(): void | Promise<void> {
    const status = this.#backend.transaction.indicator;
    if (status === "I") this.#sendNotifications();
    this.#backend.idle();
    this.#encoding.follow();
    this.#backend.parameters.report();
    this.#backend.isOneOfSeveral = false;
    this.#channel.send({ type: "ReadyForQuery", status });
    return this.#flush();
  }

  /** A client that does not read is waited for, but no longer than its session may live. */
  #flush(): void | Promise<void> {
    return this.#backend.untilTerminated(this.#channel.flush());
  }

  #notified(notification: Notification): void {
    this.#notifications.push(notification);
    if (!this.#isIdle) return;
    this.#sendNotifications();
    void this.#channel.flush();
  }

  #sendNotifications(): void {
    for (const notification of this.#notifications.splice(0)) {
      this.#channel.send({ type: "NotificationResponse", ...notification });
    }
  }

  #sendColumns(columns: Portal["columns"], formats: readonly FormatCode[]): void {
    if (columns === undefined) this.#channel.send({ type: "NoData" });
    else
      this.#channel.send({ type: "RowDescription", fields: fieldDescriptions(columns, formats) });
  }

  async #dropUnnamed(): Promise<void> {
    this.#backend.prepared.delete("");
    await this.#backend.dropPortal("");
  }
}
