/** jsonb_path_…: https://www.postgresql.org/docs/15/functions-json.html#FUNCTIONS-SQLJSON-PATH */
import { PgError } from "../base/error.ts";
import {
  isObject,
  type Json,
  type JsonObject,
  readJsonb,
  writeJsonb,
} from "../pgtypes/json-value.ts";
import { readJsonPath } from "../pgtypes/jsonpath.ts";
import type { EngineValue } from "../pgtypes/vector.ts";
import { type Item, isSwallowed, PathRun } from "./jsonpath.ts";
import { Moment } from "./jsonpath-moment.ts";
import type { KernelTable } from "./kernel.ts";

interface Asked {
  readonly target: string;
  readonly path: string;
  readonly variables?: string | undefined;
  readonly isSilent?: boolean | undefined;
  readonly usesZone: boolean;
}

function variablesOf(text: string | undefined): JsonObject {
  if (text === undefined) return new Map();
  const value = readJsonb(text);
  if (isObject(value)) return value;
  throw new PgError("22023", '"vars" argument is not an object', {
    detail: 'Jsonpath parameters should be encoded as key-value pairs of "vars" object.',
  });
}

/** undefined: an error that was to be swallowed. */
function found({
  target,
  path,
  variables,
  isSilent,
  usesZone,
}: Asked): readonly Item[] | undefined {
  const run = new PathRun(readJsonPath(path), readJsonb(target), variablesOf(variables), usesZone);
  try {
    return run.items();
  } catch (error) {
    if (isSilent && isSwallowed(error)) return undefined;
    throw error;
  }
}

const shown = (item: Item): string =>
  writeJsonb(item instanceof Moment ? (item.text as Json) : item);

function match(asked: Asked): boolean | null {
  const items = found(asked);
  if (items === undefined) return null;
  const [only, second] = items;
  if (second === undefined && typeof only === "boolean") return only;
  if (second === undefined && only === null) return null;
  if (asked.isSilent) return null;
  throw new PgError("22038", "single boolean result is expected");
}

const results: Readonly<Record<string, (asked: Asked) => EngineValue>> = {
  "exists bool": (asked) => {
    const items = found(asked);
    return items === undefined ? null : items.length > 0;
  },
  "match bool": match,
  "query jsonb[]": (asked) => (found(asked) ?? []).map(shown),
  "query_array jsonb": (asked) => `[${(found(asked) ?? []).map(shown).join(", ")}]`,
  "query_first jsonb": (asked) => {
    const [first] = found(asked) ?? [];
    return first === undefined ? null : shown(first);
  },
};

function pathKernels(): KernelTable {
  const table: Record<string, (...values: never[]) => EngineValue> = {
    "jsonb_path_exists_opr(jsonb,jsonpath) bool": (target: string, path: string) =>
      results["exists bool"]?.({ target, path, isSilent: true, usesZone: false }) ?? null,
    "jsonb_path_match_opr(jsonb,jsonpath) bool": (target: string, path: string) =>
      match({ target, path, isSilent: true, usesZone: false }),
  };
  for (const [key, result] of Object.entries(results))
    for (const suffix of ["", "_tz"]) {
      const [name = "", type = ""] = key.split(" ");
      const usesZone = suffix !== "";
      const named = `jsonb_path_${name}${suffix}`;
      table[`${named}(jsonb,jsonpath) ${type}`] = (target: string, path: string) =>
        result({ target, path, usesZone });
      table[`${named}(jsonb,jsonpath,jsonb) ${type}`] = (
        target: string,
        path: string,
        variables: string,
      ) => result({ target, path, variables, usesZone });
      table[`${named}(jsonb,jsonpath,jsonb,bool) ${type}`] = (
        target: string,
        path: string,
        variables: string,
        isSilent: boolean,
      ) => result({ target, path, variables, isSilent, usesZone });
    }
  return table;
}

export const jsonbPathKernels: KernelTable = pathKernels();
