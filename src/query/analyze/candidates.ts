/** Which of several functions or operators is meant: PostgreSQL's parse_func.c and parse_oper.c.
 *  https://www.postgresql.org/docs/15/typeconv-func.html */
import { canCoerce } from "./coerce.ts";
import { oid } from "./oids.ts";
import { baseType, category, isPreferred } from "./types.ts";

export interface Candidate {
  /** As long as the arguments given: defaults left out, VARIADIC spread. */
  readonly types: readonly number[];
}

/** Those that the arguments could be cast to implicitly. */
export function matching<C extends Candidate>(
  candidates: readonly C[],
  inputs: readonly number[],
): readonly C[] {
  return candidates.filter(
    ({ types }) => types.length === inputs.length && canCoerce(inputs, types, "implicit"),
  );
}

/** func_select_candidate; undefined when no best one can be told. */
export function select<C extends Candidate>(
  candidates: readonly C[],
  inputs: readonly number[],
): C | undefined {
  const bases = inputs.map((type) => (type === oid.unknown ? type : baseType(type)));
  const unknowns = inputs.filter((type) => type === oid.unknown).length;
  let left = best(candidates, (types) => exactMatches(types, bases));
  if (left.length <= 1) return left[0];
  left = best(left, (types) => preferredMatches(types, bases));
  if (left.length <= 1) return left[0];
  if (unknowns === 0) return undefined;
  left = byUnknownCategory(left, bases);
  if (left.length <= 1) return left[0];
  return unknowns < inputs.length ? bySingleType(left, bases) : undefined;
}

function best<C extends Candidate>(
  candidates: readonly C[],
  score: (types: readonly number[]) => number,
): readonly C[] {
  let highest = -1;
  let kept: C[] = [];
  for (const candidate of candidates) {
    const own = score(candidate.types);
    if (own > highest) {
      highest = own;
      kept = [];
    }
    if (own === highest) kept.push(candidate);
  }
  return kept;
}

function exactMatches(types: readonly number[], inputs: readonly number[]): number {
  return inputs.filter((input, i) => input !== oid.unknown && types[i] === input).length;
}

function preferredMatches(types: readonly number[], inputs: readonly number[]): number {
  return inputs.filter((input, i) => {
    if (input === oid.unknown) return false;
    const type = types[i] ?? oid.unknown;
    return type === input || (category(type) === category(input) && isPreferred(type));
  }).length;
}

/** A literal of unknown type counts as a string when some candidate takes one there, else as what all agree on. */
function byUnknownCategory<C extends Candidate>(
  candidates: readonly C[],
  inputs: readonly number[],
): readonly C[] {
  const chosen: (string | undefined)[] = [];
  const mustPrefer: boolean[] = [];
  for (const [i, input] of inputs.entries()) {
    if (input !== oid.unknown) continue;
    const types = candidates.map((candidate) => candidate.types[i] ?? oid.unknown);
    const categories = new Set(types.map(category));
    const agreed = categories.has("S")
      ? "S"
      : categories.size === 1
        ? [...categories][0]
        : undefined;
    if (agreed === undefined) return candidates;
    chosen[i] = agreed;
    mustPrefer[i] = types.some((type) => category(type) === agreed && isPreferred(type));
  }
  const kept = candidates.filter(({ types }) =>
    inputs.every((input, i) => {
      if (input !== oid.unknown) return true;
      const type = types[i] ?? oid.unknown;
      return category(type) === chosen[i] && (!mustPrefer[i] || isPreferred(type));
    }),
  );
  return kept.length > 0 ? kept : candidates;
}

/** When all known arguments have one type, the unknown ones are taken to have it too. */
function bySingleType<C extends Candidate>(
  candidates: readonly C[],
  inputs: readonly number[],
): C | undefined {
  const known = new Set(inputs.filter((input) => input !== oid.unknown));
  const [only] = known;
  if (known.size !== 1 || only === undefined) return undefined;
  const assumed = inputs.map(() => only);
  const fitting = candidates.filter(({ types }) => canCoerce(assumed, types, "implicit"));
  return fitting.length === 1 ? fitting[0] : undefined;
}
