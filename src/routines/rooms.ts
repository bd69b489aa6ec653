/** The rooms below, as a routine's body reaches them: filled by the composition root. */
import type { Access } from "../access/access.ts";
import type { Log } from "../base/log.ts";
import type { Catalog } from "../catalog/catalog.ts";
import type { Engine } from "../engine/engine.ts";
import type { Buckets } from "../storage/storage.ts";

export interface Rooms {
  readonly log: Log;
  readonly engine: Engine;
  readonly buckets: Buckets;
  readonly catalog: Catalog;
  readonly access: Access;
}
