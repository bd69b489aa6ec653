/** ALTER TABLE … ROW LEVEL SECURITY. https://www.postgresql.org/docs/15/ddl-rowsecurity.html */
import { PgError, unsupported } from "../../base/error.ts";
import type { Relation, RowSecurity } from "../../catalog/relation.ts";
import type { Altering } from "./altering.ts";

const switched =
  (set: Partial<Pick<RowSecurity, "isEnabled" | "isForced">>) =>
  (_: unknown, altering: Altering): void => {
    const { relation } = altering;
    tableOf(relation);
    altering.relation = { ...relation, rowSecurity: { ...securityOf(relation), ...set } };
  };

/** By the parser's name. */
export const securityActions = {
  AT_EnableRowSecurity: switched({ isEnabled: true }),
  AT_DisableRowSecurity: switched({ isEnabled: false }),
  AT_ForceRowSecurity: switched({ isForced: true }),
  AT_NoForceRowSecurity: switched({ isForced: false }),
};

/** 42809 for what is none. */
export function tableOf(relation: Relation): Relation {
  const { kind } = relation.source;
  if (kind === "shadow" || kind === "live")
    throw new PgError("42501", `permission denied: "${relation.name}" is a system catalog`);
  if (kind === "dataset" && relation.view === undefined) return relation;
  if (kind === "legacy") throw unsupported("row-level security of an imported dataset");
  throw new PgError("42809", `"${relation.name}" is not a table`);
}

const none: RowSecurity = { isEnabled: false, isForced: false, policies: [] };

export function securityOf({ rowSecurity = none }: Relation): RowSecurity {
  return rowSecurity;
}
