/**
 * WITH (…) of a table, and ALTER TABLE … SET (…): PostgreSQL's advice to its own storage. What a table here keeps as advice is
 * told in pg_class.reloptions; nothing depends on it. https://www.postgresql.org/docs/15/sql-createtable.html#SQL-CREATETABLE-STORAGE-PARAMETERS
 */
import type { Node } from "libpg-query";
import { PgError, unsupported } from "../../base/error.ts";
import { strings } from "./names.ts";

/** Its range, or what it is else. */
const parameters: Readonly<Record<string, readonly [number, number] | "bool">> = {
  fillfactor: [10, 100],
  parallel_workers: [0, 1024],
  autovacuum_enabled: "bool",
  autovacuum_vacuum_threshold: [0, 2_147_483_647],
  autovacuum_vacuum_scale_factor: [0, 100],
  autovacuum_analyze_threshold: [0, 2_147_483_647],
  autovacuum_analyze_scale_factor: [0, 100],
  toast_tuple_target: [128, 8160],
};

/** Of an index, whatever its method. */
export const indexParameters: typeof parameters = {
  fillfactor: [10, 100],
  deduplicate_items: "bool",
  fastupdate: "bool",
  gin_pending_list_limit: [64, 2_147_483_647],
  pages_per_range: [1, 131_072],
  autosummarize: "bool",
};

/** `name=value` each. 22023 as PostgreSQL for a name or a value it does not take. */
export function storageParameters(
  options: readonly Node[] | undefined,
  of: typeof parameters = parameters,
): readonly string[] {
  return (options ?? []).flatMap((option) => {
    if (!("DefElem" in option)) return [];
    const { defname = "", defnamespace, arg } = option.DefElem;
    // WITH (oids = false) and WITHOUT OIDS say what is so anyway.
    if (defname === "oids") {
      if (storageText(arg) === "true") throw unsupported("a table with OIDs");
      return [];
    }
    const kind = of[defname];
    if (kind === undefined || defnamespace !== undefined)
      throw new PgError("22023", `unrecognized parameter "${defname}"`);
    return [`${defname}=${checked(defname, storageText(arg), kind)}`];
  });
}

function checked(name: string, value: string, kind: readonly [number, number] | "bool"): string {
  if (kind === "bool") {
    if (/^(true|false|on|off|yes|no|0|1)$/.test(value)) return value;
    throw new PgError("22023", `invalid value for boolean option "${name}": ${value}`);
  }
  const [least, most] = kind;
  if (!/^-?\d+(\.\d+)?$/.test(value))
    throw new PgError("22023", `invalid value for integer option "${name}": ${value}`);
  if (Number(value) < least || Number(value) > most)
    throw new PgError("22023", `value ${value} out of bounds for option "${name}"`, {
      detail: `Valid values are between "${least}" and "${most}".`,
    });
  return value;
}

/** As written; a name alone is true. */
export function storageText(arg: Node | undefined): string {
  if (arg === undefined) return "true";
  if ("Integer" in arg) return String(arg.Integer.ival ?? 0);
  if ("Float" in arg) return arg.Float.fval ?? "0";
  if ("Boolean" in arg) return String(arg.Boolean.boolval ?? false);
  if ("TypeName" in arg) return strings(arg.TypeName.names).at(-1) ?? "";
  return strings([arg])[0] ?? "";
}
