/** Statements by text: drivers and tools send the same few texts again and again. The least recently used goes first. */
import { parse } from "./parse.ts";
import type { StatementText } from "./query.ts";

const textsMax = 2_000;
/** Longer texts are bulk loads: each comes once. */
const textLengthMax = 16 * 1024;

export class TextCache {
  readonly #texts = new Map<string, readonly StatementText[]>();

  /** As `parse`. A text is read anew when there are other buckets, whose names need no quotes. */
  parse(sql: string, buckets: readonly { readonly name: string }[]): readonly StatementText[] {
    if (sql.length > textLengthMax) return parse(sql, namesOf(buckets));
    const key = `${buckets.length}\u0001${sql}`;
    const known = this.#texts.get(key);
    const statements = known ?? parse(sql, namesOf(buckets));
    this.#texts.delete(key);
    this.#texts.set(key, statements);
    if (this.#texts.size > textsMax) {
      const [oldest] = this.#texts.keys();
      if (oldest !== undefined) this.#texts.delete(oldest);
    }
    return statements;
  }
}

function namesOf(buckets: readonly { readonly name: string }[]): ReadonlySet<string> {
  return new Set(buckets.map(({ name }) => name));
}
