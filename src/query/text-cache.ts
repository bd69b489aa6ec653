/** Statements by text: drivers and tools send the same few texts again and again. The least recently used goes first. */
import { parse } from "./parse.ts";
import type { StatementText } from "./query.ts";

const textsMax = 2_000;
/** Of all texts together; their trees are some fifty times as large. */
const charactersMax = 1 << 20;
/** Longer texts are bulk loads: each comes once. */
const textLengthMax = 16 * 1024;

export class TextCache {
  readonly #texts = new Map<string, readonly StatementText[]>();
  #characters = 0;
  #bucketCount = -1;

  /** As `parse`. A text is read anew when there are other buckets, whose names need no quotes. */
  parse(sql: string, buckets: readonly { readonly name: string }[]): readonly StatementText[] {
    if (sql.length > textLengthMax) return parse(sql, namesOf(buckets));
    if (buckets.length !== this.#bucketCount) this.#forget(buckets.length);
    const known = this.#texts.get(sql);
    const statements = known ?? parse(sql, namesOf(buckets));
    this.#texts.delete(sql);
    this.#texts.set(sql, statements);
    if (known === undefined) this.#made(sql);
    return statements;
  }

  /** Undefined: the text has not been read yet. */
  known(sql: string): readonly StatementText[] | undefined {
    return this.#texts.get(sql);
  }

  #forget(bucketCount: number): void {
    this.#texts.clear();
    this.#characters = 0;
    this.#bucketCount = bucketCount;
  }

  #made(text: string): void {
    this.#characters += text.length;
    for (const oldest of this.#texts.keys()) {
      if (this.#texts.size <= textsMax && this.#characters <= charactersMax) return;
      this.#texts.delete(oldest);
      this.#characters -= oldest.length;
    }
  }
}

function namesOf(buckets: readonly { readonly name: string }[]): ReadonlySet<string> {
  return new Set(buckets.map(({ name }) => name));
}
