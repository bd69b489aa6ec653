/** Statements PostgreSQL has and this server has not, each with what to use instead. */
import { type PgError, unsupported } from "../../base/error.ts";

/** By the parser's name of the node: what it is called, and a hint. */
const refused: Readonly<Record<string, readonly [what: string, hint?: string]>> = {
  CreateRangeStmt: ["CREATE TYPE", "Use two columns."],
  CreateTrigStmt: ["CREATE TRIGGER"],
  CreateEventTrigStmt: ["CREATE EVENT TRIGGER"],
  RuleStmt: ["CREATE RULE"],
  AlterExtensionStmt: ["ALTER EXTENSION"],
  CreateCastStmt: ["CREATE CAST"],
  CreateConversionStmt: ["CREATE CONVERSION"],
  CreatePLangStmt: ["CREATE LANGUAGE"],
  CreateOpClassStmt: ["CREATE OPERATOR CLASS"],
  CreateStatsStmt: ["CREATE STATISTICS", "Data files carry statistics."],
  CreatePublicationStmt: ["CREATE PUBLICATION"],
  CreateSubscriptionStmt: ["CREATE SUBSCRIPTION"],
  CreateFdwStmt: [
    "CREATE FOREIGN DATA WRAPPER",
    "There is one, lakewire, and its server lakewire.",
  ],
  CreateUserMappingStmt: ["CREATE USER MAPPING"],
  ImportForeignSchemaStmt: [
    "IMPORT FOREIGN SCHEMA",
    "CREATE FOREIGN TABLE … () takes the columns that are there.",
  ],
  CreateTableSpaceStmt: ["CREATE TABLESPACE", "A bucket is a place for data: CREATE SCHEMA."],
  DropTableSpaceStmt: ["DROP TABLESPACE"],
  AlterSystemStmt: ["ALTER SYSTEM", "Set it in the server's configuration file."],
  AlterObjectSchemaStmt: ["ALTER … SET SCHEMA", "Use CREATE TABLE AS in the other schema."],
  AlterOwnerStmt: ["ALTER … OWNER TO of anything but a table"],
  RenameStmt: ["ALTER … RENAME of anything but a table or a role"],
  SecLabelStmt: ["SECURITY LABEL"],
  LoadStmt: ["LOAD"],
  ReturnStmt: ["RETURN"],
};

export function refusedStatement(kind: string): PgError {
  const [what, hint] = refused[kind] ?? [`the statement ${kind.replace(/Stmt$/, "")}`];
  return unsupported(what, { hint });
}

/** CREATE of what is defined by a list of properties. */
export function refusedDefinition(objectType: string): PgError {
  const words = objectType.replace(/^OBJECT_/, "").replaceAll("_", " ");
  const hint = words === "TYPE" ? "CREATE TYPE … AS ENUM, and AS (…), are there." : undefined;
  return unsupported(`CREATE ${words}`, { hint });
}

export function refusedDrop(objectType: string): PgError {
  const words = objectType.replace(/^OBJECT_/, "").replaceAll("_", " ");
  return unsupported(`DROP ${words}`, { hint: "Tables, schemas and roles can be dropped." });
}
