/**
 * What a few rows that go past the stage are held to: their keys are free in the version they are put upon, and in what others put
 * before them; and they were judged by the constraints there are. As `recheck.ts` holds a stage to it.
 */
import { must } from "../base/assert.ts";
import { referencesTo } from "../catalog/constraints.ts";
import type { Relation } from "../catalog/relation.ts";
import type { Batch } from "../pgtypes/vector.ts";
import type { SmallChange, Table, TableVersion } from "../table/table.ts";
import { gainedFiles } from "./recheck.ts";
import { lostRaceFor } from "./refusals.ts";
import type { Services } from "./services.ts";
import { keysIn, plainKeys, type SmallKeys, takenKeys } from "./small-keys.ts";

/** Rows of the target's columns, in its order. */
export interface SmallRows {
  readonly target: Relation;
  readonly batch: Batch;
}

/** Of several statements' rows those that may be committed together, in their order, and upon what. */
export async function allowed<Rows extends SmallRows>(
  rows: readonly Rows[],
  table: Table,
  services: Services,
): Promise<{ readonly allowed: ReadonlySet<Rows>; readonly change: SmallChange }> {
  const base = await table.current();
  const current = await Promise.all(rows.map(({ target }) => isAsPlanned(target, services)));
  const keyed = rows
    .filter((_, at) => current[at])
    .map((each) => ({ each, keys: newKeys(each.target, each.batch) }));
  const taken = await takenAmong(
    keyed.map(({ keys }) => keys),
    table,
    base,
    services,
  );
  const found = new Set<Rows>();
  const together: Map<number, SmallKeys>[] = [];
  for (const [at, { each, keys }] of keyed.entries()) {
    if (taken[at] || [...keys.values()].some(({ areRepeated }) => areRepeated)) continue;
    if (together.some((others) => share(others, keys))) continue;
    together.push(keys);
    found.add(each);
  }
  const targets = new Set([...found].map(({ target }) => target));
  const recheck = async (newest: TableVersion) => {
    for (const target of targets) {
      if (!(await isAsPlanned(target, services))) throw lostRaceFor(target);
    }
    const files = new Set(gainedFiles(base, newest).keys());
    const lost = await takenAmong(together, table, newest, services, files);
    if (lost.includes(true)) throw lostRaceFor(must([...targets][0], "rows have a target"));
  };
  const isBlind = together.every((keys) => keys.size === 0);
  return { allowed: found, change: { base, recheck, isBlind } };
}

/** By the constraint's OID. */
export function newKeys(target: Relation, batch: Batch): Map<number, SmallKeys> {
  const keys = plainKeys(target) ?? [];
  return new Map(keys.map((key) => [key.oid, keysIn(target, key, batch)]));
}

function share(
  one: ReadonlyMap<number, SmallKeys>,
  other: ReadonlyMap<number, SmallKeys>,
): boolean {
  return [...one].some(([oid, { byId }]) =>
    [...(other.get(oid)?.byId.keys() ?? [])].some((id) => byId.has(id)),
  );
}

/** For each of the statements whether a key of its rows is there already; each constraint is asked about once. */
export async function takenAmong(
  statements: readonly ReadonlyMap<number, SmallKeys>[],
  table: Table,
  version: TableVersion,
  services: Services,
  only?: ReadonlySet<string>,
  /** Left out where the rows are several sessions': none of them may stop it for the others. */
  { signal }: Pick<AbortController, "signal"> = new AbortController(),
): Promise<readonly boolean[]> {
  const found = statements.map(() => false);
  const oids = new Set(statements.flatMap((keys) => [...keys.keys()]));
  for (const oid of oids) {
    const all = statements.map((keys) => keys.get(oid));
    const [first] = all.filter((keys) => keys !== undefined);
    if (first === undefined) continue;
    const byId = new Map(all.flatMap((keys) => [...(keys?.byId ?? [])]));
    const taken = await takenKeys({ ...first, byId }, table, version, services, signal, only);
    if (taken.size === 0) continue;
    for (const [at, keys] of all.entries())
      found[at] ||= [...(keys?.byId.keys() ?? [])].some((id) => taken.has(id));
  }
  return found;
}

/**
 * Whether a relation is still what a statement was planned for. Whoever adds a constraint puts an entry into the log of each
 * dataset that it is about: so it is seen here, or its maker sees these rows.
 */
export async function isAsPlanned(target: Relation, { catalog }: Services): Promise<boolean> {
  const now = (await catalog.current()).relationByOid(target.oid);
  // A temporary table is in no catalog, and nobody else's; of one that is gone nobody reads the rows.
  return now === undefined || now === target || form(now) === form(target);
}

/** Whether rows of another dataset refer to this one. */
export async function isReferredTo(target: Relation, { catalog }: Services): Promise<boolean> {
  return referencesTo(target.oid, await catalog.current()).length > 0;
}

function form({ columns, constraints = [], indexes = [] }: Relation): string {
  const unique = indexes.filter(({ isUnique }) => isUnique);
  return JSON.stringify([columns, constraints, unique]);
}
