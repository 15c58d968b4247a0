import { createHash } from 'node:crypto';
import type { LogBucket, LogCount, LogFilter, LogStore, RequestStats } from '../../backends/logs/store.ts';
import { isError, type LogRecord } from '../../domain/log/record.ts';
import { turn } from '../../domain/time/event-loop.ts';

/** The part of a log store that the analysis uses. */
export type LogReader = Pick<LogStore, 'search' | 'counts' | 'histogram' | 'requests' | 'extent' | 'get'>;

const MASKS: [RegExp, string][] = [
  [/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?/g, '<*>'],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, '<*>'],
  [/\b0x[0-9a-f]+\b|\b(?=[0-9a-f]*\d)[0-9a-f]{8,}\b/gi, '<*>'],
  [/\d+(?:\.\d+)*/g, '<*>'],
];
const PATTERN_LENGTH = 300;

/** A simple template for lines that the miner has not seen: numbers, ids and times become `<*>`. */
export function maskPattern(message: string): string {
  let out = message.slice(0, 2 * PATTERN_LENGTH);
  for (const [pattern, by] of MASKS) out = out.replace(pattern, by);
  return out.slice(0, PATTERN_LENGTH);
}

/** A record's template: from the miner if it has one. */
export function templateOf(record: LogRecord): { id: string; pattern: string } {
  if (record.template) return record.template;
  const pattern = maskPattern(record.message);
  return { id: `m${createHash('sha1').update(pattern).digest('hex').slice(0, 12)}`, pattern };
}

type Templated = LogRecord & { template: { id: string; pattern: string } };

/** Records are read in pieces of this size, so that other work can run between them. */
const PIECE = 1_000;

/** Does something with each record, in pieces. */
async function each(records: readonly Templated[], work: (record: Templated) => void): Promise<void> {
  for (let from = 0; from < records.length; from += PIECE) {
    const pause = turn();
    if (pause) await pause;
    for (let at = from; at < Math.min(from + PIECE, records.length); at += 1) work(records[at]!);
  }
}

/** Records in order of time, and by their templates. */
async function ordered(input: readonly LogRecord[]) {
  const records: Templated[] = [];
  for (const record of input) {
    const pause = records.length % PIECE === 0 ? turn() : undefined;
    if (pause) await pause;
    records.push(isTemplated(record) ? record : { ...record, template: templateOf(record) });
  }
  records.sort((a, b) => a.timestamp - b.timestamp);
  const byTemplate = new Map<string, Templated[]>();
  await each(records, (record) => {
    const list = byTemplate.get(record.template.id);
    if (list) list.push(record);
    else byTemplate.set(record.template.id, [record]);
  });
  return { records, byTemplate };
}

/** Reads records in memory as if they were stored: pasted text, `why --logs`, tests. Other work can run meanwhile. */
export function readerOver(input: readonly LogRecord[]): LogReader {
  let ready: ReturnType<typeof ordered> | undefined;
  let byId: Map<string, Templated> | undefined;
  const all = () => (ready ??= ordered(input));
  const matching = async (filter: LogFilter): Promise<readonly Templated[]> => {
    const words = searchWords(filter.text);
    const { services, levels, traceId, endpoints, status } = filter;
    const found = between(await candidates(filter.templateIds), filter);
    if (!services && !levels && !traceId && !endpoints && !status && words.length === 0) return found;
    const fitting: Templated[] = [];
    await each(found, (record) => {
      if (services && !services.includes(record.service)) return;
      if (levels && !levels.includes(record.level)) return;
      if (traceId && record.traceId !== traceId) return;
      if ((endpoints || status) && !answers(record.request, filter)) return;
      if (words.length === 0 || containsAll(record.line, words)) fitting.push(record);
    });
    return fitting;
  };
  const candidates = async (templateIds: readonly string[] | undefined): Promise<readonly Templated[]> => {
    const { records, byTemplate } = await all();
    if (!templateIds) return records;
    const lists = [...new Set(templateIds)].flatMap((id) => byTemplate.get(id) ?? []);
    return templateIds.length === 1 ? lists : lists.sort((a, b) => a.timestamp - b.timestamp);
  };
  return {
    async search(filter, { limit = 50, order = 'newest' } = {}) {
      const all = await matching(filter);
      const records =
        order === 'oldest' ? all.slice(0, limit) : all.slice(Math.max(0, all.length - limit)).reverse();
      return { records, total: all.length };
    },
    async get(ids) {
      byId ??= new Map((await all()).records.map((record) => [record.id, record]));
      return ids.flatMap((id) => byId!.get(id) ?? []);
    },
    async counts(filter, by, limit = 20) {
      const counts = new Map<string, LogCount>();
      await each(await matching(filter), (record) => {
        const value = fieldOf(record, by);
        if (value === undefined) return;
        let entry = counts.get(value);
        if (!entry) {
          const label = by === 'template' ? record.template.pattern : value;
          entry = { key: value, label, count: 0, errors: 0, first: record.timestamp, last: record.timestamp };
          counts.set(value, entry);
        }
        entry.count += 1;
        if (isError(record.level)) entry.errors += 1;
        entry.last = record.timestamp;
      });
      return [...counts.values()]
        .sort((a, b) => b.count - a.count || (a.key < b.key ? -1 : 1))
        .slice(0, limit);
    },
    async histogram(filter, bucketMs) {
      const start = Math.floor(filter.from / bucketMs) * bucketMs;
      const buckets: LogBucket[] = [];
      for (let at = start; at < filter.to; at += bucketMs) buckets.push({ at, total: 0, errors: 0 });
      await each(await matching(filter), (record) => {
        const bucket = buckets[Math.floor((record.timestamp - start) / bucketMs)]!;
        bucket.total += 1;
        if (isError(record.level)) bucket.errors += 1;
      });
      return buckets;
    },
    async requests(filter) {
      return requestStats(await matching(filter));
    },
    async extent() {
      const { records } = await all();
      const first = records[0];
      const last = records.at(-1);
      return first && last && { from: first.timestamp, to: last.timestamp + 1, records: records.length };
    },
  };
}

