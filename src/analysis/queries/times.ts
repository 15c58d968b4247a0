import type { LogFilter } from '../../backends/logs/store.ts';
import type { LogRecord, TimeWindow } from '../../domain/log/record.ts';
import { HOUR, MINUTE } from '../../domain/time/units.ts';
import { burstOf, type Point, pieceFor, riseOf } from './onset.ts';
import type { EdgeQuery, QueryOf } from './query.ts';
import { amountText } from './ranking.ts';
import { type Found, lengthText, linesOf, requestsOnly, type Scene, spanText } from './scene.ts';

/** So many pieces of time are asked for their mean times, since each is a query. */
const MEANS = 48;
/** What ended less than this before the end of the logs may still go on. */
const STILL = 2 * MINUTE;

const iso = (at: number): string => new Date(at).toISOString();

async function edgeLine(
  { logs }: Scene,
  filter: LogFilter,
  order: 'oldest' | 'newest',
): Promise<LogRecord | undefined> {
  return (await logs.search(filter, { limit: 1, order })).records[0];
}

/** `begin`, `end`, `course`: when something began or ended, by the latest stretch in which there was more of it than usual. */
export async function edge(scene: Scene, query: EdgeQuery): Promise<Found> {
  const { say, filter, window, extent } = scene;
  const stretch = query.slow ? await slowStretch(scene) : await burst(scene);
  const lines = query.slow ? requestsOnly(filter) : filter;
  if (query.slow && !stretch) return { sentence: say.notSlower };
  const within = stretch ?? { from: window.from, to: window.to };
  const first = await edgeLine(scene, { ...lines, ...within }, 'oldest');
  const last = await edgeLine(scene, { ...lines, ...within }, 'newest');
  if (!first || !last) return { sentence: say['none.lines'], figure: 0, unit: 'lines' };
  const { total } = await scene.logs.search(
    { ...lines, from: first.timestamp, to: last.timestamp + 1 },
    { limit: 0 },
  );
  const isOn =
    Math.min(extent.to, window.to) - last.timestamp <= Math.max(STILL, (extent.to - extent.from) / 200);
  const told = {
    begin: scene.wall.dayAndClock(query.slow ? within.from : first.timestamp),
    last: scene.wall.dayAndClock(isOn ? extent.to - 1 : last.timestamp),
    length: lengthText(scene, last.timestamp - first.timestamp),
    amount: amountText(scene, query.slow ? 'requests' : 'lines', total),
  };
  const shown = first.id === last.id ? [first] : [first, last];
  const sentence =
    say[
      `${query.kind === 'begin' ? (query.slow ? 'slower' : 'began') : query.kind === 'end' ? 'ended' : 'course'}.${isOn ? 'on' : 'ended'}`
    ](told);
  const begin = iso(query.slow ? within.from : first.timestamp);
  const figure = query.kind === 'end' ? (isOn ? 'ongoing' : iso(last.timestamp)) : begin;
  const rows = [
    { name: say.firstLine, value: first.timestamp, note: told.begin },
    { name: say.lastLine, value: last.timestamp, note: scene.wall.dayAndClock(last.timestamp) },
  ];
  return { sentence, figure, unit: 'time', rows, lines: shown };
}

/** So many closer looks are taken at most. */
const LOOKS = 5;

/**
 * The stretch of time in which most of what matches came; undefined where it is spread evenly. It is looked at closer and
 * closer, as single lines minutes away from it are no part of it.
 */
async function burst(scene: Scene): Promise<TimeWindow | undefined> {
  const { logs, filter, window } = scene;
  let span: TimeWindow = window;
  let found: TimeWindow | undefined;
  for (let look = 0; look < LOOKS; look += 1) {
    const width = pieceFor(span.to - span.from);
    const buckets = await logs.histogram({ ...filter, ...span }, width);
    const close = burstOf(
      buckets.map(({ at, total }): Point => ({ at, value: total })),
      width,
    );
    if (!close) break;
    found = { from: Math.max(close.from, span.from), to: Math.min(close.to, span.to) };
    // More quiet time than the stretch is long, since what is usual is computed from it.
    const around = 2 * (found.to - found.from) + 20 * width;
    const next = {
      from: Math.max(window.from, found.from - around),
      to: Math.min(window.to, found.to + around),
    };
    if (width <= MINUTE || next.to - next.from >= 0.9 * (span.to - span.from)) break;
    span = next;
  }
  return found;
}

