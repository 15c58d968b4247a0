import type { LogFilter } from '../../backends/logs/store.ts';
import type { TimeWindow } from '../../domain/log/record.ts';
import { dayOf, instantOf } from '../../domain/time/calendar.ts';
import { DAY, HOUR, WEEK } from '../../domain/time/units.ts';
import { figure as figureText, number, percent, percentChange } from '../../i18n/numbers.ts';
import type { Measure, QueryOf } from './query.ts';
import { amountText, unitOf } from './ranking.ts';
import {
  type Found,
  lengthText,
  linesOf,
  millisText,
  requestsOnly,
  type Scene,
  SHOWN,
  spanText,
  toldOf,
} from './scene.ts';

const ALL = 10_000;

/** How many lines or requests match. */
const totalOf = async ({ logs }: Scene, measure: 'lines' | 'requests', filter: LogFilter): Promise<number> =>
  measure === 'requests'
    ? (await logs.requests(filter)).requests
    : (await logs.search(filter, { limit: 0 })).total;

/** `count`: how many lines or requests there are, or how many different services (endpoints …) have some. */
export async function count(scene: Scene, query: QueryOf<'count'>): Promise<Found> {
  const { say, filter, logs } = scene;
  if (query.of) {
    const counts = await logs.counts(filter, query.of, ALL);
    const rows = counts.slice(0, 20).map(({ label, count: value }) => ({ name: label, value }));
    return {
      sentence: say.counted({
        count: number(counts.length),
        what: say[`${counts.length === 1 ? 'one' : 'many'}.${query.of}`],
      }),
      figure: counts.length,
      unit: query.of,
      rows,
    };
  }
  const total = await totalOf(scene, query.measure, filter);
  const told = amountText(scene, query.measure, total);
  const lines = await linesOf(scene, query.measure === 'requests' ? requestsOnly(filter) : filter, SHOWN);
  return {
    sentence: total === 0 ? say[`none.${query.measure}`] : say.total({ amount: told }),
    figure: total,
    unit: query.measure,
    lines,
  };
}

/** `often`: how many, and the mean time between two. */
export async function often(scene: Scene, query: QueryOf<'often'>): Promise<Found> {
  const { say, filter, window } = scene;
  const total = await totalOf(scene, query.measure, filter);
  const lines = await linesOf(scene, query.measure === 'requests' ? requestsOnly(filter) : filter);
  if (total === 0) return { sentence: say[`none.${query.measure}`], figure: 0, unit: query.measure, lines };
  const every = (window.to - window.from) / total;
  const sentence = say.often({
    amount: amountText(scene, query.measure, total),
    every: every < 1_000 ? millisText(scene, every) : lengthText(scene, every),
  });
  const perHour = (total / (window.to - window.from)) * HOUR;
  return {
    sentence,
    figure: total,
    unit: query.measure,
    rows: [{ name: say.perHour, value: Math.round(perHour * 10) / 10 }],
    lines,
  };
}

/** The part that failed: of requests those with 5xx, where the logs have requests with a status, else of lines the errors. */
async function failedShare(
  { logs }: Scene,
  filter: LogFilter,
): Promise<{ part: number; all: number; unit: 'lines' | 'requests' }> {
  const { statuses } = await logs.requests(filter);
  const all = statuses.reduce((sum, { count: some }) => sum + some, 0);
  if (all > 0)
    return {
      part: statuses.reduce((sum, { status, count: some }) => sum + (status >= 500 ? some : 0), 0),
      all,
      unit: 'requests',
    };
  const { total } = await logs.search(filter, { limit: 0 });
  const errors = await logs.search({ ...filter, levels: ['error', 'fatal'] }, { limit: 0 });
  return { part: errors.total, all: total, unit: 'lines' };
}

/** `share`: which part failed, or which part matches. */
export async function share(scene: Scene, query: QueryOf<'share'>): Promise<Found> {
  if (query.of) return shareOf(scene, query.of);
  const { filter } = query;
  const { say, logs } = scene;
  const { levels, status, text, ...wide } = scene.filter;
  const narrow = filter.levels || filter.status || filter.text || filter.forms;
  const found = narrow
    ? {
        part: (await logs.search(scene.filter, { limit: 0 })).total,
        all: status ? (await logs.requests(wide)).requests : (await logs.search(wide, { limit: 0 })).total,
        unit: status ? ('requests' as const) : ('lines' as const),
      }
    : await failedShare(scene, scene.filter);
  const lines = await linesOf(scene, narrow ? scene.filter : { ...scene.filter, levels: ['error', 'fatal'] });
  if (found.all === 0) return { sentence: say[`none.${found.unit}`], figure: 0, unit: 'share', lines };
  const part = found.part / found.all;
  const sentence = say[`share.${narrow ? 'matching' : found.unit}`]({
    share: percent(part, 2),
    part: number(found.part),
    all: amountText(scene, found.unit, found.all),
  });
  return { sentence, figure: part, unit: 'share', lines };
}

