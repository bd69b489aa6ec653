/** What TRUNCATE empties, and what it refuses to. https://www.postgresql.org/docs/15/sql-truncate.html */
import { PgError } from "../base/error.ts";
import { referencesTo } from "../catalog/constraints.ts";
import type { Relation } from "../catalog/relation.ts";
import type { Backend } from "./backend.ts";

/** The tables named and, with CASCADE, those that refer to them. 0A000 without it when one does. */
export async function truncatedTables(
  targets: readonly Relation[],
  isCascade: boolean,
  backend: Backend,
): Promise<readonly Relation[]> {
  const catalog = await backend.transaction.catalog();
  const all = [...targets];
  for (const target of all) {
    for (const { relation } of referencesTo(target.oid, catalog)) {
      if (all.some(({ oid }) => oid === relation.oid)) continue;
      if (!isCascade) throw referenced(target, relation);
      demandTruncate(relation, backend);
      backend.notice({
        severity: "NOTICE",
        sqlstate: "00000",
        message: `truncate cascades to table "${relation.name}"`,
      });
      all.push(relation);
    }
  }
  return all;
}

function demandTruncate({ oid, owner, name }: Relation, { access, role }: Backend): void {
  if (access.may(role, "TRUNCATE", { kind: "table", oid, owner })) return;
  throw new PgError("42501", `permission denied for table ${name}`);
}

function referenced(target: Relation, { name }: Relation): PgError {
  return new PgError("0A000", "cannot truncate a table referenced in a foreign key constraint", {
    detail: `Table "${name}" references "${target.name}".`,
    hint: `Truncate table "${name}" at the same time, or use TRUNCATE ... CASCADE.`,
  });
}
