/**
 * Remembers a value for each hash of 64 bits, without an object per entry. When it is full, all entries are forgotten:
 * the frequent ones are soon there again.
 */
export interface HashCache<T> {
  get(low: number, high: number): T | undefined;
  set(low: number, high: number, value: T): void;
}

/** @param limit the largest number of entries; their memory is allocated at once (about 24 bytes each) */
export function createHashCache<T>(limit: number): HashCache<T> {
  // Half of the slots stay empty, so that a search ends soon.
  const size = 2 ** Math.ceil(Math.log2(limit * 2));
  const mask = size - 1;
  const lows = new Uint32Array(size);
  const highs = new Uint32Array(size);
  const values = new Array<T | undefined>(size).fill(undefined);
  let held = 0;

  /** The slot of a hash, or the empty slot where it belongs. */
  function slotOf(low: number, high: number): number {
    let slot = (low ^ high) & mask;
    while (values[slot] !== undefined && (lows[slot] !== low || highs[slot] !== high))
      slot = (slot + 1) & mask;
    return slot;
  }

  return {
    get: (low, high) => values[slotOf(low, high)],
    set(low, high, value) {
      if (held >= limit) {
        values.fill(undefined);
        held = 0;
      }
      const slot = slotOf(low, high);
      if (values[slot] === undefined) held += 1;
      lows[slot] = low;
      highs[slot] = high;
      values[slot] = value;
    },
  };
}
