/** A map with at most `limit` entries; the entry that was not used for the longest time is removed first. */
export class LruMap<K, V> {
  readonly #entries = new Map<K, V>();
  readonly #limit: number;
  readonly #onEvict: ((key: K, value: V) => void) | undefined;

  constructor(limit: number, onEvict?: (key: K, value: V) => void) {
    this.#limit = limit;
    this.#onEvict = onEvict;
  }

  get size(): number {
    return this.#entries.size;
  }

  has(key: K): boolean {
    return this.#entries.has(key);
  }

  get(key: K): V | undefined {
    return this.#entries.get(key);
  }

  /**
   * Marks an entry as used. While the map is less than half full no entry will be removed soon, so the order stays as it is:
   * moving an entry costs more than finding it.
   */
  touch(key: K): void {
    if (this.#entries.size * 2 < this.#limit) return;
    const value = this.#entries.get(key);
    if (value === undefined) return;
    this.#entries.delete(key);
    this.#entries.set(key, value);
  }

  set(key: K, value: V): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    if (this.#entries.size <= this.#limit) return;
    const [oldest] = this.#entries as unknown as Iterable<[K, V]>;
    this.#entries.delete(oldest![0]);
    this.#onEvict?.(oldest![0], oldest![1]);
  }

  /** Deletes an entry without a call of `onEvict`. */
  delete(key: K): void {
    this.#entries.delete(key);
  }

  /** The entry that was not used for the longest time comes first. */
  entries(): IterableIterator<[K, V]> {
    return this.#entries.entries();
  }

  values(): IterableIterator<V> {
    return this.#entries.values();
  }
}
