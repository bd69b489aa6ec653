/**
 * What sql/ stands on: the catalog, roles, grants, routines and settings as plain rows in engine schema `facts`,
 * beside PostgreSQL's own in `static`. Rooms above hand theirs down as the shapes declared here.
 */
import type { CatalogVersion } from "./catalog.ts";
import type { PolicyText, Relation, RelationColumn } from "./relation.ts";
import type { UserFunction } from "./user-function.ts";
import type { UserType } from "./user-type.ts";

/** Everything published. One that is not given to `publish` stays as it was. */
export interface Facts {
  readonly catalog: CatalogVersion;
  readonly access: AccessFacts;
  /** Items such as `ann=r/admin`; null when the defaults hold. Goes with `access`. */
  readonly acl: (object: Securable) => readonly string[] | null;
  /** The rest of what ACLs tell. Goes with `access`. */
  readonly aclRows: () => AclRows;
  /** What views mean: SQL's meaning is above this room. Goes with `catalog`. */
  readonly views: ViewFacts;
  readonly routines: readonly RoutineFact[];
  /** Values of run-time parameters where they differ from PostgreSQL's own default, and parameters of ours. */
  readonly settings: readonly SettingFact[];
  /** By relation OID. A value that is the same object is taken for unchanged. */
  readonly statistics: ReadonlyMap<number, RelationStatistics>;
}

export interface AclRows {
  /** Columns on which something is granted. */
  readonly columns: readonly {
    readonly relation: number;
    readonly number: number;
    readonly acl: readonly string[];
  }[];
  readonly defaults: readonly {
    readonly oid: number;
    readonly role: number;
    readonly schema: number;
    readonly object: ObjectKind;
    readonly acl: readonly string[];
  }[];
}

export interface ViewFacts {
  /** pg_get_viewdef. */
  text(view: Relation, path: readonly string[], style: ViewStyle): string;
  /** RETURN … or BEGIN ATOMIC … END of a function that keeps its names. */
  functionBody(made: UserFunction, path: readonly string[]): string;
  /** An expression that the catalog keeps as text; undefined where it cannot be read by now. */
  expression(kept: KeptExpression, path: readonly string[], isPretty: boolean): string | undefined;
  /** Numbers of the columns that INSERT and UPDATE can give values to; undefined: it cannot be written at all. */
  writtenColumns(view: Relation): readonly number[] | undefined;
}

/** Over a row of a relation, or over a domain's VALUE. */
export type KeptExpression =
  | {
      readonly text: string;
      readonly relation: Relation;
      /** Of a default or a generated value: the column that takes it. */
      readonly column?: RelationColumn | undefined;
    }
  | { readonly policy: PolicyText; readonly text: string; readonly relation: Relation }
  | { readonly text: string; readonly domain: Extract<UserType, { kind: "domain" }> };

export interface ViewStyle {
  /** Parentheses only where they are needed. */
  readonly isPretty: boolean;
  /** Where a list of columns is broken: 0 puts each on a line of its own. */
  readonly wrapColumn: number;
}

/** Figures are asked for when it is known that others have not just brought them. */
export type WantedFacts = Partial<Omit<Facts, "statistics">> & {
  readonly statistics?: () => Promise<Facts["statistics"]>;
  /** Names that were committed later do as well. */
  readonly orNewer?: boolean;
};

export interface FactPublisher {
  /** Brings the tables to these facts; cheap when they are there. */
  publish(facts: Partial<Facts>): Promise<void>;
  /**
   * The same, and nobody else changes them until the promised function is called: a statement that reads the catalog holds
   * them from before it starts until the engine has started it. Those who hold the same facts do so together.
   */
  hold(wanted: WantedFacts): Promise<HeldFacts>;
  /** What is published now. */
  readonly current: Facts;
}

export interface HeldFacts {
  /**
   * Differs whenever the tables do. It belongs into the text of a statement over them: the engine leaves out of a plan what a
   * table's values rule out, and a statement that it keeps prepared would not find what has come since.
   */
  readonly number: number;
  release(): void;
}

export interface RoleFact {
  readonly oid: number;
  readonly name: string;
  readonly isSuperuser: boolean;
  readonly canLogin: boolean;
  readonly canCreateRole: boolean;
  readonly canCreateDatabase: boolean;
  readonly inherits: boolean;
  readonly bypassesRowSecurity?: boolean;
  readonly connectionLimit: number;
  readonly validUntil: Date | null;
  readonly verifier: string | null;
  readonly comment: string | null;
  readonly settings?: Readonly<Record<string, string>>;
}

