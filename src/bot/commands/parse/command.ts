import { type Language, MAX_QUESTION, parseDuration } from '../../../domain/question/question.ts';
import { type Day, spanLike, windowIn, wrongSpan } from './span.ts';

export const COMMANDS = [
  'why',
  'summarize',
  'search',
  'analyze',
  'digest',
  'jobs',
  'tune',
  'health',
  'incidents',
  'incident',
  'mutes',
  'shadow',
  'audit',
  'cost',
  'help',
] as const;
export type CommandName = (typeof COMMANDS)[number];

const NAMES = new Map<string, CommandName>([
  ...COMMANDS.map((name): [string, CommandName] => [name, name]),
  ['왜', 'why'],
  ['원인', 'why'],
  ['요약', 'summarize'],
  ['summary', 'summarize'],
  ['검색', 'search'],
  ['find', 'search'],
  ['분석', 'analyze'],
  ['다이제스트', 'digest'],
  ['작업', 'jobs'],
  ['학습', 'tune'],
  ['상태', 'health'],
  ['장애', 'incidents'],
  ['장애상세', 'incident'],
  ['음소거목록', 'mutes'],
  ['섀도', 'shadow'],
  ['감사', 'audit'],
  ['비용', 'cost'],
  ['도움말', 'help'],
  ['?', 'help'],
]);

/** A well-formed command. */
export interface Command {
  name: CommandName;
  /** Free words: the question, or what to search for. */
  text: string;
  /** Length of the window back from now, in ms. */
  windowMs?: number;
  /** A day of the calendar instead. */
  day?: Day;
  services?: string[];
  /** A kept answer will not do. */
  fresh?: boolean;
  /** Only the asker shall see the answer. */
  private: boolean;
  /** What it may cost is known and wanted (`analyze`). */
  yes?: boolean;
}

/** What is wrong with a command, as a key under `usage.` in the catalogues. */
export type Mistake = {
  /** The word that is wrong, shortened; for `tooLong` the length. */
  word: string;
} & (
  | { wrong: 'empty' | 'unknown' | 'thread' | 'duration' | 'option' | 'tooLong' | 'search' }
  /** A word that the command has no use for. */
  | { wrong: 'form'; command: CommandName }
);

/** Commands that are about a span of time, besides `search`. */
const WITH_WINDOW: ReadonlySet<CommandName> = new Set(['why', 'summarize', 'analyze', 'incidents']);

/** Commands of fixed words: what stands behind them is read by `subcommand`. */
const FIXED = ['jobs', 'tune', 'digest', 'incidents', 'incident', 'audit'] as const;

/** Commands whose answers are kept for a while. */
const ASKING: ReadonlySet<CommandName> = new Set(['why', 'summarize']);

const SHOWN = 40;
const SERVICES = 20;

/**
 * Reads what a person typed after `/logs` (the command's own name may be there too).
 * @param inThread in an incident's thread words that are no command are a question, if they look like one
 */
export function parseCommand(input: string, inThread = false): Command | Mistake {
  const text = input
    .trim()
    .replace(/^\/(?:logs|로그)(?=\s|$)/i, '')
    .trim();
  if (text.length > MAX_QUESTION) return { wrong: 'tooLong', word: String(text.length) };
  if (!text) return { wrong: 'empty', word: '' };
  const words = text.match(/"[^"]*"|\S+/g) ?? [];
  const first = words[0]!;
  const name = NAMES.get(first.toLowerCase().replace(/[?!.,]+$/, '') || first);
  if (!name && !inThread) return { wrong: 'unknown', word: shorten(first) };
  if (!name && words.length < 2 && !/[?？]/.test(text)) return { wrong: 'thread', word: shorten(first) };
  const command: Command = { name: name ?? 'why', text: '', private: false };
  const rest = name ? words.slice(1) : words;
  const plain: string[] = [];
  const services: string[] = [];
  for (const [index, word] of rest.entries()) {
    const flag = word.toLowerCase();
    if (flag === '--private' || flag === '--비공개' || (flag === '비공개' && index === rest.length - 1)) {
      command.private = true;
      continue;
    }
    if (ASKING.has(command.name) && (flag === '--fresh' || flag === '--새로')) {
      command.fresh = true;
      continue;
    }
    if (command.name === 'analyze' && (flag === '--yes' || flag === '--진행')) {
      command.yes = true;
      continue;
    }
    const named = /^(service|서비스|window|구간):(.+)$/iu.exec(word);
    if (named) {
      const [, key, value] = named;
      if (/^(?:service|서비스)$/iu.test(key!)) {
        services.push(...value!.split(',').filter(Boolean));
        continue;
      }
      const span = parseDuration(value!);
      if (span === undefined) return { wrong: 'duration', word: shorten(value!) };
      command.windowMs = span;
      continue;
    }
    // In a search two dashes may be what is looked for.
    if (/^--\p{L}/u.test(word) && command.name !== 'search') return { wrong: 'option', word: shorten(word) };
    plain.push(word);
  }
  const searching = command.name === 'search';
  const timed = searching || WITH_WINDOW.has(command.name);
  const span = timed && command.windowMs === undefined ? windowIn(plain, searching) : undefined;
  if (span) {
    if ('ms' in span) command.windowMs = span.ms;
    else command.day = span.day;
    plain.splice(span.at, span.words);
  }
  const open = timed && !span && command.windowMs === undefined;
  const wrong = open ? wrongSpan(plain) : undefined;
  // A search for nothing but such words looks for them.
  if (wrong && (!searching || plain.length > wrong.split(' ').length))
    return { wrong: 'duration', word: shorten(wrong) };
  const [stray] = plain;
  const fixed = FIXED.find((other) => other === name);
  if (fixed) {
    const meant = subcommand(fixed, plain);
    if (meant === undefined) return { wrong: 'form', word: shorten(plain.join(' ')), command: fixed };
    plain.splice(0, plain.length, ...(meant ? [meant] : []));
  } else if (stray !== undefined && name && name !== 'search') {
    if (open && (spanLike(stray) || name === 'analyze')) return { wrong: 'duration', word: shorten(stray) };
    if (name !== 'why') return { wrong: 'form', word: shorten(stray), command: name };
  }
  command.text = plain.join(' ');
  if (services.length > 0) command.services = services.slice(0, SERVICES);
  if (command.name === 'search' && !command.text) return { wrong: 'search', word: '' };
  return command;
}

