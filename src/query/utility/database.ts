/** The one database there is, as privileges are asked of it. */
import { PgError } from "../../base/error.ts";
import { databaseOid } from "../../catalog/facts.ts";
import { bootstrapRole } from "../authorize.ts";
import type { Owned } from "../draft.ts";
import type { QueryContext } from "../query.ts";

export function database(context: QueryContext): Owned {
  return { kind: "database", oid: databaseOid, owner: bootstrapRole, name: context.database };
}

/** 3D000 for any other name. */
export function databaseNamed(name: string, context: QueryContext): Owned {
  if (name !== context.database) throw new PgError("3D000", `database "${name}" does not exist`);
  return database(context);
}
