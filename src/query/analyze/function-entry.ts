/** The range entry of something that is called: its columns under the alias's names, ordinality last. */
import type { Alias } from "@pgsql/types";
import { unique } from "./analysis.ts";
import { oid } from "./oids.ts";
import type { Scope } from "./scope.ts";
import type { Alias as GivenAlias, RangeEntry, RangeSource } from "./tree.ts";
import { nameParts } from "./types.ts";

export function makeFunctionEntry(
  alias: Alias | undefined,
  name: string,
  columns: readonly {
    readonly name: string;
    readonly engineName?: string;
    readonly type: number;
    readonly typmod?: number;
  }[],
  source: Extract<RangeSource, { kind: "functions" | "call" | "query" }>,
  scope: Scope,
): RangeEntry {
  const visible = alias?.aliasname ?? name;
  const all =
    source.kind !== "query" && source.hasOrdinality
      ? [...columns, { name: "ordinality", type: oid.int8 }]
      : columns;
  const renamed = nameParts(alias?.colnames);
  if (renamed.length > all.length)
    throw scope.analysis.error(
      "42P10",
      `table "${visible}" has ${all.length} columns available but ${renamed.length} columns specified`,
      undefined,
    );
  const taken = new Set<string>();
  return {
    alias: scope.analysis.alias(visible === "" ? "unnamed" : visible),
    name: visible,
    depth: scope.depth,
    columns: all.map((column, i) => ({
      name: renamed[i] ?? column.name,
      engineName:
        ("engineName" in column ? column.engineName : undefined) ??
        unique(column.name === "" ? "column" : column.name, taken),
      type: column.type,
      typmod: column.typmod ?? -1,
      number: 0,
    })),
    source,
    ...given(alias),
    used: new Set(),
  };
}

/** The alias as it was given. */
export function given(alias: Alias | undefined): { readonly given?: GivenAlias } {
  if (alias?.aliasname === undefined) return {};
  return { given: { name: alias.aliasname, columns: nameParts(alias.colnames) } };
}
