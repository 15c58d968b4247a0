import type { LogFilter } from '../../backends/logs/store.ts';
import type { LogRecord, TimeWindow } from '../../domain/log/record.ts';
import type { Evidence } from '../evidence/evidence.ts';
import type { LogReader } from '../logs/reader.ts';
import type { Ranking } from '../ranking/ranking.ts';
import type { Subject } from './subjects.ts';

/** What claims are checked against. */
export interface Scene {
  logs: LogReader;
  evidence: Evidence;
  ranking: Ranking;
  subjects: ReadonlyMap<string, Subject>;
  signal?: AbortSignal | undefined;
}

/** Requests that were answered with a server error. */
const FAILED = { from: 500, to: 600 };

/**
 * The query for the lines that tell of a failure: of a service its error lines, of a message its lines, of requests those with a
 * status of 500 or more.
 */
export function failingLines(subject: Subject): LogFilter | undefined {
  switch (subject.sort) {
    case 'service':
      return { services: subject.names, levels: ['error', 'fatal'] };
    case 'message':
      return subject.filter;
    case 'requests':
      return { endpoints: [subject.endpoint], status: FAILED };
    case 'event':
      return undefined;
  }
}

/** The query for all lines beside which the failing ones stand: all of the service, or all requests for the endpoint. */
export function allLines(subject: Subject): LogFilter | undefined {
  switch (subject.sort) {
    case 'service':
    case 'message':
      return { services: subject.names };
    case 'requests':
      return { endpoints: [subject.endpoint] };
    case 'event':
      return undefined;
  }
}

/** How many lines match in a stretch of time, exact, with the oldest of them. */
async function lookedUp(
  { logs, signal }: Scene,
  filter: LogFilter,
  order: 'oldest' | 'newest',
  limit = 1,
): Promise<{ total: number; records: LogRecord[] }> {
  return logs.search(filter, { limit, order, ...(signal ? { signal } : {}) });
}

export interface Occurrences {
  count: number;
  first: LogRecord;
  last: LogRecord;
}

/**
 * The failing lines of a subject in a stretch of time. Undefined where there are none, or where the query for a message also finds
 * lines that tell of no failure: then nothing can be said of them together.
 */
export async function occurrences(
  scene: Scene,
  subject: Subject,
  within: TimeWindow,
): Promise<Occurrences | undefined> {
  const filter = failingLines(subject);
  if (!filter) return undefined;
  const asked = { ...filter, ...within };
  const { total, records } = await lookedUp(scene, asked, 'oldest');
  const [first] = records;
  if (!first || (subject.sort === 'message' && !(await isWhole(scene, subject)))) return undefined;
  const [last] = (await lookedUp(scene, asked, 'newest')).records;
  return { count: total, first, last: last! };
}

/** Whether all lines that the query for a message finds in the window tell of its failure. */
async function isWhole(scene: Scene, subject: Extract<Subject, { sort: 'message' }>): Promise<boolean> {
  const { total } = await lookedUp(scene, { ...subject.filter, ...scene.evidence.span.window }, 'newest', 0);
  const failing = subject.groups.reduce((sum, { count }) => sum + count, 0);
  // The groups of one template have estimated parts, which are rounded.
  return total <= failing + subject.groups.length - 1;
}

/** How many lines match in a stretch of time. */
export const countLines = async (scene: Scene, filter: LogFilter, within: TimeWindow): Promise<number> =>
  (await lookedUp(scene, { ...filter, ...within }, 'newest', 0)).total;

/** The newest lines that match, at most as many as a store gives at once. */
export const newestLines = async (
  scene: Scene,
  filter: LogFilter,
  within: TimeWindow,
  limit: number,
): Promise<LogRecord[]> => (await lookedUp(scene, { ...filter, ...within }, 'newest', limit)).records;

/** All that is stored up to the end of the window. */
export const sinceBegin = ({ evidence }: Scene): TimeWindow => ({
  from: Math.min(evidence.span.begins, evidence.span.window.from),
  to: evidence.span.window.to,
});
