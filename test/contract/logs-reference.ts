import type { LogDimension, LogFilter } from '../../src/backends/logs/store.ts';
import { isError, LEVELS, type LogRecord } from '../../src/domain/log/record.ts';

export const T0 = Date.UTC(2026, 0, 5, 9, 0, 0);

/** mulberry32: a small seeded generator, so that a failure can be repeated. */
function seeded(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export function record(id: string, values: Partial<LogRecord> = {}): LogRecord {
  const message = values.message ?? `message ${id}`;
  return {
    id,
    timestamp: T0,
    level: 'info',
    service: 'order',
    message,
    line: `2026-01-05 ${message}`,
    attributes: {},
    ...values,
  };
}

const WORDS = [
  'timeout',
  'Connection',
  '연결 실패',
  '재시도',
  'pool exhausted',
  '100%',
  'a_b',
  'C:\\tmp',
  'OK',
];
const SERVICES = ['order', 'payment', '결제', 'user'];

/** Records of every shape over 130 minutes, not in order of time; each has a time of its own. */
export function randomRecords(count: number, seed: number): LogRecord[] {
  const random = seeded(seed);
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)]!;
  const step = Math.floor((130 * 60_000) / count);
  const records = Array.from({ length: count }, (_, index): LogRecord => {
    const template = Math.floor(random() * 5);
    const level = pick(LEVELS);
    const message = `${pick(WORDS)} step ${template} ${pick(WORDS)} id=${index}`;
    return {
      id: `r${index}`,
      timestamp: T0 + index * step + Math.floor(random() * step),
      level,
      service: pick(SERVICES),
      message,
      line: `${level.toUpperCase()} ${message}`,
      attributes: random() < 0.3 ? { tenant: 'é', retries: 3, ok: true } : {},
      ...(random() < 0.7 ? { host: pick(['web-1', 'web-2']) } : {}),
      ...(isError(level) && random() < 0.8 ? { errorCode: pick(['ECONNREFUSED', 'SQLSTATE 53300']) } : {}),
      ...(random() < 0.1 ? { traceId: `trace${Math.floor(random() * 20)}`, spanId: `s${index}` } : {}),
      ...(random() < 0.8 ? { template: { id: `t${template}`, pattern: `<*> step ${template} <*>` } } : {}),
      ...(random() < 0.4
        ? {
            request: {
              endpoint: pick(['GET /orders/<*>', 'POST /pay', '/결제']),
              ...(random() < 0.9 ? { status: pick([200, 201, 404, 500]) } : {}),
              ...(random() < 0.8 ? { durationMs: Math.round(random() * 10_000) / 8 } : {}),
            },
          }
        : {}),
    };
  });
  for (let index = records.length - 1; index > 0; index--) {
    const other = Math.floor(random() * (index + 1));
    [records[index], records[other]] = [records[other]!, records[index]!];
  }
  return records;
}

/** What the filter means, said as plainly as possible. `words` are the filter's `text`, taken apart by the test's author. */
export function matches(entry: LogRecord, filter: LogFilter, words: string[] = []): boolean {
  return (
    entry.timestamp >= (filter.from ?? -Infinity) &&
    entry.timestamp < (filter.to ?? Infinity) &&
    (filter.services?.includes(entry.service) ?? true) &&
    (filter.levels?.includes(entry.level) ?? true) &&
    (filter.templateIds?.includes(entry.template?.id ?? '') ?? true) &&
    (filter.traceId === undefined || entry.traceId === filter.traceId) &&
    (filter.endpoints?.includes(entry.request?.endpoint ?? 'none') ?? true) &&
    (filter.status === undefined ||
      ((entry.request?.status ?? 0) >= filter.status.from &&
        (entry.request?.status ?? 0) < filter.status.to)) &&
    words.every((word) => entry.line.toLowerCase().includes(word))
  );
}

