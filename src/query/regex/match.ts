/**
 * Where a regular expression matches, and what its parentheses took. As PostgreSQL: the leftmost match, of these the longest
 * or shortest as the whole prefers, and within it each part, from the left, as long or short as it prefers.
 * https://www.postgresql.org/docs/15/functions-matching.html#POSIX-MATCHING-RULES
 */
import { Program, type Subject, spend } from "./program.ts";
import { hasParts, preferenceOf, type Regex, type RegexNode } from "./tree.ts";

/** Start and end of the match and of each group; -1 where a group took no part. */
export type Match = Int32Array;

export class Matcher {
  readonly #regex: Regex;
  readonly #whole: Program;
  readonly #backwards: Program;
  readonly #programs = new Map<RegexNode, { ahead?: Program; back?: Program }>();

  constructor(regex: Regex) {
    this.#regex = regex;
    this.#whole = new Program(regex.root);
    this.#backwards = new Program(regex.root, true);
  }

  get groups(): number {
    return this.#regex.groups;
  }

  /** Whether there is a match at all: cheaper than where. */
  test(subject: Subject): boolean {
    return this.#regex.hasBackReference
      ? this.find(subject, 0) !== undefined
      : this.#whole.isAnywhere(subject);
  }

  /** The first match at `from` or behind it. */
  find(subject: Subject, from: number): Match | undefined {
    subject.begins ??= this.#backwards.beginnings(subject);
    for (
      let start = subject.begins.indexOf(1, from);
      start >= 0;
      start = subject.begins.indexOf(1, start + 1)
    ) {
      const match = this.#matchAt(subject, start);
      if (match !== undefined) return match;
    }
    return undefined;
  }

  #matchAt(subject: Subject, start: number): Match | undefined {
    const { root, preference, groups, hasBackReference } = this.#regex;
    const isNearest = preference === "shortest";
    const match = new Int32Array(groups * 2 + 2).fill(-1);
    match[0] = start;
    if (!hasBackReference) {
      match[1] = this.#whole.place(subject, start, isNearest);
      if (groups > 0)
        new Dissection(subject, match, this.#programs, hasBackReference).take(
          root,
          start,
          match[1],
          yes,
        );
      return match;
    }
    const ends = this.#whole.places(subject, start);
    for (const end of inOrder(ends, start, subject.codes.length, isNearest)) {
      match.fill(-1, 2);
      match[1] = end;
      if (
        new Dissection(subject, match, this.#programs, hasBackReference).take(root, start, end, yes)
      )
        return match;
    }
    return undefined;
  }
}

const yes = () => true;

/** Parts in parts: beyond that PostgreSQL gives up too. */
const depthMax = 3000;

class Dissection {
  readonly #subject: Subject;
  readonly #match: Match;
  readonly #programs: Map<RegexNode, { ahead?: Program; back?: Program }>;
  readonly #places = new Map<RegexNode, Map<number, Uint8Array>>();
  /** Only back-references make a choice wrong that the automata allow. */
  readonly #isFinal: boolean;
  #depth = 0;

  constructor(
    subject: Subject,
    match: Match,
    programs: Map<RegexNode, { ahead?: Program; back?: Program }>,
    hasBackReference: boolean,
  ) {
    this.#isFinal = !hasBackReference;
    this.#subject = subject;
    this.#match = match;
    this.#programs = programs;
  }

  /** Whether `node` can take exactly what is from `start` to `end`, and what comes after agrees. */
  take(node: RegexNode, start: number, end: number, then: () => boolean): boolean {
    if (++this.#depth > depthMax) spend(this.#subject, Number.POSITIVE_INFINITY);
    try {
      return this.#take(node, start, end, then);
    } finally {
      this.#depth--;
    }
  }

  #take(node: RegexNode, start: number, end: number, then: () => boolean): boolean {
    spend(this.#subject, 10);
    if (!hasParts(node)) return this.#canEnd(node, start, end) && then();
    switch (node.kind) {
      case "group":
        return this.#group(node, start, end, then);
      case "back":
        return this.#same(node, start, end) && then();
      case "pair":
        return this.#pair(node, start, end, then);
      case "choice":
        return node.branches.some(
          (branch) => this.#canEnd(branch, start, end) && this.take(branch, start, end, then),
        );
      case "optional":
        return this.#optional(node, start, end, then);
      case "repeat":
        return this.#repeat(node, start, end, then);
      default:
        return false;
    }
  }

  #group(
    { group, item }: Extract<RegexNode, { kind: "group" }>,
    start: number,
    end: number,
    then: () => boolean,
  ): boolean {
    const match = this.#match;
    return this.take(item, start, end, () => {
      const [oldStart = -1, oldEnd = -1] = match.subarray(group * 2, group * 2 + 2);
      match[group * 2] = start;
      match[group * 2 + 1] = end;
      if (then()) return true;
      match[group * 2] = oldStart;
      match[group * 2 + 1] = oldEnd;
      return false;
    });
  }

