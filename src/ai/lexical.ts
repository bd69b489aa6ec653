/**
 * The built-in embedder: no model, no network, the same answer everywhere. Signed feature hashing of stemmed words, word
 * pairs and character triples, weighted by sublinear TF × the corpus' IDF
 * (https://nlp.stanford.edu/IR-book/html/htmledition/tf-idf-weighting-1.html). Texts sharing no word part are not near.
 */
import { PgError } from "../base/error.ts";
import type { CorpusEmbedder } from "./embedder.ts";
import { stem } from "./stem.ts";

export const lexicalModel = "hash-768";
export const lexicalDimensions = 768;
const version = "1";

/** How much each kind of feature counts: a pair says more than a word but is rarer, a triple forgives spelling. */
const weights = { word: 1, pair: 0.6, triple: 0.15 };

/** Query and text both carry the IDF; undamped, one rare word outweighs all others together. */
const rarityPower = 0.6;

/** A vocabulary beyond this forgets what it saw once. */
const termsMax = 2_000_000;

export function lexicalEmbedder(state?: Uint8Array): CorpusEmbedder {
  const corpus = state === undefined ? new Corpus() : Corpus.read(state);
  return {
    name: "lexical",
    model: lexicalModel,
    version,
    dimensions: lexicalDimensions,
    isSemantic: false,
    observe: (texts) => {
      for (const text of texts) corpus.observe(features(text));
    },
    state: () => corpus.write(),
    async embed(texts, signal) {
      signal.throwIfAborted();
      return texts.map((text) => vector(features(text), corpus));
    },
  };
}

/** Feature hash → weight × count. */
type Features = Map<number, Feature>;

interface Feature {
  readonly weight: number;
  count: number;
}

function features(text: string): Features {
  const found: Features = new Map();
  let previous: string | undefined;
  for (const word of words(text)) {
    count(found, hash(word, 1), weights.word);
    if (previous !== undefined) count(found, hash(`${previous} ${word}`, 2), weights.pair);
    for (let at = 0; at + 3 <= word.length && word.length > 3; at++) {
      count(found, hash(word.slice(at, at + 3), 3), weights.triple);
    }
    previous = word;
  }
  return found;
}

function count(found: Features, key: number, weight: number): void {
  const feature = found.get(key);
  if (feature) feature.count++;
  else found.set(key, { weight, count: 1 });
}

function vector(found: Features, corpus: Corpus): Float32Array {
  const values = new Float32Array(lexicalDimensions);
  for (const [key, { weight, count: occurrences }] of found) {
    const value = weight * (1 + Math.log(occurrences)) * corpus.inverseFrequency(key);
    // Two places a feature, each with its own sign: two features rarely collide in both.
    const other = Math.imul(key ^ (key >>> 15), 0x2c1b3c6d) >>> 0;
    add(values, key, value);
    add(values, other, value);
  }
  return normalised(values);
}

function add(values: Float32Array, key: number, value: number): void {
  const at = (key >>> 1) % lexicalDimensions;
  values[at] = (values[at] ?? 0) + (key & 1 ? value : -value);
}

function normalised(values: Float32Array): Float32Array {
  let sum = 0;
  for (const value of values) sum += value * value;
  if (sum === 0) return values;
  const scale = 1 / Math.sqrt(sum);
  for (let at = 0; at < values.length; at++) values[at] = (values[at] ?? 0) * scale;
  return values;
}

/** How many texts hold each feature. */
class Corpus {
  #texts = 0;
  #frequencies = new Map<number, number>();

  observe(found: Features): void {
    this.#texts++;
    for (const key of found.keys()) {
      this.#frequencies.set(key, (this.#frequencies.get(key) ?? 0) + 1);
    }
    if (this.#frequencies.size > termsMax) this.#forgetRare();
  }

  /** An unseen feature weighs as one seen once; with no corpus all weigh the same. */
  inverseFrequency(key: number): number {
    if (this.#texts === 0) return 1;
    return Math.log(1 + this.#texts / (this.#frequencies.get(key) ?? 1)) ** rarityPower;
  }

  /** u32 little-endian: number of texts, then (feature, frequency) of every feature seen more than once. */
  write(): Uint8Array {
    this.#forgetRare();
    const bytes = new Uint8Array(4 + this.#frequencies.size * 8);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, this.#texts, true);
    let at = 4;
    for (const [key, frequency] of this.#frequencies) {
      view.setUint32(at, key, true);
      view.setUint32(at + 4, frequency, true);
      at += 8;
    }
    return bytes;
  }

  static read(bytes: Uint8Array): Corpus {
    if (bytes.length < 4 || bytes.length % 8 !== 4) {
      throw new PgError("XX001", "the corpus statistics of a lexical index are damaged");
    }
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const corpus = new Corpus();
    corpus.#texts = view.getUint32(0, true);
    for (let at = 4; at < bytes.length; at += 8) {
      corpus.#frequencies.set(view.getUint32(at, true), view.getUint32(at + 4, true));
    }
    return corpus;
  }

  #forgetRare(): void {
    for (const [key, frequency] of this.#frequencies) {
      if (frequency === 1) this.#frequencies.delete(key);
    }
  }
}

/** Letters and digits of any script, without accents and case; a word of one letter says nothing. */
function* words(text: string): Iterable<string> {
  const plain = text
    .normalize("NFKD")
    .replace(/\p{M}+/gu, "")
    .toLowerCase();
  for (const [word] of plain.matchAll(/[\p{L}\p{N}]+/gu)) {
    if (!stopWords.has(word)) yield stem(word);
  }
}

/** FNV-1a over UTF-16 units with a last mixing: the low bits must be as good as the high ones. */
function hash(text: string, kind: number): number {
  let value = 0x811c9dc5 ^ kind;
  for (let at = 0; at < text.length; at++) {
    value = Math.imul(value ^ text.charCodeAt(at), 0x01000193);
  }
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}

const stopWords = new Set(
  (
    "a an and are as at be been but by can could did do does for from had has have he her his how i if in into is it its " +
    "may more most no nor not of on or our she should so some such than that the their them then there these they this " +
    "those to was we were what when where which while who will with would you your"
  ).split(" "),
);
