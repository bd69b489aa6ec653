/** What a session needs of the rest of the server: filled by the composition root. */
import type { Access } from "../access/access.ts";
import type { PgError } from "../base/error.ts";
import type { Log } from "../base/log.ts";
import type { Catalog } from "../catalog/catalog.ts";
import type { HeldFacts } from "../catalog/facts.ts";
import type { Sequences } from "../catalog/sequences.ts";
import type { Engine, EngineParameter } from "../engine/engine.ts";
import type { AddedFiles } from "../ingest/request.ts";
import type { FunctionCall, PlannedStatement } from "../query/plan.ts";
import type { QueryContext, StatementText } from "../query/query.ts";
import type { Rooms } from "../routines/rooms.ts";
import type { Change } from "../table/table.ts";
import type { Tables } from "../table/tables.ts";
import type { Activity } from "./activity.ts";
import type { AdvisoryLocks } from "./advisory-locks.ts";
import type { Backend } from "./backend.ts";
import type { WrittenDataset } from "./commit.ts";
import type { Notifications } from "./notifications.ts";
import type { Outcome } from "./portal.ts";
import type { Request } from "./request.ts";
import type { ServerStatistics } from "./server-statistics.ts";
import type { CommitsTogether } from "./snapshot.ts";
import type { Turns } from "./turns.ts";

export interface Services {
  readonly engine: Engine;
  readonly catalog: Catalog;
  readonly access: Access;
  readonly tables: Tables;
  readonly rooms: Rooms;
  readonly activity: Activity;
  readonly notifications: Notifications;
  readonly advisoryLocks: AdvisoryLocks;
  readonly statistics: ServerStatistics;
  readonly sequences: Sequences;
  readonly log: Log;
  readonly limits: Limits;
  /** By dataset, for lone writes that have lost a race. */
  readonly turns: Turns;
  readonly together: CommitsTogether;
  readonly database: string;
  readonly serverVersion: string;
  /** Run-time parameters as this server's configuration sets them. */
  readonly parameterDefaults: Readonly<Record<string, string>>;
  /** The text's statements, from a cache when it has them. */
  readonly parse: (sql: string) => readonly StatementText[];
  /** The plans of a text whose statements have no parameters and stand on that alone, when they are known. */
  readonly standalone: (
    sql: string,
    isSuperuser: boolean,
  ) => readonly PlannedStatement[] | undefined;
  /** Answers from its cache when it can; a plan that stands on its text alone does not even ask for the context. */
  readonly plan: (
    statement: StatementText,
    parameterTypes: readonly number[],
    isSuperuser: boolean,
    context: () => Promise<QueryContext>,
  ) => Promise<PlannedStatement>;
  /** execute.ts's, handed round here because what it branches to may itself have to execute. */
  readonly execute: (backend: Backend, request: Request) => Promise<Outcome>;
  /** small-write.ts's, for the same reason. */
  readonly runSmall: (backend: Backend, request: Request) => Promise<Outcome | PgError | undefined>;
  /** recheck.ts's, again. */
  readonly recheckOf: (written: WrittenDataset, backend: Backend) => Promise<Change["recheck"]>;
  /** check-deferred.ts's, too. */
  readonly checkDeferred: (backend: Backend) => Promise<void>;
  /** run-function.ts's: the engine table of what it gives. */
  readonly runFunction: (
    call: FunctionCall,
    backend: Backend,
    parameters: readonly EngineParameter[],
  ) => Promise<string>;
  /** added-files.ts's, and so on. */
  readonly guardAdded: (added: AddedFiles, backend: Backend) => Promise<Change["recheck"]>;
  /** Brings the engine's catalog facts to what this transaction sees, and holds them there until let go. */
  readonly publish: (
    context: Pick<QueryContext, "catalog" | "access">,
    wanted: {
      /** Names that were committed later do as well. */
      readonly orNewer: boolean;
      /** Those of datasets as they are now, too. */
      readonly figures: boolean;
    },
  ) => Promise<HeldFacts>;
}

export interface Limits {
  readonly preparedStatementsMax: number;
  /** Of a session, with a result of the engine open. */
  readonly suspendedPortalsMax: number;
  /** For the rows left of further ones. */
  readonly spillFolder: string;
  readonly portalsMax: number;
  readonly statementCharactersMax: number;
  /** How often a lone write is run before it is answered with 40001. */
  readonly writeAttemptsMax: number;
  /** ANALYZE looks at a sample of a dataset that has more. */
  readonly analyzeRowsMax: number;
  readonly copyFileBytesMax: number;
  /** Of a record batch, or a file, of Arrow's. */
  readonly arrowBatchBytesMax: number;
}
