/** How well a vector answers a query. https://github.com/postgres/postgres/blob/REL_15_STABLE/src/backend/utils/adt/tsrank.c */
import { PgError } from "../base/error.ts";
import type { Position, Query, Vector, Weight } from "../pgtypes/tsvector.ts";
import { entriesOf } from "./ts-match.ts";

type Wanted = Extract<Query, { kind: "lexeme" }>;
type Weights = Readonly<Record<Weight, number>>;

const f32 = Math.fround;
const farAway = 16383;
/** Where a lexeme has no positions. */
const nowhere: readonly Position[] = [{ at: farAway - 1, weight: "D" }];

/** D, C, B, A; a negative one is the default. */
export function weightsOf(given: readonly (number | null)[] | undefined): Weights {
  const defaults = [0.1, 0.2, 0.4, 1];
  const [d = 0.1, c = 0.2, b = 0.4, a = 1] = defaults.map((standard, i) => {
    const weight = given?.[i];
    if (given !== undefined && given.length < 4)
      throw new PgError("2202E", "array of weight is too short");
    if (weight === null) throw new PgError("22004", "array of weight must not contain nulls");
    const used = weight === undefined || weight < 0 ? standard : weight;
    if (used > 1) throw new PgError("22023", "weight out of range");
    return f32(used);
  });
  return { A: a, B: b, C: c, D: d };
}

export function rank(
  vector: Vector,
  query: Query | undefined,
  weights: Weights,
  method: number,
): number {
  if (vector.size === 0 || query === undefined) return 0;
  const isAnd = query.kind === "and" || query.kind === "phrase";
  const wanted = lexemesIn(query);
  const raw =
    isAnd && wanted.length > 1 ? ofAll(vector, wanted, weights) : ofAny(vector, wanted, weights);
  return normalized(raw < 0 ? f32(1e-20) : raw, vector, method);
}

function normalized(raw: number, vector: Vector, method: number): number {
  let result = raw;
  const length = lengthOf(vector);
  if (method & 1) result = f32(result / (Math.log(length + 1) / Math.LN2));
  if (method & 2 && length > 0) result = f32(result / length);
  if (method & 8) result = f32(result / vector.size);
  if (method & 16) result = f32(result / (Math.log(vector.size + 1) / Math.LN2));
  if (method & 32) result = f32(result / (result + 1));
  return result;
}

function lengthOf(vector: Vector): number {
  let length = 0;
  for (const positions of vector.values()) length += Math.max(positions.length, 1);
  return length;
}

/** Each lexeme once. */
function lexemesIn(query: Query): readonly Wanted[] {
  const found = new Map<string, Wanted>();
  const look = (part: Query): void => {
    if (part.kind === "lexeme") {
      if (!found.has(part.text)) found.set(part.text, part);
    } else if (part.kind === "not") look(part.argument);
    else {
      look(part.left);
      look(part.right);
    }
  };
  look(query);
  return [...found.values()].sort((a, b) => (a.text < b.text ? -1 : 1));
}

function ofAny(vector: Vector, wanted: readonly Wanted[], weights: Weights): number {
  let result = 0;
  for (const one of wanted)
    for (const positions of entriesOf(vector, one)) {
      const own = positions.length === 0 ? nowhere : positions;
      let sum = 0;
      let best = -1;
      let bestAt = 0;
      for (const [i, { weight }] of own.entries()) {
        sum = f32(sum + weights[weight] / ((i + 1) * (i + 1)));
        if (weights[weight] > best) {
          best = weights[weight];
          bestAt = i;
        }
      }
      // The limit of the sum of 1/i² is π²/6.
      const spread = (best + sum - best / ((bestAt + 1) * (bestAt + 1))) / 1.64493406685;
      result = f32(result + spread);
    }
  return wanted.length > 0 ? f32(result / wanted.length) : result;
}

function closeness(distance: number): number {
  if (distance > 100) return f32(1e-30);
  return f32(1 / (1.005 + 0.05 * Math.exp(f32(distance) / 1.5 - 2)));
}

function ofAll(vector: Vector, wanted: readonly Wanted[], weights: Weights): number {
  let result = -1;
  const seen: (readonly Position[])[] = [];
  for (const one of wanted) {
    const before = [...seen];
    let last: readonly Position[] | undefined;
    for (const positions of entriesOf(vector, one)) {
      const own = positions.length === 0 ? nowhere : positions;
      last = own;
      for (const others of before)
        for (const a of own)
          for (const b of others) {
            const apart = Math.abs(a.at - b.at);
            if (apart === 0 && own !== nowhere && others !== nowhere) continue;
            const current = f32(
              Math.sqrt(
                weights[a.weight] * weights[b.weight] * closeness(apart === 0 ? farAway : apart),
              ),
            );
            result = f32(result < 0 ? current : 1 - (1 - result) * (1 - current));
          }
    }
    if (last !== undefined) seen.push(last);
  }
  return result;
}
