// Arithmetic of session shapes: ages, counts in bins, and when a share of exceptions has settled.

/** Ages of a session, in milliseconds, at which it is compared with the others. */
export const AGES = [1_000, 4_000, 16_000, 64_000, 256_000, 1_024_000, 4_096_000, 16_384_000];
const isLast = (step: number): boolean => (step + 1) % AGES.length === 0;
const isFirst = (step: number): boolean => step % AGES.length === 0;
export const ageOf = (step: number): number => AGES[step % AGES.length]!;

/** The counts 0…8, then 9–16, 17–32, 33–64, more. */
export const BINS = 13;
export const binOf = (count: number): number =>
  count <= 8 ? count : count <= 16 ? 9 : count <= 32 ? 10 : count <= 64 ? 11 : 12;

/** A share of exceptions, and the number of sessions it was computed from. */
export interface ExceptionShare {
  share: number;
  of: number;
}

/**
 * Whether waiting longer would hardly bring more: compares the share of exceptions at a step with the shares at later
 * steps. Fewer sessions have reached those, so a difference of one session says nothing. At the last age only the age
 * before can tell.
 * @param of sessions the share was computed from
 */
export function settled(
  step: number,
  share: number,
  of: number,
  at: (step: number) => ExceptionShare | undefined,
): boolean {
  if (isLast(step)) {
    const before = isFirst(step) ? undefined : at(step - 1);
    return before === undefined || before.share <= share * 1.1 + 1 / of;
  }
  for (let later = step + 1; ; later++) {
    const remaining = at(later);
    if (remaining !== undefined && share > remaining.share * 1.1 + 1 / Math.min(of, remaining.of))
      return false;
    if (isLast(later)) return true;
  }
}

/** The first step of a phase whose share of exceptions was hardly more than at `step`: the rule holds since then. */
export function settledSince(
  step: number,
  share: number,
  of: number,
  at: (step: number) => ExceptionShare | undefined,
): number {
  for (let earlier = step - (step % AGES.length); earlier < step; earlier++) {
    const before = at(earlier);
    if (before !== undefined && before.share <= share * 1.1 + 1 / of) return earlier;
  }
  return step;
}

/**
 * The fraction of sessions that break a rule although nothing is wrong. Sessions come in waves (what was written over a day is
 * read, or deleted, in one go), and hundreds of one wave are a single observation of how waves are: a rule that was never broken
 * may only be typical of the waves so far. Each exception that was seen makes that less likely.
 */
export const harmlessShare = (exceptions: number, of: number, waves: number): number =>
  Math.max((exceptions + 1) / (of + 2), 1 / ((waves + 2) * (exceptions + 1)));

/** Sessions by how often a template came, in bins; `mode` is the most frequent bin. */
export interface Counts {
  at: Uint32Array;
  total: number;
  mode: number;
}
export function summed(at: Uint32Array): Counts {
  let total = 0;
  let mode = 1;
  for (let bin = 1; bin < BINS; bin++) {
    total += at[bin]!;
    if (at[bin]! > at[mode]!) mode = bin;
  }
  return { at, total, mode };
}

/** Whether nearly all sessions have the same count. */
export const agreed = (bins: Counts): boolean => bins.at[bins.mode]! >= bins.total * 0.85;

/** Sessions whose count is in `bin` or further away from the usual: with fewer lines, or with more. */
export function tailOf(at: Uint32Array, bin: number, fewer: boolean): number {
  let tail = 0;
  if (fewer) for (let i = 1; i <= bin; i++) tail += at[i]!;
  else for (let i = bin; i < at.length; i++) tail += at[i]!;
  return tail;
}

/** An array with mostly zeros as index, value, index, value … */
export function sparse(values: Uint32Array | Float64Array): number[] {
  const out: number[] = [];
  for (let i = 0; i < values.length; i++) if (values[i]! > 0) out.push(i, values[i]!);
  return out;
}
/** Fills an array of zeros from what `sparse` gave. */
export function dense(values: Uint32Array | Float64Array, from: number[]): void {
  for (let i = 0; i < from.length; i += 2) values[from[i]!] = from[i + 1]!;
}