const VERBS = new Map([
  ['retry', 'retry'],
  ['재시도', 'retry'],
  ['drop', 'drop'],
  ['삭제', 'drop'],
  ['stop', 'stop'],
  ['중지', 'stop'],
]);
const PERIODS = new Map([
  ['', 'day'],
  ['yesterday', 'day'],
  ['어제', 'day'],
  ['week', 'week'],
  ['주간', 'week'],
  ['지난주', 'week'],
]);

const WHICH = new Map([
  ['', 'open'],
  ['open', 'open'],
  ['열린', 'open'],
  ['mine', 'mine'],
  ['내것', 'mine'],
  ['내', 'mine'],
  ['resolved', 'resolved'],
  ['해결', 'resolved'],
  ['all', 'all'],
  ['전체', 'all'],
  ['quiet', 'quiet'],
  ['조용', 'quiet'],
]);

/**
 * `jobs [stop|retry|drop ID]`, `digest [yesterday|week]`, `incidents [mine|resolved|quiet|all]`, `incident ID`, `audit [ID]` in plain
 * form; undefined when they say something else.
 */
function subcommand(name: (typeof FIXED)[number], words: readonly string[]): string | undefined {
  const [first = '', id] = words;
  if (name === 'incidents') return words.length <= 1 ? WHICH.get(first.toLowerCase()) : undefined;
  if (name === 'incident' || name === 'audit') {
    if (words.length === 0) return '';
    return words.length === 1 ? /^#?([0-9a-f]{10})$/i.exec(first)?.[1]?.toLowerCase() : undefined;
  }
  if (name === 'digest') return words.length <= 1 ? PERIODS.get(first.toLowerCase()) : undefined;
  if (words.length === 0) return '';
  if (name === 'tune') return tuneForm(first.toLowerCase(), words.slice(1));
  const verb = VERBS.get(first.toLowerCase());
  return verb && id && words.length === 2 ? `${verb} ${id}` : undefined;
}

const TUNE_VERBS = new Map([
  ['now', 'now'],
  ['시작', 'now'],
  ['지금', 'now'],
  ['back', 'back'],
  ['되돌리기', 'back'],
]);
const TUNE_TARGETS = new Map([
  ['alerts', 'alerts'],
  ['알림', 'alerts'],
  ['anomaly', 'anomaly'],
  ['이상', 'anomaly'],
  ['sentiment', 'sentiment'],
  ['감정', 'sentiment'],
  ['summary', 'summary'],
  ['요약', 'summary'],
]);

/** `now [TASK]` or `back TARGET`; undefined for anything else. */
function tuneForm(word: string, rest: readonly string[]): string | undefined {
  const verb = TUNE_VERBS.get(word);
  const target = TUNE_TARGETS.get(rest[0]?.toLowerCase() ?? '');
  if (!verb || rest.length > 1) return undefined;
  if (rest.length === 0) return verb === 'now' ? verb : undefined;
  return target && !(verb === 'now' && target === 'alerts') ? `${verb} ${target}` : undefined;
}

export const shorten = (word: string): string => {
  const points = [...word];
  return points.length > SHOWN ? `${points.slice(0, SHOWN).join('')}…` : word;
};

const HANGUL = /[\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3]/;

/**
 * The language to answer in: Korean where any Hangul was typed; English for a question of two words or more in
 * Latin letters; else the person's own, else the configured one.
 */
export function answerLanguage(typed: string, command: Command | Mistake, own: Language): Language {
  if (HANGUL.test(typed)) return 'ko';
  const asks = 'name' in command && (command.name === 'why' || command.name === 'summarize');
  if (asks && (command.text.match(/[a-z]{3,}/gi)?.length ?? 0) >= 2) return 'en';
  return own;
}
