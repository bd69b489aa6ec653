/** A regular expression, parsed. */
import type { CharacterSet } from "./characters.ts";

/** What counts between two characters: starts and ends of lines, texts and words. */
export type Edge =
  | "text start"
  | "text end"
  | "line start"
  | "line end"
  | "word start"
  | "word end"
  | "word edge"
  | "no word edge";

export type RegexNode =
  | { readonly kind: "set"; readonly set: CharacterSet }
  | { readonly kind: "edge"; readonly edge: Edge }
  | {
      readonly kind: "look";
      readonly isAhead: boolean;
      readonly isNegated: boolean;
      readonly item: RegexNode;
    }
  | { readonly kind: "back"; readonly group: number; readonly isFolded: boolean }
  | { readonly kind: "group"; readonly group: number; readonly item: RegexNode }
  | {
      readonly kind: "pair";
      readonly first: RegexNode;
      readonly rest: RegexNode;
      readonly preference: Preference;
    }
  | { readonly kind: "choice"; readonly branches: readonly RegexNode[] }
  /** Any number of times, at least once or not: counted repetitions are written out as pairs. */
  | {
      readonly kind: "repeat";
      readonly item: RegexNode;
      readonly isOptional: boolean;
      readonly preference: Preference;
    }
  | { readonly kind: "optional"; readonly item: RegexNode; readonly preference: Preference }
  | { readonly kind: "empty" };

/** Which of several matches is wanted; "none": there is nothing to choose. */
export type Preference = "longest" | "shortest" | "none";

export interface Regex {
  readonly root: RegexNode;
  readonly preference: Preference;
  /** Capturing parentheses. */
  readonly groups: number;
  readonly hasBackReference: boolean;
}

/**
 * A branch prefers what its first part with a preference does; alternatives are greedy.
 * https://www.postgresql.org/docs/15/functions-matching.html#POSIX-MATCHING-RULES
 */
export function preferenceOf(node: RegexNode): Preference {
  switch (node.kind) {
    case "group":
      return preferenceOf(node.item);
    case "pair":
    case "repeat":
    case "optional":
      return node.preference;
    case "choice":
      return "longest";
    default:
      return "none";
  }
}

export function pair(first: RegexNode, rest: RegexNode): RegexNode {
  if (first.kind === "empty") return rest;
  if (rest.kind === "empty") return first;
  const own = preferenceOf(first);
  return { kind: "pair", first, rest, preference: own === "none" ? preferenceOf(rest) : own };
}

/** Parts that must be looked into when a match is taken apart. */
export function hasParts(node: RegexNode): boolean {
  switch (node.kind) {
    case "back":
    case "group":
      return true;
    case "pair":
      return hasParts(node.first) || hasParts(node.rest);
    case "choice":
      return node.branches.some(hasParts);
    case "repeat":
    case "optional":
      return hasParts(node.item);
    default:
      return false;
  }
}