export interface GrantFact {
  readonly object: ObjectKind;
  readonly oid: number;
  /** 0 = PUBLIC. */
  readonly column?: number;
  readonly grantee: number;
  readonly grantor: number;
  readonly privilege: PrivilegeName;
  readonly withGrantOption: boolean;
}

export type ObjectKind = "table" | "sequence" | "schema" | "routine" | "database" | "type";

export type PrivilegeName =
  | "SELECT"
  | "INSERT"
  | "UPDATE"
  | "DELETE"
  | "TRUNCATE"
  | "REFERENCES"
  | "TRIGGER"
  | "USAGE"
  | "CREATE"
  | "CONNECT"
  | "TEMPORARY"
  | "EXECUTE";

/** What the catalog wants of access/: its AccessVersion is one. */
export interface AccessFacts {
  readonly id: string;
  readonly roles: readonly RoleFact[];
  readonly memberships: readonly {
    readonly role: number;
    readonly member: number;
    readonly admin: boolean;
  }[];
  readonly grants: readonly GrantFact[];
  readonly settings: readonly {
    readonly isOfDatabase: boolean;
    readonly role: number;
    readonly values: Readonly<Record<string, string>>;
  }[];
  role(name: string): RoleFact | undefined;
  roleByOid(oid: number): RoleFact | undefined;
  isMember(member: number, role: number): boolean;
  /** Has its privileges without SET ROLE. */
  inherits(member: number, role: number): boolean;
  may(role: RoleFact, privilege: PrivilegeName, object: Securable): boolean;
  mayColumn(role: RoleFact, privilege: PrivilegeName, object: Securable, column: number): boolean;
}

export interface Securable {
  readonly kind: ObjectKind;
  readonly oid: number;
  readonly owner: number;
}

/** What the catalog wants of a routine: a declaration of routines/ is one. */
export interface RoutineFact {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  readonly kind: "function" | "procedure";
  readonly volatility: "immutable" | "stable" | "volatile";
  readonly summary: string;
  readonly arguments: Readonly<Record<string, RoutineColumnFact>>;
  readonly returns: Readonly<Record<string, RoutineColumnFact>>;
}

export interface RoutineColumnFact {
  readonly typeOid: number;
  readonly isOptional: boolean;
  /** SQL text. */
  readonly defaultText: string | undefined;
}

export interface SettingFact {
  readonly name: string;
  readonly setting: string;
  /** Needed for a parameter PostgreSQL does not have. */
  readonly description?: string;
  readonly variableType?: "bool" | "enum" | "integer" | "real" | "string";
}

export interface RelationStatistics {
  readonly rows: number | undefined;
  readonly bytes: number;
  readonly files: number;
  readonly version: number;
  readonly created: Date | undefined;
  readonly updated: Date | undefined;
  /** When ANALYZE last looked at it. */
  readonly analyzed?: Date;
  readonly columns?: readonly ColumnStatistics[];
  /** One version's object references, in order; left out where nobody has asked for them. */
  readonly objects?: readonly {
    readonly bucket: string;
    readonly key: string;
    readonly bytes: number;
    readonly rows: number | null;
  }[];
}

export interface ColumnStatistics {
  /** As RelationColumn.number. */
  readonly number: number;
  readonly nullFraction: number | null;
  /** Average bytes of a value; this and what follows is only known once the dataset was analyzed. */
  readonly width: number | null;
  /** Estimated count of different values. */
  readonly distinct: number | null;
  /** As pg_stats.n_distinct. */
  readonly nDistinct: number | null;
}

export const databaseName = "lakehouse";
/** There is one database, so its OID is a constant: the first a user could have made. */
export const databaseOid = 16384;
/** Owner of what PostgreSQL is born with; no role has to have this OID. */
export const bootstrapRoleOid = 10;

/** What is published before anything is. */
export const noFacts: Facts = {
  catalog: {
    id: "",
    schemas: new Map(),
    buckets: [],
    relation: () => undefined,
    relationByOid: () => undefined,
    relations: () => [],
    schemaByOid: () => undefined,
    functionsIn: () => new Map(),
    type: () => undefined,
    typeByOid: () => undefined,
    types: () => [],
  },
  access: {
    id: "",
    roles: [],
    memberships: [],
    grants: [],
    settings: [],
    role: () => undefined,
    roleByOid: () => undefined,
    isMember: () => false,
    inherits: () => false,
    may: () => false,
    mayColumn: () => false,
  },
  acl: () => null,
  aclRows: () => ({ columns: [], defaults: [] }),
  views: {
    text: () => "",
    functionBody: () => "",
    expression: () => undefined,
    writtenColumns: () => undefined,
  },
  routines: [],
  settings: [],
  statistics: new Map(),
};
