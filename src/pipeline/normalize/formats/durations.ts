import { LruMap } from '../../../domain/lru-map.ts';

/**
 * Gives milliseconds for a duration whose unit nothing tells. `field` is its name, or empty for a bare number at the end of an
 * access line.
 */
export type DurationUnits = (source: string, field: string, value: number) => number;

/** How many values of a field were of a size that only one unit is likely to give. */
interface Sizes {
  values: number;
  /** Fractions below one: seconds. */
  tiny: number;
  /** Whole numbers below a hundred: milliseconds, since hardly a request takes less than a tenth of one. */
  small: number;
  /** From ten thousand on: hardly a request takes ten seconds, many take ten milliseconds. */
  big: number;
  /** From a million on: more than ten minutes, or a millisecond in nanoseconds. */
  huge: number;
}

const SMALL = 100;
const BIG = 10_000;
const HUGE = 1_000_000;
/** Fields of sources remembered. */
const MAX_FIELDS = 10_000;

/**
 * Learns the unit of each field of each source from the sizes of its values: servers write seconds with a fraction, whole
 * milliseconds, microseconds and nanoseconds under the same names, and requests nearly all take from a tenth of a millisecond
 * to ten seconds. Until the sizes tell more, whole numbers are milliseconds and bare numbers with a fraction are seconds.
 */
export function createDurationUnits(): DurationUnits {
  const fields = new LruMap<string, Sizes>(MAX_FIELDS);
  return (source, field, value) => {
    const key = `${field}\u0000${source}`;
    let sizes = fields.get(key);
    if (!sizes) {
      sizes = { values: 0, tiny: 0, small: 0, big: 0, huge: 0 };
      fields.set(key, sizes);
    }
    sizes.values += 1;
    const fraction = !Number.isInteger(value);
    if (value < 1 && fraction) sizes.tiny += 1;
    else if (value >= HUGE) sizes.huge += 1;
    else if (value >= BIG) sizes.big += 1;
    else if (value < SMALL) sizes.small += 1;
    return value * factorOf(sizes, field === '', fraction);
  };
}

function factorOf({ values, tiny, small, big, huge }: Sizes, bare: boolean, fraction: boolean): number {
  if (bare && fraction) return 1_000;
  if (2 * tiny > values) return 1_000;
  // A named field in whole numbers is either in milliseconds or in what a language keeps its durations in.
  if (!bare) return 2 * huge > values ? 1e-6 : 1;
  return big + huge > small ? 1e-3 : 1;
}
