import { MAX_QUESTION, parseDuration } from '../../../domain/question/question.ts';
import { HOUR, MINUTE } from '../../../domain/time/units.ts';
import { type IncidentCommandName, namesOf, specOf } from '../table/table.ts';
import { withoutSlash } from './command.ts';
import { spanAt, spanLike } from './span.ts';

const NAMES = namesOf<IncidentCommandName>('act');

/** What a command is about, besides one incident: a mute may cover more. */
export type Scope = 'incident' | 'template' | 'service';
const SCOPES = new Map(
  specOf('mute')
    .arguments.flatMap(({ choices }) => choices ?? [])
    .flatMap(({ value, typed }) => typed.map((word): [string, Scope] => [word, value as Scope])),
);
const ME = new Set(['me', 'myself', '나', '저', '내가', '제가']);

/** A well-formed command that acts on an incident. */
export interface IncidentCommand {
  name: IncidentCommandName;
  /** ID of the incident, or of a mute; absent: the incident in whose thread it is said. */
  incident?: string;
  /** Of a merge: the incident whose thread goes on. */
  into?: string;
  note?: string;
  forMs?: number;
  scope?: Scope;
  /** Of a mute of a whole service: its name. */
  service?: string;
  /** Of an assignment; absent: the person who says it. */
  person?: string;
}

export interface IncidentCommandMistake {
  wrong: 'control' | 'duration';
  command: IncidentCommandName;
  word: string;
}

const PERSON = 60;
const ID = /^#?(m?[0-9a-f]{10})$/i;
const ANY_ID = /#?\b([0-9a-f]{10})\b/gi;

/** The command that the first word or the first two words name, and how many words that is. */
function named(words: readonly string[]): { name: IncidentCommandName; length: number } | undefined {
  const two = NAMES.get(words.slice(0, 2).join(' ').toLowerCase());
  if (two && words.length >= 2) return { name: two, length: 2 };
  const one = NAMES.get((words[0] ?? '').toLowerCase());
  return one && { name: one, length: 1 };
}

const takesNote = (name: IncidentCommandName): boolean =>
  specOf(name).arguments.some(({ kind }) => kind === 'note');

/**
 * `resolve 3f… raised the pool size`, `mute 2h`, `합치기 3f… 9a…`: what buttons do, with more to say. Undefined for other
 * words, such as a question; a mistake where the rest has the wrong form.
 */
export function parseIncidentCommand(input: string): IncidentCommand | IncidentCommandMistake | undefined {
  const text = withoutSlash(input);
  if (text.length > MAX_QUESTION || /[?？]$/.test(text)) return undefined;
  const words = text.split(/\s+/);
  const verb = named(words);
  if (!verb) return undefined;
  const { name } = verb;
  const rest = words.slice(verb.length);
  if (name === 'merge') return mergeOf(rest);
  const id = ID.exec(rest[0] ?? '')?.[1]?.toLowerCase();
  if (id) rest.shift();
  const command: IncidentCommand = { name, ...(id ? { incident: id } : {}) };
  if (name === 'assign') return assignmentOf(command, rest);
  if (name === 'mute' || name === 'unmute') return muteOf(command, rest);
  if (rest.length === 0) return command;
  // "real cause is the db" is no command.
  return takesNote(name) ? { ...command, note: rest.join(' ') } : undefined;
}

/** `ID into ID`, or only the ID of the other incident; any words may come between. */
function mergeOf(rest: readonly string[]): IncidentCommand | IncidentCommandMistake {
  const ids = [...rest.join(' ').matchAll(ANY_ID)].map(([, id]) => id!.toLowerCase());
  if (ids.length === 2) return { name: 'merge', incident: ids[0]!, into: ids[1]! };
  return ids.length === 1
    ? { name: 'merge', into: ids[0]! }
    : { wrong: 'control', command: 'merge', word: '' };
}

/** `[to] [@]NAME`. */
function assignmentOf(
  command: IncidentCommand,
  rest: readonly string[],
): IncidentCommand | IncidentCommandMistake {
  const given = rest.join(' ').replace(/^(?:to|->|→)\s+/i, '');
  const person = given.replace(/^@/, '').trim();
  if (!person || person.length > PERSON) return { wrong: 'control', command: 'assign', word: person };
  return ME.has(person.toLowerCase()) ? command : { ...command, person };
}

/** `[template|service|service:NAME] [SPAN] [REASON]`, in this order or with the span first. */
function muteOf(command: IncidentCommand, rest: string[]): IncidentCommand | IncidentCommandMistake {
  const out: IncidentCommand = { ...command };
  for (let looks = 0; looks < 2; looks += 1) {
    const service = /^(?:service|서비스):(\S{1,200})$/iu.exec(rest[0] ?? '')?.[1];
    const scope = SCOPES.get((rest[0] ?? '').toLowerCase());
    if (!out.scope && (service || scope)) {
      out.scope = service ? 'service' : scope!;
      if (service) out.service = service;
      rest.shift();
    }
    const span = out.name === 'mute' && out.forMs === undefined ? spanAt(rest, 0) : undefined;
    if (span) {
      out.forMs = span.ms;
      rest.splice(0, span.words);
    }
  }
  if (out.name === 'mute') {
    if (out.forMs === undefined && spanLike(rest[0] ?? ''))
      return { wrong: 'duration', command: 'mute', word: rest[0]! };
    out.forMs ??= HOUR;
  }
  if (rest.length > 0) out.note = rest.join(' ');
  return out;
}

/** The value of a mute button: ms, and what it covers. */
export function readMute(value: string | undefined): { forMs: number; scope: Scope } {
  const [ms, scope] = (value ?? '').split(':');
  const forMs = Number(ms);
  const allowed = forMs >= MINUTE && forMs <= (parseDuration('90d') ?? 0);
  return { forMs: allowed ? forMs : HOUR, scope: SCOPES.get(scope ?? '') ?? 'incident' };
}
