import { hasQuestionWords, readQuestion } from '../../../analysis/queries/reading.ts';
import { type Language, languageOf, MAX_QUESTION, parseDuration } from '../../../domain/question/question.ts';
import { type Argument, type CommandSpec, FLAGS, type FlagName } from '../table/spec.ts';
import { type CommandName, namesOf, specOf } from '../table/table.ts';
import { type Day, spanLike, windowIn, wrongSpan } from './span.ts';
import { type When, whenIn } from './when.ts';
import { timeIn } from './when-window.ts';

const NAMES = namesOf<CommandName>('ask', 'list');

/** A well-formed command. */
export interface Command {
  name: CommandName;
  /** Free words: the question, or what to search for. */
  text: string;
  /** Length of the window back from now, in ms. */
  windowMs?: number;
  /** A day of the calendar instead. */
  day?: Day;
  /** Another time that the words name: a clock, a date, a stretch. */
  when?: When;
  services?: string[];
  /** A stored answer will not do. */
  fresh?: boolean;
  /** Only the asker may see the answer. */
  private: boolean;
  /** The asker agreed to the cost (`analyze`). */
  yes?: boolean;
}

/** What is wrong with a command; `wrong` is a key under `usage.` in the catalogues. */
export type Mistake = {
  /** The wrong word, shortened; for `tooLong` the length. */
  word: string;
} & (
  | { wrong: 'empty' | 'unknown' | 'thread' | 'duration' | 'option' | 'tooLong' | 'search' }
  /** A word that the command does not take. */
  | { wrong: 'form'; command: CommandName }
);

/** At most this many characters of a wrong word are shown. */
const SHOWN = 40;
const SERVICES = 20;

/** The words after the slash command, if that was typed too. */
export const withoutSlash = (input: string): string =>
  input
    .trim()
    .replace(/^\/(?:logs|로그)(?=\s|$)/i, '')
    .trim();

/**
 * Reads what a person typed after `/logs` (the command's own name may be there too).
 * @param plain where they were said, if words that are no command are a question there
 */
export function parseCommand(input: string, plain?: 'channel' | 'thread'): Command | Mistake {
  const text = withoutSlash(input);
  if (text.length > MAX_QUESTION) return { wrong: 'tooLong', word: String(text.length) };
  if (!text) return { wrong: 'empty', word: '' };
  const words = text.match(/"[^"]*"|\S+/g) ?? [];
  const first = words[0]!;
  const name = NAMES.get(first.toLowerCase().replace(/[?!.,]+$/, '') || first);
  if (!name && (!plain || !isQuestion(text, words)))
    return { wrong: plain === 'thread' ? 'thread' : 'unknown', word: shorten(first) };
  const command: Command = { name: name ?? 'ask', text: '', private: false };
  const rest = takeOptions(command, name ? words.slice(1) : words);
  if (!Array.isArray(rest)) return rest;
  const mistake = takeWindow(command, rest) ?? takeText(command, rest, name !== undefined);
  return mistake ?? command;
}

/** Words that are no command: several are a question, one only where it asks for a cause or a summary. */
const isQuestion = (text: string, words: readonly string[]): boolean =>
  /[?？]/.test(text) ||
  (words.length > 1 ? hasQuestionWords(text) : 'hand' in readQuestion(text, { services: [], timeIn }));

const FLAG_OF = new Map(
  Object.entries(FLAGS).flatMap(([name, { typed }]) =>
    typed.map((word): [string, FlagName] => [word, name as FlagName]),
  ),
);

/** Reads flags, `service:` and `window:` into the command; returns the other words. */
function takeOptions(command: Command, words: readonly string[]): string[] | Mistake {
  const { flags } = specOf(command.name);
  const plain: string[] = [];
  const services: string[] = [];
  for (const [index, word] of words.entries()) {
    const typed = word.toLowerCase();
    const isLast = index === words.length - 1;
    const flag = typed === FLAGS.private.ko && isLast ? 'private' : FLAG_OF.get(typed);
    const named = /^(service|서비스|window|구간):(.+)$/iu.exec(word);
    if (flag === 'private' || (flag && flags.includes(flag))) command[flag] = true;
    else if (named && /^(?:service|서비스)$/iu.test(named[1]!))
      services.push(...named[2]!.split(',').filter(Boolean));
    else if (named) {
      const span = parseDuration(named[2]!);
      if (span === undefined) return { wrong: 'duration', word: shorten(named[2]!) };
      command.windowMs = span;
      // In a search two dashes may be what is looked for.
    } else if (/^--\p{L}/u.test(word) && command.name !== 'search')
      return { wrong: 'option', word: shorten(word) };
    else plain.push(word);
  }
  if (services.length > 0) command.services = services.slice(0, SERVICES);
  return plain;
}

