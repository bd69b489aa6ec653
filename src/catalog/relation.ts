/** What a name in FROM can stand for, as plain data. */
import type { EngineValue } from "../pgtypes/vector.ts";
import type { ForeignPlace } from "../table/foreign.ts";
import type { LegacyRoot } from "../table/legacy.ts";
import type { SequenceSource } from "./sequence.ts";
import type { TableIndex } from "./table-index.ts";

export interface Schema {
  readonly oid: number;
  readonly name: string;
  readonly owner: number;
  readonly comment: string | null;
  /** Of the database: kept with the first bucket. */
  readonly databaseComment?: string | null;
  /** `temporary`: one session's own, in a bucket of its own that nobody else sees. */
  readonly kind: "bucket" | "system" | "temporary";
}

export interface RelationColumn {
  readonly name: string;
  /** 1-based; as pg_attribute.attnum. */
  readonly number: number;
  readonly typeOid: number;
  readonly typmod: number;
  readonly notNull: boolean;
  /** SQL text in PostgreSQL's dialect; what it names by regclass, it names by OID. Of a generated column: its expression. */
  readonly defaultText: string | null;
  readonly comment: string | null;
  /** GENERATED … AS IDENTITY: numbers of this sequence. */
  readonly identity?: { readonly kind: "always" | "by default"; readonly sequence: number };
  /** GENERATED ALWAYS AS (…) STORED. */
  readonly isGenerated?: boolean;
}

export interface Relation {
  readonly oid: number;
  readonly schema: string;
  readonly schemaOid: number;
  readonly name: string;
  readonly owner: number;
  readonly comment: string | null;
  readonly columns: readonly RelationColumn[];
  /** The highest attribute number ever given; the last column's when left out. Numbers of dropped columns are not given again. */
  readonly columnsMade?: number;
  /** tableoid, xmin, ctid: found when named, left out of `*` and of attnum > 0. Their numbers are PostgreSQL's, negative. */
  readonly systemColumns?: readonly RelationColumn[];
  /** In the order in which they were made; none when left out. */
  readonly constraints?: readonly TableConstraint[];
  /** Those that are no constraints. */
  readonly indexes?: readonly TableIndex[];
  /** CREATE POLICY, and whether its policies count. */
  readonly rowSecurity?: RowSecurity;
  /** OID of the index in whose order CLUSTER writes rows. */
  readonly clusteredOn?: number;
  /** Columns a dataset's folder is divided by, outermost first. */
  readonly partitionedBy?: readonly string[];
  /** As it was declared; both are kept the same. */
  readonly partitionStrategy?: "list" | "range";
  /** PostgreSQL's storage parameters, `name=value` each: kept and told, nothing depends on them. */
  readonly options?: readonly string[];
  /** Of a temporary one: what the end of a transaction leaves of it; everything when left out. */
  readonly onCommit?: "delete rows" | "drop";
  /** What a view shows, or a materialized view was filled from: its source is a dataset. */
  readonly view?: ViewDefinition;
  readonly source: RelationSource;
}

/** https://www.postgresql.org/docs/15/ddl-rowsecurity.html */
export interface RowSecurity {
  readonly isEnabled: boolean;
  /** The owner is subject to it too. */
  readonly isForced: boolean;
  readonly policies: readonly Policy[];
}

export interface Policy {
  readonly oid: number;
  readonly name: string;
  /** As pg_policy.polcmd: all, SELECT, INSERT, UPDATE, DELETE. */
  readonly command: "*" | "r" | "a" | "w" | "d";
  readonly isPermissive: boolean;
  /** OIDs; 0 = PUBLIC. */
  readonly roles: readonly number[];
  readonly using?: PolicyText;
  readonly check?: PolicyText;
  readonly comment?: string | null;
}

/** A condition on a row, in the whole statement that said it: CREATE or ALTER POLICY …, as it was written. */
export interface PolicyText {
  readonly sql: string;
  readonly part: "using" | "check";
  readonly names: FrozenNames;
  /** Its own table among them. */
  readonly reads: ViewDefinition["reads"];
}

/** A query under a name. Its text is read with the names it was made under, so that nothing renamed or added later changes it. */
export interface ViewDefinition {
  /** The whole statement that made it, as it was written: CREATE [MATERIALIZED] VIEW …. */
  readonly sql: string;
  readonly names: FrozenNames;
  /** What it stands on: relations by OID, and the numbers of the columns it reads. */
  readonly reads: readonly { readonly oid: number; readonly columns: readonly number[] }[];
  /** A materialized view that nobody may read before it is refreshed. */
  readonly isUnfilled?: boolean;
}

/** What the names in a stored text stand for, whatever they are by now. */
export interface FrozenNames {
  /** Schemas in which unqualified names were looked for, in order. */
  readonly path: readonly string[];
  readonly relations: readonly FrozenRelation[];
  /** `AT (…)` after a relation's name, by the name's place in the text. */
  readonly past?: readonly FrozenPast[];
}

export interface FrozenRelation {
  readonly schema: string;
  readonly name: string;
  readonly oid: number;
  /** Name and number of each column there was. */
  readonly columns: readonly (readonly [name: string, number: number])[];
}

export interface FrozenPast {
  readonly place: number;
  readonly oid: number;
  readonly version?: number;
  /** Milliseconds since 1970. */
  readonly timestamp?: number;
  readonly columns: readonly RelationColumn[];
}

