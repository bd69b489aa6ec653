/** CREATE, ALTER and DROP DATABASE: there is one, and it stays. https://www.postgresql.org/docs/15/manage-ag-overview.html */
import type { AlterDatabaseStmt, CreatedbStmt, DropdbStmt } from "libpg-query";
import { PgError, unsupported } from "../../base/error.ts";
import type { Draft, Scope } from "../draft.ts";
import { databaseNamed } from "./database.ts";

export function createDatabase({ dbname = "" }: CreatedbStmt, { context }: Scope): Draft {
  if (dbname === context.database)
    throw new PgError("42P04", `database "${dbname}" already exists`);
  throw unsupported("CREATE DATABASE", {
    hint: "There is one database; CREATE SCHEMA makes a bucket.",
  });
}

export function dropDatabase(node: DropdbStmt, { context }: Scope): Draft {
  const { dbname = "", missing_ok: isMissingFine = false } = node;
  if (dbname === context.database)
    throw new PgError("55006", "cannot drop the currently open database");
  const message = `database "${dbname}" does not exist`;
  if (!isMissingFine) throw new PgError("3D000", message);
  return {
    plan: { kind: "nothing", tag: "DROP DATABASE", notice: `${message}, skipping` },
    parameterTypes: [],
    isReadOnly: false,
  };
}

/** 3D000 for one that is not there; what there is, is as the server was started. */
export function alterDatabase({ dbname = "" }: AlterDatabaseStmt, { context }: Scope): Draft {
  databaseNamed(dbname, context);
  throw unsupported("ALTER DATABASE", { hint: "Set it in the server's configuration file." });
}

export function renameDatabase(name: string, { context }: Scope): Draft {
  databaseNamed(name, context);
  throw new PgError("0A000", "current database cannot be renamed");
}
