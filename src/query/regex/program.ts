/**
 * A tree as an automaton, run over a text one character at a time: time grows with the text's length times the
 * pattern's, whatever the pattern. A back-reference stands for any text here; taking apart (match.ts) says which.
 */
import { PgError } from "../../base/error.ts";
import { type CharacterSet, wordCharacter } from "./characters.ts";
import type { Edge, RegexNode } from "./tree.ts";

type Instruction =
  | { readonly kind: "set"; readonly set: CharacterSet }
  | { readonly kind: "split"; first: number; second: number }
  | { readonly kind: "jump"; to: number }
  | { readonly kind: "test"; readonly test: (subject: Subject, at: number) => boolean }
  | { readonly kind: "match" };

/** A text that is being matched, and how much work may still be spent on it. */
export interface Subject {
  readonly codes: readonly number[];
  steps: number;
  /** Where matches of the whole begin, once looked for. */
  begins: Uint8Array | undefined;
}

/** Steps an attempt may take: about a second. */
const stepsMax = 8_000_000;

export function subjectOf(codes: readonly number[]): Subject {
  return { codes, steps: 0, begins: undefined };
}

export function spend(subject: Subject, steps: number): void {
  subject.steps += steps;
  if (subject.steps > stepsMax)
    throw new PgError("2201B", "regular expression failed: regular expression is too complex");
}

export class Program {
  readonly #code: Instruction[] = [];
  readonly #isBackwards: boolean;
  readonly #marks: Int32Array;
  #generation = 0;

  /** Backwards: what a text that ends somewhere may begin with. */
  constructor(root: RegexNode, isBackwards = false) {
    this.#isBackwards = isBackwards;
    this.#compile(root);
    this.#code.push({ kind: "match" });
    this.#marks = new Int32Array(this.#code.length).fill(-1);
  }

  /** Every place where a match that begins (backwards: ends) at `at` can end (begin), marked by 1. */
  places(subject: Subject, at: number): Uint8Array {
    const found = new Uint8Array(subject.codes.length + 1);
    this.#run(subject, at, (place) => {
      found[place] = 1;
      return true;
    });
    return found;
  }

  /** The nearest or farthest of these; -1: none. */
  place(subject: Subject, at: number, isNearest: boolean): number {
    let found = -1;
    this.#run(subject, at, (place) => {
      found = place;
      return !isNearest;
    });
    return found;
  }

  /** Whether there is a match anywhere. */
  isAnywhere(subject: Subject): boolean {
    let isFound = false;
    this.#run(
      subject,
      0,
      () => {
        isFound = true;
        return false;
      },
      true,
    );
    return isFound;
  }

  /** Backwards: every place where any match begins. */
  beginnings(subject: Subject): Uint8Array {
    const found = new Uint8Array(subject.codes.length + 1);
    const mark = (place: number) => {
      found[place] = 1;
      return true;
    };
    this.#run(subject, subject.codes.length, mark, true);
    return found;
  }

  /** From `from` alone, or from each place on; until `found` says no. */
  #run(
    subject: Subject,
    from: number,
    found: (place: number) => boolean,
    isEverywhere = false,
  ): void {
    const { codes } = subject;
    const step = this.#isBackwards ? -1 : 1;
    let threads: number[] = [];
    this.#generation++;
    this.#enter(0, from, subject, threads);
    for (let at = from; isEverywhere || threads.length > 0; at += step) {
      if (at < 0 || at > codes.length) return;
      spend(subject, threads.length);
      const code = codes[this.#isBackwards ? at - 1 : at];
      const next: number[] = [];
      this.#generation++;
      let isFound = false;
      for (const state of threads) {
        const instruction = this.#code[state];
        if (instruction?.kind === "match") isFound = true;
        else if (instruction?.kind === "set" && code !== undefined && instruction.set(code))
          this.#enter(state + 1, at + step, subject, next);
      }
      if (isFound && !found(at)) return;
      if (isEverywhere) this.#enter(0, at + step, subject, next);
      threads = next;
    }
  }

  /** Follows what takes no character. */
  #enter(first: number, at: number, subject: Subject, threads: number[]): void {
    const pending = [first];
    for (let state = pending.pop(); state !== undefined; state = pending.pop()) {
      if (this.#marks[state] === this.#generation) continue;
      this.#marks[state] = this.#generation;
      const instruction = this.#code[state];
      if (instruction?.kind === "split") pending.push(instruction.second, instruction.first);
      else if (instruction?.kind === "jump") pending.push(instruction.to);
      else if (instruction?.kind === "test") {
        if (instruction.test(subject, at)) pending.push(state + 1);
      } else threads.push(state);
    }
  }

  #compile(node: RegexNode): void {
    switch (node.kind) {
      case "empty":
        return;
      case "set":
        this.#code.push({ kind: "set", set: node.set });
        return;
      case "edge":
        this.#code.push({ kind: "test", test: edgeTests[node.edge] });
        return;
      case "look":
        this.#code.push({ kind: "test", test: lookTest(node) });
        return;
      case "back":
        this.#repeat({ kind: "set", set: () => true }, true);
        return;
      case "group":
        this.#compile(node.item);
        return;
      case "pair":
        this.#compile(this.#isBackwards ? node.rest : node.first);
        this.#compile(this.#isBackwards ? node.first : node.rest);
        return;
      case "choice":
        this.#choose(node.branches);
        return;
      case "repeat":
        this.#repeat(node.item, node.isOptional);
        return;
      case "optional":
        this.#choose([node.item, { kind: "empty" }]);
        return;
      default:
        node satisfies never;
    }
  }

  #choose([first, ...others]: readonly RegexNode[]): void {
    if (first === undefined) return;
    if (others.length === 0) {
      this.#compile(first);
      return;
    }
    const split = { kind: "split" as const, first: this.#code.length + 1, second: 0 };
    this.#code.push(split);
    this.#compile(first);
    const jump = { kind: "jump" as const, to: 0 };
    this.#code.push(jump);
    split.second = this.#code.length;
    this.#choose(others);
    jump.to = this.#code.length;
  }

  #repeat(item: RegexNode, isOptional: boolean): void {
    const skip = { kind: "split" as const, first: this.#code.length + 1, second: 0 };
    if (isOptional) this.#code.push(skip);
    const begin = this.#code.length;
    this.#compile(item);
    this.#code.push({ kind: "split", first: begin, second: this.#code.length + 1 });
    skip.second = this.#code.length;
  }
}

const isWordAt = ({ codes }: Subject, at: number): boolean => {
  const code = codes[at];
  return code !== undefined && wordCharacter(code);
};

const edgeTests: Readonly<Record<Edge, (subject: Subject, at: number) => boolean>> = {
  "text start": (_, at) => at === 0,
  "text end": ({ codes }, at) => at === codes.length,
  "line start": ({ codes }, at) => at === 0 || codes[at - 1] === 10,
  "line end": ({ codes }, at) => at === codes.length || codes[at] === 10,
  "word start": (subject, at) => !isWordAt(subject, at - 1) && isWordAt(subject, at),
  "word end": (subject, at) => isWordAt(subject, at - 1) && !isWordAt(subject, at),
  "word edge": (subject, at) => isWordAt(subject, at - 1) !== isWordAt(subject, at),
  "no word edge": (subject, at) => isWordAt(subject, at - 1) === isWordAt(subject, at),
};

function lookTest({
  item,
  isAhead,
  isNegated,
}: Extract<RegexNode, { kind: "look" }>): (subject: Subject, at: number) => boolean {
  const program = new Program(item, !isAhead);
  return (subject, at) => program.place(subject, at, true) >= 0 !== isNegated;
}
