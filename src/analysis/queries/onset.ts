import type { TimeWindow } from '../../domain/log/record.ts';
import { MINUTE } from '../../domain/time/units.ts';

/** A value for a piece of time; undefined where there was nothing to measure. */
export interface Point {
  at: number;
  value: number | undefined;
}

/** So many pieces a stretch of time is divided into. */
const PIECES = 240;
/** A stretch of unusual values ends after a pause of this many pieces, at least of two minutes. */
const PAUSE = 3;
/** The latest stretch is meant unless another one has five times as much. */
const COMPARABLE = 0.2;
/** Unusual is more than the median and this many robust deviations. */
const DEVIATIONS = 4 * 1.4826;
const FEW = 2;

const median = (values: number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

/** The width of a piece: whole minutes where it is long, since stores keep counts for those. */
export function pieceFor(length: number, pieces = PIECES): number {
  const exact = Math.max(1_000, Math.ceil(length / pieces));
  return exact <= MINUTE / 2 ? exact : Math.ceil(exact / MINUTE) * MINUTE;
}

/**
 * The latest stretch of clearly more than usual in a series of counts, from its first piece to its last; undefined where there is
 * no such stretch: nothing, or always about the same.
 */
export function burstOf(points: readonly Point[], width: number): TimeWindow | undefined {
  const values = points.map(({ value }) => value ?? 0);
  const usual = median(values);
  const limit = Math.max(FEW, usual + DEVIATIONS * median(values.map((value) => Math.abs(value - usual))));
  return latest(
    points,
    width,
    (value) => value > limit,
    (value) => value > usual,
  );
}

/**
 * The latest stretch in which means are at least twice as high as usual. Pieces without a value belong to what is around them.
 */
export function riseOf(points: readonly Point[], width: number): TimeWindow | undefined {
  const usual = median(points.flatMap(({ value }) => value ?? []));
  return latest(
    points,
    width,
    (value) => value > 2 * usual,
    (value) => value > 1.5 * usual,
  );
}

/** @param isHigh makes a stretch @param belongs extends one that is there */
function latest(
  points: readonly Point[],
  width: number,
  isHigh: (value: number) => boolean,
  belongs: (value: number) => boolean,
): TimeWindow | undefined {
  const pause = Math.max(PAUSE, Math.ceil((2 * MINUTE) / width));
  const stretches: { first: number; last: number; sum: number }[] = [];
  points.forEach(({ value }, index) => {
    if (value === undefined) return;
    const current = stretches.at(-1);
    const joins = current !== undefined && index - current.last <= pause;
    if (isHigh(value) && !joins) stretches.push({ first: index, last: index, sum: value });
    else if (joins && (isHigh(value) || belongs(value))) {
      current.last = index;
      current.sum += value;
    }
  });
  const largest = Math.max(0, ...stretches.map(({ sum }) => sum));
  const found = stretches.findLast(({ sum }) => sum >= COMPARABLE * largest);
  if (!found) return undefined;
  let { first } = found;
  // What leads up to it belongs to it.
  while (first > 0 && belongs(points[first - 1]!.value ?? 0)) first -= 1;
  return { from: points[first]!.at, to: points[found.last]!.at + width };
}
