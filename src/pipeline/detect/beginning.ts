import { against } from './odds.ts';

/** Chance that something is wrong with a source of which nothing is known but that it writes failures. */
const PRIOR = 0.6;
/** Share of such sources that write nothing else by nature, as an error log does. */
const ERROR_LOGS = 0.05;
/** The largest share of failures among the lines of a source that works. */
const MOST_WHERE_WELL = 0.5;

/**
 * How sure the first fatal line of a service makes of which nothing is known: it says itself that it cannot go on. Where
 * more is known, how often such lines come by is weighed (`new-template`).
 */
export const FIRST_FATAL = 0.9;

/**
 * How sure it is that a service is broken whose first lines are nearly all failures, without anything to compare it
 * with: against the chance that one which works, where at most every second line tells of a failure, writes as many.
 * Five of five suffice for a critical alert; half or twice either number above makes it four to nine.
 * @param failures of `lines`, all the service has written so far
 */
export function brokenFromTheStart(failures: number, lines: number): number {
  if (failures <= lines * MOST_WHERE_WELL) return 0;
  // Chernoff's bound of the binomial tail, which is exact where all lines are failures.
  const share = failures / lines;
  const apart = divergence(share, MOST_WHERE_WELL) + divergence(1 - share, 1 - MOST_WHERE_WELL);
  return against(Math.exp(-lines * apart) + ERROR_LOGS, PRIOR);
}

/** How often a service has begun anew, as its first message tells, and how often a failure was the last it said before. */
export interface Starts {
  /** Template of its first message; empty where that is a failure itself, or nothing came yet. */
  opening: string;
  count: number;
  failed: number;
}

/** Counts a message by its template; `failed` says whether the one before it was a failure. */
export function countStart(starts: Starts, template: string, failed: boolean): void {
  if (template !== starts.opening) return;
  if (starts.count > 0 && failed) starts.failed += 1;
  starts.count += 1;
}

/** One term of the relative entropy of two distributions. */
const divergence = (p: number, q: number): number => (p === 0 ? 0 : p * Math.log(p / q));