/** A key, check or reference of a dataset. Columns are attribute numbers. https://www.postgresql.org/docs/15/catalog-pg-constraint.html */
export type TableConstraint = ConstraintKind & {
  readonly oid: number;
  readonly name: string;
  /** False for NOT ENFORCED: told to tools, never checked. */
  readonly isEnforced: boolean;
  readonly comment?: string | null;
  /** False for NOT VALID: rows that were there before have not been checked. */
  readonly isValidated?: boolean;
  /** DEFERRABLE, and how it begins in each transaction. */
  readonly deferrable?: "initially immediate" | "initially deferred";
};

type ConstraintKind =
  | {
      readonly kind: "primary key" | "unique";
      readonly columns: readonly number[];
      /** pg_index has a row for it, though nothing is stored. */
      readonly indexOid: number;
      readonly nullsNotDistinct?: boolean;
      /** Attribute numbers of INCLUDE: told to tools. */
      readonly include?: readonly number[];
      readonly indexComment?: string | null;
      /** Made by CREATE UNIQUE INDEX: as good as a constraint, but pg_constraint has no row for it. */
      readonly isIndex?: boolean;
      /** Of such a one: pg_index.indoption, where a column is not in the order of its values with NULLs last. */
      readonly options?: readonly number[];
    }
  | {
      readonly kind: "check";
      /** SQL text in PostgreSQL's dialect, over the row's own columns. */
      readonly expression: string;
      readonly columns: readonly number[];
      readonly noInherit?: boolean;
    }
  | {
      readonly kind: "foreign key";
      readonly columns: readonly number[];
      /** OID of the relation referred to. */
      readonly target: number;
      readonly targetColumns: readonly number[];
      readonly onUpdate: ReferentialAction;
      readonly onDelete: ReferentialAction;
      /** ON DELETE SET NULL (…), SET DEFAULT (…): which columns, when not all. */
      readonly deleteColumns?: readonly number[];
      readonly match: "simple" | "full";
    };

export type ReferentialAction = "no action" | "restrict" | "cascade" | "set null" | "set default";

export type RelationSource =
  /** A Delta table of ours, or somebody else's. `location` is the folder's key in the bucket. */
  | { readonly kind: "dataset"; readonly bucket: string; readonly location: string }
  /** A catalog of the reference system, served in place: Parquet objects in order, no log. */
  | {
      readonly kind: "legacy";
      readonly objects: readonly ObjectReference[];
      /** Where the imported catalog's folder is: in a bucket, or a folder under the data folder. */
      readonly root?: LegacyRoot;
      /** The dataset's manifest as it was, its object references apart. */
      readonly manifest?: Readonly<Record<string, unknown>>;
    }
  /** Somebody else's Delta table or folder of Parquet files, read where it is and never written. */
  | ForeignSource
  /** Numbers, one after the other. */
  | SequenceSource
  /**
   * A relation of pg_catalog, information_schema or lakehouse that is SQL over published facts; `engineName` is quoted and qualified.
   * With `takes` it shows less to some, or names otherwise, and is a table macro: FROM pg_shim.x(<OID of the current role>, <path>).
   */
  | {
      readonly kind: "shadow";
      readonly engineName: string;
      readonly takes?: readonly SessionFact[];
      /** It tells rows or bytes of datasets: their logs must be looked at first. */
      readonly readsFigures?: boolean;
      /** Columns that an engine table has as they are: whoever wants no others reads that, which is planned in a quarter of the time. */
      readonly stored?: {
        readonly engineName: string;
        readonly columns: ReadonlySet<string>;
        /** Columns in whose order PostgreSQL's rows lie, where that is known. */
        readonly order?: readonly string[];
      };
      /** It never has a row, or none unless: the engine's types of its columns, so that the engine need not look for one. */
      readonly empty?: {
        readonly types: ReadonlyMap<string, string>;
        readonly unless?: "policies";
      };
    }
  /** Rows made on the spot by a room: pg_stat_activity, lakehouse.buckets. Materialized before the statement runs. */
  | { readonly kind: "live"; readonly live: LiveRelation }
  /** A query somebody gave a name; `Relation.view` says which. Its columns are those it had then. */
  | { readonly kind: "view" };

/** The role that asks, and the schemas along which it looks. */
export type SessionFact = "role" | "path";

/** The foreign-data wrapper and the server of every foreign table. */
export const foreignWrapper = "lakewire";
export const foreignServer = "lakewire";

export interface ForeignSource extends ForeignPlace {
  readonly kind: "foreign";
  readonly server: string;
  /** As written in CREATE FOREIGN TABLE, in that order. */
  readonly options: Readonly<Record<string, string>>;
}

export interface ObjectReference {
  /** As recorded; may be empty or a legacy name until migrated. */
  readonly bucket: string;
  readonly key: string;
  readonly bytes: number;
  readonly rows: number | null;
}

/** A relation whose rows a room makes when asked. Declared by its room, handed to the catalog as data. */
export interface LiveRelation {
  readonly oid: number;
  readonly schema: "pg_catalog" | "lakehouse" | "information_schema" | "cron";
  readonly name: string;
  readonly comment: string;
  readonly columns: readonly {
    readonly name: string;
    readonly typeOid: number;
    readonly comment?: string;
  }[];
  rows(asker: Asker): Promise<readonly (readonly EngineValue[])[]>;
}

/** Who asks a live relation: it may show less to some. */
export interface Asker {
  readonly roleOid: number;
  readonly roleName: string;
  readonly isSuperuser: boolean;
  readonly pid: number;
}
