/** What the logs of buckets must say for one version of the names to follow another. */
import type { CatalogEntry, TypeEntry } from "./bucket-log.ts";
import type { Names } from "./catalog-version.ts";

export interface BucketChange {
  readonly bucket: string;
  readonly entries: readonly CatalogEntry[];
}

/** By bucket, in the order in which every server takes them. */
export function differences(before: Names, after: Names): readonly BucketChange[] {
  const buckets = new Set([...before.buckets, ...after.buckets]);
  return [...buckets]
    .sort()
    .map((bucket) => ({ bucket, entries: difference(before, after, bucket) }))
    .filter(({ entries }) => entries.length > 0);
}

/** What a bucket's log must say for `after` to follow `before`. Versions share the relations that have not changed. */
function difference(before: Names, after: Names, bucket: string): CatalogEntry[] {
  const entries: CatalogEntry[] = [];
  const [old, now] = [before.schemas.get(bucket), after.schemas.get(bucket)];
  if (now && now !== old) {
    const { owner, comment, databaseComment } = now;
    const told = databaseComment === undefined ? {} : { databaseComment };
    entries.push({ schema: { owner, comment, dropped: false, ...told } });
  }
  if (old && !now) {
    entries.push({ schema: { owner: old.owner, comment: old.comment, dropped: true } });
  }
  const oldByOid = new Map([...before.relationsIn(bucket).values()].map((r) => [r.oid, r]));
  const nowByOid = new Map([...after.relationsIn(bucket).values()].map((r) => [r.oid, r]));
  for (const oid of oldByOid.keys()) if (!nowByOid.has(oid)) entries.push({ dropped: { oid } });
  for (const [oid, relation] of nowByOid) {
    if (oldByOid.get(oid) === relation) continue;
    const { schema, schemaOid, systemColumns, ...entry } = relation;
    entries.push({ relation: entry });
  }
  return [
    ...entries,
    ...typeDifference(before, after, bucket),
    ...functionDifference(before, after, bucket),
  ];
}

function functionDifference(before: Names, after: Names, bucket: string): CatalogEntry[] {
  const [old, now] = [before.functionsIn(bucket), after.functionsIn(bucket)];
  const gone = [...old.keys()].filter((oid) => !now.has(oid));
  const changed = [...now].filter(([oid, made]) => old.get(oid) !== made);
  return [
    ...gone.map((oid) => ({ droppedFunction: { oid } })),
    ...changed.map(([, { schema, ...made }]) => ({ function: made })),
  ];
}

function typeDifference(before: Names, after: Names, bucket: string): CatalogEntry[] {
  const old = new Map([...before.typesIn(bucket).values()].map((type) => [type.oid, type]));
  const now = new Map([...after.typesIn(bucket).values()].map((type) => [type.oid, type]));
  const gone = [...old.keys()].filter((oid) => !now.has(oid));
  const changed = [...now].filter(([oid, type]) => old.get(oid) !== type);
  return [
    ...gone.map((oid) => ({ droppedType: { oid } })),
    ...changed.map(([, { schema, ...type }]) => ({ type: committed(type) })),
  ];
}

/** What is in the log may be used. */
function committed(type: TypeEntry): TypeEntry {
  if (type.kind !== "enum") return type;
  return { ...type, labels: type.labels.map(({ isUncommitted, ...label }) => label) };
}
