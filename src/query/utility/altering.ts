/** One ALTER TABLE as far as it has been read, and its columns as they become. */

import { PgError } from "../../base/error.ts";
import type { ConstraintOf, ForeignKey } from "../../catalog/constraints.ts";
import type { Relation, RelationColumn } from "../../catalog/relation.ts";
import type { PolicyOf } from "../../catalog/row-security.ts";
import type { DefaultOf } from "../../catalog/sequence-uses.ts";
import type { FilledColumn } from "../analyze/analyze.ts";
import type { AlterTablePlan, OwnedSequence, SequenceChanged } from "../definition-plan.ts";
import type { Requirement, Scope } from "../draft.ts";
import type { Declared } from "./constraints.ts";

export interface Altering {
  readonly scope: Scope;
  readonly target: Relation;
  /** As it will be, so far. */
  relation: Relation;
  /** Columns whose rows are not the target's, by number. */
  readonly fillings: Map<number, FilledColumn["filling"]>;
  /** Numbers of columns no row may have NULL in. */
  readonly notNull: Set<number>;
  /** Constraints to be added when the columns are there. */
  readonly declared: Declared[];
  /** Names of constraints that the rows there are have to meet. */
  readonly verified: Set<string>;
  /** Foreign keys of other tables that go with what they stand on. */
  readonly dropped: ConstraintOf<ForeignKey>[];
  /** Views that go with the columns they read. */
  readonly droppedViews: Relation[];
  /** Made with its columns. */
  readonly sequences: OwnedSequence[];
  /** Of other tables, that draw from a sequence which goes with its column. */
  readonly droppedDefaults: DefaultOf[];
  /** Of its columns, as they will be. */
  readonly sequenceChanges: SequenceChanged[];
  readonly notices: AlterTablePlan["notices"][number][];
  /** Of other tables, that read what goes. */
  readonly droppedPolicies: PolicyOf[];
  readonly requirements: Requirement[];
}

/** Columns nobody can name so, nor alter. */
export const systemNames = new Set(["tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"]);

export function replaceColumn(altering: Altering, column: RelationColumn): void {
  const { relation } = altering;
  const columns = relation.columns.map((candidate) =>
    candidate.number === column.number ? column : candidate,
  );
  altering.relation = { ...relation, columns };
}

export function existing(name: string, relation: Relation): RelationColumn {
  const column = relation.columns.find((candidate) => candidate.name === name);
  if (column !== undefined) return column;
  if (systemNames.has(name)) throw new PgError("0A000", `cannot alter system column "${name}"`);
  throw missing(name, relation);
}

export function missing(name: string, relation: Relation): PgError {
  return new PgError("42703", `column "${name}" of relation "${relation.name}" does not exist`);
}
