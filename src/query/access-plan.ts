/** What statements on roles and grants come to: plain data, made by utility/, executed by session/. */
import type { ObjectKind, Privilege } from "../access/access.ts";

export interface RoleOptions {
  readonly login?: boolean;
  readonly superuser?: boolean;
  readonly createRole?: boolean;
  readonly createDatabase?: boolean;
  readonly inherit?: boolean;
  readonly bypassRowSecurity?: boolean;
  readonly connectionLimit?: number;
  /** Plain text or a SCRAM verifier; null = PASSWORD NULL. */
  readonly password?: string | null;
  readonly validUntil?: string;
}

export type AccessPlan =
  | {
      readonly kind: "create role";
      readonly name: string;
      readonly options: RoleOptions;
      readonly inRoles: readonly string[];
      readonly members: readonly string[];
    }
  | {
      readonly kind: "alter role";
      readonly name: string;
      readonly options: RoleOptions;
      /** COMMENT ON ROLE. */
      readonly comment?: string | null;
      readonly rename?: string;
    }
  | {
      readonly kind: "alter role set";
      readonly tag: "ALTER ROLE" | "ALTER DATABASE";
      /** Undefined: everybody. */
      readonly name: string | undefined;
      /** IN DATABASE, and ALTER DATABASE. */
      readonly isOfDatabase: boolean;
      /** Undefined: RESET ALL. */
      readonly parameter: string | undefined;
      /** Undefined: RESET, or SET … TO DEFAULT. */
      readonly value: string | undefined;
    }
  | { readonly kind: "drop role"; readonly names: readonly string[]; readonly ifExists: boolean }
  | {
      readonly kind: "grant role";
      readonly isGrant: boolean;
      readonly roles: readonly string[];
      readonly members: readonly string[];
      readonly admin: boolean;
    }
  | {
      readonly kind: "grant";
      readonly isGrant: boolean;
      readonly privileges: readonly Privilege[];
      readonly objects: readonly {
        readonly kind: ObjectKind;
        readonly oid: number;
      }[];
      /** Privileges on columns of tables, by their attribute numbers. */
      readonly columns: readonly ColumnPrivilege[];
      /** Role names; "public" is everybody. */
      readonly grantees: readonly string[];
      /** Of REVOKE: GRANT OPTION FOR. */
      readonly withGrantOption: boolean;
      /** REVOKE … CASCADE: what was granted on, too. */
      readonly cascade: boolean;
    }
  | {
      readonly kind: "default privileges";
      readonly isGrant: boolean;
      readonly object: ObjectKind;
      readonly privileges: readonly Privilege[];
      /** OIDs of those whose objects are to be. */
      readonly roles: readonly number[];
      /** OIDs; 0 alone: all. */
      readonly schemas: readonly number[];
      readonly grantees: readonly string[];
      readonly withGrantOption: boolean;
    };

export interface ColumnPrivilege {
  readonly privilege: Privilege;
  /** Of the table. */
  readonly oid: number;
  readonly column: number;
}
