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
  /** May SET ROLE to it: by any path of memberships, itself and for a superuser every role included. */
  isMember(member: number, role: number): boolean;
  /** Has its privileges without SET ROLE: by a path of members that inherit. */
  inherits(member: number, role: number): boolean;
  /** May grant it to others, and take it away. */
  isAdminOf(member: number, role: number): boolean;
  /** Ownership, membership, PUBLIC and superuser taken into account; `owner` is the object's. */
  may(role: Role, privilege: Privilege, object: Securable): boolean;
  /**
   * In whose name `role` may GRANT or REVOKE it: the owner's when it has the owner's rights, its own or that of a role
   * it inherits from when that one holds the grant option; else undefined.
   */
  grantor(role: Role, privilege: Privilege, object: Securable): number | undefined;
}

export interface RevokedDefault {
  readonly object: ObjectKind;
  readonly oid: number;
  readonly privilege: Privilege;
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
  | { readonly kind: "revoke"; readonly grant: Omit<Grant, "grantor" | "withGrantOption"> };

export interface Access {
  current(): Promise<AccessVersion>;
  /** Durable before it resolves. 42710 role exists, 42704 no such role, 2BP01 role still needed. */
  commit(changes: readonly AccessChange[]): Promise<AccessVersion>;
}
