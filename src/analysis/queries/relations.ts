import type { LogCount, LogFilter } from '../../backends/logs/store.ts';
import type { TimeWindow } from '../../domain/log/record.ts';
import { MINUTE } from '../../domain/time/units.ts';
import { listOf } from '../../i18n/grammar.ts';
import { number, percent } from '../../i18n/numbers.ts';
import { findWindow } from '../logs/window.ts';
import type { QueryOf } from './query.ts';
import { type Found, linesOf, type Row, type Scene, spanText } from './scene.ts';

const ALL = 10_000;
/** So many services are asked whom they name. */
const SERVICES = 40;
/** A message changed if it came this many times as often, or as seldom, and so many lines are there to tell. */
const TIMES = 3;
const ENOUGH = 10;
/** A service is affected from so many error lines on, if there were far fewer before. */
const ERRORS = 3;
const RECENT = 5 * MINUTE;

/** The window in question and the time before it: the asked one, else the latest burst of errors, else the second half. */
async function windows(scene: Scene): Promise<{ now: TimeWindow; before: TimeWindow }> {
  const { window, asked, extent, logs } = scene;
  const span = asked ? undefined : await findWindow(logs, {}, extent.to);
  const now = asked
    ? window
    : span?.found === 'burst'
      ? span.window
      : { from: Math.floor((extent.from + extent.to) / 2), to: extent.to };
  const length = now.to - now.from;
  return {
    now,
    before: { from: Math.max(extent.from, now.from - Math.max(length, 10 * MINUTE)), to: now.from },
  };
}

/** `changes`: messages that are new, or that come far more or less often than in the time before. */
export async function changes(scene: Scene, { which }: QueryOf<'changes'>): Promise<Found> {
  const { say, logs, filter, extent } = scene;
  const { now, before } = await windows(scene);
  const earlier = which === 'new' ? { from: extent.from, to: now.from } : before;
  if (earlier.to <= earlier.from)
    return {
      sentence: say.nothingBefore({ span: spanText(scene, now), logs: spanText(scene, extent) }),
      window: now,
    };
  const here = await logs.counts({ ...filter, ...now }, 'template', ALL);
  // A message that was there at another level is not new.
  const { levels: _, ...wide } = filter;
  const there = new Map(
    (await logs.counts({ ...wide, ...earlier }, 'template', ALL)).map((entry) => [entry.key, entry]),
  );
  const scale = (now.to - now.from) / (earlier.to - earlier.from);
  const found = which === 'new' ? here.filter(({ key }) => !there.has(key)) : changed(here, there, scale);
  const rows = found.slice(0, 10).map(
    (entry): Row => ({
      name: entry.label,
      value: entry.count,
      note:
        which === 'new'
          ? scene.wall.clock(entry.first)
          : say.before({ count: number(Math.round((there.get(entry.key)?.count ?? 0) * scale)) }),
    }),
  );
  const lines = [];
  for (const { key } of found.slice(0, 5))
    lines.push(...(await linesOf(scene, { ...filter, ...now, templateIds: [key] }, 1)));
  const told = { count: number(found.length), before: spanText(scene, earlier) };
  return {
    sentence: found.length === 0 ? say[`unchanged.${which}`](told) : say[`changes.${which}`](told),
    figure: found.length,
    unit: 'template',
    rows,
    lines,
    window: now,
  };
}

function changed(here: readonly LogCount[], there: ReadonlyMap<string, LogCount>, scale: number): LogCount[] {
  const present = new Map(here.map((entry) => [entry.key, entry]));
  const gone = [...there.values()]
    .filter(({ key }) => !present.has(key))
    .map((entry) => ({ ...entry, count: 0 }));
  const factor = ({ key, count }: LogCount): number => {
    const was = (there.get(key)?.count ?? 0) * scale;
    return Math.max(count, was) < ENOUGH ? 1 : Math.max(count + 1, was + 1) / Math.min(count + 1, was + 1);
  };
  return [...here, ...gone].filter((entry) => factor(entry) >= TIMES).sort((a, b) => factor(b) - factor(a));
}

interface Condition {
  name: string;
  errors: number;
  lines: number;
  errorsBefore: number;
  linesBefore: number;
  verdict: 'affected' | 'silent' | 'fine';
}

