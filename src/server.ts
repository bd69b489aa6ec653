/** The composition root: builds the rooms bottom-up and hands each what it needs. */
import { randomBytes } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { AccessVersion } from "./access/access.ts";
import { aclItems, aclRows } from "./access/acl.ts";
import { superuserOid } from "./access/builtin-roles.ts";
import type { Dependencies } from "./access/changes.ts";
import { openAccess } from "./access/open-access.ts";
import { ensureAdminPassword } from "./admin-password.ts";
import { must } from "./base/assert.ts";
import type { Log } from "./base/log.ts";
import type { Catalog, CatalogVersion } from "./catalog/catalog.ts";
import { databaseName, databaseOid, type FactPublisher, type HeldFacts } from "./catalog/facts.ts";
import { openCatalog } from "./catalog/open-catalog.ts";
import { createFacts } from "./catalog/publish.ts";
import type { LiveRelation, Relation } from "./catalog/relation.ts";
import { relationKind } from "./catalog/relation-kind.ts";
import { Sequences } from "./catalog/sequences.ts";
import { createShadow } from "./catalog/shadow.ts";
import { systemSchemas } from "./catalog/system-schemas.ts";
import type { UserFunction } from "./catalog/user-function.ts";
import { type Config, configuredBuckets, parameterDefaults } from "./config/config.ts";
import { serverVersion } from "./config/run-time.ts";
import { type Engine, openEngine } from "./engine/engine.ts";
import { BackgroundUpkeep } from "./jobs/background.ts";
import { watchMemory } from "./memory-watch.ts";
import { listen } from "./net/listener.ts";
import { ensureSelfSigned } from "./net/tls.ts";
import { engineBytes, limitProcess } from "./process-limit.ts";
import { PlanCache } from "./query/cache.ts";
import { viewFacts } from "./query/deparse/view-text.ts";
import { loadParser } from "./query/parse.ts";
import { engineMacros } from "./query/rewrite/macros.ts";
import { engineScalars } from "./query/scalar/scalars.ts";
import { TextCache } from "./query/text-cache.ts";
import { functionTitle } from "./query/utility/functions.ts";
import { liveRelations } from "./routines/live-relations.ts";
import { routines } from "./routines/registry.ts";
import type { Rooms } from "./routines/rooms.ts";
import { upkeepRelation } from "./routines/upkeep-relation.ts";
import { VectorIndexes } from "./search/vector-indexes.ts";
import { serverHealth } from "./server-health.ts";
import { Activity, statActivity } from "./session/activity.ts";
import { guardAdded } from "./session/added-files.ts";
import { AdvisoryLocks } from "./session/advisory-locks.ts";
import { checkDeferred } from "./session/check-deferred.ts";
import { execute } from "./session/execute.ts";
import { lockRelation } from "./session/lock-relation.ts";
import { Notifications } from "./session/notifications.ts";
import { ownRelations } from "./session/own-relations.ts";
import { recheckOf } from "./session/recheck.ts";
import { runFunction } from "./session/run-function.ts";
import { registerSequenceFunctions } from "./session/sequence-functions.ts";
import { ServerStatistics } from "./session/server-statistics.ts";
import type { Services } from "./session/services.ts";
import { registerSessionFunctions } from "./session/session-functions.ts";
import { runSmall } from "./session/small-write.ts";
import { CommitsTogether } from "./session/snapshot.ts";
import { tableUsers } from "./session/table-locks.ts";
import { Turns } from "./session/turns.ts";
import { ServerSessions } from "./sessions.ts";
import { openBuckets } from "./storage/buckets.ts";
import { HotCache } from "./table/hot-cache.ts";
import { openTables, type Tables } from "./table/tables.ts";

export interface Server {
  readonly host: string;
  readonly port: number;
  readonly services: Services;
  readonly tables: Tables;
  /** Reads the certificate and its key again, for connections from now on. Throws when they are unfit: the old ones stay. */
  reload(): Promise<void>;
  /** No new connections; running statements finish up to the limit, then 57P01. */
  drain(limitMs: number): Promise<void>;
  close(): Promise<void>;
}

/** Schemas of the engine in which a session's own tables live. */
const sessionSchemas = ["stage", "call", "cursor", "cache"];
const drainStepMs = 20;

