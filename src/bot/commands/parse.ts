import { type Language, MAX_QUESTION, parseDuration } from '../../domain/question.ts';

export const COMMANDS = ['why', 'summarize', 'search', 'analyze', 'health', 'incidents', 'help'] as const;
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
  ['상태', 'health'],
  ['장애', 'incidents'],
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
  services?: string[];
  /** Only the asker shall see the answer. */
  private: boolean;
}

/** What is wrong with a command, as a key under `usage.` in the catalogues. */
export interface Mistake {
  wrong: 'empty' | 'unknown' | 'duration' | 'option' | 'tooLong' | 'search';
  /** The word that is wrong, shortened; for `tooLong` the length. */
  word: string;
}

const SHOWN = 40;
const SERVICES = 20;

/** Looks like a time span although it is none: `30x`, `5years`, `0m`. Not HTTP classes (`5xx`). */
const spanLike = (word: string): boolean =>
  /^-?\d+(?:\.\d+)?[\p{L}]{1,8}$/u.test(word) && !/^\dxx$/i.test(word);

/**
 * Reads what a person typed after `/logs` (the command's own name may be there too).
 * @param inThread in an incident's thread words that are no command are a question
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
  const command: Command = { name: name ?? 'why', text: '', private: false };
  const rest = name ? words.slice(1) : words;
  const kept: string[] = [];
  const services: string[] = [];
  for (const [index, word] of rest.entries()) {
    const flag = word.toLowerCase();
    if (flag === '--private' || flag === '--비공개' || (flag === '비공개' && index === rest.length - 1)) {
      command.private = true;
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
    // A dash before a time span is an option gone wrong only where no text is expected to begin with one.
    if (/^--\p{L}/u.test(word) && command.name !== 'search') return { wrong: 'option', word: shorten(word) };
    const wantsSpan =
      command.windowMs === undefined && mayBeWindow(command.name, kept.length, index, rest.length);
    if (wantsSpan) {
      const span = parseDuration(word);
      if (span !== undefined) {
        command.windowMs = span;
        continue;
      }
      const first = kept.length === 0 && command.name !== 'search';
      if (first && name && (spanLike(word) || command.name === 'analyze'))
        return { wrong: 'duration', word: shorten(word) };
    }
    kept.push(word);
  }
  command.text = kept.join(' ');
  if (services.length > 0) command.services = services.slice(0, SERVICES);
  if (command.name === 'search' && !command.text) return { wrong: 'search', word: '' };
  return command;
}

/** In a search a number with a unit may be what is looked for (`500ms`): only at the end it is the window. */
function mayBeWindow(name: CommandName, kept: number, index: number, length: number): boolean {
  if (name === 'search') return kept > 0 && index === length - 1;
  return name === 'why' || name === 'summarize' || name === 'analyze';
}

const shorten = (word: string): string => {
  const points = [...word];
  return points.length > SHOWN ? `${points.slice(0, SHOWN).join('')}…` : word;
};

/** An action on the incident in whose thread it is said. */
export interface ThreadAct {
  what: 'acknowledged' | 'resolved' | 'muted' | 'unmuted';
  note?: string;
  forMs?: number;
}
const ACTS = new Map<string, ThreadAct['what']>([
  ['ack', 'acknowledged'],
  ['acknowledge', 'acknowledged'],
  ['확인', 'acknowledged'],
  ['resolve', 'resolved'],
  ['resolved', 'resolved'],
  ['해결', 'resolved'],
  ['mute', 'muted'],
  ['음소거', 'muted'],
  ['unmute', 'unmuted'],
  ['음소거해제', 'unmuted'],
]);
const MUTE_MS = 3_600_000;

/** `resolve raised the pool size`, `mute 2h`, `확인`: what buttons do, with a note. Undefined for other words. */
export function parseAct(input: string): ThreadAct | undefined {
  const [first = '', ...rest] = input.trim().split(/\s+/);
  const what = ACTS.get(first.toLowerCase());
  if (!what || input.length > MAX_QUESTION) return undefined;
  const forMs = what === 'muted' ? (parseDuration(rest[0] ?? '') ?? MUTE_MS) : undefined;
  const words = what === 'muted' && parseDuration(rest[0] ?? '') ? rest.slice(1) : rest;
  return { what, ...(words.length > 0 ? { note: words.join(' ') } : {}), ...(forMs ? { forMs } : {}) };
}

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