const takes = ({ arguments: all }: CommandSpec, kind: Argument['kind']): boolean =>
  all.some((argument) => argument.kind === kind);
/** Whether the command is about a time that was not said. */
const lacksTime = ({ name, windowMs, day, when }: Command): boolean =>
  takes(specOf(name), 'window') && windowMs === undefined && day === undefined && !when;

/** Moves the time that the words name into the command. */
function takeWindow(command: Command, plain: string[]): Mistake | undefined {
  if (!lacksTime(command)) return undefined;
  const searching = command.name === 'search';
  const span = windowIn(plain, searching);
  if (span) {
    if ('ms' in span) command.windowMs = span.ms;
    else command.day = span.day;
    plain.splice(span.at, span.words);
    return undefined;
  }
  if (!searching && takeWhen(command, plain)) return undefined;
  const wrong = wrongSpan(plain);
  // A search for nothing but such words looks for them.
  if (wrong && (!searching || plain.length > wrong.split(' ').length))
    return { wrong: 'duration', word: shorten(wrong) };
  return undefined;
}

/** Moves a clock, a date or a stretch into the command: `at 13:20`, `어제 오후 3시부터`. */
function takeWhen(command: Command, plain: string[]): boolean {
  const text = plain.join(' ');
  const found = whenIn(text.toLowerCase());
  if (!found) return false;
  command.when = found.when;
  const rest = `${text.slice(0, found.start)} ${text.slice(found.end)}`;
  plain.splice(0, plain.length, ...(rest.match(/"[^"]*"|\S+/g) ?? []));
  return true;
}

/** Reads the words that are left. @param named whether the command was named, and is not only guessed */
function takeText(command: Command, plain: readonly string[], named: boolean): Mistake | undefined {
  const { name } = command;
  const spec = specOf(name);
  const [stray] = plain;
  const fixed = spec.arguments.find(({ kind }) => kind === 'choice' || kind === 'incident');
  if (fixed) {
    const text = plainForm(fixed, plain);
    if (text === undefined) return { wrong: 'form', word: shorten(plain.join(' ')), command: name };
    command.text = text;
    return undefined;
  }
  if (stray !== undefined && named && name !== 'search') {
    if (lacksTime(command) && (spanLike(stray) || name === 'analyze'))
      return { wrong: 'duration', word: shorten(stray) };
    if (!takes(spec, 'text')) return { wrong: 'form', word: shorten(stray), command: name };
  }
  command.text = plain.join(' ');
  if (command.text) return undefined;
  if (name === 'search') return { wrong: 'search', word: '' };
  return name === 'ask' ? { wrong: 'empty', word: '' } : undefined;
}

const INCIDENT_ID = /^#?([0-9a-f]{10})$/i;

/** `stop ID`, `back alerts`, an incident's ID: the words in plain form; undefined where the argument cannot be that. */
function plainForm(argument: Argument, [first, ...rest]: readonly string[]): string | undefined {
  if (first === undefined) return argument.required ? undefined : (argument.otherwise ?? '');
  if (argument.kind !== 'choice') {
    if (rest.length > 0) return undefined;
    return argument.kind === 'incident' ? INCIDENT_ID.exec(first)?.[1]?.toLowerCase() : first;
  }
  const choice = argument.choices?.find(({ typed }) => typed.includes(first.toLowerCase()));
  if (!choice?.followedBy) return rest.length > 0 ? undefined : choice?.value;
  const next = plainForm(choice.followedBy, rest);
  return next === undefined ? undefined : `${choice.value} ${next}`.trimEnd();
}

const shorten = (word: string): string => {
  const points = [...word];
  return points.length > SHOWN ? `${points.slice(0, SHOWN).join('')}…` : word;
};

/**
 * The language to answer in: Korean where any Hangul was typed; English for a question of two words or more in
 * Latin letters; else the person's own, else the configured one.
 */
export function answerLanguage(typed: string, command: Command | Mistake, own: Language): Language {
  if (languageOf(typed, 'en') === 'ko') return 'ko';
  const asks = 'name' in command && ['ask', 'why', 'summarize'].includes(command.name);
  if (asks && (command.text.match(/[a-z]{3,}/gi)?.length ?? 0) >= 2) return 'en';
  return own;
}
