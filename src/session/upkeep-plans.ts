/** VACUUM and CHECKPOINT: what the server does by itself, asked for. Each dataset is a transaction of its own. */
import { PgError } from "../base/error.ts";
import type { Relation } from "../catalog/relation.ts";
import { sweepDropped } from "../jobs/sweep.ts";
import { compactDataset, expireDataset, isPublished, publishDataset } from "../jobs/upkeep.ts";
import type { Plan } from "../query/plan.ts";
import { analyze } from "./analyze.ts";
import type { Backend } from "./backend.ts";
import type { Outcome } from "./portal.ts";

type VacuumPlan = Extract<Plan, { kind: "vacuum" }>;

export function runUpkeepPlan(
  plan: VacuumPlan | Extract<Plan, { kind: "checkpoint" }>,
  backend: Backend,
): Promise<Outcome> {
  return plan.kind === "vacuum" ? runVacuum(plan, backend) : runCheckpoint(backend);
}

async function runVacuum(plan: VacuumPlan, backend: Backend): Promise<Outcome> {
  if (backend.isInBlock || backend.transaction.mark > 0) {
    throw new PgError("25001", "VACUUM cannot run inside a transaction block");
  }
  const { catalog, rooms } = backend.services;
  for (const relation of plan.targets ?? (await ownDatasets(backend))) {
    if (!mayVacuum(relation, backend)) continue;
    await vacuumDataset(relation, plan, backend);
    backend.services.statistics.vacuumed(relation.oid);
  }
  if (plan.targets === undefined && backend.role.isSuperuser) {
    const { fileRetentionMs } = rooms.options.upkeep;
    await sweepDropped({ ...rooms, catalog }, fileRetentionMs, backend.signal);
  }
  if (plan.analyze !== undefined) {
    const targets = plan.analyze === "all" ? undefined : plan.analyze;
    await analyze({ kind: "analyze", targets, verbose: plan.verbose }, backend);
  }
  return { kind: "command", tag: "VACUUM" };
}

async function runCheckpoint(backend: Backend): Promise<Outcome> {
  const { catalog, tables } = backend.services;
  for (const { source } of (await catalog.current()).relations()) {
    backend.signal.throwIfAborted();
    // One this server has not looked at has no log grown by it.
    if (source.kind !== "dataset" || !tables.known(source.bucket, source.location)) continue;
    await tables.get(source.bucket, source.location).checkpoint();
  }
  return { kind: "command", tag: "CHECKPOINT" };
}

async function ownDatasets({ services, role, access }: Backend): Promise<readonly Relation[]> {
  const relations = [...(await services.catalog.current()).relations()];
  return relations.filter(
    ({ source, owner }) =>
      source.kind === "dataset" && (role.isSuperuser || access.isMember(role.oid, owner)),
  );
}

/** As PostgreSQL: what cannot be vacuumed is passed over with a warning. */
function mayVacuum({ name, owner, source }: Relation, { role, access, notice }: Backend): boolean {
  const warn = (message: string) => {
    notice({ severity: "WARNING", sqlstate: "01000", message });
    return false;
  };
  if (!role.isSuperuser && !access.isMember(role.oid, owner)) {
    return warn(`skipping "${name}" --- only table or database owner can vacuum it`);
  }
  if (source.kind === "dataset") return true;
  return warn(`skipping "${name}" --- cannot vacuum non-tables or special system tables`);
}

async function vacuumDataset(
  { schema, name, source }: Relation,
  { full, verbose }: VacuumPlan,
  { services, role, signal, notice }: Backend,
): Promise<void> {
  if (source.kind !== "dataset") return;
  const { tables, rooms } = services;
  const { upkeep } = rooms.options;
  const table = tables.get(source.bucket, source.location);
  const wish = { full, bytesMax: undefined, actor: role.name, signal };
  const done = await compactDataset(table, upkeep, wish);
  const gone = await expireDataset(table, upkeep, { signal });
  if (isPublished(await table.current())) await publishDataset(rooms, source, upkeep);
  if (!verbose) return;
  notice({
    severity: "INFO",
    sqlstate: "00000",
    message: `vacuumed "${schema}.${name}": ${done.filesRemoved} files merged into ${done.filesAdded}, ${gone.files} old files and ${gone.entries} log entries deleted`,
  });
}
