/** Does a vector hold what a query asks for. */
import type { Position, Query, Vector } from "../pgtypes/tsvector.ts";

export function matches(vector: Vector, query: Query | undefined): boolean {
  return query !== undefined && holds(vector, query);
}

function holds(vector: Vector, query: Query): boolean {
  switch (query.kind) {
    case "lexeme":
      return entriesOf(vector, query).some(
        (positions) =>
          query.weights === "" ||
          positions.length === 0 ||
          positions.some(({ weight }) => query.weights.includes(weight)),
      );
    case "not":
      return !holds(vector, query.argument);
    case "and":
      return holds(vector, query.left) && holds(vector, query.right);
    case "or":
      return holds(vector, query.left) || holds(vector, query.right);
    case "phrase": {
      const found = placesOf(vector, query);
      return found.isNegated || found.places.length > 0;
    }
    default:
      return query satisfies never;
  }
}

type Wanted = Extract<Query, { kind: "lexeme" }>;

export function entriesOf(vector: Vector, wanted: Wanted): readonly (readonly Position[])[] {
  if (!wanted.isPrefix) {
    const positions = vector.get(wanted.text);
    return positions === undefined ? [] : [positions];
  }
  return [...vector].flatMap(([lexeme, positions]) =>
    lexeme.startsWith(wanted.text) ? [positions] : [],
  );
}

interface Places {
  readonly places: readonly number[];
  /** Everywhere but there. */
  readonly isNegated: boolean;
  /** From the first word of what was found to its last. */
  readonly width: number;
}

/** https://github.com/postgres/postgres/blob/REL_15_STABLE/src/backend/utils/adt/tsvector_op.c: TS_phrase_execute */
function placesOf(vector: Vector, query: Query): Places {
  switch (query.kind) {
    case "lexeme": {
      const places = entriesOf(vector, query).flatMap((positions) =>
        positions
          .filter(({ weight }) => query.weights === "" || query.weights.includes(weight))
          .map(({ at }) => at),
      );
      return { places: sortedUnique(places), isNegated: false, width: 0 };
    }
    case "not": {
      const inner = placesOf(vector, query.argument);
      return { ...inner, isNegated: !inner.isNegated };
    }
    case "phrase": {
      const [left, right] = [placesOf(vector, query.left), placesOf(vector, query.right)];
      const shift = query.distance + right.width;
      return both(left, right, shift, 0, left.width + shift);
    }
    default: {
      const [left, right] = [placesOf(vector, query.left), placesOf(vector, query.right)];
      const width = Math.max(left.width, right.width);
      const [a, b] = [width - left.width, width - right.width];
      if (query.kind === "and") return both(left, right, a, b, width);
      // One or the other: what neither is not.
      const flipped = (one: Places): Places => ({ ...one, isNegated: !one.isNegated });
      return flipped(both(flipped(left), flipped(right), a, b, width));
    }
  }
}

function both(left: Places, right: Places, a: number, b: number, width: number): Places {
  const lefts = left.places.map((place) => place + a);
  const rights = right.places.map((place) => place + b);
  if (left.isNegated && right.isNegated)
    return { places: sortedUnique([...lefts, ...rights]), isNegated: true, width };
  const [leftSet, rightSet] = [new Set(lefts), new Set(rights)];
  const places = left.isNegated
    ? rights.filter((place) => !leftSet.has(place))
    : lefts.filter((place) => rightSet.has(place) !== right.isNegated);
  return { places, isNegated: false, width };
}

function sortedUnique(places: readonly number[]): readonly number[] {
  return [...new Set(places)].sort((a, b) => a - b);
}
