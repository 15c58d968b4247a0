import type { LogCount, LogFilter } from '../../backends/logs/store.ts';
import { figure, number, percent } from '../../i18n/numbers.ts';
import type { QueryOf } from './query.ts';
import { type Found, linesOf, millisText, type Row, requestsOnly, type Scene, SHOWN } from './scene.ts';

/** So many services are asked for the times of their requests, the busiest first. */
const SERVICES = 60;
const ALL = 10_000;

interface Ranked extends Row {
  /** The lines behind it. */
  filter: LogFilter;
}

/** `rank`: which service, endpoint, host or message has most (or least) of something. */
export async function rank(scene: Scene, query: QueryOf<'rank'>): Promise<Found> {
  const { say } = scene;
  const all = await ranked(scene, query);
  const direction = query.least ? 1 : -1;
  all.sort((a, b) => direction * (a.value - b.value) || (a.name < b.name ? -1 : 1));
  const [first] = all;
  const what = say[`many.${query.by}`];
  if (!first)
    return {
      sentence:
        query.measure === 'mean_ms' ? say.noTimes : say.nothingToRank({ what: say[`one.${query.by}`] }),
      rows: [],
    };
  const rows = all
    .slice(0, query.limit)
    .map(({ name, value, note }) => ({ name, value, ...(note ? { note } : {}) }));
  const amount = amountText(scene, query.measure, first.value);
  const ties = all.filter(({ value }) => value === first.value).length;
  const told = { what, count: number(all.length), name: first.name, amount };
  const sentence =
    all.length === 1
      ? say['ranked.only']({ ...told, what: say[`one.${query.by}`] })
      : ties === all.length
        ? say['ranked.equal'](told)
        : say[`ranked.${extremeOf(query)}`](told);
  const lines = await linesOf(scene, first.filter, query.by === 'template' ? 2 : SHOWN - 2);
  return { sentence, figure: rounded(first.value), unit: unitOf(query.measure), rows, lines };
}

const extremeOf = ({ measure, least }: QueryOf<'rank'>): 'slowest' | 'fastest' | 'most' | 'least' => {
  if (measure === 'mean_ms') return least ? 'fastest' : 'slowest';
  return least ? 'least' : 'most';
};

const rounded = (value: number): number => Math.round(value * 1e4) / 1e4;
export const unitOf = (measure: QueryOf<'rank'>['measure']): string =>
  measure === 'mean_ms' ? 'ms' : measure === 'failed_share' ? 'share' : measure;

/** A measured value with its unit. */
export function amountText(scene: Scene, measure: QueryOf<'rank'>['measure'], value: number): string {
  const { say } = scene;
  if (measure === 'mean_ms')
    return say['amount.mean_ms']({ time: value < 100 ? `${figure(value)} ms` : millisText(scene, value) });
  if (measure === 'failed_share') return percent(value, 1);
  return say[`amount.${measure}`]({ count: number(value) });
}

/** All that are compared, in no order. */
async function ranked(scene: Scene, { by, measure }: QueryOf<'rank'>): Promise<Ranked[]> {
  const { logs, filter } = scene;
  if (measure === 'mean_ms') return by === 'service' ? servicesByTime(scene) : endpointsByTime(scene);
  if (measure === 'failed_share') return byShare(scene, by);
  const lines = measure === 'requests' && by !== 'endpoint' ? requestsOnly(filter) : filter;
  const counts = await logs.counts(lines, by, ALL);
  return counts.map((entry) => ({
    name: entry.label,
    value: entry.count,
    filter: filterOf(lines, by, entry.key),
  }));
}

function filterOf(filter: LogFilter, by: QueryOf<'rank'>['by'], key: string): LogFilter {
  if (by === 'service') return { ...filter, services: [key] };
  if (by === 'endpoint') return { ...filter, endpoints: [key] };
  if (by === 'template') return { ...filter, templateIds: [key] };
  return { ...filter, text: [filter.text, `"${key.replaceAll('"', ' ')}"`].filter(Boolean).join(' ') };
}

async function servicesByTime({ logs, filter, say }: Scene): Promise<Ranked[]> {
  const out: Ranked[] = [];
  for (const { key } of await logs.counts(filter, 'service', SERVICES)) {
    const own = { ...filter, services: [key] };
    const { meanMs, requests } = await logs.requests(own);
    if (meanMs !== undefined)
      out.push({
        name: key,
        value: meanMs,
        note: say['amount.requests']({ count: number(requests) }),
        filter: requestsOnly(own),
      });
  }
  return out;
}

async function endpointsByTime({ logs, filter, say }: Scene): Promise<Ranked[]> {
  const { endpoints } = await logs.requests(filter);
  return endpoints.flatMap(({ endpoint, count, meanMs }) =>
    meanMs === undefined
      ? []
      : [
          {
            name: endpoint,
            value: meanMs,
            note: say['amount.requests']({ count: number(count) }),
            filter: { ...filter, endpoints: [endpoint] },
          },
        ],
  );
}

/** The part that failed: of an endpoint its requests with 5xx, of anything else its error lines. */
async function byShare({ logs, filter, say }: Scene, by: QueryOf<'rank'>['by']): Promise<Ranked[]> {
  const counts = await logs.counts(filter, by, ALL);
  const failed =
    by === 'endpoint' ? await logs.counts({ ...filter, status: { from: 500, to: 600 } }, by, ALL) : [];
  const bad = new Map(failed.map(({ key, count }) => [key, count]));
  const failures = ({ key, errors }: LogCount): number => (by === 'endpoint' ? (bad.get(key) ?? 0) : errors);
  return counts.map((entry) => ({
    name: entry.label,
    value: failures(entry) / entry.count,
    note: say.ofAll({ part: number(failures(entry)), all: number(entry.count) }),
    filter: filterOf({ ...filter, levels: ['error', 'fatal'] }, by, entry.key),
  }));
}
