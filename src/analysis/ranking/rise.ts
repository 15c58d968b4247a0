import type { FailureGroup } from '../evidence/failure-groups.ts';

/** What is seen at most this many times as often as in the busiest comparable stretch is usual. */
const USUAL_TIMES = 2;
/** Healthy time must be at least this fraction of the failing one to say what is usual. */
const ENOUGH_PAST = 0.3;

/** Whether there is time outside of the failing one to compare with. */
export const hasPast = ({ course }: FailureGroup): boolean => (course?.past ?? 0) >= ENOUGH_PAST;

/**
 * How easily a healthy system could write so many lines of these messages in one stretch, 0 to 1. Errors come in bursts whose
 * sizes have a heavy tail: the chance of one r times as large as the largest seen is about 1/r. Less time to compare with says
 * less. Messages of one service are one matter.
 */
export function chanceOf(groups: readonly FailureGroup[]): number {
  let lines = 0;
  let peak = 0;
  let past = 0;
  for (const { course } of new Set(groups)) {
    if (!course) continue;
    lines += course.lines;
    peak += course.peak;
    past = Math.max(past, course.past);
  }
  const times = lines / Math.max(1, peak);
  return times <= 1 ? 1 : 1 / (1 + Math.min(1, past) * (times - 1));
}

/** Whether healthy hours have as many of these lines; undefined where nothing is known of healthy hours. */
export function isAsBefore(group: FailureGroup): boolean | undefined {
  if (!group.course || !hasPast(group)) return undefined;
  const { peak, lines } = group.course;
  return peak > 0 && lines <= USUAL_TIMES * peak;
}
