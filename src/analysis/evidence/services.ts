import type { LogCount, LogFilter } from '../../backends/logs/store.ts';
import type { LogRecord } from '../../domain/log/record.ts';
import type { LogReader } from '../logs/reader.ts';
import type { Span } from '../logs/window.ts';

export interface ServiceFacts {
  service: string;
  count: number;
  errors: number;
  before: number;
  first: number;
  last: number;
  /** Its very first line; undefined where there may be older ones than were counted. */
  began?: number;
}

/**
 * Lines and errors per service now and before; a service that vanished is there with zero lines.
 * @param whole whether nothing is stored from before the time that `earlier` counts
 */
export function serviceFacts(
  services: LogCount[],
  earlier: LogCount[],
  scale: number,
  whole: boolean,
): ServiceFacts[] {
  const was = new Map(earlier.map((entry) => [entry.key, entry]));
  const now = services.map((entry) => {
    const then = was.get(entry.key);
    const began = then ? (whole ? then.first : undefined) : entry.first;
    return {
      service: entry.key,
      count: entry.count,
      errors: entry.errors,
      before: (then?.count ?? 0) * scale,
      first: entry.first,
      last: entry.last,
      ...(began === undefined ? {} : { began }),
    };
  });
  const present = new Set(services.map((entry) => entry.key));
  const gone = earlier
    .filter((entry) => !present.has(entry.key))
    .map((entry) => ({
      service: entry.key,
      count: 0,
      errors: 0,
      before: entry.count * scale,
      first: entry.first,
      last: entry.last,
    }));
  return [...now, ...gone];
}

/** Services that went silent: at their earlier rate, at least ten lines are missing since their last one. */
export async function findSilences(
  logs: LogReader,
  span: Span,
  facts: ServiceFacts[],
): Promise<{ service: string; last: LogRecord; asked: LogFilter }[]> {
  const windowLength = Math.max(1, span.window.to - span.window.from);
  const silent = facts.filter((entry) => {
    const quiet = Math.min(windowLength, span.window.to - entry.last);
    return entry.before * (quiet / windowLength) >= 10 && quiet > 0.3 * windowLength;
  });
  const out: { service: string; last: LogRecord; asked: LogFilter }[] = [];
  for (const { service } of silent.slice(0, 10)) {
    const asked = { services: [service], to: span.window.to };
    const { records } = await logs.search(asked, { limit: 1 });
    if (records[0]) out.push({ service, last: records[0], asked });
  }
  return out;
}
