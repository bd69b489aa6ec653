/** The braces, quotes and commas of an array's text: array_in, ReadArrayStr. 22P02 with PostgreSQL's details. */
import { PgError, unsupported } from "../base/error.ts";

/** PostgreSQL's limit. */
export const dimensionsMax = 6;

/** Items before their elements are read: text or bytes at the leaves. */
export type Tree<Item> = Item | null | readonly Tree<Item>[];

/** array_isspace: none but ASCII's. */
function isBlank(character: string | undefined): boolean {
  return character !== undefined && /^[ \t-\r]$/.test(character);
}

export function readArrayText(text: string, delimiter: string): readonly Tree<string>[] {
  return new ArrayText(text, delimiter).read();
}

class ArrayText {
  readonly #text: string;
  readonly #delimiter: string;
  #at = 0;

  constructor(text: string, delimiter: string) {
    this.#text = text;
    this.#delimiter = delimiter;
  }

  read(): readonly Tree<string>[] {
    this.#bounds();
    this.#blanks();
    if (this.#text[this.#at] !== "{") {
      throw this.#malformed('Array value must start with "{" or dimension information.');
    }
    const root = this.#list(1);
    this.#blanks();
    if (this.#at < this.#text.length) throw this.#malformed("Junk after closing right brace.");
    this.#checkShape(root, 0, []);
    return root;
  }

  /** [1:3]= in front. The engine's lists begin at 1, always. */
  #bounds(): void {
    const bounds = /^[ \t-\r]*((?:\[[+-]?\d+(?::[+-]?\d+)?\])+)[ \t-\r]*=[ \t-\r]*/.exec(
      this.#text,
    );
    if (!bounds?.[1]) return;
    if (!/^(?:\[(?:1:)?\d+\])+$/.test(bounds[1])) {
      throw unsupported("an array whose subscripts do not begin at 1");
    }
    this.#at = bounds[0].length;
  }

  #list(depth: number): readonly Tree<string>[] {
    if (depth > dimensionsMax) {
      throw new PgError(
        "54000",
        `number of array dimensions (${depth}) exceeds the maximum allowed (${dimensionsMax})`,
      );
    }
    this.#at++;
    const items: Tree<string>[] = [];
    this.#blanks();
    if (this.#text[this.#at] === "}" && depth === 1) {
      this.#at++;
      return items;
    }
    for (;;) {
      this.#blanks();
      items.push(this.#text[this.#at] === "{" ? this.#list(depth + 1) : this.#item());
      this.#blanks();
      const character = this.#text[this.#at];
      if (character === undefined) throw this.#malformed("Unexpected end of input.");
      if (character === "{") throw this.#malformed('Unexpected "{" character.');
      if (character !== this.#delimiter && character !== "}") {
        throw this.#malformed("Unexpected array element.");
      }
      this.#at++;
      if (character === "}") return items;
    }
  }

  #item(): string | null {
    if (this.#text[this.#at] === '"') return this.#quoted();
    let value = "";
    let kept = 0;
    let hasEscape = false;
    for (; ; this.#at++) {
      let character = this.#text[this.#at];
      if (character === undefined) throw this.#malformed("Unexpected end of input.");
      if (character === this.#delimiter || character === "}") break;
      if (character === "{") throw this.#malformed('Unexpected "{" character.');
      if (character === '"') throw this.#malformed("Unexpected array element.");
      const isEscaped = character === "\\";
      if (isEscaped) {
        hasEscape = true;
        character = this.#text[++this.#at] ?? "";
      }
      value += character;
      if (isEscaped || !isBlank(character)) kept = value.length;
    }
    value = value.slice(0, kept);
    if (value === "") throw this.#malformed(`Unexpected "${this.#text[this.#at]}" character.`);
    return !hasEscape && /^null$/i.test(value) ? null : value;
  }

  #quoted(): string {
    let value = "";
    for (this.#at++; this.#text[this.#at] !== '"'; this.#at++) {
      if (this.#text[this.#at] === "\\") this.#at++;
      if (this.#at >= this.#text.length) throw this.#malformed("Unexpected end of input.");
      value += this.#text[this.#at];
    }
    this.#at++;
    return value;
  }

  #blanks(): void {
    while (isBlank(this.#text[this.#at])) this.#at++;
  }

  /** Arrays are boxes: at each depth all lists are equally long, and all items lists or none. */
  #checkShape(list: readonly Tree<string>[], depth: number, lengths: number[]): void {
    const known = lengths[depth] ?? list.length;
    lengths[depth] = known;
    const isNested = list.some(Array.isArray);
    if (known !== list.length || (isNested && !list.every(Array.isArray))) {
      throw this.#malformed(
        "Multidimensional arrays must have sub-arrays with matching dimensions.",
      );
    }
    for (const child of list) {
      if (Array.isArray(child)) {
        this.#checkShape(child as readonly Tree<string>[], depth + 1, lengths);
      }
    }
  }

  #malformed(detail: string): PgError {
    return new PgError("22P02", `malformed array literal: "${this.#text}"`, { detail });
  }
}
