/** The statements of a function that is made: each is judged in its turn, and the last gives what the function declares. */
import { PgError } from "../../base/error.ts";
import type { FrozenNames, ViewDefinition } from "../../catalog/relation.ts";
import { isInput, type UserFunction } from "../../catalog/user-function.ts";
import { overridden, recording } from "../analyze/frozen.ts";
import { refuseOtherResult } from "../analyze/function-analysis.ts";
import { functionStatements } from "../analyze/function-body.ts";
import { isPolymorphic } from "../analyze/pathway.ts";
import type { Scope } from "../draft.ts";

/** 42P13 when it does not give what it declares. What its names stand for, should it keep them. */
export async function judgeStatements(
  made: UserFunction,
  { context, draft }: Scope,
): Promise<{ readonly names: FrozenNames; readonly reads: ViewDefinition["reads"] }> {
  const recorded = recording(context);
  const types = made.parameters.filter(isInput).map(({ type }) => type);
  const reads = new Map<number, Set<number>>();
  // A type that calls decide cannot be judged before. Names of a text are looked for when it is run.
  const open = { ...made, body: { kind: "text", text: "" } } as const;
  if (!types.some(isPolymorphic)) {
    let last: readonly number[] = [];
    for (const statement of functionStatements(made, new Set(context.catalog.buckets))) {
      const within = overridden(recorded.context, { running: open });
      const { columns = [], uses = [] } = await placed(made, draft(statement, types, within));
      last = columns.map(({ typeOid }) => typeOid);
      for (const { relation } of uses) reads.set(relation.oid, new Set());
    }
    if (!made.isProcedure || made.parameters.some(({ mode }) => mode === "o" || mode === "b"))
      refuseOtherResult(made, last);
  }
  return {
    names: recorded.names(undefined),
    reads: [...reads].map(([oid, columns]) => ({ oid, columns: [...columns] })),
  };
}

/** Places in a text of its own are no places in the client's. */
async function placed<T>({ body }: UserFunction, judged: Promise<T>): Promise<T> {
  try {
    return await judged;
  } catch (error) {
    if (body.kind === "parsed" || !(error instanceof PgError)) throw error;
    const { position, ...details } = error.details;
    throw new PgError(error.sqlstate, error.message, details);
  }
}
