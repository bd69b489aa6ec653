/** The shorter road of statements that write a few rows: which of them may take it, and what becomes of those that may not. */
import type { PgError } from "../base/error.ts";
import type { PlannedStatement } from "../query/plan.ts";
import type { Backend } from "./backend.ts";
import type { Outcome } from "./portal.ts";
import { isLostRace } from "./refusals.ts";
import type { Request } from "./request.ts";
import { isSmallInsert, runSmallInsert } from "./small-insert.ts";
import { isSmallModify, runSmallModify } from "./small-modify.ts";

/** What can be told before it runs. */
export function isSmall(statement: PlannedStatement, backend: Backend): boolean {
  return isSmallInsert(statement, backend) || isSmallModify(statement, backend);
}

/** Committed, when it has an outcome; a lost race, rolled back; undefined: for the long road, and nothing has happened. */
export async function runSmall(
  backend: Backend,
  request: Request,
): Promise<Outcome | PgError | undefined> {
  const { statement } = request;
  if (isSmallInsert(statement, backend)) return runSmallInsert(backend, request);
  if (!isSmallModify(statement, backend)) return undefined;
  try {
    return await runSmallModify(backend, request);
  } catch (error) {
    if (!isLostRace(error)) throw error;
    await backend.rollback();
    return error;
  }
}
