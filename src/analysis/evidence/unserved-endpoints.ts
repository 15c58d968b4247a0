import type { LogCount, LogFilter, RequestStats } from '../../backends/logs/store.ts';
import type { LogRecord } from '../../domain/log/record.ts';
import type { LogReader } from '../logs/reader.ts';
import type { Sampled } from './failure-groups.ts';
import type { LogScope, Scopes } from './scopes.ts';

/** Statuses which mean that no service has this endpoint: not found, not allowed, gone. */
const UNSERVED: ReadonlySet<number> = new Set([404, 405, 410]);
/** With fewer requests the endpoint may be a typing mistake. */
const OFTEN = 5;
/** Endpoints that are looked at, and lines that are looked through for them. */
const ENDPOINTS = 16;
const SAMPLE = 240;

/**
 * Endpoints that are requested again and again and never served, whatever level and template their lines have: one sample for
 * each template and endpoint. All counts are those of the store, not of the sample.
 * @param requests of the window
 */
export async function unservedEndpoints(
  logs: LogReader,
  scopes: Scopes,
  requests: RequestStats,
): Promise<Sampled[]> {
  const often = requests.statuses.filter(({ status, count }) => UNSERVED.has(status) && count >= OFTEN);
  if (often.length === 0) return [];
  const texts = often.map(({ status }) => String(status));
  const refused = await refusedRequests(logs, scopes.now, texts);
  const lines = await samples(logs, scopes.now, texts);
  const out: Sampled[] = [];
  const most = [...refused].filter(([, count]) => count >= OFTEN).sort((a, b) => b[1] - a[1]);
  for (const [endpoint, count] of most.slice(0, ENDPOINTS)) {
    const own = lines.get(endpoint) ?? [];
    if (!own.some(isUnserved) || !own.every(isUnserved)) continue;
    const all = await askedFor(logs, scopes.now, requests, endpoint);
    // If the store cannot count all requests for it, the count of the sample is used.
    if (all !== undefined && all > count) continue;
    for (const [id, some] of Map.groupBy(own, (record) => record.template?.id ?? ''))
      if (id !== '') out.push(await sampled(logs, scopes, { endpoint, templateId: id, lines: some, texts }));
  }
  return out;
}

const isUnserved = ({ request }: LogRecord): boolean => UNSERVED.has(request?.status ?? 0);

/** Requests by endpoint among the lines that hold one of these numbers, so at least those of that status. */
async function refusedRequests(
  logs: LogReader,
  asked: LogFilter,
  texts: readonly string[],
): Promise<Map<string, number>> {
  const out = new Map<string, number>();
  for (const text of texts)
    for (const { endpoint, count } of (await logs.requests({ ...asked, text })).endpoints)
      out.set(endpoint, (out.get(endpoint) ?? 0) + count);
  return out;
}

/** Newest lines first, then the oldest that were not among them, by endpoint. */
async function samples(
  logs: LogReader,
  now: LogScope,
  texts: readonly string[],
): Promise<Map<string, LogRecord[]>> {
  const found = new Map<string, LogRecord>();
  for (const text of texts)
    for (const order of ['newest', 'oldest'] as const)
      for (const record of (await logs.search({ ...now, text }, { limit: SAMPLE, order })).records)
        if (record.request) found.set(record.id, record);
  const all = [...found.values()].sort((a, b) => b.timestamp - a.timestamp);
  return Map.groupBy(all, (record) => record.request!.endpoint);
}

/** How often an endpoint is requested, whatever the answer is. */
async function askedFor(
  logs: LogReader,
  now: LogScope,
  { endpoints }: RequestStats,
  endpoint: string,
): Promise<number | undefined> {
  const known = endpoints.find((entry) => entry.endpoint === endpoint);
  if (known) return known.count;
  // Only the busiest are listed; the others are found by their path, up to where it is made general.
  const stats = await logs.requests({ ...now, text: pathOf(endpoint) });
  return stats.endpoints.find((entry) => entry.endpoint === endpoint)?.count;
}

/** Lines of one template about one endpoint that no service has. */
interface Unserved {
  endpoint: string;
  templateId: string;
  /** A sample, newest first. */
  lines: LogRecord[];
  /** The numbers of these statuses. */
  texts: readonly string[];
}

async function sampled(
  logs: LogReader,
  { now, before, scale, firstHalf }: Scopes,
  { endpoint, templateId, lines, texts }: Unserved,
): Promise<Sampled> {
  const services = [...new Set(lines.map((record) => record.service))];
  const counted = async (scope: LogScope | undefined): Promise<LogCount[]> => {
    if (!scope) return [];
    const counts = services.map(async (service): Promise<LogCount> => {
      const asked = { ...scope, services: [service], templateIds: [templateId] };
      const count = (await refusedRequests(logs, asked, texts)).get(endpoint) ?? 0;
      const times = lines.filter((record) => record.service === service).map(({ timestamp }) => timestamp);
      const [first, last] = [Math.min(...times), Math.max(...times)];
      return { key: service, label: service, count, errors: 0, first, last };
    });
    return (await Promise.all(counts)).filter(({ count }) => count > 0);
  };
  const here = await counted(now);
  const sum = here.reduce((all, { count }) => all + count, 0);
  const [last, first] = [lines[0]!, lines.at(-1)!];
  return {
    entry: {
      key: templateId,
      label: last.template?.pattern ?? last.message,
      count: sum,
      errors: 0,
      first: first.timestamp,
      last: last.timestamp,
    },
    lines,
    asked: { ...now, templateIds: [templateId], text: pathOf(endpoint) },
    unserved: endpoint,
    now: here,
    before: await counted(before),
    scale,
    compared: false,
    ...(firstHalf ? { firstHalf: await counted(firstHalf) } : {}),
  };
}

/** The text that all lines of an endpoint contain: its path up to the place where ids were replaced. */
const pathOf = (endpoint: string): string =>
  `"${endpoint.slice(endpoint.indexOf(' ') + 1).split(/[:"]/)[0]!}"`;