/** The stretch in which requests took at least twice as long as usual, its begin found more exactly in a second look. */
async function slowStretch(scene: Scene): Promise<TimeWindow | undefined> {
  const { window } = scene;
  const width = Math.max(1_000, Math.ceil((window.to - window.from) / MEANS));
  const points = await means(scene, window, width);
  const found = riseOf(points, width);
  if (!found) return undefined;
  const finer = Math.max(1_000, Math.ceil(width / 12));
  const values = points.flatMap(({ value }) => value ?? []).toSorted((a, b) => a - b);
  const usual = values[Math.floor(values.length / 2)] ?? 0;
  const around = {
    from: Math.max(window.from, found.from - width),
    to: Math.min(found.from + width, window.to),
  };
  const close = await means(scene, around, finer);
  const at = close.find(
    ({ value }, index) => (value ?? 0) > 1.5 * usual && (close[index + 1]?.value ?? Infinity) > 1.5 * usual,
  )?.at;
  return { from: at ?? found.from, to: Math.min(found.to, window.to) };
}

async function means({ logs, filter }: Scene, { from, to }: TimeWindow, width: number): Promise<Point[]> {
  const points: Point[] = [];
  for (let at = from; at < to; at += width)
    points.push({
      at,
      value: (await logs.requests({ ...filter, from: at, to: Math.min(to, at + width) })).meanMs,
    });
  return points;
}

/** `occurrence`: the first or the last line that matches. */
export async function occurrence(scene: Scene, { which }: QueryOf<'occurrence'>): Promise<Found> {
  const { say, filter } = scene;
  const line = await edgeLine(scene, filter, which === 'first' ? 'oldest' : 'newest');
  if (!line) return { sentence: say['none.lines'], figure: 0, unit: 'lines' };
  const { total } = await scene.logs.search(filter, { limit: 0 });
  const sentence = say[`occurrence.${which}`]({
    at: scene.wall.dayAndClock(line.timestamp),
    service: line.service,
    amount: amountText(scene, 'lines', total),
  });
  return { sentence, figure: iso(line.timestamp), unit: 'time', lines: [line] };
}

/** `peak`: the hour (or minute) with the most of something. */
export async function peak(scene: Scene, { measure }: QueryOf<'peak'>): Promise<Found> {
  const { say, window, logs } = scene;
  const length = window.to - window.from;
  const width = length > 12 * HOUR ? HOUR : length > 2 * HOUR ? 10 * MINUTE : MINUTE;
  const asRequests = measure === 'requests' && (await logs.requests(scene.filter)).requests > 0;
  const filter = asRequests ? requestsOnly(scene.filter) : scene.filter;
  const buckets = (await logs.histogram(filter, width)).toSorted((a, b) => b.total - a.total || a.at - b.at);
  const [top] = buckets;
  const unit = asRequests ? 'requests' : 'lines';
  if (!top || top.total === 0) return { sentence: say[`none.${unit}`], figure: 0, unit };
  const within = { from: top.at, to: top.at + width };
  const sentence = say.peak({
    when: spanText(scene, within),
    amount: amountText(scene, unit, top.total),
    mean: amountText(
      scene,
      unit,
      Math.round(buckets.reduce((sum, { total }) => sum + total, 0) / buckets.length),
    ),
  });
  const rows = buckets
    .slice(0, 3)
    .map(({ at, total }) => ({ name: spanText(scene, { from: at, to: at + width }), value: total }));
  return {
    sentence,
    figure: iso(top.at),
    unit: 'time',
    rows,
    lines: await linesOf(scene, { ...filter, ...within }, 3),
  };
}

/** `extent`: the time that the logs cover. */
export async function extentOf(scene: Scene): Promise<Found> {
  const { say, extent, logs } = scene;
  const total = (await logs.extent())?.records ?? 0;
  const sentence = say.covers({
    span: spanText(scene, extent),
    length: lengthText(scene, extent.to - extent.from),
    amount: amountText(scene, 'lines', total),
  });
  const services = (await logs.counts({}, 'service', 10)).map(({ key, count }) => ({
    name: key,
    value: count,
  }));
  return { sentence, figure: iso(extent.from), unit: 'time', rows: services, window: extent };
}
