import { type Language, languageOf, MAX_QUESTION, parseDuration } from '../../../domain/question/question.ts';
import { type Argument, type CommandSpec, FLAGS, type FlagName } from '../table/spec.ts';
import { type CommandName, namesOf, specOf } from '../table/table.ts';
import { type Day, spanLike, windowIn, wrongSpan } from './span.ts';

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
 * @param inThread in an incident's thread, words that are no command are a question, if they look like one
 */
export function parseCommand(input: string, inThread = false): Command | Mistake {
  const text = withoutSlash(input);
  if (text.length > MAX_QUESTION) return { wrong: 'tooLong', word: String(text.length) };
  if (!text) return { wrong: 'empty', word: '' };
  const words = text.match(/"[^"]*"|\S+/g) ?? [];
  const first = words[0]!;
  const name = NAMES.get(first.toLowerCase().replace(/[?!.,]+$/, '') || first);
  if (!name && !inThread) return { wrong: 'unknown', word: shorten(first) };
  if (!name && words.length < 2 && !/[?？]/.test(text)) return { wrong: 'thread', word: shorten(first) };
  const command: Command = { name: name ?? 'why', text: '', private: false };
  const plain = takeOptions(command, name ? words.slice(1) : words);
  if (!Array.isArray(plain)) return plain;
  const mistake = takeWindow(command, plain) ?? takeText(command, plain, name !== undefined);
  return mistake ?? command;
}

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
const lacksTime = ({ name, windowMs, day }: Command): boolean =>
  takes(specOf(name), 'window') && windowMs === undefined && day === undefined;

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
  const wrong = wrongSpan(plain);
  // A search for nothing but such words looks for them.
  if (wrong && (!searching || plain.length > wrong.split(' ').length))
    return { wrong: 'duration', word: shorten(wrong) };
  return undefined;
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
  return name === 'search' && !command.text ? { wrong: 'search', word: '' } : undefined;
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
  const asks = 'name' in command && (command.name === 'why' || command.name === 'summarize');
  if (asks && (command.text.match(/[a-z]{3,}/gi)?.length ?? 0) >= 2) return 'en';
  return own;
}