export const FILTERS: { name: string; filter: LogFilter; words?: string[] }[] = [
  { name: 'everything', filter: {} },
  { name: 'whole minutes', filter: { from: T0 + 10 * 60_000, to: T0 + 40 * 60_000 } },
  { name: 'odd window', filter: { from: T0 + 123_457, to: T0 + 3_333_333 } },
  { name: 'within a minute', filter: { from: T0 + 61_001, to: T0 + 100_003 } },
  { name: 'only from', filter: { from: T0 + 1_234_567 } },
  { name: 'only to', filter: { to: T0 + 1_234_567 } },
  { name: 'empty window', filter: { from: T0 + 60_000, to: T0 + 60_000 } },
  { name: 'before all', filter: { to: T0 - 1 } },
  { name: 'services', filter: { services: ['결제', 'user'] } },
  { name: 'unknown service', filter: { services: ['nobody'] } },
  { name: 'known and unknown service', filter: { services: ['nobody', 'user'] } },
  { name: 'no service', filter: { services: [] } },
  { name: 'levels', filter: { levels: ['error', 'fatal'], from: T0 + 5_000 } },
  { name: 'templates', filter: { templateIds: ['t1', 't4'], services: ['order'] } },
  { name: 'trace', filter: { traceId: 'trace7' } },
  { name: 'trace and window', filter: { traceId: 'trace7', from: T0 + 1_000_000, to: T0 + 6_000_000 } },
  { name: 'endpoints', filter: { endpoints: ['/결제', 'POST /pay', 'GET /nobody'], from: T0 + 60_000 } },
  { name: 'no endpoint', filter: { endpoints: [] } },
  { name: 'a class of statuses', filter: { status: { from: 500, to: 600 }, services: ['order'] } },
  { name: 'one status of an endpoint', filter: { status: { from: 404, to: 405 }, endpoints: ['/결제'] } },
  { name: 'word, other case', filter: { text: 'CONNECTION' }, words: ['connection'] },
  { name: 'part of a word', filter: { text: 'necti' }, words: ['necti'] },
  { name: 'two words', filter: { text: 'timeout retr', services: ['order'] }, words: ['timeout', 'retr'] },
  { name: 'two syllables', filter: { text: '연결' }, words: ['연결'] },
  { name: 'one syllable', filter: { text: '패' }, words: ['패'] },
  { name: 'one letter', filter: { text: 'k' }, words: ['k'] },
  { name: 'phrase', filter: { text: '"연결 실패" OK' }, words: ['연결 실패', 'ok'] },
  { name: 'phrase over a gap', filter: { text: '"exhausted id="' }, words: ['exhausted id='] },
  { name: 'end of line', filter: { text: 'id=7' }, words: ['id=7'] },
  { name: 'percent', filter: { text: '0%' }, words: ['0%'] },
  { name: 'underscore', filter: { text: 'a_b' }, words: ['a_b'] },
  { name: 'backslash', filter: { text: 'c:\\tmp' }, words: ['c:\\tmp'] },
  { name: 'star is no wildcard', filter: { text: 'c*n' }, words: ['c*n'] },
  { name: 'nothing found', filter: { text: '없는말' }, words: ['없는말'] },
  { name: 'blank text', filter: { text: '  ' } },
  {
    name: 'all together',
    filter: {
      from: T0 + 100_000,
      to: T0 + 7_000_000,
      services: ['order', 'payment', '결제'],
      levels: ['info', 'warn', 'error'],
      templateIds: ['t0', 't1', 't2', 't3'],
      text: 'step',
    },
    words: ['step'],
  },
];

export function plainCounts(records: LogRecord[], by: LogDimension) {
  const keyOf: Record<LogDimension, (entry: LogRecord) => string | undefined> = {
    service: (entry) => entry.service,
    level: (entry) => entry.level,
    template: (entry) => entry.template?.id,
    error_code: (entry) => entry.errorCode,
    host: (entry) => entry.host,
    endpoint: (entry) => entry.request?.endpoint,
  };
  const groups = Map.groupBy(records, keyOf[by]);
  groups.delete(undefined);
  return [...groups]
    .map(([key, group]) => ({
      key: key!,
      label: by === 'template' ? group[0]!.template!.pattern : key!,
      count: group.length,
      errors: group.filter((entry) => isError(entry.level)).length,
      first: Math.min(...group.map((entry) => entry.timestamp)),
      last: Math.max(...group.map((entry) => entry.timestamp)),
    }))
    .sort((a, b) => b.count - a.count || (a.key < b.key ? -1 : 1))
    .slice(0, 20);
}

const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const durations = (group: LogRecord[]) =>
  group.flatMap((entry) => (entry.request?.durationMs === undefined ? [] : [entry.request.durationMs]));

export function plainRequests(records: LogRecord[]) {
  const requests = records.filter((entry) => entry.request);
  const times = durations(requests);
  const byStatus = Map.groupBy(requests, (entry) => entry.request!.status);
  byStatus.delete(undefined);
  return {
    requests: requests.length,
    ...(times.length > 0 ? { meanMs: mean(times), maxMs: Math.max(...times) } : {}),
    endpoints: [...Map.groupBy(requests, (entry) => entry.request!.endpoint)]
      .map(([endpoint, group]) => ({
        endpoint,
        count: group.length,
        ...(durations(group).length > 0 ? { meanMs: mean(durations(group)) } : {}),
      }))
      .sort((a, b) => b.count - a.count || (a.endpoint < b.endpoint ? -1 : 1)),
    statuses: [...byStatus]
      .map(([status, group]) => ({ status: status!, count: group.length }))
      .sort((a, b) => b.count - a.count || a.status - b.status),
  };
}

/** Means differ in the last bits with the order of the sum. */
export const round = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value), (key, inner) =>
    key === 'meanMs' ? Math.round((inner as number) * 1e6) / 1e6 : inner,
  );
