/** Paths followed through jsonb values: lax and strict, with errors that predicates and `silent` swallow. */
import { PgError } from "../base/error.ts";
import {
  isArray,
  isNumber,
  isObject,
  type Json,
  type JsonNumber,
  type JsonObject,
  kindOf,
  numberOf,
} from "../pgtypes/json-value.ts";
import {
  type Arithmetic,
  type Comparison,
  type JsonPath,
  type Method,
  type PathNode,
  regexOf,
  type Step,
} from "../pgtypes/jsonpath.ts";
import { finite, type Numeric, parseNumeric } from "../pgtypes/numeric.ts";
import { computed } from "../pgtypes/numeric-arithmetic.ts";
import { comparePoints } from "../pgtypes/range.ts";
import { byteOrder } from "./compare.ts";
import { compareMoments, Moment, momentBy, momentOf } from "./jsonpath-moment.ts";

/** What a path finds: JSON, or a point in time that .datetime() made. */
export type Item = Json | Moment;

/** undefined: unknown. */
type Truth = boolean | undefined;

interface Place {
  readonly current: Item;
  /** Of the innermost array that is subscripted. */
  readonly lastIndex: number | undefined;
}

export class PathRun {
  readonly #path: JsonPath;
  readonly #root: Json;
  readonly #variables: JsonObject;
  readonly #usesZone: boolean;

  constructor(path: JsonPath, root: Json, variables: JsonObject, usesZone: boolean) {
    this.#path = path;
    this.#root = root;
    this.#variables = variables;
    this.#usesZone = usesZone;
  }

  items(): readonly Item[] {
    return this.#items(this.#path.root, { current: this.#root, lastIndex: undefined });
  }

