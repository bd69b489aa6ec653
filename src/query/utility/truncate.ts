/** TRUNCATE. https://www.postgresql.org/docs/15/sql-truncate.html */
import type { TruncateStmt } from "libpg-query";
import { PgError } from "../../base/error.ts";
import { referencesTo } from "../../catalog/constraints.ts";
import type { Relation } from "../../catalog/relation.ts";
import { sequencesOf } from "../../catalog/sequence-uses.ts";
import { ownedRelation } from "../authorize.ts";
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
  const targets = withReferrers([...new Set(named)], cascade, scope);
  const restarted = node.restart_seqs
    ? targets.flatMap(({ oid }) => sequencesOf(oid, scope.context.catalog))
    : [];
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
    requirements: restarted.map((sequence) => ({ kind: "owner", object: ownedRelation(sequence) })),
    isReadOnly: false,
  };
}

function truncated(relation: Relation, position: () => { readonly position?: number }): Relation {
  const { kind } = relation.source;
  if (kind === "sequence") throw new PgError("42809", `"${relation.name}" is not a table`);
  if (kind === "dataset" && relation.view === undefined) return relation;
  if (kind === "foreign")
    throw new PgError("0A000", `cannot truncate foreign table "${relation.name}"`);
  if (kind === "legacy")
    throw new PgError("0A000", `cannot truncate imported table "${relation.name}"`, {
      ...position(),
      hint: "Copy it into a dataset first: CREATE TABLE … AS SELECT * FROM it.",
    });
  if (relation.view !== undefined) throw new PgError("42809", `"${relation.name}" is not a table`);
  throw new PgError("42501", `permission denied: "${relation.name}" is a system catalog`);
}

/** Tables that refer to those named are emptied with them, or must be named too: CASCADE adds them. */
function withReferrers(
  named: readonly Relation[],
  cascade: boolean,
  { context: { catalog } }: Scope,
): readonly Relation[] {
  const targets = [...named];
  // It grows while it is walked: what refers to a referrer follows.
  for (const target of targets) {
    for (const { relation, constraint } of referencesTo(target.oid, catalog)) {
      if (!constraint.isEnforced || targets.some(({ oid }) => oid === relation.oid)) continue;
      if (!cascade) throw referenced(target, relation);
      targets.push(relation);
    }
  }
  return targets;
}

function referenced(target: Relation, referrer: Relation): PgError {
  return new PgError("0A000", "cannot truncate a table referenced in a foreign key constraint", {
    detail: `Table "${referrer.name}" references "${target.name}".`,
    hint: `Truncate table "${referrer.name}" at the same time, or use TRUNCATE ... CASCADE.`,
  });
}
