/** Roles, memberships and grants as facts, and pure decisions on them. Knows no SQL text. */

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

export type ObjectKind = "table" | "schema" | "routine" | "database";

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
  readonly memberships: readonly {
    readonly role: number;
    readonly member: number;
    readonly admin: boolean;
  }[];
  readonly grants: readonly Grant[];
  isMember(member: number, role: number): boolean;
  /** Ownership, membership, PUBLIC and superuser taken into account; `owner` is the object's. */
  may(
    role: Role,
    privilege: Privilege,
    object: { readonly kind: ObjectKind; readonly oid: number; readonly owner: number },
  ): boolean;
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
