/** Functions without arguments that are views here, called in FROM. */
import type { RangeFunction, RangeVar } from "@pgsql/types";
import { nameParts } from "./types.ts";

/** PostgreSQL's views over functions without arguments; here the view comes first. */
const views: Readonly<Record<string, string>> = {
  pg_available_extension_versions: "pg_available_extension_versions",
  pg_available_extensions: "pg_available_extensions",
  pg_cursor: "pg_cursors",
  pg_lock_status: "pg_locks",
  pg_prepared_statement: "pg_prepared_statements",
  pg_show_all_settings: "pg_settings",
  pg_timezone_abbrevs: "pg_timezone_abbrevs",
  pg_timezone_names: "pg_timezone_names",
};

export function viewOfFunction(node: RangeFunction): RangeVar | undefined {
  const [only, second] = node.functions ?? [];
  const [call] = only !== undefined && "List" in only ? (only.List.items ?? []) : [];
  if (second !== undefined || call === undefined || !("FuncCall" in call)) return undefined;
  const { funcname, args, location } = call.FuncCall;
  const [first = "", name = first] = nameParts(funcname);
  const relname = views[name];
  if (relname === undefined || args !== undefined || node.ordinality) return undefined;
  return {
    schemaname: "pg_catalog",
    relname,
    alias: node.alias ?? { aliasname: name },
    ...(location === undefined ? {} : { location }),
  };
}
