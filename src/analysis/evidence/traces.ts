import type { LogFilter } from '../../backends/logs/store.ts';
import type { LogRecord } from '../../domain/log/record.ts';
import { MINUTE } from '../../domain/time/units.ts';
import { recordFailure } from '../logs/failure.ts';
import type { LogReader } from '../logs/reader.ts';
import type { Span } from '../logs/window.ts';
import { canonicalName, type Directory } from '../service-names/names.ts';

/** One request on its way through several services, by the lines with its trace id. */
export interface RequestTrace {
  traceId: string;
  /** In the order of their first lines. */
  services: string[];
  /** The service of the first line that reports a failure: a caller fails later than the service it calls. */
  failedIn: string;
  /** Its lines, oldest first. */
  lines: LogRecord[];
  /** The query to the store. */
  asked: LogFilter;
}

const LOOKED_AT = 8;
const KEPT = 3;
const LINES = 60;
/** A request may have begun before the window. */
const LEAD_MS = MINUTE;

/**
 * Follows failed requests over the services they went through.
 * @param failing lines that report failures, newest first
 * @returns those seen in two services or more, most services first
 */
export async function followTraces(
  logs: LogReader,
  { window }: Span,
  failing: readonly LogRecord[],
  directory: Directory,
  signal?: AbortSignal,
): Promise<RequestTrace[]> {
  const ids = [...new Set(failing.flatMap((record) => record.traceId ?? []))].slice(0, LOOKED_AT);
  const found = await Promise.all(
    ids.map(async (traceId): Promise<RequestTrace[]> => {
      const asked = { traceId, from: Math.max(0, window.from - LEAD_MS), to: window.to };
      const { records: lines } = await logs.search(asked, { limit: LINES, order: 'oldest', signal });
      const services = [...new Set(lines.map((record) => canonicalName(record.service, directory.own)))];
      const first = lines.find((record) => recordFailure(record) !== undefined);
      if (services.length < 2 || !first) return [];
      return [{ traceId, services, failedIn: canonicalName(first.service, directory.own), lines, asked }];
    }),
  );
  return found
    .flat()
    .sort((a, b) => b.services.length - a.services.length)
    .slice(0, KEPT);
}
