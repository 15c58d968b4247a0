import type { LogBucket } from '../../backends/logs/store.ts';
import type { Course } from '../../domain/question/answer.ts';
import type { Language } from '../../domain/question/question.ts';
import { DAY, HOUR, MINUTE } from '../../domain/time/units.ts';
import { formatNumber, say } from '../../i18n/answers.ts';
import type { LogReader } from '../logs/reader.ts';
import type { Span } from '../logs/window.ts';

/** Widths that read well. */
const WIDTHS = [1_000, 10_000, MINUTE, 5 * MINUTE, 10 * MINUTE, HOUR, 6 * HOUR, DAY, 7 * DAY];
/** Most counts in a sentence: the hours of a day, and one more since a day may begin within an hour. */
const MOST = 25;
/** Longer times are counted by hours. */
const BRIEF = 3 * HOUR;

/** Lines and errors over the time of a span for which there are logs, in at most 25 buckets or so. */
export async function histogramOf(
  reader: Pick<LogReader, 'histogram'>,
  span: Span,
  services?: string[],
): Promise<Course | undefined> {
  const from = Math.max(span.window.from, span.begins);
  const to = Math.min(span.window.to, span.ends);
  if (to <= from) return undefined;
  const width =
    WIDTHS.find((ms) => (to - from) / ms <= MOST && (ms >= HOUR || to - from < BRIEF)) ?? WIDTHS.at(-1)!;
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
export function histogramText({ bucket_ms, buckets }: Course, language: Language, timeZone: string): string {
  const [first, last] = [Date.parse(buckets[0]!.at), Date.parse(buckets.at(-1)!.at)];
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' });
  // `2026-03-01 14:03:22` without what all of them share.
  const from = last - first >= DAY || bucket_ms >= DAY ? 5 : 11;
  const to = bucket_ms >= DAY ? 10 : bucket_ms < MINUTE ? 19 : 16;
  const list = buckets.map(({ at, total, errors }) => {
    const count = `${format.format(Date.parse(at)).slice(from, to)} ${formatNumber(total)}`;
    return errors > 0 ? `${count} (${say(language, 'course.errors', { errors })})` : count;
  });
  return say(language, 'sum.course', { width: widthText(bucket_ms, language), list: list.join(', ') });
}

function widthText(ms: number, language: Language): string {
  const [unit, size] =
    ms >= DAY
      ? (['day', DAY] as const)
      : ms >= HOUR
        ? (['hour', HOUR] as const)
        : ms >= MINUTE
          ? (['minute', MINUTE] as const)
          : (['second', 1_000] as const);
  const count = ms / size;
  return say(language, `per.${unit}`, { count });
}
