/** CREATE, ALTER and DROP FUNCTION staged in their transaction. */
import { readersOf } from "../catalog/readers.ts";
import { policiesReading } from "../catalog/row-security.ts";
import type { UserFunction } from "../catalog/user-function.ts";
import type { DefinitionPlan } from "../query/plan.ts";
import {
  cascadeNotice,
  dependedOn,
  functionDependents,
  several,
} from "../query/utility/dependents.ts";
import { functionTitle } from "../query/utility/functions.ts";
import type { Backend } from "./backend.ts";
import { dropAll, dropPolicies } from "./drop-tables.ts";
import type { Outcome } from "./portal.ts";

type PlanOf<Kind> = Extract<DefinitionPlan, { kind: Kind }>;

export async function putFunction(
  { base, made, tag }: PlanOf<"put function">,
  { transaction, services }: Backend,
): Promise<Outcome> {
  const oid = made.oid === 0 ? await services.catalog.allotOid(made.schema) : made.oid;
  transaction.change({
    kind: "put function",
    made: { ...made, oid },
    ...(base === undefined ? {} : { base }),
  });
  return { kind: "command", tag };
}

const functionWords = (made: UserFunction) =>
  `${made.isProcedure ? "procedure" : "function"} ${functionTitle(made)}`;

export async function dropFunctions(
  { targets, missing, cascade, tag }: PlanOf<"drop function">,
  backend: Backend,
): Promise<Outcome> {
  const { transaction } = backend;
  for (const message of missing) backend.notice({ severity: "NOTICE", sqlstate: "00000", message });
  const context = await backend.context();
  const dependents = targets.flatMap((made) =>
    functionDependents(
      [...readersOf(made.oid, context.catalog), ...policiesReading(made.oid, context.catalog)],
      functionWords(made),
      context,
    ),
  );
  const [first, second] = targets;
  if (dependents.length > 0 && first !== undefined) {
    const what = second ? several : functionWords(first);
    if (!cascade) throw dependedOn(what, dependents);
    backend.notice({ severity: "NOTICE", ...cascadeNotice(dependents) });
    await dropPolicies(
      dependents.flatMap(({ policy }) => policy ?? []),
      backend,
    );
    await dropAll([...new Set(dependents.flatMap(({ view }) => view ?? []))], backend);
  }
  for (const { schema, oid } of targets) transaction.change({ kind: "drop function", schema, oid });
  return { kind: "command", tag };
}
