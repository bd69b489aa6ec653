/** `t AT (VERSION => 3)`: datasets had other columns once. They are asked for before analysis, which waits for nothing. */
import type { RangeVar } from "@pgsql/types";
import { PgError } from "../base/error.ts";
import type { FrozenPast, Relation, RelationColumn } from "../catalog/relation.ts";
import { findRelation } from "./analyze/registered.ts";
import type { Scan } from "./plan.ts";
import type { QueryContext, StatementText, TimeTravel } from "./query.ts";

export type PastVersion = NonNullable<Scan["at"]>;

/** A dataset as it was: what `AT (…)` after its name stands for. */
export interface PastRelation {
  readonly at: PastVersion;
  readonly relation: Relation;
}

/** By the place of the relation's name. Remembers which were read, so that none is passed over. */
export class PastRelations {
  readonly #byPlace: ReadonlyMap<number, PastRelation>;
  readonly #unread: Set<number>;

  constructor(byPlace: ReadonlyMap<number, PastRelation>, places: Iterable<number>) {
    this.#byPlace = byPlace;
    this.#unread = new Set(places);
  }

  get(place: number | undefined): PastRelation | undefined {
    if (place === undefined) return undefined;
    this.#unread.delete(place);
    return this.#byPlace.get(place);
  }

  /** As a view keeps them. */
  frozen(): readonly FrozenPast[] {
    return Array.from(this.#byPlace, ([place, { at, relation }]) => ({
      place,
      oid: relation.oid,
      columns: relation.columns,
      ...("version" in at ? at : { timestamp: at.timestamp.getTime() }),
    }));
  }

  has(place: number | undefined): boolean {
    return place !== undefined && (this.#byPlace.has(place) || this.#unread.has(place));
  }

  /** The place of one that nobody has asked for. */
  get unread(): number | undefined {
    const [first] = this.#unread;
    return first;
  }
}

export async function pastRelations(
  { tree, at, offset }: StatementText,
  context: QueryContext,
): Promise<PastRelations | undefined> {
  if (at === undefined) return undefined;
  const found = new Map<number, PastRelation>();
  for (const range of rangesIn(tree)) {
    const travel = range.location === undefined ? undefined : at.get(range.location);
    if (range.location === undefined || travel === undefined) continue;
    const relation = findRelation(context, range.schemaname, range.relname ?? "");
    if (relation === undefined) continue;
    const position = offset + range.location + 1;
    found.set(range.location, await pastRelation(relation, travel, position, context));
  }
  return new PastRelations(found, at.keys());
}

async function pastRelation(
  relation: Relation,
  travel: TimeTravel,
  position: number,
  context: QueryContext,
): Promise<PastRelation> {
  const { source } = relation;
  if (source.kind !== "dataset" && !(source.kind === "foreign" && source.format === "delta"))
    throw new PgError("42809", `"${relation.name}" is not a dataset with versions`, { position });
  const at = versionOf(travel, position);
  return { at, relation: { ...relation, columns: await pastColumns(relation, at, context) } };
}

/** Nothing is told of a dataset that the role may not read; authorize.ts refuses it in a moment. */
export async function pastColumns(
  relation: Relation,
  at: PastVersion,
  { access, role, columnsAt }: QueryContext,
): Promise<readonly RelationColumn[]> {
  const { oid, owner } = relation;
  return access.may(role, "SELECT", { kind: "table", oid, owner })
    ? columnsAt(relation, at)
    : relation.columns;
}

function versionOf({ unit, value }: TimeTravel, position: number): PastVersion {
  const [token = "", more] = value;
  if (unit === "version") {
    if (more === undefined && /^\d+$/.test(token)) return { version: Number(token) };
    throw new PgError("22023", "AT (VERSION => …) takes a whole number", { position });
  }
  const text = /^'(.*)'$/s.exec(value.at(-1) ?? "")?.[1]?.replaceAll("''", "'");
  const instant = text === undefined ? Number.NaN : Date.parse(withZone(text));
  if (Number.isNaN(instant))
    throw new PgError(
      "22007",
      "AT (TIMESTAMP => …) takes a timestamp in quotes, as '2026-01-31 12:00:00+00'",
      { position },
    );
  return { timestamp: new Date(instant) };
}

/** Without a zone it is UTC. */
function withZone(text: string): string {
  const iso = text.trim().replace(" ", "T");
  if (/(?:Z|[+-]\d\d(?::?\d\d)?)$/i.test(iso) && iso.includes("T"))
    return iso.replace(/([+-]\d\d)$/, "$1:00");
  return iso.includes("T") ? `${iso}Z` : iso;
}

function* rangesIn(tree: unknown): Generator<RangeVar> {
  if (typeof tree !== "object" || tree === null) return;
  if ("RangeVar" in tree) yield tree.RangeVar as RangeVar;
  // Targets of statements stand in the tree without their kind.
  else if ("relname" in tree) yield tree as RangeVar;
  for (const part of Object.values(tree)) yield* rangesIn(part);
}
