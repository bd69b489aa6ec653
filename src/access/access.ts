/**
 * Roles, memberships and grants as facts, and pure decisions on them. Knows no SQL text, and of objects only their OID
 * and owner. Facts are kept in the primary bucket (access-log.ts), changes are checked in changes.ts, decisions are
 * made in decide.ts, and pg_class.relacl's text in acl.ts.
 */

export interface Role {
  readonly oid: number;
  readonly name: string;
  readonly isSuperuser: boolean;
  readonly canLogin: boolean;
  readonly canCreateRole: boolean;
  readonly canCreateDatabase: boolean;
  readonly inherits: boolean;
  /** Subject to no policy. */
  readonly bypassesRowSecurity?: boolean;
  /** -1 = no limit. */
  readonly connectionLimit: number;
  readonly validUntil: Date | null;
  /** SCRAM-SHA-256$… as in pg_authid; null = cannot log in by password. */
  readonly verifier: string | null;
  readonly comment: string | null;
  /** ALTER ROLE … SET: run-time parameters its sessions begin with. */
  readonly settings?: Readonly<Record<string, string>>;
}

export type Privilege =
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

export type ObjectKind = "table" | "sequence" | "schema" | "routine" | "database" | "type";

/** An object as a decision needs it. */
export interface Securable {
  readonly kind: ObjectKind;
  readonly oid: number;
  readonly owner: number;
}

export interface Membership {
  readonly role: number;
  readonly member: number;
  /** WITH ADMIN OPTION. */
  readonly admin: boolean;
}

export interface Grant {
  readonly object: ObjectKind;
  readonly oid: number;
  /** Attribute number, of a privilege on one column of a table. */
  readonly column?: number;
  /** 0 = PUBLIC. */
  readonly grantee: number;
  readonly grantor: number;
  readonly privilege: Privilege;
  readonly withGrantOption: boolean;
}

/** One consistent view of roles and grants; `id` is part of every plan cache's key. */
export interface AccessVersion {
  readonly id: string;
  role(name: string): Role | undefined;
  roleByOid(oid: number): Role | undefined;
  readonly roles: readonly Role[];
  readonly memberships: readonly Membership[];
  readonly grants: readonly Grant[];
  /** What PUBLIC would have by default and does not. */
  readonly revokedDefaults: readonly RevokedDefault[];
  readonly defaultPrivileges: readonly DefaultPrivileges[];
  readonly settings: readonly Settings[];
  /** May SET ROLE to it: by any path of memberships, itself and for a superuser every role included. */
  isMember(member: number, role: number): boolean;
  /** Has its privileges without SET ROLE: by a path of members that inherit. */
  inherits(member: number, role: number): boolean;
  /** May grant it to others, and take it away. */
  isAdminOf(member: number, role: number): boolean;
  /** Ownership, membership, PUBLIC and superuser taken into account; `owner` is the object's. */
  may(role: Role, privilege: Privilege, object: Securable): boolean;
  /** The same of one column, for which a grant on the table is as good. */
  mayColumn(role: Role, privilege: Privilege, object: Securable, column: number): boolean;
  /**
   * In whose name `role` may GRANT or REVOKE it: the owner's when it has the owner's rights, its own or that of a role
   * it inherits from when that one holds the grant option; else undefined.
   */
  grantor(role: Role, privilege: Privilege, object: Securable, column?: number): number | undefined;
}

export interface RevokedDefault {
  readonly object: ObjectKind;
  readonly oid: number;
  readonly privilege: Privilege;
}

/** ALTER DEFAULT PRIVILEGES: what an object that `role` makes is born with. */
export interface DefaultPrivileges {
  /** As in pg_default_acl. */
  readonly oid: number;
  readonly role: number;
  /** 0: in all, and then `items` stand for PostgreSQL's own defaults; else they come on top. */
  readonly schema: number;
  readonly object: ObjectKind;
  /** The owner's own are not among them. */
  readonly items: readonly DefaultItem[];
}

export interface DefaultItem {
  /** 0 = PUBLIC. */
  readonly grantee: number;
  readonly privilege: Privilege;
  readonly withGrantOption: boolean;
}

/** Run-time parameters that sessions begin with; a role's own, in whatever database, are with the role. */
export interface Settings {
  /** False: in every database. */
  readonly isOfDatabase: boolean;
  /** OID; 0 = everybody. */
  readonly role: number;
  readonly values: Readonly<Record<string, string>>;
}

export type AccessChange =
  | { readonly kind: "create role"; readonly role: Omit<Role, "oid"> }
  | {
      readonly kind: "alter role";
      readonly name: string;
      readonly set: Partial<Omit<Role, "oid" | "name">>;
      readonly rename?: string;
    }
  | { readonly kind: "drop role"; readonly name: string }
  | {
      readonly kind: "grant role";
      readonly role: string;
      readonly member: string;
      readonly admin: boolean;
    }
  | { readonly kind: "revoke role"; readonly role: string; readonly member: string }
  | { readonly kind: "grant"; readonly grant: Grant }
  | {
      readonly kind: "revoke";
      readonly grant: Omit<Grant, "grantor" | "withGrantOption">;
      /** GRANT OPTION FOR: the privilege stays. */
      readonly optionOnly?: boolean;
      /** What the grantee has granted goes too, instead of 2BP01. */
      readonly cascade?: boolean;
    }
  | {
      readonly kind: "default privilege";
      readonly isGrant: boolean;
      /** Of a REVOKE `withGrantOption` says: the option alone. */
      readonly entry: Omit<DefaultPrivileges, "oid" | "items">;
      readonly item: DefaultItem;
    }
  | { readonly kind: "settings"; readonly settings: Settings }
  /** DROP OWNED: what was granted to a role, and what it grants by default, but for its memberships. */
  | { readonly kind: "revoke all"; readonly role: number };

export interface Access {
  current(): Promise<AccessVersion>;
  /** Durable before it resolves. 42710 role exists, 42704 no such role, 2BP01 role still needed. */
  commit(changes: readonly AccessChange[]): Promise<AccessVersion>;
}
