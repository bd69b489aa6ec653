/** Changes to JSON as text: numbers and strings stay the characters they were. The text comes from the engine and is well formed. */
import { PgError } from "../base/error.ts";

/** Scalars as their text; of two fields with one name the last counts. */
type Json = string | Json[] | Map<string, Json>;

/** jsonb_strip_nulls: fields that are null go, at every depth; items of arrays stay. */
export function withoutNulls(text: string): string {
  return write(stripped(read(text)));
}

function stripped(value: Json): Json {
  if (typeof value === "string") return value;
  if (Array.isArray(value)) return value.map(stripped);
  return new Map(
    [...value]
      .filter(([, field]) => field !== "null")
      .map(([key, field]) => [key, stripped(field)]),
  );
}

/** `#-`. 22023 for a scalar, 22P02 for a step into an array that is no number. */
export function withoutPath(text: string, path: readonly string[]): string {
  const value = read(text);
  if (typeof value === "string") throw new PgError("22023", "cannot delete path in scalar");
  return path.length === 0 ? text : write(without(value, path, 0));
}

function without(value: Json, path: readonly string[], at: number): Json {
  const step = path[at];
  if (step === undefined || typeof value === "string") return value;
  const isLast = at === path.length - 1;
  if (Array.isArray(value)) {
    const index = placeIn(value, step, at);
    return value.flatMap((item, i) =>
      i !== index ? [item] : isLast ? [] : [without(item, path, at + 1)],
    );
  }
  const key = JSON.stringify(step);
  return new Map(
    [...value].flatMap(([name, field]): [string, Json][] => {
      if (name !== key) return [[name, field]];
      return isLast ? [] : [[name, without(field, path, at + 1)]];
    }),
  );
}

function placeIn(items: readonly Json[], step: string, at: number): number {
  if (!/^\s*[+-]?\d+\s*$/.test(step))
    throw new PgError("22P02", `path element at position ${at + 1} is not an integer: "${step}"`);
  const index = Number(step);
  return index < 0 ? items.length + index : index;
}

function write(value: Json): string {
  if (typeof value === "string") return value;
  if (Array.isArray(value)) return `[${value.map(write).join(",")}]`;
  return `{${Array.from(value, ([key, field]) => `${key}:${write(field)}`).join(",")}}`;
}

const token = /\s*([{}[\],:]|"(?:[^"\\]|\\.)*"|[^\s{}[\],:"]+)/sy;

/** Keys as JSON.stringify writes them, so that two spellings of one name are one. */
function read(text: string): Json {
  let at = 0;
  const next = (): string => {
    token.lastIndex = at;
    const [, found = ""] = token.exec(text) ?? [];
    at = token.lastIndex;
    return found;
  };
  const value = (first: string): Json => {
    if (first === "[") return items();
    return first === "{" ? fields() : first;
  };
  const items = (): Json[] => {
    const list: Json[] = [];
    for (let one = next(); one !== "]" && one !== ""; one = next())
      if (one !== ",") list.push(value(one));
    return list;
  };
  const fields = (): Map<string, Json> => {
    const map = new Map<string, Json>();
    for (let one = next(); one !== "}" && one !== ""; one = next()) {
      if (one === ",") continue;
      const key = JSON.stringify(JSON.parse(one));
      next();
      map.set(key, value(next()));
    }
    return map;
  };
  return value(next());
}