/** The part of a whole that is told by some of the filter: of all errors those of one service. */
async function shareOf(scene: Scene, of: NonNullable<QueryOf<'share'>['of']>): Promise<Found> {
  const { say, filter } = scene;
  const { from, to, levels, services, status } = filter;
  const kept = {
    ...(of.includes('levels') && levels ? { levels } : {}),
    ...(of.includes('services') && services ? { services } : {}),
    ...(of.includes('status') && status ? { status } : {}),
  };
  const whole: LogFilter = { from, to, ...kept };
  const unit = filter.status || filter.endpoints ? 'requests' : 'lines';
  const [part, all] = [await totalOf(scene, unit, filter), await totalOf(scene, unit, whole)];
  if (all === 0) return { sentence: say[`none.${unit}`], figure: 0, unit: 'share' };
  const told = { share: percent(part / all, 2), part: number(part), all: amountText(scene, unit, all) };
  const limits = toldOf(scene, kept).join(', ');
  const sentence = limits ? say['share.of']({ ...told, whole: limits }) : say['share.matching'](told);
  return { sentence, figure: part / all, unit: 'share', lines: await linesOf(scene, filter) };
}

/** `duration`: the mean time of requests, and the longest. */
export async function duration(scene: Scene, query: QueryOf<'duration'>): Promise<Found> {
  const { say, filter, logs } = scene;
  const { meanMs, maxMs, requests, endpoints } = await logs.requests(filter);
  if (meanMs === undefined || maxMs === undefined) return { sentence: say.noTimes };
  const ms = (value: number): string => `${figureText(value)} ms`;
  const sentence = say[query.longest ? 'duration.longest' : 'duration.mean']({
    mean: ms(meanMs),
    max: ms(maxMs),
    requests: amountText(scene, 'requests', requests),
  });
  const rows = endpoints
    .flatMap(({ endpoint, meanMs: value, count: some }) =>
      value === undefined
        ? []
        : [
            {
              name: endpoint,
              value: Math.round(value * 10) / 10,
              note: say['amount.requests']({ count: number(some) }),
            },
          ],
    )
    .sort((a, b) => b.value - a.value)
    .slice(0, 5);
  return {
    sentence,
    figure: query.longest ? maxMs : meanMs,
    unit: 'ms',
    ...(rows.length > 1 ? { rows } : {}),
    lines: await linesOf(scene, requestsOnly(filter), 3),
  };
}

const SHIFT = { day: DAY, week: WEEK, hour: HOUR };

/** The two windows of a comparison, equally long. */
function windowsOf(
  { window, asked, extent, zone }: Scene,
  against: QueryOf<'compare'>['with'],
): [TimeWindow, TimeWindow] {
  if (against === 'before') {
    const half = Math.min(HOUR, Math.floor((extent.to - extent.from) / 2));
    const now = asked ? window : { from: extent.to - half, to: extent.to };
    return [now, { from: now.from - (now.to - now.from), to: now.from }];
  }
  const shift = SHIFT[against];
  // Today and so far: the rest of the day has not come yet.
  const midnight = instantOf(Date.parse(`${dayOf(extent.to - 1, zone)}T00:00:00Z`), zone);
  if (!asked && against === 'day' && midnight > extent.from)
    return [
      { from: midnight, to: extent.to },
      { from: midnight - shift, to: extent.to - shift },
    ];
  const now = asked
    ? { from: window.from, to: Math.min(window.to, Math.max(extent.to, window.from + 1)) }
    : { from: Math.max(extent.to - shift, extent.from), to: extent.to };
  return [now, { from: now.from - shift, to: now.to - shift }];
}

/** `compare`: the same figure in two windows. */
export async function compare(scene: Scene, query: QueryOf<'compare'>): Promise<Found> {
  const { say, filter, extent } = scene;
  const [now, before] = windowsOf(scene, query.with);
  const lines = await linesOf(
    scene,
    query.measure === 'requests' ? requestsOnly({ ...filter, ...now }) : { ...filter, ...now },
  );
  if (before.to <= extent.from)
    return {
      sentence: say.nothingBefore({ span: spanText(scene, before), logs: spanText(scene, extent) }),
      window: now,
    };
  const value = await measured(scene, query.measure, { ...filter, ...now });
  const was = await measured(scene, query.measure, { ...filter, ...before });
  if (value === undefined || was === undefined) return { sentence: say.noTimes, window: now };
  const change = was === 0 ? undefined : percentChange((value - was) / was);
  const how = value > was ? 'more' : value < was ? 'less' : 'same';
  const told = say[`compared.${how}`]({
    now: amountText(scene, query.measure, value),
    before: amountText(scene, query.measure, was),
    when: spanText(scene, before),
  });
  const sentence = change && how !== 'same' ? `${told}, ${change}` : told;
  const rows = [
    { name: spanText(scene, now), value: Math.round(value * 1e4) / 1e4 },
    { name: spanText(scene, before), value: Math.round(was * 1e4) / 1e4 },
  ];
  const partly = before.from < extent.from ? { hint: say.partly({ logs: spanText(scene, extent) }) } : {};
  return { sentence, figure: value, unit: unitOf(query.measure), rows, lines, window: now, ...partly };
}

async function measured(scene: Scene, measure: Measure, filter: LogFilter): Promise<number | undefined> {
  if (measure === 'mean_ms') return (await scene.logs.requests(filter)).meanMs;
  if (measure !== 'failed_share') return totalOf(scene, measure, filter);
  const { part, all } = await failedShare(scene, filter);
  return all === 0 ? 0 : part / all;
}