  #same(
    { group, isFolded }: Extract<RegexNode, { kind: "back" }>,
    start: number,
    end: number,
  ): boolean {
    const [from = -1, to = -1] = this.#match.subarray(group * 2, group * 2 + 2);
    if (from < 0 || to - from !== end - start) return false;
    const { codes } = this.#subject;
    for (let i = 0; i < to - from; i++) {
      const [a = 0, b = 0] = [codes[from + i], codes[start + i]];
      if (a !== b && !(isFolded && lower(a) === lower(b))) return false;
    }
    return true;
  }

  #pair(
    { first, rest }: Extract<RegexNode, { kind: "pair" }>,
    start: number,
    end: number,
    then: () => boolean,
  ): boolean {
    const ends = this.#ends(first, start);
    const begins = this.#begins(rest, end);
    const isNearest = preferenceOf(first) === "shortest";
    for (const middle of inOrder(ends, start, end, isNearest)) {
      if (begins[middle] !== 1) continue;
      if (this.#isFinal) {
        this.take(first, start, middle, yes);
        return this.take(rest, middle, end, then);
      }
      if (this.take(first, start, middle, () => this.take(rest, middle, end, then))) return true;
    }
    return false;
  }

  #optional(
    { item, preference }: Extract<RegexNode, { kind: "optional" }>,
    start: number,
    end: number,
    then: () => boolean,
  ): boolean {
    const once = () => this.#canEnd(item, start, end) && this.take(item, start, end, then);
    const never = () => start === end && then();
    return preference === "shortest" ? never() || once() : once() || never();
  }

  /** Each time but the last only has to leave something that the others can take. */
  #repeat(
    node: Extract<RegexNode, { kind: "repeat" }>,
    start: number,
    end: number,
    then: () => boolean,
  ): boolean {
    const { item, isOptional } = node;
    if (start === end) {
      if (this.#canEnd(item, start, end) && !isOptional) return this.take(item, start, end, then);
      return isOptional && then();
    }
    if (this.#isFinal) return this.take(item, this.#lastTime(node, start, end), end, then);
    const ends = this.#ends(item, start);
    const begins = this.#begins(node, end);
    const isNearest = preferenceOf(item) === "shortest";
    for (const middle of inOrder(ends, start + 1, end, isNearest)) {
      if (middle !== end && begins[middle] !== 1) continue;
      const more = middle === end ? then : () => this.take(node, middle, end, then);
      if (this.take(item, start, middle, more)) return true;
    }
    return false;
  }

  /** Where the last repetition begins, whose groups are the ones that count. */
  #lastTime(node: Extract<RegexNode, { kind: "repeat" }>, start: number, end: number): number {
    const begins = this.#begins(node, end);
    const isNearest = preferenceOf(node.item) === "shortest";
    for (let at = start; ; ) {
      const next = inOrder(this.#ends(node.item, at), at + 1, end, isNearest);
      let chosen = end;
      for (const middle of next)
        if (middle === end || begins[middle] === 1) {
          chosen = middle;
          break;
        }
      if (chosen === end) return at;
      at = chosen;
    }
  }

  #canEnd(node: RegexNode, start: number, end: number): boolean {
    return this.#ends(node, start)[end] === 1;
  }

  #ends(node: RegexNode, start: number): Uint8Array {
    return this.#kept(node, start, () => this.#program(node, "ahead").places(this.#subject, start));
  }

  #begins(node: RegexNode, end: number): Uint8Array {
    // Told from ends by its sign.
    return this.#kept(node, -1 - end, () => this.#program(node, "back").places(this.#subject, end));
  }

  #kept(node: RegexNode, key: number, make: () => Uint8Array): Uint8Array {
    const places = this.#places.get(node) ?? new Map<number, Uint8Array>();
    this.#places.set(node, places);
    const known = places.get(key);
    if (known !== undefined) return known;
    const made = make();
    spend(this.#subject, made.length >> 6);
    places.set(key, made);
    return made;
  }

  #program(node: RegexNode, direction: "ahead" | "back"): Program {
    const programs = this.#programs.get(node) ?? {};
    this.#programs.set(node, programs);
    programs[direction] ??= new Program(node, direction === "back");
    return programs[direction];
  }
}

const lower = (code: number) => String.fromCodePoint(code).toLowerCase();

function* inOrder(
  places: Uint8Array,
  from: number,
  to: number,
  isAscending: boolean,
): Generator<number> {
  if (isAscending) {
    for (let at = from; at <= to; at++) if (places[at] === 1) yield at;
  } else {
    for (let at = to; at >= from; at--) if (places[at] === 1) yield at;
  }
}
