import type { LogFilter } from '../../backends/logs/store.ts';
import type { LogRecord, TimeWindow } from '../../domain/log/record.ts';
import type { Language } from '../../domain/question/question.ts';
import { DAY } from '../../domain/time/units.ts';
import { CATALOGUES, type Catalogue } from '../../i18n/catalogues.ts';
import { clockOf, type WallTime } from '../../i18n/dates.ts';
import { duration, roughly } from '../../i18n/durations.ts';
import { listOf } from '../../i18n/grammar.ts';
import type { LogReader } from '../logs/reader.ts';
import type { QueryFilter } from './query.ts';

/** The most lines that an answer shows. */
export const SHOWN = 5;
/** The most endpoints among which a path is looked for. */
const ENDPOINTS = 10_000;

/** One row of a ranking or a comparison. */
export interface Row {
  name: string;
  value: number;
  /** More about it, for people. */
  note?: string;
}

/** What a query found, as a sentence and as data. */
export interface Found {
  /** One sentence, without the time and the filter. */
  sentence: string;
  /** The figure of the sentence; a time is in ISO format. */
  figure?: number | string;
  unit?: string;
  rows?: Row[];
  lines?: readonly LogRecord[];
  /** The time that was looked at, where it is not the scene's. */
  window?: TimeWindow;
  hint?: string;
}

/** Everything that a query is answered with. */
export interface Scene {
  logs: LogReader;
  language: Language;
  say: Catalogue['queries'];
  wall: WallTime;
  /** IANA zone of the times in words. */
  zone: string;
  /** The time in question. */
  window: TimeWindow;
  /** Whether the question named it. */
  asked: boolean;
  /** All time that the logs cover. */
  extent: TimeWindow;
  /** The filter as the store takes it, with the window. */
  filter: LogFilter & TimeWindow;
  /** The filter in words, the parts apart. */
  told: string[];
  signal?: AbortSignal;
}

export interface SceneParts {
  logs: LogReader;
  language: Language;
  /** IANA zone. */
  timeZone: string;
  extent: TimeWindow;
  /** The time that the question names. */
  window?: TimeWindow;
  signal?: AbortSignal;
}

/** Looks up what the filter means in these logs. `whole`: without a time, all of the logs is meant and not their last day. */
export async function sceneFor(parts: SceneParts, filter: QueryFilter, whole: boolean): Promise<Scene> {
  const { logs, language, timeZone, extent, window, signal } = parts;
  const say = CATALOGUES[language].queries;
  const { services, levels, status } = filter;
  const span = window ?? (whole ? extent : { from: Math.max(extent.from, extent.to - DAY), to: extent.to });
  const text = [filter.text, filter.forms && quoted(await usualForm(logs, filter.forms))]
    .filter(Boolean)
    .join(' ');
  const endpoints = filter.path === undefined ? undefined : await endpointsUnder(logs, filter.path);
  const inStore: LogFilter & TimeWindow = {
    ...span,
    ...(services ? { services } : {}),
    ...(levels ? { levels } : {}),
    ...(text ? { text } : {}),
    ...(status ? { status } : {}),
    ...(endpoints ? { endpoints } : {}),
  };
  const told = toldOf({ language, say }, { ...filter, text });
  const wall = clockOf(timeZone);
  return {
    logs,
    language,
    say,
    wall,
    zone: timeZone,
    window: span,
    asked: window !== undefined,
    extent,
    filter: inStore,
    told,
    ...(signal ? { signal } : {}),
  };
}

const quoted = (text: string): string => `"${text}"`;

const statusName = ({ from, to }: { from: number; to: number }): string =>
  to - from === 1 ? String(from) : to - from === 100 ? `${from / 100}xx` : `${from}–${to - 1}`;

/** A filter in words, its parts apart. */
export function toldOf(
  { language, say }: Pick<Scene, 'language' | 'say'>,
  { levels, status, text, services, path }: QueryFilter,
): string[] {
  return [
    ...(levels ? [say['filter.level']({ levels: listOf(levels, language, 'disjunction') })] : []),
    ...(status ? [say['filter.status']({ status: statusName(status) })] : []),
    ...(text ? [say['filter.text']({ text })] : []),
    ...(services ? [say['filter.services']({ names: listOf(services, language, 'disjunction') })] : []),
    ...(path ? [say['filter.path']({ path })] : []),
  ];
}

/** Of several ways to write a word the one that most lines hold; the first where none does. */
async function usualForm(logs: LogReader, forms: readonly string[]): Promise<string> {
  let best = { form: forms[0]!, total: 0 };
  for (const form of forms) {
    const { total } = await logs.search({ text: quoted(form) }, { limit: 0 });
    if (total > best.total) best = { form, total };
  }
  return best.form;
}

/** The endpoints of a path, with or without a method; those below it where there is none of exactly that path. */
async function endpointsUnder(logs: LogReader, path: string): Promise<string[]> {
  const all = (await logs.counts({}, 'endpoint', ENDPOINTS)).map(({ key }) => key);
  const pathOf = (endpoint: string): string => endpoint.slice(endpoint.indexOf('/'));
  const exact = all.filter((endpoint) => pathOf(endpoint) === path);
  return exact.length > 0 ? exact : all.filter((endpoint) => pathOf(endpoint).startsWith(path));
}

/** The newest lines of a filter, oldest first. */
export async function linesOf(scene: Scene, filter: LogFilter, limit = SHOWN): Promise<LogRecord[]> {
  const page = await scene.logs.search(filter, {
    limit,
    order: 'newest',
    ...(scene.signal ? { signal: scene.signal } : {}),
  });
  return page.records.toReversed();
}

/** Only lines about requests. */
export const requestsOnly = <F extends LogFilter>(filter: F): F =>
  filter.status ? filter : { ...filter, status: { from: 100, to: 600 } };

/** Times of a window in words; the day once where it is the same. */
export function spanText({ wall }: Pick<Scene, 'wall'>, { from, to }: TimeWindow): string {
  const end = Math.max(from, to - 1);
  const [first, last] = [wall.dayAndClock(from), wall.dayAndClock(end)];
  return first.slice(0, 10) === last.slice(0, 10) ? `${first} – ${wall.clock(end)}` : `${first} – ${last}`;
}

export const lengthText = ({ language }: Scene, ms: number): string => duration(ms, language);
export const millisText = ({ language }: Scene, ms: number): string => roughly(ms, language);