const isTemplated = (record: LogRecord): record is Templated => record.template !== undefined;

function fieldOf(record: Templated, by: Parameters<LogReader['counts']>[1]): string | undefined {
  if (by === 'template') return record.template.id;
  if (by === 'error_code') return record.errorCode;
  if (by === 'endpoint') return record.request?.endpoint;
  return record[by];
}

/** Whether a request is one to the endpoints of the filter, answered with such a status. */
function answers(request: LogRecord['request'], { endpoints, status }: LogFilter): boolean {
  if (!request || (endpoints && !endpoints.includes(request.endpoint))) return false;
  const { status: given = -1 } = request;
  return !status || (given >= status.from && given < status.to);
}

/** The part of records in order of time that lies in `from <= t < to`. */
function between<T extends LogRecord>(records: readonly T[], { from, to }: LogFilter): readonly T[] {
  const start = from === undefined ? 0 : firstAt(records, from);
  const end = to === undefined ? records.length : firstAt(records, to);
  return start === 0 && end === records.length ? records : records.slice(start, end);
}

/** Index of the first record at or after a time, by binary search. */
function firstAt(records: readonly LogRecord[], time: number): number {
  let low = 0;
  let high = records.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (records[middle]!.timestamp < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

function searchWords(text: string | undefined): string[] {
  return [...(text ?? '').matchAll(/"([^"]+)"|(\S+)/g)].map(([, phrase, word]) =>
    (phrase ?? word!).toLowerCase(),
  );
}

function containsAll(line: string, words: string[]): boolean {
  // Most searches are for numbers or lower-case words: often the line without conversion is enough.
  if (words.every((word) => line.includes(word))) return true;
  if (words.every((word) => /^[\d.:]+$/.test(word))) return false;
  const lower = line.toLowerCase();
  return words.every((word) => lower.includes(word));
}

async function requestStats(records: readonly Templated[]): Promise<RequestStats> {
  const endpoints = new Map<string, { count: number; timed: number; sum: number }>();
  const statuses = new Map<number, number>();
  let requests = 0;
  let timed = 0;
  let sum = 0;
  let max = 0;
  await each(records, ({ request }) => {
    if (!request) return;
    requests += 1;
    const entry = endpoints.get(request.endpoint) ?? { count: 0, timed: 0, sum: 0 };
    endpoints.set(request.endpoint, entry);
    entry.count += 1;
    if (request.status !== undefined) statuses.set(request.status, (statuses.get(request.status) ?? 0) + 1);
    if (request.durationMs === undefined) return;
    timed += 1;
    sum += request.durationMs;
    max = Math.max(max, request.durationMs);
    entry.timed += 1;
    entry.sum += request.durationMs;
  });
  return {
    requests,
    ...(timed > 0 ? { meanMs: sum / timed, maxMs: max } : {}),
    endpoints: [...endpoints]
      .map(([endpoint, e]) => ({ endpoint, count: e.count, ...(e.timed ? { meanMs: e.sum / e.timed } : {}) }))
      .sort((a, b) => b.count - a.count || (a.endpoint < b.endpoint ? -1 : 1)),
    statuses: [...statuses]
      .map(([status, count]) => ({ status, count }))
      .sort((a, b) => b.count - a.count || a.status - b.status),
  };
}
