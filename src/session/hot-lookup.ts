/** A lookup of rows that lie in memory: answered without the engine. */
import type { EngineParameter, EngineStream } from "../engine/engine.ts";
import type { EngineText } from "../query/plan.ts";
import type { KeyedRows } from "../table/hot-rows.ts";
import type { Backend } from "./backend.ts";
import { StreamedRows } from "./portal.ts";

/** Undefined: it is none, or the engine has to be asked. */
export async function hotRows(
  { lookup, scans: [scan] }: EngineText,
  { transaction, services, parameters: settings }: Backend,
  parameters: readonly EngineParameter[],
): Promise<StreamedRows | undefined> {
  if (lookup === undefined || scan?.relation.source.kind !== "dataset") return undefined;
  if (scan.system !== undefined) return undefined;
  if (!services.tables.isAnyPinned || transaction.isCreatedHere(scan.relation)) return undefined;
  const { relation } = scan;
  const { value } = lookup;
  const key =
    "literal" in value ? value.literal : Number(parameters[value.parameter]?.value ?? Number.NaN);
  if (!Number.isSafeInteger(key)) return undefined;
  const staged = await transaction.stagedRows(relation);
  if (staged !== undefined && !staged.isEmpty) return undefined;
  const version = await transaction.version(relation);
  const rows = transaction.table(relation).lookUp(version, lookup.key, key, lookup.columns);
  if (rows === undefined) return undefined;
  settings.queryStarted();
  services.statistics.countTable(relation.oid, "seq_scan");
  return new StreamedRows(noConnection, streamOf(rows), async () => {});
}

const noConnection = { release() {} };

function streamOf({ columns, batches }: KeyedRows): EngineStream {
  let at = 0;
  return {
    columns,
    next: async () => batches[at++],
    close() {
      at = batches.length;
    },
  };
}
