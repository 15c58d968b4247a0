import type { LogBucket } from '../../backends/logs/store.ts';
import type { Histogram } from '../../domain/question/answer.ts';
import type { Language } from '../../domain/question/question.ts';
import { BUCKET_WIDTHS, narrowest } from '../../domain/time/buckets.ts';
import { DAY, HOUR, MINUTE } from '../../domain/time/units.ts';
import { say } from '../../i18n/answers.ts';
import { clockOf } from '../../i18n/dates.ts';
import { inFull } from '../../i18n/durations.ts';
import { figure } from '../../i18n/numbers.ts';
import type { LogReader } from '../logs/reader.ts';
import type { Span } from '../logs/window.ts';

/** Most counts in a sentence: the hours of a day, and one more since a day may begin within an hour. */
const MOST = 25;
/** Longer times are counted in hours. */
const BRIEF = 3 * HOUR;

/** Lines and errors over time, for the part of a span that has logs, in about 25 buckets at most. */
export async function histogramOf(
  reader: Pick<LogReader, 'histogram'>,
  span: Span,
  services?: string[],
): Promise<Histogram | undefined> {
  const from = Math.max(span.window.from, span.begins);
  const to = Math.min(span.window.to, span.ends);
  if (to <= from) return undefined;
  const widths = BUCKET_WIDTHS.sentence.filter((ms) => ms >= HOUR || to - from < BRIEF);
  const width = narrowest(widths, to - from, MOST) ?? widths.at(-1)!;
  const buckets = await reader.histogram({ ...(services ? { services } : {}), from, to }, width);
  return {
    bucket_ms: width,
    buckets: buckets.map(({ at, total, errors }: LogBucket) => ({
      at: new Date(at).toISOString(),
      total,
      errors,
    })),
  };
}

/** The histogram as a sentence: `Lines per 1 hour: 10:00 1,203 (4 errors), 11:00 …`. */
export function histogramText(
  { bucket_ms, buckets }: Histogram,
  language: Language,
  timeZone: string,
): string {
  const [first, last] = [Date.parse(buckets[0]!.at), Date.parse(buckets.at(-1)!.at)];
  const { dayAndClock } = clockOf(timeZone);
  // `2026-03-01 14:03:22` without the part that all of them have in common.
  const from = last - first >= DAY || bucket_ms >= DAY ? 5 : 11;
  const to = bucket_ms >= DAY ? 10 : bucket_ms < MINUTE ? 19 : 16;
  const list = buckets.map(({ at, total, errors }) => {
    const count = `${dayAndClock(Date.parse(at)).slice(from, to)} ${figure(total)}`;
    return errors > 0 ? `${count} (${say(language, 'course.errors', { errors })})` : count;
  });
  return say(language, 'sum.histogram', { width: inFull(bucket_ms, language), list: list.join(', ') });
}
