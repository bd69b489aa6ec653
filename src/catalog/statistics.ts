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
/** What another server has committed is in the figures this much later, at most: psql's \d is a dozen statements. */
const lookedMs = 1_000;

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
  /** What the last was made of. */
  #lastOf:
    | {
        readonly version: CatalogVersion;
        readonly objects: boolean;
        readonly advances: number;
      }
    | undefined;
  /** When logs are looked at again, in milliseconds of the clock. */
  #lookAgainAt = 0;

  constructor(tables: Tables, analyses: Analyses) {
    this.#tables = tables;
    this.#analyses = analyses;
  }

  /** The same map as before when no figure has changed. A dataset that cannot be read is left out. */
  async of(
    version: CatalogVersion,
    { load = false, objects = false }: { readonly load?: boolean; readonly objects?: boolean },
  ): Promise<ReadonlyMap<number, RelationStatistics>> {
    const now = Date.now();
    const isDue = load && now >= this.#lookAgainAt;
    if (!isDue && this.#isLast(version, objects)) return this.#last;
    const found = new Map<number, RelationStatistics>();
    const unknown: Relation[] = [];
    for (const relation of version.relations()) {
      const value = isDue ? undefined : this.#known(relation, objects);
      if (value) found.set(relation.oid, value);
      else if (load && isStored(relation)) unknown.push(relation);
    }
    for (let start = 0; start < unknown.length; start += loadedAtOnce) {
      const some = unknown.slice(start, start + loadedAtOnce);
      const values = await Promise.all(some.map((relation) => this.#newest(relation, objects)));
      for (const [i, { oid }] of some.entries()) {
        const value = values[i];
        if (value) found.set(oid, value);
      }
    }
    if (isDue) this.#lookAgainAt = now + lookedMs;
    this.#forget(found);
    const isSame =
      found.size === this.#last.size &&
      [...found].every(([oid, value]) => this.#last.get(oid) === value);
    if (!isSame) this.#last = found;
    if (load) this.#lastOf = { version, objects, advances: this.#tables.advances };
    return this.#last;
  }

  forget(oid: number): void {
    this.#made.delete(oid);
  }

  #isLast(version: CatalogVersion, objects: boolean): boolean {
    const last = this.#lastOf;
    return (
      last?.version === version &&
      last.advances === this.#tables.advances &&
      (last.objects || !objects)
    );
  }

  /** The next who asks for figures as they are now gets them so. */
  lookAgain(): void {
    this.#lookAgainAt = 0;
  }

  /** What is not there any more: temporary tables come and go, and their OIDs never come again. */
  #forget(found: ReadonlyMap<number, RelationStatistics>): void {
    if (this.#made.size <= 2 * found.size + 1_000) return;
    for (const oid of this.#made.keys()) if (!found.has(oid)) this.#made.delete(oid);
  }

  /** As last seen; this server sees its own commits at once. */
  #known({ oid, source }: Relation, objects: boolean): RelationStatistics | undefined {
    if (source.kind === "legacy") {
      return this.#remember(oid, source, true, () => ofLegacy(source));
    }
    // Another's files are known when they were last read: looking is a listing.
    if (source.kind === "foreign") return this.#made.get(oid)?.value;
    if (source.kind !== "dataset") return undefined;
    const table = this.#tables.known(source.bucket, source.location);
    if (!table) return undefined;
    const analysis = this.#made.get(oid)?.analysis;
    return this.#ofDataset(oid, source, table, objects, analysis);
  }

  async #newest(
    { oid, source }: Relation,
    objects: boolean,
  ): Promise<RelationStatistics | undefined> {
    try {
      if (source.kind === "foreign") {
        const version = await (await this.#tables.foreign(source)).current();
        // Another's files are not told one by one.
        return this.#remember(oid, version, true, () => figures(version));
      }
      if (source.kind === "legacy") {
        return this.#remember(oid, source, true, () => ofLegacy(source));
      }
      if (source.kind !== "dataset") return undefined;
      const { bucket, location } = source;
      const table = await this.#tables.get(bucket, location).current();
      const analysis = await this.#analyses.of(bucket, location).catch(() => undefined);
      return this.#ofDataset(oid, source, table, objects, analysis);
    } catch {
      // A transaction may see a bucket that is not made yet, and one of them may be away.
      return undefined;
    }
  }

  #ofDataset(
    oid: number,
    source: Extract<Source, { kind: "dataset" }>,
    table: TableVersion,
    objects: boolean,
    analysis: Analysis | undefined,
  ): RelationStatistics {
    const make = () => ofDataset(source, table, objects, analysis);
    return this.#remember(oid, table, objects, make, analysis);
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

function isStored({ source }: Relation): boolean {
  return source.kind === "dataset" || source.kind === "legacy" || source.kind === "foreign";
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
