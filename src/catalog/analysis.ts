/** What ANALYZE has found out of a dataset's columns: an object beside the data, stamped with the version it describes. */
import type { Bucket, Buckets } from "../storage/storage.ts";
import { columnsOf, physicalName } from "../table/schema.ts";
import { statisticsOf } from "../table/statistics.ts";
import type { TableVersion } from "../table/table.ts";
import type { ColumnStatistics } from "./facts.ts";

export interface Analysis {
  /** Of the dataset, when it was looked at. */
  readonly version: number;
  /** ISO 8601. */
  readonly analyzed: string;
  readonly rows: number;
  readonly columns: readonly AnalyzedColumn[];
}

export interface AnalyzedColumn {
  /** As RelationColumn.number. */
  readonly number: number;
  /** Estimated count of different values that are not NULL. */
  readonly distinct: number;
  readonly nullFraction: number;
  /** Average bytes of a value. */
  readonly width: number;
}

const folder = "_lakehouse/statistics";
/** What another server has analyzed is known here this much later, at most. */
const listedMs = 60_000;

export class Analyses {
  readonly #buckets: Buckets;
  /** By bucket: when each object was written. */
  readonly #listed = new Map<string, { readonly until: number; readonly keys: Promise<Keys> }>();
  readonly #known = new Map<string, { readonly modified: number; readonly analysis: Analysis }>();

  constructor(buckets: Buckets) {
    this.#buckets = buckets;
  }

  /** Undefined when the dataset was never analyzed. The same object until it is analyzed again. */
  async of(bucketName: string, location: string): Promise<Analysis | undefined> {
    const bucket = this.#buckets.get(bucketName);
    if (!bucket) return undefined;
    const key = keyOf(location);
    const modified = (await this.#keysIn(bucket)).get(key);
    if (modified === undefined) return undefined;
    const name = `${bucketName}\0${key}`;
    const known = this.#known.get(name);
    if (known?.modified === modified) return known.analysis;
    const bytes = await bucket.read(key);
    if (!bytes) return undefined;
    const analysis = JSON.parse(bytes.toString()) as Analysis;
    this.#known.set(name, { modified, analysis });
    return analysis;
  }

  async put(bucketName: string, location: string, analysis: Analysis): Promise<void> {
    const key = keyOf(location);
    await this.#buckets.get(bucketName)?.put(key, Buffer.from(JSON.stringify(analysis)));
    this.#listed.delete(bucketName);
    this.#known.delete(`${bucketName}\0${key}`);
  }

  #keysIn(bucket: Bucket): Promise<Keys> {
    const known = this.#listed.get(bucket.name);
    if (known && known.until > Date.now()) return known.keys;
    const keys = bucket
      .list(`${folder}/`)
      .then((objects) => new Map(objects.map(({ key, modified }) => [key, modified.getTime()])));
    this.#listed.set(bucket.name, { until: Date.now() + listedMs, keys });
    keys.catch(() => this.#listed.delete(bucket.name));
    return keys;
  }
}

type Keys = ReadonlyMap<string, number>;

const keyOf = (location: string) => `${folder}/${encodeURIComponent(location)}.json`;

/** What the log tells of each column's nulls, and what ANALYZE has found; nothing of a column nobody knows anything of. */
export function columnStatistics(
  version: TableVersion,
  analysis: Analysis | undefined,
): readonly ColumnStatistics[] {
  const found = new Map(analysis?.columns.map((column) => [column.number, column]));
  const files = [...version.files.values()].map(statisticsOf);
  const rows = files.reduce((sum, { numRecords = 0 }) => sum + numRecords, 0);
  const isCounted = rows > 0 && files.every(({ numRecords }) => numRecords !== undefined);
  return columnsOf(version.fields).flatMap(({ number }, at) => {
    const field = version.fields[at];
    const name = field ? physicalName(field) : "";
    const counts = isCounted ? files.map(({ nullCount }) => Number(nullCount[name])) : [Number.NaN];
    const nulls = counts.reduce((sum, count) => sum + count, 0);
    const analyzed = found.get(number);
    const nullFraction = Number.isFinite(nulls) ? nulls / rows : (analyzed?.nullFraction ?? null);
    if (nullFraction === null && !analyzed) return [];
    return [
      {
        number,
        nullFraction,
        width: analyzed?.width ?? null,
        distinct: analyzed?.distinct ?? null,
        nDistinct: analyzed ? nDistinct(analyzed.distinct, analysis?.rows ?? 0) : null,
      },
    ];
  });
}

/** As pg_statistic.stadistinct: what seems to grow with the table is told as a share of its rows, negative. */
function nDistinct(distinct: number, rows: number): number {
  return rows > 0 && distinct > rows / 10 ? -Math.min(1, distinct / rows) : distinct;
}
