/** DROP SCHEMA, with what is in it. */
import { quoteIdent } from "../catalog/identifiers.ts";
import { readersOf } from "../catalog/readers.ts";
import { useTypes } from "../catalog/types-in-force.ts";
import { searchSchemas } from "../query/analyze/registered.ts";
import { typeName } from "../query/analyze/types.ts";
import type { DefinitionPlan } from "../query/plan.ts";
import {
  cascadeNotice,
  dependedOn,
  functionDependents,
  schemaDependents,
} from "../query/utility/dependents.ts";
import { functionTitle } from "../query/utility/functions.ts";
import type { Backend } from "./backend.ts";
import { dropAll } from "./drop-tables.ts";
import type { Outcome } from "./portal.ts";
import { dropDependents } from "./type-definitions.ts";

type DropSchema = Extract<DefinitionPlan, { kind: "drop schema" }>;

export async function dropSchemas(plan: DropSchema, backend: Backend): Promise<Outcome> {
  for (const name of plan.missing) {
    const message = `schema "${name}" does not exist, skipping`;
    backend.notice({ severity: "NOTICE", sqlstate: "00000", message });
  }
  for (const name of plan.names) await dropSchema(name, plan, backend);
  return { kind: "command", tag: "DROP SCHEMA" };
}

async function dropSchema(name: string, plan: DropSchema, backend: Backend): Promise<void> {
  const { transaction } = backend;
  const context = await backend.context();
  useTypes(context.catalog, searchSchemas(context));
  const all = [...context.catalog.relations()].filter(({ schema }) => schema === name);
  const oids = new Set(all.map(({ oid }) => oid));
  // What belongs to a table that goes is not told of.
  const inside = all.filter(
    ({ source }) => source.kind !== "sequence" || !oids.has(source.ownedBy?.table ?? 0),
  );
  const types = plan.types.targets.filter(({ schema }) => schema === name);
  const others = types.map(({ oid }) => ({
    oid,
    what: `type ${typeName(oid)}`,
    dependents: plan.types.dependents.get(oid) ?? [],
  }));
  const functions = [...context.catalog.functionsIn(name).values()].map((made) => {
    const what = `function ${functionTitle(made)}`;
    const readers = functionDependents(readersOf(made.oid, context.catalog), what, context);
    return { oid: made.oid, what, dependents: readers.map((each) => each.what) };
  });
  others.push(...functions);
  const dependents = schemaDependents(name, inside, others, context);
  if (dependents.length > 0) {
    if (!plan.cascade) throw dependedOn(`schema ${quoteIdent(name)}`, dependents);
    backend.notice({ severity: "NOTICE", ...cascadeNotice(dependents) });
  }
  const views = dependents.flatMap(({ view }) => view ?? []);
  await dropAll([...new Set([...inside, ...views])], backend);
  // What stands on types elsewhere may stand on those of several of the schemas.
  if (name === plan.names[0]) await dropDependents(plan.types, backend);
  for (const { oid } of types) transaction.change({ kind: "drop type", oid });
  transaction.change({ kind: "drop schema", name });
}
