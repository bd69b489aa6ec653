/** The rooms below, as a routine's body reaches them: filled by the composition root. */
import type { Access } from "../access/access.ts";
import type { Log } from "../base/log.ts";
import type { Catalog } from "../catalog/catalog.ts";
import type { OptionValues } from "../config/options.ts";
import type { Engine } from "../engine/engine.ts";
import type { IngestRooms } from "../ingest/request.ts";
import type { VectorIndexes } from "../search/vector-indexes.ts";
import type { Buckets } from "../storage/storage.ts";
import type { HotCache } from "../table/hot-cache.ts";
import type { Tables } from "../table/tables.ts";

export interface Rooms {
  readonly together: IngestRooms["together"];
  readonly log: Log;
  readonly engine: Engine;
  readonly buckets: Buckets;
  readonly tables: Tables;
  readonly hotCache: HotCache;
  readonly catalog: Catalog;
  readonly access: Access;
  readonly indexes: VectorIndexes;
  readonly options: RoomOptions;
  /** pg_stat_statements, of a role or a statement (0: all of them); gives how many entries are left. */
  readonly forgetStatements: (roleOid: number, id: bigint) => number;
}

/** What the configuration says to routines. */
export interface RoomOptions {
  /** Where roles that are not superusers may load files from; absolute. */
  readonly ingestFolders: readonly string[];
  readonly upkeep: OptionValues["upkeep"];
}