export async function startServer(config: Config, log: Log): Promise<Server> {
  const { data } = config.server;
  await mkdir(data, { recursive: true, mode: 0o700 });
  const [engine] = await Promise.all([openedEngine(config), loadParser()]);
  const limit = await limitProcess(config.limits.processBytes, log);
  const unwatchMemory = watchMemory(engine, limit, log);
  const buckets = await openBuckets({
    root: data,
    buckets: configuredBuckets(config),
    copiedBytesMax: config.limits.foreignCopyBytes,
  });
  const activity = new Activity();
  const statistics = new ServerStatistics();
  const hotCache = openHotCache(config, engine, activity, log);
  let background: BackgroundUpkeep | undefined;
  const tables = openTables(buckets, engine, {
    hotCache,
    intents: { leaseMs: config.timeouts.intentMs },
    partitionsMax: config.limits.partitions,
    onVersion: (table, version) => background?.wrote(table, version),
    onForgotten: (bucket, location) => background?.forget({ bucket, location }),
    onFault: (error) => log.warn({ err: error }, "a checkpoint could not be written"),
  });
  const publisher = await createFacts(engine);
  const catalog = await openCatalog({ buckets, tables, engine, publisher, owner: superuserOid });
  const access = await openAccess({
    bucket: must(buckets.get("primary"), "there is a primary bucket"),
    superuserName: config.admin.user,
    dependencies: dependenciesOf(catalog),
  });
  await ensureAdminPassword(config, access);
  const together = new CommitsTogether();
  const rooms: Rooms = {
    together: (versions, decision) => together.decide(versions, decision),
    log,
    engine,
    buckets,
    tables,
    hotCache,
    catalog,
    access,
    indexes: new VectorIndexes(buckets, engine, { bytesMax: config.limits.indexBytes }),
    forgetStatements: (role, id) => statistics.statements.reset(role, id),
    options: { ingestFolders: config.ingest.folders, upkeep: config.upkeep },
  };
  const locks = new AdvisoryLocks(tableUsers(activity));
  registerSessionFunctions(engine, activity, locks, statistics);
  registerSequenceFunctions(engine, activity);
  const upkeep = new BackgroundUpkeep(
    rooms,
    config.upkeep,
    () => engine.running === 0 && engine.queued === 0,
  );
  background = upkeep;
  await publishRelations(rooms, activity, locks, statistics, upkeep);
  await makeFunctions(engine, config);
  for (const schema of sessionSchemas) await engine.system(`CREATE SCHEMA ${schema}`);
  await engine.seal(buckets.folders);

  const services = servicesOf(config, rooms, together, activity, locks, statistics, publisher);
  const sessions = new ServerSessions(services, config.limits);
  const listener = await listen(await listenOptions(config), sessions, log);
  Object.assign(services.parameterDefaults, parameterDefaults(config, listener.port));
  return {
    host: config.server.host,
    port: listener.port,
    services,
    tables,
    reload: () => listener.reloadTls(),
    async drain(limitMs) {
      sessions.drain();
      listener.stopAccepting();
      await drained(activity, limitMs);
    },
    async close() {
      for (const entry of activity.entries()) entry.terminate();
      await listener.close();
      hotCache.close();
      unwatchMemory();
      await upkeep.close();
      await tables.settle();
      await services.sequences.close();
      await engine.close();
      await buckets.close();
    },
  };
}

async function makeFunctions(engine: Engine, { limits }: Config): Promise<void> {
  const valueLimits = { valueBytesMax: limits.valueBytes, valueItemsMax: limits.valueItems };
  for (const scalar of engineScalars) engine.registerScalar(scalar);
  for (const statement of engineMacros(valueLimits)) await engine.system(statement);
}

function openedEngine({ server, limits }: Config): Promise<Engine> {
  const { processBytes } = limits;
  const share = processBytes === undefined ? undefined : engineBytes(processBytes);
  const memoryBytes = limits.memoryBytes ?? share;
  return openEngine({
    threads: limits.threads,
    ...(memoryBytes === undefined ? {} : { memoryLimit: `${memoryBytes}B` }),
    ...(limits.temporaryBytes === undefined
      ? {}
      : { temporaryBytesMax: `${limits.temporaryBytes}B` }),
    temporaryDirectory: join(server.data, ".engine"),
    runningMax: limits.runningStatements,
    queuedMax: limits.queuedStatements,
    connectionsMax: limits.openResults,
    readAheadBytes: limits.readAheadBytes,
  });
}

