/** TRUNCATE. https://www.postgresql.org/docs/15/sql-truncate.html */
import type { TruncateStmt } from "libpg-query";
import { PgError } from "../../base/error.ts";
import type { Relation } from "../../catalog/relation.ts";
import { type Draft, positionOf, type Scope } from "../draft.ts";
import { existingRelation, nameOf } from "./names.ts";

export function truncate(node: TruncateStmt, scope: Scope): Draft {
  const named = (node.relations ?? []).map((item) => {
    const range = "RangeVar" in item ? item.RangeVar : {};
    return truncated(existingRelation(nameOf(range, scope.context), scope.context), () =>
      positionOf(scope, range.location),
    );
  });
  const cascade = node.behavior === "DROP_CASCADE";
  const targets = [...new Set(named)];
  return {
    plan: {
      kind: "truncate",
      targets,
      cascadesTo: targets.filter((target) => !named.includes(target)),
      cascade,
      restartIdentity: node.restart_seqs ?? false,
    },
    parameterTypes: [],
    uses: targets.map((relation) => ({ relation, privilege: "TRUNCATE", columns: [] })),
    isReadOnly: false,
  };
}

function truncated(relation: Relation, position: () => { readonly position?: number }): Relation {
  const { kind } = relation.source;
  if (kind === "dataset") return relation;
  if (kind === "foreign")
    throw new PgError("0A000", `cannot truncate foreign table "${relation.name}"`);
  if (kind === "legacy")
    throw new PgError("0A000", `cannot truncate imported table "${relation.name}"`, {
      ...position(),
      hint: "Copy it into a dataset first: CREATE TABLE … AS SELECT * FROM it.",
    });
  throw new PgError("42501", `permission denied: "${relation.name}" is a system catalog`);
}
