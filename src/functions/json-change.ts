/** jsonb with a part put in, replaced or taken out. */
import { PgError } from "../base/error.ts";
import { isArray, isObject, type Json, kindOf, sorted } from "../pgtypes/json-value.ts";

/** What is done at the end of a path. */
export interface Change {
  readonly kind: "set" | "insert" | "delete";
  /** Of set and insert. */
  readonly value: Json;
  /** set: also where nothing is yet. */
  readonly creates: boolean;
  /** insert: behind the item, not before it. */
  readonly isAfter: boolean;
}

export function changeAt(target: Json, path: readonly (string | null)[], change: Change): Json {
  if (kindOf(target) !== "object" && kindOf(target) !== "array")
    throw new PgError(
      "22023",
      change.kind === "delete" ? "cannot delete path in scalar" : "cannot set path in scalar",
    );
  return path.length === 0 ? target : changed(target, path, 0, change);
}

function changed(target: Json, path: readonly (string | null)[], at: number, change: Change): Json {
  const step = path[at];
  if (step === null || step === undefined)
    throw new PgError("22004", `path element at position ${at + 1} is null`);
  if (isObject(target)) return changedMember(target, step, path, at, change);
  if (isArray(target)) return changedItem(target, placeOf(step, at), path, at, change);
  return target;
}

function changedMember(
  target: ReadonlyMap<string, Json>,
  key: string,
  path: readonly (string | null)[],
  at: number,
  change: Change,
): Json {
  const old = target.get(key);
  const members = new Map(target);
  if (at < path.length - 1) {
    if (old === undefined) return target;
    return members.set(key, changed(old, path, at + 1, change));
  }
  if (change.kind === "delete") {
    members.delete(key);
    return members;
  }
  if (old !== undefined && change.kind === "insert")
    throw new PgError("22023", "cannot replace existing key", {
      hint: "Try using the function jsonb_set to replace key value.",
    });
  if (old === undefined && change.kind === "set" && !change.creates) return target;
  return sorted(members.set(key, change.value));
}

function placeOf(step: string, at: number): number {
  if (!isWhole(step))
    throw new PgError("22P02", `path element at position ${at + 1} is not an integer: "${step}"`);
  return Number(step);
}

function changedItem(
  target: readonly Json[],
  given: number,
  path: readonly (string | null)[],
  at: number,
  change: Change,
): Json {
  const place = given < 0 ? given + target.length : given;
  const old = target[place];
  const isThere = place >= 0 && place < target.length && old !== undefined;
  if (at < path.length - 1)
    return isThere ? target.with(place, changed(old, path, at + 1, change)) : target;
  if (change.kind === "delete") return isThere ? target.toSpliced(place, 1) : target;
  if (change.kind === "insert") {
    const beside =
      place < 0 ? 0 : Math.min(place + (isThere && change.isAfter ? 1 : 0), target.length);
    return target.toSpliced(beside, 0, change.value);
  }
  if (isThere) return target.with(place, change.value);
  if (!change.creates) return target;
  return place < 0 ? [change.value, ...target] : [...target, change.value];
}

/**
 * js['a'][1] = …: what is missing on the way is made, an array for a number and an object for a name; an array is filled with
 * nulls up to the place.
 */
export function assignedAt(
  target: Json | undefined,
  path: readonly (string | null)[],
  value: Json,
  at = 0,
): Json {
  const step = path[at];
  if (step === undefined) return value;
  if (step === null) throw new PgError("22004", "jsonb subscript in assignment must not be null");
  if (target === undefined) return assignedAt(isWhole(step) ? [] : new Map(), path, value, at);
  if (isObject(target))
    return sorted(new Map([...target, [step, assignedAt(target.get(step), path, value, at + 1)]]));
  if (!isArray(target))
    throw new PgError("22023", "cannot replace existing key", {
      detail: "The path assumes key is a composite object, but it is a scalar value.",
    });
  const given = placeOf(step, at);
  const place = given < 0 ? given + target.length : given;
  if (place < 0)
    throw new PgError("22023", `path element at position ${at + 1} is out of range: ${given}`);
  const filled = [...target, ...Array.from({ length: place - target.length }, () => null)];
  const item = assignedAt(target[place], path, value, at + 1);
  return place < target.length ? filled.with(place, item) : [...filled, item];
}

const isWhole = (step: string) => /^\s*[+-]?\d+$/.test(step);

/** || of jsonb: objects are merged, everything else is put together in an array. */
export function concatenated(a: Json, b: Json): Json {
  if (isObject(a) && isObject(b)) return sorted(new Map([...a, ...b]));
  const listed = (value: Json) => (isArray(value) ? value : [value]);
  return [...listed(a), ...listed(b)];
}

/** Without members of these names, or strings of these texts. */
export function withoutKeys(value: Json, keys: ReadonlySet<string | null>): Json {
  if (isObject(value)) return new Map([...value].filter(([key]) => !keys.has(key)));
  if (isArray(value)) return value.filter((one) => !(typeof one === "string" && keys.has(one)));
  throw new PgError("22023", "cannot delete from scalar");
}

export function withoutPlace(value: Json, given: number): Json {
  if (isObject(value)) throw new PgError("22023", "cannot delete from object using integer index");
  if (!isArray(value)) throw new PgError("22023", "cannot delete from scalar");
  const place = given < 0 ? given + value.length : given;
  return value.filter((_, i) => i !== place);
}

export function withoutNulls(value: Json): Json {
  if (isArray(value)) return value.map(withoutNulls);
  if (!isObject(value)) return value;
  return new Map(
    [...value].flatMap(([key, one]) => (one === null ? [] : [[key, withoutNulls(one)] as const])),
  );
}

/** @>: everything of `inner` is in `outer`; an array may contain a bare scalar at the top. */
export function contains(outer: Json, inner: Json, equal: (a: Json, b: Json) => boolean): boolean {
  if (isArray(outer) && kindOf(inner) !== "array" && kindOf(inner) !== "object")
    return outer.some((one) => equal(one, inner));
  return containsNested(outer, inner, equal);
}

function containsNested(outer: Json, inner: Json, equal: (a: Json, b: Json) => boolean): boolean {
  if (isObject(outer) && isObject(inner))
    return [...inner].every(([key, one]) => {
      const own = outer.get(key);
      return own !== undefined && containsNested(own, one, equal);
    });
  if (isArray(outer) && isArray(inner))
    return inner.every((one) => outer.some((own) => containsNested(own, one, equal)));
  return equal(outer, inner);
}
