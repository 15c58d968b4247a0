import type { TimeWindow } from '../../domain/log/record.ts';
import type { Language } from '../../domain/question/question.ts';
import { CATALOGUES } from '../../i18n/catalogues.ts';
import { number } from '../../i18n/numbers.ts';
import { createRedactor } from '../../masking/redact.ts';
import { findBulk } from '../logs/log-extent.ts';
import type { LogReader } from '../logs/reader.ts';
import { compare, count, duration, often, share } from './figures.ts';
import { markedWindow } from './marks.ts';
import type { Query, QueryOf, Refusal } from './query.ts';
import { rank } from './ranking.ts';
import { type Read, readQuestion, type TimeFound } from './reading.ts';
import { calls, changes, state } from './relations.ts';
import { type Found, type Row, type Scene, type SceneParts, SHOWN, sceneFor, spanText } from './scene.ts';
import { edge, extentOf, occurrence, peak } from './times.ts';

/** The answer to a plain question, as data and as a sentence. */
export interface QueryAnswer {
  question: string;
  /** The query it was read as; `refused` with the reason where it was not. */
  query: Query | { kind: 'refused'; reason: Refusal };
  /** One sentence with the figure, its unit, the filter and the time. */
  answer: string;
  /** The figure of the answer; a time is in ISO format. */
  figure?: number | string;
  /** What the figure counts: `lines`, `requests`, `ms`, `share` (0..1), `time`, or what was ranked. */
  unit?: string;
  rows?: Row[];
  /** At most five lines that show it. */
  lines: { id: string; timestamp: string; service: string; line: string }[];
  /** The time that was looked at, in ISO format; absent where no log is stored or the question was refused. */
  window?: { from: string; to: string };
  /** What to ask next. */
  hint?: string;
}

/** It is a question for the analysis of causes, or for the summary. */
export interface HandedOn {
  hand: 'why' | 'summarize';
}

export interface PlainQuestion {
  text: string;
  language: Language;
  /** The time it is about where its words name none: an option, or the incident in whose thread it is asked. */
  window?: TimeWindow;
  services?: string[];
  /** The service in whose incident's thread it is asked: `it`, where the question is about a begin or an end. */
  subject?: string;
}

export interface PlainOptions {
  logs: LogReader;
  /** IANA zone of the asker's clock. */
  timeZone: string;
  /** The reader of times in text. */
  timeIn(text: string): TimeFound | undefined;
  /** Chooses a query where the words alone do not tell; absent without a model. */
  choose?(text: string, services: readonly string[]): Promise<Query | undefined>;
  /** Epoch milliseconds; for tests. */
  now?: number;
  signal?: AbortSignal;
}

/** So many names of services are known to the reading. */
const SERVICES = 2_000;
/** What these ask is about the whole time of the logs. */
const WHOLE: ReadonlySet<Query['kind']> = new Set<Query['kind']>([
  'begin',
  'end',
  'course',
  'occurrence',
  'extent',
  'changes',
  'compare',
]);

/**
 * Answers a plain question by one query to the logs, or says that it cannot and what it can. A model never computes: it may only
 * choose the query where the words alone do not tell which is meant.
 * @throws what the store throws
 */
export async function answerPlainly(
  question: PlainQuestion,
  options: PlainOptions,
): Promise<QueryAnswer | HandedOn> {
  const { logs, timeIn, timeZone, choose, now = Date.now() } = options;
  const { text, language } = question;
  const services = (await logs.counts({}, 'service', SERVICES)).map(({ key }) => key);
  const read = await readOrChoose(
    readQuestion(text, { services, words: await wordsOf(logs), timeIn }),
    text,
    choose && ((asked) => choose(asked, services)),
  );
  if ('hand' in read) return { hand: read.hand };
  const say = CATALOGUES[language].queries;
  if ('refused' in read) return refusal(question, read.refused, read.word);
  const bulk = await findBulk(logs, now);
  if (!bulk)
    return { question: text, query: read.query, answer: say.unscoped({ sentence: say.noLog }), lines: [] };
  const { extent } = bulk;
  const named = read.when?.window({ now, zone: timeZone, extent });
  const window =
    named && 'mark' in named ? await markedWindow(logs, named, extent) : (named ?? question.window);
  if (named && !window)
    return { question: text, query: read.query, answer: say.unscoped({ sentence: say.noMark }), lines: [] };
  const about = question.subject && 'slow' in read.query ? [question.subject] : question.services;
  const query = withServices(read.query, about);
  const filter = 'filter' in query ? query.filter : {};
  const parts: SceneParts = {
    logs,
    language,
    timeZone,
    extent,
    ...(window ? { window: withinLogs(window, extent) } : {}),
    ...(options.signal ? { signal: options.signal } : {}),
  };
  const scene = await sceneFor(parts, filter, WHOLE.has(query.kind));
  const strange = await unknownText(scene, query);
  if (strange) return refusal(question, 'word', strange);
  return assembled(question, query, scene, await foundBy(scene, query));
}

/** So many kinds of messages have their words known to the reading. */
const KINDS = 1_000;

/** The words that the messages of the store are made of, in lower case. */
async function wordsOf(logs: LogReader): Promise<ReadonlySet<string>> {
  const kinds = await logs.counts({}, 'template', KINDS);
  return new Set(kinds.flatMap(({ label }) => label.toLowerCase().match(/\p{L}[\p{L}\p{N}_]+/gu) ?? []));
}

/** The reading of the words; where that fails, the choice of a model, if there is one. */
async function readOrChoose(
  read: Read,
  text: string,
  choose: ((text: string) => Promise<Query | undefined>) | undefined,
): Promise<Read> {
  const open = 'refused' in read && (read.refused === 'form' || read.refused === 'word');
  const query = open && choose ? await choose(text) : undefined;
  return query ? { query, ...(read.when ? { when: read.when } : {}) } : read;
}

