/** Limits that a superuser sets for a role: ALTER ROLE … SET lakehouse.row_limit and its kin. */
import { PgError } from "../base/error.ts";
import type { Backend } from "./backend.ts";

/** 53400 when more statements run for the session's role than may: lakehouse.running_statement_limit. */
export function checkRunning({ parameters, sessionRole, services }: Backend): void {
  const limit = Number(parameters.get("lakehouse.running_statement_limit"));
  if (limit === 0) return;
  let running = 0;
  for (const entry of services.activity.entries()) {
    if (entry.state === "active" && entry.roleOid() === sessionRole.oid) running++;
  }
  if (running <= limit) return;
  throw new PgError("53400", `too many statements are running for role "${sessionRole.name}"`, {
    hint: "The role's limit is lakehouse.running_statement_limit.",
  });
}

export function tooManyRows(rowLimit: number): PgError {
  return new PgError("53400", `the statement returns more than ${rowLimit} rows`, {
    hint: "The role's limit is lakehouse.row_limit; aggregate, or add LIMIT.",
  });
}

export function tooManyKept(rowLimit: number): PgError {
  return new PgError("53400", `the cursor would keep more than ${rowLimit} rows`, {
    hint: "The role's limit is lakehouse.cursor_row_limit.",
  });
}