  get #isLax(): boolean {
    return !this.#path.isStrict;
  }

  #items(node: PathNode, place: Place): readonly Item[] {
    switch (node.kind) {
      case "root":
        return [this.#root];
      case "current":
        return [place.current];
      case "literal":
        return [node.value];
      case "last":
        if (place.lastIndex === undefined)
          throw new PgError("42601", "LAST is allowed only in array subscripts");
        return [numberOf(finite(BigInt(place.lastIndex), 0))];
      case "variable": {
        const value = this.#variables.get(node.name);
        if (value === undefined)
          throw new PgError("42704", `could not find jsonpath variable "${node.name}"`);
        return [value];
      }
      case "chain":
        return node.steps.reduce<readonly Item[]>(
          (found, step) => found.flatMap((item) => this.#step(step, item, place, this.#isLax)),
          this.#items(node.base, place),
        );
      case "arithmetic":
        return [this.#arithmetic(node, place)];
      case "sign":
        return this.#unwrapped(node.argument, place).map((item) => signed(item, node.operator));
      default: {
        const truth = this.#truth(node, place);
        return [truth === undefined ? null : truth];
      }
    }
  }

  /** In lax mode the items of arrays instead of the arrays. */
  #unwrapped(node: PathNode, place: Place): readonly Item[] {
    const found = this.#items(node, place);
    return this.#isLax ? found.flatMap<Item>((item) => (isItems(item) ? item : [item])) : found;
  }

  #step(step: Step, item: Item, place: Place, unwraps: boolean): readonly Item[] {
    const each = (): readonly Item[] | undefined =>
      unwraps && isItems(item)
        ? item.flatMap((one) => this.#step(step, one, place, false))
        : undefined;
    switch (step.kind) {
      case "key":
        return each() ?? this.#member(item, step.name);
      case "any key":
        if (isMembers(item)) return [...item.values()];
        return (
          each() ??
          this.#missing(
            "2203C",
            "jsonpath wildcard member accessor can only be applied to an object",
          )
        );
      case "any item":
        if (isItems(item)) return item;
        return this.#isLax
          ? [item]
          : fail("22039", "jsonpath wildcard array accessor can only be applied to an array");
      case "items":
        return this.#places(step.places, item, place);
      case "descend":
        return descendants(
          item,
          step.from ?? Number.POSITIVE_INFINITY,
          step.to ?? Number.POSITIVE_INFINITY,
          step.from === undefined,
        );
      case "filter":
        return (
          each() ??
          (this.#truth(step.predicate, { ...place, current: item }) === true ? [item] : [])
        );
      case "method":
        if (step.name === "type") return [typeOf(item)];
        if (step.name === "size") return [this.#size(item)];
        return each() ?? this.#method(step.name, step.argument, item, place);
      default:
        return step satisfies never;
    }
  }

  #member(item: Item, name: string): readonly Item[] {
    if (!isMembers(item))
      return this.#missing("2203A", "jsonpath member accessor can only be applied to an object");
    const value = item.get(name);
    return value === undefined
      ? this.#missing("2203A", `JSON object does not contain key "${name}"`)
      : [value];
  }

  #missing(sqlstate: string, message: string): readonly Item[] {
    return this.#isLax ? [] : fail(sqlstate, message);
  }

  #places(
    places: Extract<Step, { kind: "items" }>["places"],
    item: Item,
    place: Place,
  ): readonly Item[] {
    if (!isItems(item) && !this.#isLax)
      return fail("22039", "jsonpath array accessor can only be applied to an array");
    const items: readonly Item[] = isItems(item) ? item : [item];
    const inner = { ...place, lastIndex: items.length - 1 };
    return places.flatMap(({ from, to }) => {
      const first = this.#subscript(from, inner);
      const last = to === undefined ? first : this.#subscript(to, inner);
      const isOutside = first < 0 || first > last || last >= items.length;
      if (isOutside && !this.#isLax) fail("22033", "jsonpath array subscript is out of bounds");
      return items.slice(Math.max(first, 0), Math.max(last + 1, 0));
    });
  }

  #subscript(node: PathNode, place: Place): number {
    const [only, second] = this.#items(node, place);
    if (only === undefined || second !== undefined || only instanceof Moment || !isNumber(only))
      return fail("22033", "jsonpath array subscript is not a single numeric value");
    const at = Math.trunc(Number(only.text));
    if (Math.abs(at) > 2 ** 31)
      return fail("22033", "jsonpath array subscript is out of integer range");
    return at;
  }

  #size(item: Item): Json {
    if (isItems(item)) return numberOf(finite(BigInt(item.length), 0));
    if (!this.#isLax)
      return fail("22039", "jsonpath item method .size() can only be applied to an array");
    return numberOf(finite(1n, 0));
  }

  #method(
    name: Exclude<Method, "type" | "size">,
    argument: PathNode | undefined,
    item: Item,
    place: Place,
  ): readonly Item[] {
    switch (name) {
      case "keyvalue":
        return keyValues(item);
      case "double":
        return [doubled(item)];
      case "datetime": {
        const [template] = argument === undefined ? [] : this.#items(argument, place);
        const text = item instanceof Moment ? undefined : item;
        if (typeof text !== "string")
          return fail("22031", "jsonpath item method .datetime() can only be applied to a string");
        return [typeof template === "string" ? momentBy(text, template) : momentOf(text)];
      }
      default:
        return [rounded(name, item)];
    }
  }

  #arithmetic(node: Extract<PathNode, { kind: "arithmetic" }>, place: Place): Json {
    const operand = (part: PathNode, which: string): Numeric => {
      const [only, second] = this.#unwrapped(part, place);
      if (only === undefined || second !== undefined || only instanceof Moment || !isNumber(only))
        return fail(
          "22038",
          `${which} operand of jsonpath operator ${node.operator} is not a single numeric value`,
        );
      return only.numeric;
    };
    const left = operand(node.left, "left");
    return numberOf(
      computed(node.operator satisfies Arithmetic, left, operand(node.right, "right")),
    );
  }

  // ── Predicates ────────────────────────────────────────────────────────────────────────────────────────────────────

  #truth(node: PathNode, place: Place): Truth {
    switch (node.kind) {
      case "and": {
        const left = this.#truth(node.left, place);
        if (left === false) return false;
        const right = this.#truth(node.right, place);
        return right === true ? left : right;
      }
      case "or": {
        const left = this.#truth(node.left, place);
        if (left === true) return true;
        const right = this.#truth(node.right, place);
        return right === false ? left : right;
      }
      case "not": {
        const truth = this.#truth(node.argument, place);
        return truth === undefined ? undefined : !truth;
      }
      case "is unknown":
        return this.#truth(node.argument, place) === undefined;
      case "exists":
        return swallowed(() => this.#items(node.argument, place).length > 0);
      case "comparison":
        return this.#anyPair(node.left, node.right, place, (a, b) =>
          this.#compared(a, b, node.operator),
        );
      case "starts with":
        return this.#anyPair(node.left, node.right, place, (a, b) =>
          typeof a === "string" && typeof b === "string" ? a.startsWith(b) : undefined,
        );
      case "like_regex": {
        const regex = regexOf(node.pattern, node.flags);
        return this.#anyPair(node.argument, undefined, place, (item) =>
          typeof item === "string" ? regex.test(item) : undefined,
        );
      }
      default: {
        const [only, second] = swallowed(() => this.#items(node, place)) ?? [];
        return typeof only === "boolean" && second === undefined ? only : undefined;
      }
    }
  }

  /** executePredicate: true as soon as one pair is, in lax mode; in strict mode one unknown makes all so. */
  #anyPair(
    left: PathNode,
    right: PathNode | undefined,
    place: Place,
    test: (a: Item, b: Item) => Truth,
  ): Truth {
    return swallowed(() => {
      const lefts = this.#unwrapped(left, place);
      const rights = right === undefined ? [null] : this.#unwrapped(right, place);
      let isUnknown = false;
      let isFound = false;
      for (const a of lefts)
        for (const b of rights) {
          const truth = test(a, b);
          if (truth === undefined) {
            if (!this.#isLax) return undefined;
            isUnknown = true;
          } else if (truth) {
            if (this.#isLax) return true;
            isFound = true;
          }
        }
      if (isFound) return true;
      return isUnknown ? undefined : false;
    });
  }

  #compared(a: Item, b: Item, operator: Comparison): Truth {
    if (a instanceof Moment || b instanceof Moment) {
      const by =
        a instanceof Moment && b instanceof Moment
          ? compareMoments(a, b, this.#usesZone)
          : undefined;
      return by === undefined ? undefined : holds(operator, by);
    }
    const [left, right] = [kindOf(a), kindOf(b)];
    if (left !== right) return left === "null" || right === "null" ? operator === "!=" : undefined;
    if (left === "null") return holds(operator, 0);
    if (typeof a === "boolean") return holds(operator, Number(a) - Number(b));
    if (isNumber(a) && isNumber(b)) return holds(operator, comparePoints(a.numeric, b.numeric));
    if (typeof a === "string" && typeof b === "string") return holds(operator, byteOrder(a, b));
    return undefined;
  }
}

function holds(operator: Comparison, by: number): boolean {
  switch (operator) {
    case "==":
      return by === 0;
    case "!=":
      return by !== 0;
    case "<":
      return by < 0;
    case ">":
      return by > 0;
    case "<=":
      return by <= 0;
    case ">=":
      return by >= 0;
    default:
      return operator satisfies never;
  }
}

function fail(sqlstate: string, message: string): never {
  throw new PgError(sqlstate, message);
}

/** Errors of the data, which predicates take for unknown and `silent` for nothing. */
export function isSwallowed(error: unknown): boolean {
  return error instanceof PgError && /^22(?:03|012|003|P02|007|008)/.test(error.sqlstate);
}

function swallowed<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch (error) {
    if (isSwallowed(error)) return undefined;
    throw error;
  }
}

