import type { LogBucket } from '../backends/logs/store.ts';
import type { TimeWindow } from '../domain/log/record.ts';
import { BUCKET_WIDTHS, narrowest } from '../domain/time/buckets.ts';

/** Most points of a chart. */
const MAX_BUCKETS = 120;
/** Most parts that a window is read in. */
const MAX_PARTS = 40;

/** The smallest width (ms) with which a window has at most 120 buckets. */
export function bucketWidth({ from, to }: TimeWindow): number {
  const most = MAX_BUCKETS - 1;
  return narrowest(BUCKET_WIDTHS.report, to - from, most) ?? Math.ceil((to - from) / most);
}

/**
 * Cuts a window into at most 40 parts. They begin and end where a bucket does, the first and the last where the
 * window does.
 */
export function windowParts({ from, to }: TimeWindow, width: number): TimeWindow[] {
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
