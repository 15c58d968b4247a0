import type { LogFilter } from '../../backends/logs/store.ts';
import type { FailureKind } from '../../domain/log/failure-kind.ts';
import type { LogRecord, TimeWindow } from '../../domain/log/record.ts';
import type { Evidence } from '../evidence/evidence.ts';
import { failureKind, isVague, recordFailure, uncommonFailure } from '../logs/failure.ts';
import type { LogReader } from '../logs/reader.ts';
import type { Ranking } from '../ranking/ranking.ts';
import type { MessageSubject, Subject } from './subjects.ts';

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
 * The queries for the lines that tell of a failure: of a service its error lines, of a message its lines, of requests those with a
 * status of 500 or more. No line is found by two of them.
 */
export function failingLines(subject: Subject): LogFilter[] {
  switch (subject.sort) {
    case 'service':
      return [{ services: subject.names, levels: ['error', 'fatal'] }];
    case 'message':
      return subject.filters;
    case 'requests':
      return [{ endpoints: [subject.endpoint], status: FAILED }];
    case 'event':
      return [];
  }
}

/** The query for all lines beside which the failing ones stand: all of the service, or all requests for the endpoint. */
export function allLines(subject: Subject): LogFilter[] {
  switch (subject.sort) {
    case 'service':
    case 'message':
      return [{ services: subject.names }];
    case 'requests':
      return [{ endpoints: [subject.endpoint] }];
    case 'event':
      return [];
  }
}

/** How many lines match in a stretch of time, exact, and the oldest or newest of them. */
async function lookedUp(
  { logs, signal }: Scene,
  filters: readonly LogFilter[],
  within: TimeWindow,
  { order, limit }: { order: 'oldest' | 'newest'; limit: number },
): Promise<{ total: number; records: LogRecord[] }> {
  let total = 0;
  const records: LogRecord[] = [];
  for (const filter of filters) {
    const found = await logs.search(
      { ...filter, ...within },
      { limit, order, ...(signal ? { signal } : {}) },
    );
    total += found.total;
    records.push(...found.records);
  }
  const sign = order === 'oldest' ? 1 : -1;
  return { total, records: records.sort((a, b) => sign * (a.timestamp - b.timestamp)).slice(0, limit) };
}

export interface Occurrences {
  count: number;
  first: LogRecord;
  last: LogRecord;
}

/**
 * The failing lines of a subject in a stretch of time. Undefined where there are none, or where the queries for a message also find
 * lines that tell of no failure: then nothing can be said of them together.
 */
export async function occurrences(
  scene: Scene,
  subject: Subject,
  within: TimeWindow,
): Promise<Occurrences | undefined> {
  const filters = failingLines(subject);
  const { total, records } = await lookedUp(scene, filters, within, { order: 'oldest', limit: 1 });
  const [first] = records;
  if (!first || (subject.sort === 'message' && !(await isWhole(scene, subject)))) return undefined;
  const [last] = await newestLines(scene, filters, within, 1);
  return { count: total, first, last: last! };
}

/** Whether all lines that the queries for a message find in the window tell of its failure. */
async function isWhole(scene: Scene, { filters, groups }: MessageSubject): Promise<boolean> {
  const total = await countLines(scene, filters, scene.evidence.span.window);
  const failing = groups.reduce((sum, { count }) => sum + count, 0);
  // The groups of one template have estimated parts, which are rounded.
  return total <= failing + groups.length - 1;
}

/** Lines that are read to learn whether all of a stretch tell of a failure; of more nobody knows. */
const READ = 500;

/**
 * Whether in a stretch outside of the window as well all lines that the queries for a message find tell of its failure: requests of
 * one template may fail in the window and be served before.
 */
export async function areAllTelling(scene: Scene, subject: Subject, within: TimeWindow): Promise<boolean> {
  if (subject.sort !== 'message' || within.to <= within.from) return true;
  const asked = { order: 'newest' as const, limit: READ };
  const { total, records } = await lookedUp(scene, subject.filters, within, asked);
  return (
    total <= READ &&
    records.every((record) => {
      const kind = recordFailure(record) ?? uncommonFailure(record, true);
      return kind !== undefined && subject.kinds.includes(kind);
    })
  );
}

/** How many lines match in a stretch of time. */
export const countLines = async (
  scene: Scene,
  filters: readonly LogFilter[],
  within: TimeWindow,
): Promise<number> => (await lookedUp(scene, filters, within, { order: 'newest', limit: 0 })).total;

/** The newest lines that match, at most as many as a store gives at once. */
export const newestLines = async (
  scene: Scene,
  filters: readonly LogFilter[],
  within: TimeWindow,
  limit: number,
): Promise<LogRecord[]> => (await lookedUp(scene, filters, within, { order: 'newest', limit })).records;

/** Templates of one service that are looked at; of more nobody knows. */
const TEMPLATES = 2_000;

/**
 * Whether the service tells in a stretch of time of the same kind of failure in other words than those of the subject: then what
 * is counted there is not all of that kind. True as well where it has too many templates to know.
 */
export async function isToldOtherwise(scene: Scene, subject: Subject, within: TimeWindow): Promise<boolean> {
  if (subject.sort !== 'message') return false;
  const asked = { services: subject.names, ...within };
  const own = new Set(subject.filters.flatMap(({ templateIds = [] }) => templateIds));
  const told = await scene.logs.counts(asked, 'template', TEMPLATES);
  if (told.length >= TEMPLATES) return true;
  const others = told.filter(({ key }) => !own.has(key));
  if (others.some(({ label }) => subject.kinds.includes(failureKind(label) as FailureKind))) return true;
  // Of requests that failed only their status tells.
  const failed = [{ services: subject.names, status: FAILED }];
  if (
    subject.kinds.includes('status') &&
    (await countLines(scene, failed, within)) > (await countLines(scene, subject.filters, within))
  )
    return true;
  if (!subject.kinds.some(isVague)) return false;
  // `payment (errors)` speaks of all error lines.
  const errors = await scene.logs.counts({ ...asked, levels: ['error', 'fatal'] }, 'template', TEMPLATES);
  return errors.some(({ key }) => !own.has(key));
}

/** All that is stored up to the end of the window. */
export const sinceBegin = ({ evidence }: Scene): TimeWindow => ({
  from: Math.min(evidence.span.begins, evidence.span.window.from),
  to: evidence.span.window.to,
});

/** All that is stored before a time. */
export const before = (scene: Scene, to: number): TimeWindow => ({ from: sinceBegin(scene).from, to });