function openHotCache(config: Config, engine: Engine, activity: Activity, log: Log): HotCache {
  return new HotCache({
    engine,
    bytesMax: config.cache.bytes,
    oldestRunning: () => activity.oldestRunning()?.getTime(),
    background: (work) => {
      work.catch((err: unknown) => log.warn({ err }, "a cached dataset could not be read anew"));
    },
  });
}

function servicesOf(
  config: Config,
  rooms: Rooms,
  together: CommitsTogether,
  activity: Activity,
  advisoryLocks: AdvisoryLocks,
  statistics: ServerStatistics,
  publisher: FactPublisher,
): Services {
  const plans = new PlanCache();
  const texts = new TextCache();
  const { engine, catalog, access, tables, log } = rooms;
  return {
    engine,
    catalog,
    access,
    tables,
    rooms,
    activity,
    notifications: new Notifications(),
    advisoryLocks,
    statistics,
    sequences: new Sequences({ buckets: rooms.buckets, block: config.limits.sequenceBlock }),
    log,
    limits: {
      preparedStatementsMax: config.limits.preparedStatements,
      suspendedPortalsMax: config.limits.suspendedPortals,
      spillFolder: join(config.server.data, ".portals"),
      portalsMax: config.limits.portals,
      statementCharactersMax: config.limits.statementBytes,
      writeAttemptsMax: config.limits.writeAttempts,
      analyzeRowsMax: config.limits.analyzeRows,
      copyFileBytesMax: config.limits.copyFileBytes,
      arrowBatchBytesMax: config.limits.arrowBatchBytes,
    },
    turns: new Turns(),
    together,
    database: databaseName,
    serverVersion,
    parameterDefaults: {},
    parse: (sql) => texts.parse(sql, rooms.buckets.list()),
    standalone: (sql, isSuperuser) => {
      const statements = texts.known(sql);
      return statements && plans.standaloneAll(statements, isSuperuser);
    },
    plan: async (statement, parameterTypes, isSuperuser, context) =>
      plans.standalone(statement, parameterTypes, isSuperuser) ??
      plans.plan(statement, parameterTypes, await context()),
    execute,
    recheckOf,
    runSmall,
    checkDeferred,
    runFunction,
    guardAdded,
    publish: (context, wanted) => holdFacts(context, wanted, rooms, publisher),
  };
}

async function holdFacts(
  version: { readonly catalog: CatalogVersion; readonly access: AccessVersion },
  { orNewer, figures }: { readonly orNewer: boolean; readonly figures: boolean },
  { catalog, engine }: Rooms,
  publisher: FactPublisher,
): Promise<HeldFacts> {
  return publisher.hold({
    catalog: version.catalog,
    access: version.access,
    orNewer,
    acl: (object) => aclItems(version.access, object),
    aclRows: () => aclRows(version.access),
    views: viewFacts(version, engine),
    routines,
    ...(figures && {
      statistics: () => catalog.statistics(version.catalog, { load: true, objects: true }),
    }),
  });
}

/** What DROP ROLE asks: what a role owns, and what a grant is on. */
function dependenciesOf(catalog: Catalog): Dependencies {
  return {
    async owned(role) {
      const version = await catalog.current();
      const schemas = [...version.schemas.values()].filter(({ owner }) => owner === role);
      const tables = [...version.relations()].filter(({ owner }) => owner === role);
      const types = [...version.types()].filter(({ owner }) => owner === role);
      const functions = functionsOf(version).filter(({ owner }) => owner === role);
      return [
        ...schemas.map(({ name }) => `schema ${name}`),
        ...tables.map((each) => `${relationKind(each)} ${each.schema}.${each.name}`),
        ...types.map(({ schema, name }) => `type ${schema}.${name}`),
        ...functions.map(functionWords),
      ];
    },
    async named(role) {
      const version = await catalog.current();
      return [...version.relations()].flatMap(({ name, rowSecurity }) =>
        (rowSecurity?.policies ?? [])
          .filter(({ roles }) => roles.includes(role))
          .map((policy) => `target of policy ${policy.name} on table ${name}`),
      );
    },
    async describe(object, oid, column) {
      const version = await catalog.current();
      if (object === "database") return `database ${databaseName}`;
      if (object === "schema") return described("schema", version.schemaByOid(oid)?.name);
      if (object === "table" || object === "sequence") {
        const relation = version.relationByOid(oid);
        if (column === undefined) return described(object, relation?.name);
        const name = relation?.columns.find(({ number }) => number === column)?.name;
        return described("column", name && `${name} of table ${relation?.name}`);
      }
      if (object === "type")
        return described(object, [...version.types()].find((type) => type.oid === oid)?.name);
      const made = functionsOf(version).find((each) => each.oid === oid);
      if (made !== undefined) return functionWords(made);
      return described("function", routines.find((routine) => routine.oid === oid)?.name);
    },
  };
}

