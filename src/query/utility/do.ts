/** DO: which language, and what its body says. https://www.postgresql.org/docs/15/sql-do.html */
import type { DoStmt } from "@pgsql/types";
import { PgError } from "../../base/error.ts";
import type { Draft, Scope } from "../draft.ts";
import { positionOf } from "../draft.ts";
import { readBlock } from "../plpgsql/block.ts";

export function doBlock({ args = [] }: DoStmt, scope: Scope): Draft {
  const given = new Map<string, string>();
  for (const node of args) {
    if (!("DefElem" in node)) continue;
    const { defname = "", arg, location } = node.DefElem;
    if (given.has(defname))
      throw new PgError("42601", "conflicting or redundant options", positionOf(scope, location));
    given.set(defname, arg !== undefined && "String" in arg ? (arg.String.sval ?? "") : "");
  }
  const body = given.get("as");
  if (body === undefined) throw new PgError("42601", "no inline code specified");
  checkLanguage(given.get("language") ?? "plpgsql");
  return { plan: { kind: "do", block: readBlock(body) }, isReadOnly: true };
}

function checkLanguage(language: string): void {
  if (language === "plpgsql") return;
  if (["sql", "c", "internal"].includes(language))
    throw new PgError("0A000", `language "${language}" does not support inline code execution`);
  throw new PgError("42704", `language "${language}" does not exist`);
}
