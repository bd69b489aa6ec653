/** Roles a lakehouse is born with. */
import type { Membership, Role } from "./access.ts";

/** The superuser's, as PostgreSQL's bootstrap superuser's: it owns what nobody made. */
export const superuserOid = 10;

/**
 * Roles that people make are numbered from here: far above every relation's OID, so that a number read in a log or a
 * client is one thing only, and below 2³¹, because some drivers read an OID as a signed number.
 */
export const firstRoleOid = 2_000_000_000;

const plain: Omit<Role, "oid" | "name" | "comment"> = {
  isSuperuser: false,
  canLogin: false,
  canCreateRole: false,
  canCreateDatabase: false,
  inherits: true,
  connectionLimit: -1,
  validUntil: null,
  verifier: null,
};

export function superuser(name: string): Role {
  return {
    ...plain,
    oid: superuserOid,
    name,
    isSuperuser: true,
    canLogin: true,
    canCreateRole: true,
    canCreateDatabase: true,
    comment: "may do everything",
  };
}

/** PostgreSQL's, with its OIDs; those that could mean nothing here are left out. https://www.postgresql.org/docs/15/predefined-roles.html */
export const predefinedRoles: readonly Role[] = [
  predefined(6181, "pg_read_all_data"),
  predefined(6182, "pg_write_all_data"),
  predefined(3373, "pg_monitor"),
  predefined(3374, "pg_read_all_settings"),
  predefined(3375, "pg_read_all_stats"),
  predefined(4200, "pg_signal_backend"),
];

export const predefinedMemberships: readonly Membership[] = [
  { role: 3374, member: 3373, admin: false },
  { role: 3375, member: 3373, admin: false },
];

/** Made at first start; from then on they are roles like any other, and may be dropped. */
export const firstRoles: readonly Omit<Role, "oid">[] = [
  { ...plain, name: "recruiter", comment: "works with candidates, clients and placements" },
  { ...plain, name: "analyst", comment: "reads for reports; personal data masked" },
  { ...plain, name: "agent", comment: "programs acting for people; personal data masked" },
];

function predefined(oid: number, name: string): Role {
  return { ...plain, oid, name, comment: null };
}