function functionsOf(version: CatalogVersion): readonly UserFunction[] {
  return [...version.schemas.keys()].flatMap((name) => [...version.functionsIn(name).values()]);
}

const functionWords = (made: UserFunction) =>
  `${made.isProcedure ? "procedure" : "function"} ${made.schema}.${functionTitle(made)}`;

const described = (kind: string, name: string | undefined) =>
  name === undefined ? undefined : `${kind} ${name}`;

/** Relations that lie in no bucket: SQL over facts, and those whose rows a room makes. */
async function publishRelations(
  rooms: Rooms,
  activity: Activity,
  locks: AdvisoryLocks,
  statistics: ServerStatistics,
  upkeep: BackgroundUpkeep,
): Promise<void> {
  const live: readonly LiveRelation[] = [
    ...liveRelations(rooms),
    statActivity(activity, databaseOid),
    ...ownRelations(activity),
    lockRelation(locks, activity, databaseOid),
    statistics.relation(() => activity.count, databaseOid, databaseName),
    ...statistics.statements.relations(databaseOid),
    serverHealth(rooms.engine, activity),
    upkeepRelation(() => upkeep.runs, rooms),
  ];
  const schemaOids = new Map([...systemSchemas].map(([name, { oid }]) => [name, oid] as const));
  const names = new Set(live.map(({ schema, name }) => `${schema}.${name}`));
  const { relations } = await createShadow(rooms.engine, schemaOids, names);
  rooms.catalog.publishRelations([
    ...relations,
    ...live.map((one) => relationOf(one, must(schemaOids.get(one.schema), "a system schema"))),
  ]);
}

function relationOf(live: LiveRelation, schemaOid: number): Relation {
  return {
    oid: live.oid,
    schema: live.schema,
    schemaOid,
    name: live.name,
    owner: superuserOid,
    comment: live.comment,
    columns: live.columns.map(({ name, typeOid, comment = null }, at) => ({
      name,
      number: at + 1,
      typeOid,
      typmod: -1,
      notNull: false,
      defaultText: null,
      comment,
    })),
    source: { kind: "live", live },
  };
}

async function listenOptions({ server, tls, limits, hba }: Config) {
  const files = {
    certFile: tls.cert ?? join(server.data, "server.crt"),
    keyFile: tls.key ?? join(server.data, "server.key"),
    clientCaFile: tls.clientCa,
  };
  if (tls.mode !== "off" && tls.cert === undefined) await ensureSelfSigned(files);
  return {
    host: server.host,
    port: server.port,
    tls: tls.mode === "off" ? undefined : files,
    hba,
    mockSecret: await keptSecret(join(server.data, ".login-secret")),
    messageBytesMax: limits.messageBytes,
    unauthenticatedMax: limits.unauthenticatedSockets,
    authenticationTimeoutMs: limits.authenticationTimeoutMs,
  };
}

/** What makes the answer to an unknown name the same after a restart. */
async function keptSecret(file: string): Promise<Uint8Array> {
  const kept = await readFile(file).catch(() => undefined);
  if (kept) return kept;
  const secret = randomBytes(32);
  await writeFile(file, secret, { mode: 0o600 });
  return secret;
}

/** Idle sessions end at once, the others when their transaction does or when the time is up. */
async function drained(activity: Activity, limitMs: number): Promise<void> {
  const until = Date.now() + limitMs;
  for (;;) {
    for (const entry of activity.entries()) {
      if (entry.state === "idle" || Date.now() >= until) entry.terminate();
    }
    if (activity.count === 0 || Date.now() >= until) return;
    await new Promise((over) => setTimeout(over, drainStepMs));
  }
}
