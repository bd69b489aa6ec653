/** What CREATE, ALTER, DROP and COMMENT come to: plain data, made by utility/, executed by session/. */
import type { ConstraintOf, ForeignKey } from "../catalog/constraints.ts";
import type {
  Relation,
  RelationColumn,
  TableConstraint,
  ViewDefinition,
} from "../catalog/relation.ts";
import type { RelationKind } from "../catalog/relation-kind.ts";
import type { SequenceOptions, SequenceOwner } from "../catalog/sequence.ts";
import type { SequenceRelation } from "../catalog/sequence-uses.ts";
import type { EngineText } from "./plan.ts";
import type { TypePlan, TypesGone } from "./type-plan.ts";

export interface ColumnDefinition {
  readonly name: string;
  readonly typeOid: number;
  readonly typmod: number;
  readonly notNull: boolean;
  readonly defaultText: string | null;
  /** None when left out. */
  readonly comment?: string | null;
}

/**
 * A constraint to be: OIDs come with execution. A column's number is its place in the new table, 1-based; a foreign key's
 * target 0 is the table itself.
 */
export type ConstraintDefinition = TableConstraint extends infer Each
  ? Each extends TableConstraint
    ? Omit<Each, "oid" | "indexOid">
    : never
  : never;

export type DefinitionPlan =
  | {
      readonly kind: "create table";
      /** `pg_temp` for a temporary table. */
      readonly schema: string;
      readonly onCommit?: "delete rows" | "drop";
      readonly name: string;
      readonly columns: readonly ColumnDefinition[];
      readonly constraints: readonly ConstraintDefinition[];
      /** Storage parameters: `name=value` each. */
      readonly options: readonly string[];
      readonly partitionedBy?: readonly string[];
      readonly partitionStrategy?: "list" | "range";
      readonly ifNotExists: boolean;
      /** CREATE TABLE … AS: `columns` with typeOid 0 are completed from the engine. */
      readonly as:
        | {
            readonly text: EngineText;
            readonly withData: boolean;
            readonly tag: "SELECT" | "CREATE TABLE AS";
          }
        | undefined;
    }
  | {
      readonly kind: "create foreign table";
      readonly schema: string;
      readonly name: string;
      /** None: they are those of the files. */
      readonly columns: readonly ColumnDefinition[];
      readonly ifNotExists: boolean;
      /** As written. */
      readonly options: Readonly<Record<string, string>>;
      readonly location: string;
      /** Undefined: a Delta table when there is a log. */
      readonly format: "delta" | "parquet" | undefined;
    }
  | {
      readonly kind: "drop table";
      readonly cascade: boolean;
      /** Which the statement said. */
      readonly what: RelationKind;
      readonly targets: readonly Relation[];
      readonly missing: readonly string[];
    }
  | {
      readonly kind: "create view";
      /** `pg_temp` for a temporary one. */
      readonly schema: string;
      readonly name: string;
      /** OR REPLACE: what is there. */
      readonly replaced: Relation | undefined;
      readonly columns: readonly RelationColumn[];
      readonly options: readonly string[];
      readonly view: ViewDefinition;
      readonly notices: AlterTablePlan["notices"];
    }
  | AlterTablePlan
  | {
      readonly kind: "create sequence";
      /** `pg_temp` for a temporary one. */
      readonly schema: string;
      readonly name: string;
      readonly options: SequenceOptions;
      readonly ownedBy?: SequenceOwner;
      readonly ifNotExists: boolean;
    }
  | {
      readonly kind: "alter sequence";
      readonly target: SequenceRelation;
      /** As they will be. */
      readonly options: SequenceOptions;
      /** Where it begins again. */
      readonly restart: string | undefined;
      /** Null: nobody's any more; left out: as it is. */
      readonly ownedBy?: SequenceOwner | null;
    }
  | {
      readonly kind: "rename table";
      readonly what: RelationKind;
      readonly target: Relation;
      readonly to: string;
    }
  | {
      readonly kind: "comment";
      readonly target: Relation;
      readonly column: number;
      readonly text: string | null;
    }
  | {
      readonly kind: "create schema";
      readonly name: string;
      readonly ifNotExists: boolean;
      readonly owner: string | undefined;
    }
  | {
      readonly kind: "alter schema";
      readonly name: string;
      readonly owner?: number;
      readonly comment?: string | null;
    }
  | {
      readonly kind: "drop schema";
      readonly names: readonly string[];
      readonly missing: readonly string[];
      readonly cascade: boolean;
      /** The schemas' types, and what CASCADE takes from things elsewhere that stand on them. */
      readonly types: TypesGone;
    }
  | TypePlan;

/** ALTER TABLE but for RENAME TO: the relation as it will be, and what becomes of its rows. */
export interface AlterTablePlan {
  readonly kind: "alter table";
  /** ALTER TABLE when left out. */
  readonly tag?: string;
  readonly target: Relation;
  readonly after: Relation;
  /** Gives every row anew, in the columns of `after`, when rows must change. */
  readonly rewrite: EngineText | undefined;
  /** Columns of `after` that may hold NULL in no row there is: 23502. */
  readonly notNull: readonly string[];
  /** Names of constraints of `after` that every row there is must meet; those with OID 0 are new. */
  readonly verified: readonly string[];
  /** Foreign keys of other tables that go with the keys they stand on. */
  readonly dropped: readonly ConstraintOf<ForeignKey>[];
  /** Views that go with the columns they read, each before what it reads. */
  readonly droppedViews: readonly Relation[];
  readonly notices: readonly {
    readonly sqlstate: string;
    readonly message: string;
    readonly detail?: string;
  }[];
}