/** `state`: whether services are affected, by their error lines now and before. */
export async function state(scene: Scene, query: QueryOf<'state'>): Promise<Found> {
  const { say, logs, filter, extent } = scene;
  const { now, before } = await windows(scene);
  const here = new Map(
    (await logs.counts({ ...filter, ...now }, 'service', ALL)).map((entry) => [entry.key, entry]),
  );
  const there = new Map(
    (await logs.counts({ ...filter, ...before }, 'service', ALL)).map((entry) => [entry.key, entry]),
  );
  const names = query.filter.services ?? [...new Set([...here.keys(), ...there.keys()])];
  const all = names.map((name) => conditionOf(name, here.get(name), there.get(name)));
  const bad = all.filter(({ verdict }) => verdict !== 'fine').sort((a, b) => b.errors - a.errors);
  const about = bad[0] ?? all.toSorted((a, b) => b.errors - a.errors)[0];
  if (!about) return { sentence: say['none.lines'], figure: 0, unit: 'lines', window: now };
  const lately: LogFilter = {
    ...filter,
    services: [about.name],
    from: Math.max(extent.from, extent.to - RECENT),
    to: extent.to,
    levels: ['error', 'fatal'],
  };
  const told = {
    name: about.name,
    errors: number(about.errors),
    lines: number(about.lines),
    share: percent(about.lines === 0 ? 0 : about.errors / about.lines, 1),
    before: percent(about.linesBefore === 0 ? 0 : about.errorsBefore / about.linesBefore, 1),
  };
  const { total: late } = await logs.search(lately, { limit: 0 });
  const recent = number(late);
  const single = query.filter.services !== undefined;
  // What was over before the last minutes of the logs is no longer so.
  const isOver = about.verdict === 'affected' && late === 0;
  const verdict = isOver ? 'was' : about.verdict === 'fine' && !single ? 'none' : about.verdict;
  const others = bad.slice(1, 6).map(({ name }) => name);
  const sentence = [
    say[`state.${verdict}`](told),
    ...(single ? [say['state.recent']({ count: recent })] : []),
    ...(others.length > 0 ? [say['state.others']({ names: listOf(others, scene.language) })] : []),
  ].join('; ');
  const rows = all
    .filter(({ errors, verdict }) => errors > 0 || verdict !== 'fine')
    .sort((a, b) => b.errors - a.errors)
    .slice(0, 10)
    .map(
      ({ name, errors, lines }): Row => ({
        name,
        value: errors,
        note: say.ofAll({ part: number(errors), all: number(lines) }),
      }),
    );
  const lines = await linesOf(scene, {
    ...filter,
    ...now,
    services: [about.name],
    levels: ['error', 'fatal'],
  });
  return { sentence, figure: about.errors, unit: 'lines', rows, lines, window: now };
}

function conditionOf(name: string, now: LogCount | undefined, was: LogCount | undefined): Condition {
  const [errors, lines] = [now?.errors ?? 0, now?.count ?? 0];
  const [errorsBefore, linesBefore] = [was?.errors ?? 0, was?.count ?? 0];
  const more = errors / Math.max(1, lines) > (TIMES * (errorsBefore + 1)) / Math.max(1, linesBefore + 1);
  const mostly = errors / Math.max(1, lines) > 0.5;
  const verdict =
    lines === 0 && linesBefore >= ENOUGH
      ? 'silent'
      : errors >= ERRORS && (more || mostly)
        ? 'affected'
        : 'fine';
  return { name, errors, lines, errorsBefore, linesBefore, verdict };
}

interface Call {
  from: string;
  to: string;
  count: number;
}

/** `calls`: who names whom in its lines, as the one it asks. */
export async function calls(scene: Scene, { direction, filter }: QueryOf<'calls'>): Promise<Found> {
  const { say, logs, window } = scene;
  const names = (await logs.counts(window, 'service', SERVICES)).map(({ key }) => key);
  const [about] = filter.services ?? [];
  const found: Call[] = [];
  for (const to of direction === 'callers' ? [about!] : names) {
    const from = direction === 'callees' ? [about!] : names;
    found.push(
      ...(await callsTo(
        scene,
        to,
        from.filter((name) => name !== to),
      )),
    );
  }
  found.sort((a, b) => b.count - a.count || (a.from < b.from ? -1 : 1));
  const rows = found.slice(0, 20).map(
    ({ from, to, count }): Row => ({
      name: direction === 'all' ? `${from} → ${to}` : direction === 'callers' ? from : to,
      value: count,
    }),
  );
  const sentence =
    found.length === 0
      ? about
        ? say['noCalls.of']({ name: about })
        : say['noCalls.any']
      : say[`calls.${direction}`]({
          name: about ?? '',
          names: listOf(
            rows.slice(0, 8).map(({ name }) => name),
            scene.language,
          ),
        });
  const [first] = found;
  const lines = first
    ? await linesOf(scene, { ...window, services: [first.from], text: `"${first.to}"` }, 3)
    : [];
  return { sentence, figure: found.length, unit: 'service', rows, lines };
}

/** Lines of others that name a service, by their messages: one line of a message tells whether it is a name there. */
async function callsTo(scene: Scene, to: string, from: readonly string[]): Promise<Call[]> {
  const { logs, window } = scene;
  const text = `"${to.replaceAll('"', ' ')}"`;
  const all = await logs.counts({ ...window, services: [...from], text }, 'template', 200);
  const sums = new Map<string, number>();
  for (const { key } of all) {
    const own = { ...window, services: [...from], text, templateIds: [key] };
    const { records } = await logs.search(own, { limit: 1 });
    if (!records[0] || !namesAsTarget(records[0].message, to)) continue;
    for (const entry of await logs.counts(own, 'service', SERVICES))
      sums.set(entry.key, (sums.get(entry.key) ?? 0) + entry.count);
  }
  return [...sums].map(([name, count]) => ({ from: name, to, count }));
}

/** Whether a text names a service as a whole word, not as a part of a path, and not as the one that asks. */
function namesAsTarget(message: string, name: string): boolean {
  const text = message.toLowerCase();
  const wanted = name.toLowerCase();
  for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + 1)) {
    const before = text.slice(Math.max(0, at - 12), at);
    const isPart =
      /[\p{L}\p{N}_.-]$/u.test(before) ||
      /(?<!\/)\/$/.test(before) ||
      /^[\w-]/.test(text.slice(at + wanted.length));
    if (!isPart && !/(?:from|client|caller|by)[\s:="]{1,3}$/.test(before)) return true;
  }
  return false;
}
