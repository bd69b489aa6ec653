/**
 * Foreign tables: https://www.postgresql.org/docs/15/sql-createforeigntable.html. There is one server, which reads Delta
 * tables and folders of Parquet files that somebody else writes.
 */
import type {
  Constraint,
  CreateForeignServerStmt,
  CreateForeignTableStmt,
  DropStmt,
  Node,
} from "libpg-query";
import { must } from "../../base/assert.ts";
import { PgError, unsupported } from "../../base/error.ts";
import { foreignServer, foreignWrapper } from "../../catalog/relation.ts";
import { ownedSchema } from "../authorize.ts";
import { type Draft, positionOf, type Scope } from "../draft.ts";
import { creationSchema, nameOf, strings } from "./names.ts";
import { options, textOf } from "./options.ts";
import { columnDefinitions } from "./tables.ts";

const oneServer = {
  hint: `Tables in files are attached by the server "${foreignServer}"; ingest_file() copies them.`,
};

export function createForeignTable(node: CreateForeignTableStmt, scope: Scope): Draft {
  const base = must(node.base, "CREATE FOREIGN TABLE has a table");
  const range = must(base.relation, "CREATE FOREIGN TABLE has a name");
  if (base.inhRelations !== undefined || base.partbound !== undefined)
    throw unsupported("a foreign table that is a partition or inherits");
  const elements = base.tableElts ?? [];
  for (const element of elements) refuseConstraints(element, scope);
  const columns = columnDefinitions(elements, range, scope);
  const name = nameOf(range, scope.context);
  const schema = creationSchema(name, scope.context, positionOf(scope, range.location));
  requireServer(node.servername ?? "");
  const given = optionsOf(node.options);
  return {
    plan: {
      kind: "create foreign table",
      schema: schema.name,
      name: name.name,
      columns,
      ifNotExists: base.if_not_exists ?? false,
      options: given,
      location: must(given["location"], "a location is given"),
      format: formatIn(given),
    },
    parameterTypes: [],
    requirements: [{ kind: "privilege", privilege: "CREATE", object: ownedSchema(schema) }],
    isReadOnly: false,
  };
}

/** The one that is there may be asked for; another would have nothing to be. */
export function createServer(node: CreateForeignServerStmt, scope: Scope): Draft {
  const { servername = "", fdwname = "", if_not_exists: isFine = false } = node;
  if (!scope.context.role.isSuperuser)
    throw new PgError("42501", `permission denied for foreign-data wrapper ${fdwname}`);
  if (fdwname !== foreignWrapper)
    throw new PgError("42704", `foreign-data wrapper "${fdwname}" does not exist`, oneServer);
  if (servername !== foreignServer) throw unsupported("another foreign server", oneServer);
  const message = `server "${servername}" already exists`;
  if (!isFine) throw new PgError("42710", message);
  const notice = `${message}, skipping`;
  return { plan: { kind: "nothing", tag: "CREATE SERVER", notice }, isReadOnly: false };
}

export function dropServer(node: DropStmt): Draft {
  for (const name of strings(node.objects)) {
    if (name === foreignServer)
      throw new PgError(
        "2BP01",
        `cannot drop server ${name} because it is required by the database system`,
      );
    if (node.missing_ok !== true) requireServer(name);
  }
  const missing = strings(node.objects).map((name) => `server "${name}" does not exist, skipping`);
  return {
    plan: { kind: "nothing", tag: "DROP SERVER", notice: missing.join("\n") },
    isReadOnly: false,
  };
}

function requireServer(name: string): void {
  if (name !== foreignServer)
    throw new PgError("42704", `server "${name}" does not exist`, oneServer);
}

const known = ["location", "format"];

function optionsOf(nodes: readonly Node[] | undefined): Readonly<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const { name, value } of options(nodes)) {
    if (name in found) throw new PgError("42710", `option "${name}" provided more than once`);
    if (!known.includes(name))
      throw new PgError("HV00D", `invalid option "${name}"`, {
        hint: `Valid options in this context are: ${known.join(", ")}`,
      });
    found[name] = textOf(value) ?? "";
  }
  if (found["location"] === undefined || found["location"] === "")
    throw new PgError("HV002", `location is required for ${foreignWrapper} foreign tables`);
  return found;
}

function formatIn({ format }: Readonly<Record<string, string>>): "delta" | "parquet" | undefined {
  if (format === undefined || format === "delta" || format === "parquet") return format;
  throw new PgError("22023", `foreign table format "${format}" not recognized`, {
    hint: "Formats are delta and parquet; without one it is found out.",
  });
}

const constraintWords: Readonly<Record<string, string>> = {
  CONSTR_PRIMARY: "primary key constraints",
  CONSTR_UNIQUE: "unique constraints",
  CONSTR_FOREIGN: "foreign key constraints",
  CONSTR_EXCLUSION: "exclusion constraints",
  CONSTR_CHECK: "check constraints",
  CONSTR_GENERATED: "generated columns",
  CONSTR_IDENTITY: "identity columns",
};

/** What is not kept in the files cannot be promised of them. */
function refuseConstraints(element: Node, scope: Scope): void {
  if ("TableLikeClause" in element)
    throw new PgError("42809", "LIKE is not supported for creating foreign tables");
  const nodes = "ColumnDef" in element ? (element.ColumnDef.constraints ?? []) : [element];
  for (const node of nodes) {
    const { contype, location }: Constraint = "Constraint" in node ? node.Constraint : {};
    const words = constraintWords[contype ?? ""];
    if (words !== undefined) throw unsupportedOn(words, scope, location);
  }
  const [option] = "ColumnDef" in element ? options(element.ColumnDef.fdwoptions) : [];
  if (option !== undefined)
    throw new PgError("HV00D", `invalid option "${option.name}"`, {
      hint: "There are no valid options in this context.",
    });
}

function unsupportedOn(words: string, scope: Scope, location: number | undefined): PgError {
  return new PgError(
    "0A000",
    `${words} are not supported on foreign tables`,
    positionOf(scope, location),
  );
}
