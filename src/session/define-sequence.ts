/** CREATE and ALTER SEQUENCE staged in their transaction; numbers given out are no part of it. */
import { randomBytes } from "node:crypto";
import { must } from "../base/assert.ts";
import { PgError } from "../base/error.ts";
import { isNameTaken } from "../catalog/constraints.ts";
import type { Relation, Schema } from "../catalog/relation.ts";
import {
  type SequenceOptions,
  type SequenceOwner,
  type SequenceSource,
  sequenceColumns,
  stepsOf,
} from "../catalog/sequence.ts";
import type { DefinitionPlan } from "../query/plan.ts";
import { refuseOutside } from "../query/utility/sequence-options.ts";
import type { Backend } from "./backend.ts";
import { newLocation } from "./new-location.ts";
import type { Outcome } from "./portal.ts";

type CreateSequence = Extract<DefinitionPlan, { kind: "create sequence" }>;
type AlterSequence = Extract<DefinitionPlan, { kind: "alter sequence" }>;

export async function createSequence(plan: CreateSequence, backend: Backend): Promise<Outcome> {
  const { transaction, services } = backend;
  const catalog = await transaction.catalog();
  const isTemporary = plan.schema === "pg_temp";
  const { temporary } = transaction;
  const schema = isTemporary
    ? await temporary.open(backend.role.oid)
    : must(catalog.schemas.get(plan.schema), "the planner found the schema");
  if (isNameTaken(catalog, schema.name, plan.name)) {
    const message = `relation "${plan.name}" already exists`;
    if (!plan.ifNotExists) throw new PgError("42P07", message);
    backend.notice({ severity: "NOTICE", sqlstate: "42P07", message: `${message}, skipping` });
    return { kind: "command", tag: "CREATE SEQUENCE" };
  }
  const oid = isTemporary ? temporary.allotOid() : await services.catalog.allotOid(schema.name);
  const place = { oid, schema, name: plan.name, owner: backend.role.oid };
  transaction.change({
    kind: "create table",
    relation: newSequence(place, plan.options, plan.ownedBy),
  });
  return { kind: "command", tag: "CREATE SEQUENCE" };
}

export function newSequence(
  {
    oid,
    schema,
    name,
    owner,
  }: {
    readonly oid: number;
    readonly schema: Schema;
    readonly name: string;
    readonly owner: number;
  },
  options: SequenceOptions,
  ownedBy: SequenceOwner | undefined,
): Relation & { readonly source: SequenceSource } {
  return {
    oid,
    schema: schema.name,
    schemaOid: schema.oid,
    name,
    owner,
    comment: null,
    columns: sequenceColumns,
    source: {
      kind: "sequence",
      bucket: schema.name,
      location: newLocation(name),
      from: { last: options.start, isCalled: false },
      ...options,
      ...(ownedBy ? { ownedBy } : {}),
    },
  };
}

export async function alterSequence(plan: AlterSequence, backend: Backend): Promise<Outcome> {
  const { transaction } = backend;
  const { target, ownedBy } = plan;
  const { ownedBy: oldOwner, ...kept } = await alteredSource(plan, backend);
  const owner = ownedBy === undefined ? oldOwner : ownedBy;
  const source: SequenceSource = { ...kept, ...(owner ? { ownedBy: owner } : {}) };
  const base = must((await transaction.catalog()).relationByOid(target.oid), "it was found");
  transaction.change({ kind: "replace table", base, relation: { ...base, source } });
  return { kind: "command", tag: "ALTER SEQUENCE" };
}

/** 22023 when where it stands would be outside its bounds. */
export async function alteredSource(
  { target, options, restart }: Pick<AlterSequence, "target" | "options" | "restart">,
  { services }: Backend,
): Promise<SequenceSource> {
  const source = { ...target.source, ...options };
  if (restart !== undefined) return restarted(source, restart);
  const counter = services.sequences.counter(target.source);
  await counter.refresh();
  const { min, max } = stepsOf(source);
  refuseOutside(counter.position.last, min, max);
  return source;
}

/** In a log of its own, so that a transaction that does not commit leaves the old one as it is. */
export function restarted(source: SequenceSource, last: string): SequenceSource {
  const location = source.location.replace(/[0-9a-f]{8}$/, () => randomBytes(4).toString("hex"));
  return { ...source, location, from: { last, isCalled: false } };
}
