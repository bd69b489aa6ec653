/**
 * Text to vectors. One interface before every provider; which one made an index's vectors is stored with the index, and
 * a query is embedded by the same one or refused. Knows no index and no dataset.
 */

export interface Embedder {
  /** The provider: "lexical". */
  readonly name: string;
  readonly model: string;
  /** Differs when the same text may give another vector. */
  readonly version: string;
  readonly dimensions: number;
  /** False: near means sharing words, not meaning. */
  readonly isSemantic: boolean;
  /** One vector a text, in order, of length 1 (all zero for a text with nothing in it). */
  embed(texts: readonly string[], signal: AbortSignal): Promise<Float32Array[]>;
}

/** An embedder that looks at the whole corpus before it embeds any of it. */
export interface CorpusEmbedder extends Embedder {
  /** Before the first `embed`: texts of the corpus, in any order. */
  observe(texts: readonly string[]): void;
  /** What was learned, to be kept with the index and given back when it is opened. */
  state(): Uint8Array;
}