const isItems = (item: Item): item is readonly Json[] => !(item instanceof Moment) && isArray(item);
const isMembers = (item: Item): item is JsonObject => !(item instanceof Moment) && isObject(item);

function numeric(item: Item, method: string): JsonNumber {
  if (!(item instanceof Moment) && isNumber(item)) return item;
  return fail("22036", `jsonpath item method .${method}() can only be applied to a numeric value`);
}

function typeOf(item: Item): Json {
  return item instanceof Moment ? item.typeName : kindOf(item);
}

/** By depth first, as they stand; level 0 is the item itself. */
function descendants(item: Item, from: number, to: number, isLeaves: boolean, level = 0): Item[] {
  const children: readonly Item[] = isItems(item)
    ? item
    : isMembers(item)
      ? [...item.values()]
      : [];
  const isWanted = isLeaves
    ? children.length === 0 && !isItems(item) && !isMembers(item)
    : level >= from && level <= to;
  const below =
    level < to
      ? children.flatMap((child) => descendants(child, from, to, isLeaves, level + 1))
      : [];
  return isWanted ? [item, ...below] : below;
}

function signed(item: Item, operator: "+" | "-"): Json {
  if (item instanceof Moment || !isNumber(item))
    return fail("2203B", `operand of unary jsonpath operator ${operator} is not a numeric value`);
  if (operator === "+" || item.numeric.kind !== "finite") return item;
  return numberOf(finite(-item.numeric.unscaled, item.numeric.scale));
}

function rounded(name: "ceiling" | "floor" | "abs", item: Item): Json {
  const { numeric: value } = numeric(item, name);
  if (value.kind !== "finite") return numberOf(value);
  const { unscaled, scale } = value;
  if (name === "abs") return numberOf(finite(unscaled < 0n ? -unscaled : unscaled, scale));
  const unit = 10n ** BigInt(scale);
  const cut = unscaled / unit;
  const rest = unscaled % unit;
  const up = name === "ceiling" && rest > 0n ? 1n : name === "floor" && rest < 0n ? -1n : 0n;
  return numberOf(finite(cut + up, 0));
}

function doubled(item: Item): Json {
  const text =
    item instanceof Moment
      ? undefined
      : typeof item === "string"
        ? item.trim()
        : isNumber(item)
          ? item.text
          : undefined;
  if (text === undefined)
    return fail(
      "22036",
      "jsonpath item method .double() can only be applied to a string or numeric value",
    );
  const value = /^[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
  if (!Number.isFinite(value))
    return fail(
      "22036",
      typeof item === "string"
        ? "string argument of jsonpath item method .double() is not a valid representation of a double precision number"
        : "numeric argument of jsonpath item method .double() is out of range for type double precision",
    );
  return numberOf(parseNumeric(String(value)) ?? finite(0n, 0));
}

function keyValues(item: Item): readonly Json[] {
  if (!isMembers(item))
    return fail("2203C", "jsonpath item method .keyvalue() can only be applied to an object");
  return [...item].map(
    ([key, value]) =>
      new Map<string, Json>([
        ["id", numberOf(finite(0n, 0))],
        ["key", key],
        ["value", value],
      ]),
  );
}
