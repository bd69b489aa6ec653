/** How many rows a data file has, deleted ones included. */
import { PgError } from "../base/error.ts";
import type { Engine } from "../engine/engine.ts";
import type { Bucket } from "../storage/storage.ts";
import type { Add } from "./actions.ts";
import { dataFileKey, pathList } from "./paths.ts";
import { statisticsOf } from "./statistics.ts";

/** Another writer's file may come without statistics: then its footer tells. */
export async function rowCountOf(
  engine: Engine,
  bucket: Bucket,
  location: string,
  file: Add,
): Promise<number> {
  const told = statisticsOf(file).numRecords;
  if (told !== undefined) return told;
  const path = await bucket.pathFor(dataFileKey(location, file));
  const [footer] = await engine.system(
    `SELECT num_rows FROM parquet_file_metadata(${pathList([path])})`,
  );
  const rows = Number(footer?.["num_rows"]);
  if (Number.isSafeInteger(rows)) return rows;
  throw new PgError("XX001", `file "${file.path}" of "${location}" has no row count`);
}
