/** CREATE and DROP EXTENSION: what there is is built in. https://www.postgresql.org/docs/15/sql-createextension.html */
import type { CreateExtensionStmt, DropStmt } from "libpg-query";
import { PgError } from "../../base/error.ts";
import type { Draft } from "../draft.ts";
import { strings } from "./names.ts";

/** The server's own, and the one that every dump of PostgreSQL asks for first. */
const builtIn: ReadonlySet<string> = new Set(["lakewire", "plpgsql"]);

export function createExtension(node: CreateExtensionStmt): Draft {
  const { extname: name = "", if_not_exists: isFine = false } = node;
  if (!builtIn.has(name))
    throw new PgError("0A000", `extension "${name}" is not available`, {
      hint: "Everything this server offers is there already.",
    });
  const message = `extension "${name}" already exists`;
  if (!isFine) throw new PgError("42710", message);
  return {
    plan: {
      kind: "nothing",
      tag: "CREATE EXTENSION",
      notice: `${message}, skipping`,
      sqlstate: "42710",
    },
    parameterTypes: [],
    isReadOnly: false,
  };
}

export function dropExtension(node: DropStmt): Draft {
  const [name = ""] = strings(node.objects);
  if (builtIn.has(name))
    throw new PgError(
      "2BP01",
      `cannot drop extension ${name} because it is required by the database system`,
    );
  const message = `extension "${name}" does not exist`;
  if (node.missing_ok !== true) throw new PgError("42704", message);
  return {
    plan: { kind: "nothing", tag: "DROP EXTENSION", notice: `${message}, skipping` },
    parameterTypes: [],
    isReadOnly: false,
  };
}
