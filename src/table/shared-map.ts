/**
 * A map that shares most of what it holds with the one it was made from. A version of a dataset has the files of the one
 * before but a few: to copy them all makes the thousandth small commit ten times as dear as the first.
 */

/** So many changes may lie over what is shared, or an eighth of it: beyond that all is copied into one map. */
const changesMin = 64;

export class SharedMap<K, V> implements ReadonlyMap<K, V> {
  readonly #base: ReadonlyMap<K, V>;
  /** Over the base; undefined: gone. */
  readonly #changes: Map<K, V | undefined>;
  #size: number;

  /** As the other is now, to be changed until it is handed on. */
  constructor(from?: ReadonlyMap<K, V>) {
    if (from instanceof SharedMap) {
      this.#base = from.#base;
      this.#changes = new Map(from.#changes);
      this.#size = from.#size;
    } else {
      this.#base = from ?? new Map();
      this.#changes = new Map();
      this.#size = this.#base.size;
    }
  }

  get size(): number {
    return this.#size;
  }

  get(key: K): V | undefined {
    return this.#changes.has(key) ? this.#changes.get(key) : this.#base.get(key);
  }

  has(key: K): boolean {
    return this.get(key) !== undefined;
  }

  set(key: K, value: V): void {
    if (!this.has(key)) this.#size++;
    this.#changes.set(key, value);
  }

  delete(key: K): void {
    if (!this.has(key)) return;
    this.#size--;
    if (this.#base.has(key)) this.#changes.set(key, undefined);
    else this.#changes.delete(key);
  }

  /** What to hand on: the next one made from it has little to copy. */
  settled(): SharedMap<K, V> {
    if (this.#changes.size <= Math.max(changesMin, this.#base.size >> 3)) return this;
    return new SharedMap(new Map(this));
  }

  *entries(): MapIterator<[K, V]> {
    const changes = this.#changes;
    for (const [key, value] of this.#base) {
      const own = changes.has(key) ? changes.get(key) : value;
      if (own !== undefined) yield [key, own];
    }
    for (const [key, value] of changes)
      if (value !== undefined && !this.#base.has(key)) yield [key, value];
  }

  *keys(): MapIterator<K> {
    for (const [key] of this.entries()) yield key;
  }

  *values(): MapIterator<V> {
    for (const [, value] of this.entries()) yield value;
  }

  forEach(act: (value: V, key: K, map: ReadonlyMap<K, V>) => void): void {
    for (const [key, value] of this.entries()) act(value, key, this);
  }

  [Symbol.iterator](): MapIterator<[K, V]> {
    return this.entries();
  }
}
