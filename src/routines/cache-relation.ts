/** lakehouse.cache_stats: what of the hot cache the asker may know of. */
import type { LiveRelation } from "../catalog/relation.ts";
import { micros } from "./columns.ts";
import type { Rooms } from "./rooms.ts";

const [int8, text, float8, timestamptz] = [20, 25, 701, 1184];

export function cacheStats(rooms: Pick<Rooms, "hotCache" | "catalog" | "access">): LiveRelation {
  return {
    oid: 88_101,
    schema: "lakehouse",
    name: "cache_stats",
    comment: "One row per dataset that is kept in memory (CALL cache_pin).",
    columns: [
      { name: "bucket", typeOid: text },
      { name: "dataset", typeOid: text },
      {
        name: "version",
        typeOid: int8,
        comment: "In memory; NULL while it is read for the first time.",
      },
      { name: "rows", typeOid: int8 },
      { name: "bytes", typeOid: int8, comment: "Memory it takes, about." },
      { name: "bytes_limit", typeOid: int8, comment: "What all of them may take: cache.bytes." },
      { name: "hits", typeOid: int8, comment: "Scans that read memory." },
      { name: "misses", typeOid: int8, comment: "Scans of another version, which read files." },
      { name: "load_ms", typeOid: float8, comment: "Time the last reading took." },
      { name: "loaded", typeOid: timestamptz },
      { name: "used", typeOid: timestamptz },
    ],
    async rows(asker) {
      const { hotCache } = rooms;
      const [catalog, access] = await Promise.all([
        rooms.catalog.current(),
        rooms.access.current(),
      ]);
      const role = access.roleByOid(asker.roleOid);
      const relations = new Map(
        [...catalog.relations()].flatMap((relation) =>
          relation.source.kind === "dataset"
            ? [[`${relation.source.bucket}\0${relation.source.location}`, relation] as const]
            : [],
        ),
      );
      return hotCache.datasets().flatMap((one) => {
        const relation = relations.get(`${one.bucket}\0${one.location}`);
        if (!relation) {
          // It was dropped: nobody can ask for it again.
          hotCache.evict(one);
          return [];
        }
        const { oid, owner } = relation;
        if (!role || !access.may(role, "SELECT", { kind: "table", oid, owner })) return [];
        return [
          [
            relation.schema,
            relation.name,
            one.version === undefined ? null : BigInt(one.version),
            BigInt(one.rows),
            BigInt(one.bytes),
            BigInt(hotCache.bytesMax),
            BigInt(one.hits),
            BigInt(one.misses),
            one.loadMs,
            one.loadedAt ? micros(one.loadedAt) : null,
            one.usedAt ? micros(one.usedAt) : null,
          ],
        ];
      });
    },
  };
}
