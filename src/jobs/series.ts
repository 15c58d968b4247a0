import type { LogBucket } from '../backends/logs/store.ts';
import type { TimeWindow } from '../domain/log/record.ts';
import { DAY, HOUR } from '../domain/time/units.ts';

/** Most points of a chart. */
const MAX_BUCKETS = 120;
/** Most parts that a window is read in. */
const MAX_PARTS = 40;
/** Bucket widths that are easy to read on a time axis, in milliseconds: 1 s to 1 day. */
const BUCKET_WIDTHS = [
  1_000,
  5_000,
  10_000,
  30_000,
  60_000,
  300_000,
  600_000,
  1_800_000,
  HOUR,
  10_800_000,
  21_600_000,
  43_200_000,
  DAY,
];

/** The smallest width (ms) with which a window has at most 120 buckets. */
export function bucketWidth({ from, to }: TimeWindow): number {
  const fits = (width: number): boolean => (to - from) / width <= MAX_BUCKETS - 1;
  return BUCKET_WIDTHS.find(fits) ?? Math.ceil((to - from) / (MAX_BUCKETS - 1));
}

/**
 * Cuts a window into at most 40 parts. They begin and end where a bucket does, the first and the last where the
 * window does.
 */
export function partsOf({ from, to }: TimeWindow, width: number): TimeWindow[] {
  const first = Math.floor(from / width);
  const last = Math.ceil(to / width);
  const each = Math.max(1, Math.ceil((last - first) / MAX_PARTS));
  const parts: TimeWindow[] = [];
  for (let bucket = first; bucket < last; bucket += each)
    parts.push({ from: Math.max(from, bucket * width), to: Math.min(to, (bucket + each) * width) });
  return parts;
}

/** Puts the buckets of a part behind those of the parts before it. */
export function append(series: LogBucket[], part: readonly LogBucket[]): LogBucket[] {
  return [...series, ...part.map(({ at, total, errors }) => ({ at, total, errors }))];
}
