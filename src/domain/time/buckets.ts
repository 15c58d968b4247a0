import { DAY, HOUR, MINUTE, SECOND, WEEK } from './units.ts';

/** Bucket widths that are easy to read, in milliseconds, narrowest first. Where there is more room, there are finer widths. */
export const BUCKET_WIDTHS = {
  /** For the hours of a day in one sentence. */
  sentence: [
    ...[SECOND, 10 * SECOND],
    ...[MINUTE, 5 * MINUTE, 10 * MINUTE],
    ...[HOUR, 6 * HOUR],
    ...[DAY, WEEK],
  ],
  /** For a small chart in a thread. */
  thread: [
    ...[SECOND, 5 * SECOND, 10 * SECOND, 30 * SECOND],
    ...[MINUTE, 5 * MINUTE, 15 * MINUTE],
    ...[HOUR, 6 * HOUR],
    DAY,
  ],
  /** For a chart of a report over a long window. */
  report: [
    ...[SECOND, 5 * SECOND, 10 * SECOND, 30 * SECOND],
    ...[MINUTE, 5 * MINUTE, 10 * MINUTE, 30 * MINUTE],
    ...[HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR],
    DAY,
  ],
} as const satisfies Record<string, readonly number[]>;

/** The narrowest width that divides `span` (ms) into at most `most` buckets; undefined when all are too narrow. */
export const narrowest = (widths: readonly number[], span: number, most: number): number | undefined =>
  widths.find((width) => span / width <= most);