/** The sentence for a question that is not answered, and what can be asked. */
function refusal({ text, language }: PlainQuestion, reason: Refusal, word = ''): QueryAnswer {
  const say = CATALOGUES[language].queries;
  const sentence = say[`refused.${reason}`];
  const said = word ? say.scoped({ sentence, scope: `“${word}”` }) : say.unscoped({ sentence });
  return {
    question: text,
    query: { kind: 'refused', reason },
    answer: `${said} ${say.canDo}`,
    lines: [],
  };
}

/** The part of a time that can have lines; the time itself where it lies outside of the logs. */
function withinLogs(window: TimeWindow, extent: TimeWindow): TimeWindow {
  const inside = { from: Math.max(window.from, extent.from), to: Math.min(window.to, extent.to) };
  return inside.from < inside.to ? inside : window;
}

/** The services of an option hold where the question names none. */
function withServices(query: Query, services: string[] | undefined): Query {
  if (!services || !('filter' in query) || query.filter.services) return query;
  return { ...query, filter: { ...query.filter, services } };
}

/** So many lines are looked at for what a word is in them. */
const LOOKED_AT = 20;

/**
 * A word that was not in quotes and that no line at all holds, or only as the name of a field: it was hardly meant as one to
 * look for.
 */
async function unknownText({ logs, filter }: Scene, query: Query): Promise<string | undefined> {
  const text = 'filter' in query ? query.filter.text : undefined;
  const words = [...(text ?? '').replace(/"[^"]*"/g, ' ').matchAll(/\S+/g)].map(([word]) => word);
  if (words.length === 0) return undefined;
  for (const word of words) {
    const { records } = await logs.search({ ...filter, text: word }, { limit: LOOKED_AT });
    if (
      records.length > 0 &&
      records.every(({ line }) => isFieldOnly(line.toLowerCase(), word.toLowerCase()))
    )
      return word;
  }
  if ((await logs.search({ text: filter.text! }, { limit: 0 })).total > 0) return undefined;
  for (const word of words) if ((await logs.search({ text: word }, { limit: 0 })).total === 0) return word;
  return words[0];
}

/** Whether a line holds a word only as the name of a field, `"msg":` or `msg=`. */
function isFieldOnly(line: string, word: string): boolean {
  for (let at = line.indexOf(word); at >= 0; at = line.indexOf(word, at + word.length)) {
    const [before, after] = [line[at - 1] ?? ' ', line.slice(at + word.length, at + word.length + 2)];
    const isField = (before === '"' && after.startsWith('":')) || (/[\s,{]/.test(before) && after[0] === '=');
    if (!isField) return false;
  }
  return true;
}

async function foundBy(scene: Scene, query: Query): Promise<Found> {
  const { say, logs, window, extent } = scene;
  if (query.kind !== 'extent' && (await logs.search(window, { limit: 0 })).total === 0)
    return {
      sentence: say.noneThen({ span: spanText(scene, window), logs: spanText(scene, extent) }),
      figure: 0,
      unit: 'lines',
    };
  switch (query.kind) {
    case 'rank':
      return rank(scene, query);
    case 'count':
      return count(scene, query);
    case 'often':
      return often(scene, query);
    case 'share':
      return share(scene, query);
    case 'duration':
      return duration(scene, query);
    case 'begin':
    case 'end':
    case 'course':
      return edge(scene, query);
    case 'occurrence':
      return occurrence(scene, query);
    case 'peak':
      return peak(scene, query);
    case 'state':
      return state(scene, query);
    case 'changes':
      return changes(scene, query);
    case 'calls':
      return calls(scene, query);
    case 'lines':
      return lines(scene, query);
    case 'compare':
      return compare(scene, query);
    case 'extent':
      return extentOf(scene);
  }
}

/** `lines`: the newest or the oldest lines that match. */
async function lines(scene: Scene, { order, limit }: QueryOf<'lines'>): Promise<Found> {
  const { say, filter } = scene;
  const { records, total } = await scene.logs.search(filter, { limit, order });
  const sentence =
    total === 0 ? say['none.lines'] : say.shown({ amount: say['amount.lines']({ count: number(total) }) });
  return {
    sentence,
    figure: total,
    unit: 'lines',
    lines: order === 'newest' ? records.toReversed() : records,
  };
}

function assembled(question: PlainQuestion, query: Query, scene: Scene, found: Found): QueryAnswer {
  const { say, told } = scene;
  const window = found.window ?? scene.window;
  const scope = [
    ...(told.length > 0 ? told : [say['filter.all']]),
    `${spanText(scene, window)} ${scene.zone}`,
  ].join('; ');
  const most = query.kind === 'lines' ? query.limit : SHOWN;
  // Credentials are shown nowhere, not even as a part of a line.
  const { mask } = createRedactor({ personal: false });
  return {
    question: question.text,
    query,
    answer: mask(say.scoped({ sentence: found.sentence, scope })),
    ...(found.figure === undefined ? {} : { figure: found.figure }),
    ...(found.unit ? { unit: found.unit } : {}),
    ...(found.rows ? { rows: found.rows.map((row) => ({ ...row, name: mask(row.name) })) } : {}),
    lines: (found.lines ?? []).slice(0, most).map(({ id, timestamp, service, line }) => ({
      id,
      timestamp: new Date(timestamp).toISOString(),
      service,
      line: mask(line),
    })),
    window: { from: new Date(window.from).toISOString(), to: new Date(window.to).toISOString() },
    hint: found.hint ?? say[`hint.${query.kind}`],
  };
}
