/** What is known of the datasets' data: rows, bytes, files, versions, and the objects they are made of. */
import { dataFileKey } from "../table/paths.ts";
import { liveRows } from "../table/statistics.ts";
import type { TableVersion } from "../table/table.ts";
import type { Tables } from "../table/tables.ts";
import { type Analyses, type Analysis, columnStatistics } from "./analysis.ts";
import type { CatalogVersion, ObjectRow } from "./catalog.ts";
import type { RelationStatistics } from "./facts.ts";
import type { Relation } from "./relation.ts";

type Source = Relation["source"];

/** How many logs are looked at together when all are loaded. */
const loadedAtOnce = 32;

export class Statistics {
  readonly #tables: Tables;
  readonly #analyses: Analyses;
  /** By relation OID: what a figure was made of, so that it is made once. */
  readonly #made = new Map<
    number,
    {
      readonly of: TableVersion | Source;
      readonly objects: boolean;
      readonly analysis: Analysis | undefined;
      readonly value: RelationStatistics;
    }
  >();
  #last: ReadonlyMap<number, RelationStatistics> = new Map();

  constructor(tables: Tables, analyses: Analyses) {
    this.#tables = tables;
    this.#analyses = analyses;
  }

  /** The same map as before when no figure has changed. A dataset that cannot be read is left out. */
  async of(
    version: CatalogVersion,
    { load = false, objects = false }: { readonly load?: boolean; readonly objects?: boolean },
  ): Promise<ReadonlyMap<number, RelationStatistics>> {
    const relations = [...version.relations()];
    const found = new Map<number, RelationStatistics>();
    for (let start = 0; start < relations.length; start += loadedAtOnce) {
      const some = relations.slice(start, start + loadedAtOnce);
      const values = await Promise.all(some.map((relation) => this.#one(relation, load, objects)));
      for (const [i, { oid }] of some.entries()) {
        const value = values[i];
        if (value) found.set(oid, value);
      }
    }
    this.#forget(found);
    const isSame =
      found.size === this.#last.size &&
      [...found].every(([oid, value]) => this.#last.get(oid) === value);
    if (!isSame) this.#last = found;
    return this.#last;
  }

  forget(oid: number): void {
    this.#made.delete(oid);
  }

  /** What is not there any more: temporary tables come and go, and their OIDs never come again. */
  #forget(found: ReadonlyMap<number, RelationStatistics>): void {
    if (this.#made.size <= 2 * found.size + 1_000) return;
    for (const oid of this.#made.keys()) if (!found.has(oid)) this.#made.delete(oid);
  }

  async #one(
    { oid, source }: Relation,
    load: boolean,
    objects: boolean,
  ): Promise<RelationStatistics | undefined> {
    if (source.kind === "legacy") {
      return this.#remember(oid, source, true, () => ofLegacy(source));
    }
    if (source.kind === "foreign") return this.#foreign(oid, source, load);
    if (source.kind !== "dataset") return undefined;
    const { bucket, location } = source;
    const table = load
      ? await this.#newest(bucket, location).catch(() => undefined)
      : this.#tables.known(bucket, location);
    if (!table) return undefined;
    const analysis = load
      ? await this.#analyses.of(bucket, location).catch(() => undefined)
      : this.#made.get(oid)?.analysis;
    return this.#remember(
      oid,
      table,
      objects,
      () => ofDataset(source, table, objects, analysis),
      analysis,
    );
  }

  /** A transaction may see a bucket that is not made yet. */
  async #newest(bucket: string, location: string): Promise<TableVersion> {
    return this.#tables.get(bucket, location).current();
  }

  /** Another's files are not told one by one. Known when it was last read: looking is a listing. */
  async #foreign(
    oid: number,
    source: Extract<Source, { kind: "foreign" }>,
    load: boolean,
  ): Promise<RelationStatistics | undefined> {
    if (!load) return this.#made.get(oid)?.value;
    const version = await this.#tables
      .foreign(source)
      .then((table) => table.current())
      .catch(() => undefined);
    return version && this.#remember(oid, version, true, () => figures(version));
  }

  #remember(
    oid: number,
    of: TableVersion | Source,
    objects: boolean,
    make: () => RelationStatistics,
    analysis?: Analysis,
  ): RelationStatistics {
    const known = this.#made.get(oid);
    const isKnown = known?.of === of && known.analysis === analysis;
    if (known && isKnown && (known.objects || !objects)) return known.value;
    const value = make();
    this.#made.set(oid, { of, objects, analysis, value });
    return value;
  }
}

/** lakehouse.objects, in order. */
export function objectRows(
  version: CatalogVersion,
  statistics: ReadonlyMap<number, RelationStatistics>,
): readonly ObjectRow[] {
  return [...version.relations()].flatMap((relation) =>
    (statistics.get(relation.oid)?.objects ?? []).map((object, position) => ({
      schema: relation.schema,
      dataset: relation.name,
      relation: relation.oid,
      position,
      ...object,
    })),
  );
}

function ofDataset(
  { bucket, location }: Extract<Source, { kind: "dataset" }>,
  version: TableVersion,
  objects: boolean,
  analysis: Analysis | undefined,
): RelationStatistics {
  const files = [...version.files.values()];
  return {
    ...figures(version),
    columns: columnStatistics(version, analysis),
    ...(analysis ? { analyzed: new Date(analysis.analyzed) } : {}),
    ...(objects
      ? {
          objects: files.map((add) => ({
            bucket,
            key: dataFileKey(location, add),
            bytes: add.size,
            rows: liveRows(add) ?? null,
          })),
        }
      : {}),
  };
}

function figures(version: TableVersion): RelationStatistics {
  return {
    rows: version.rowCount,
    bytes: version.byteCount,
    files: version.files.size,
    version: version.number,
    created: version.createdAt,
    updated: version.committedAt,
  };
}

function ofLegacy(source: Extract<Source, { kind: "legacy" }>): RelationStatistics {
  const { manifest, objects } = source;
  const rows = manifest?.["row_count"];
  const counted = objects.every((object) => object.rows !== null)
    ? objects.reduce((sum, object) => sum + (object.rows ?? 0), 0)
    : undefined;
  return {
    rows: typeof rows === "number" ? rows : counted,
    bytes: objects.reduce((sum, { bytes }) => sum + bytes, 0),
    files: objects.length,
    version: 0,
    created: date(manifest?.["created_at"]),
    updated: date(manifest?.["updated_at"]),
    objects,
  };
}

function date(value: unknown): Date | undefined {
  const time = typeof value === "string" ? Date.parse(value) : Number.NaN;
  return Number.isNaN(time) ? undefined : new Date(time);
}
