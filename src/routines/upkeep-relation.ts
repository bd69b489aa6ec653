/** lakehouse.upkeep: what the server has done to datasets by itself. */
import type { LiveRelation } from "../catalog/relation.ts";
import type { UpkeepRun } from "../jobs/background.ts";
import { micros } from "./columns.ts";
import type { Rooms } from "./rooms.ts";

const [text, timestamptz] = [25, 1184];

export function upkeepRelation(
  runs: () => readonly UpkeepRun[],
  rooms: Pick<Rooms, "catalog" | "access">,
): LiveRelation {
  return {
    oid: 88_102,
    schema: "lakehouse",
    name: "upkeep",
    comment: "One row per thing the server has lately done, or does now, to datasets by itself.",
    columns: [
      { name: "job", typeOid: text, comment: "compact, expire, publish or sweep." },
      { name: "bucket", typeOid: text, comment: "NULL: of no dataset alone." },
      { name: "dataset", typeOid: text },
      { name: "state", typeOid: text, comment: "running, done or failed." },
      { name: "started", typeOid: timestamptz },
      { name: "ended", typeOid: timestamptz },
      { name: "summary", typeOid: text },
      { name: "error", typeOid: text },
    ],
    async rows(asker) {
      const [catalog, access] = await Promise.all([
        rooms.catalog.current(),
        rooms.access.current(),
      ]);
      const role = access.roleByOid(asker.roleOid);
      const relations = [...catalog.relations()];
      return runs().flatMap((run) => {
        const { place } = run;
        const relation = relations.find(
          ({ source }) =>
            source.kind === "dataset" &&
            source.bucket === place?.bucket &&
            source.location === place.location,
        );
        const mayKnow =
          relation && role
            ? access.may(role, "SELECT", {
                kind: "table",
                oid: relation.oid,
                owner: relation.owner,
              })
            : asker.isSuperuser;
        if (!mayKnow) return [];
        const state = run.endedAt === undefined ? "running" : run.error ? "failed" : "done";
        return [
          [
            run.job,
            relation?.schema ?? null,
            relation?.name ?? null,
            state,
            micros(run.startedAt),
            run.endedAt ? micros(run.endedAt) : null,
            run.summary ?? null,
            run.error ?? null,
          ],
        ];
      });
    },
  };
}
