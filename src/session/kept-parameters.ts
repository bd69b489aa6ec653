/** Run-time parameters that a session begins with because somebody keeps them for it: ALTER ROLE … SET and kin. */
import type { AccessVersion, Role } from "../access/access.ts";
import type { KeptValues } from "../config/layers.ts";

/** The weaker before the stronger. https://www.postgresql.org/docs/15/sql-alterrole.html */
export function keptValues(role: Role, { settings }: AccessVersion): readonly KeptValues[] {
  const of = (oid: number, isOfDatabase: boolean) =>
    settings.find((each) => each.role === oid && each.isOfDatabase === isOfDatabase)?.values ?? {};
  return [
    { source: "global", values: of(0, false) },
    { source: "database", values: of(0, true) },
    { source: "user", values: role.settings ?? {} },
    { source: "database user", values: of(role.oid, true) },
  ];
}
