import { MAX_QUESTION, parseDuration } from '../../../domain/question/question.ts';
import { HOUR, MINUTE } from '../../../domain/time/units.ts';
import { spanAt, spanLike } from './span.ts';

/** What people do with incidents by words. */
export const CONTROLS = [
  'ack',
  'resolve',
  'mute',
  'unmute',
  'assign',
  'take',
  'reopen',
  'merge',
  'split',
  'false-alarm',
  'real',
] as const;
export type ControlName = (typeof CONTROLS)[number];

const NAMES = new Map<string, ControlName>([
  ...CONTROLS.map((name): [string, ControlName] => [name, name]),
  ['acknowledge', 'ack'],
  ['확인', 'ack'],
  ['resolved', 'resolve'],
  ['해결', 'resolve'],
  ['silence', 'mute'],
  ['음소거', 'mute'],
  ['알림끄기', 'mute'],
  ['알림 끄기', 'mute'],
  ['음소거해제', 'unmute'],
  ['음소거 해제', 'unmute'],
  ['알림켜기', 'unmute'],
  ['알림 켜기', 'unmute'],
  ['reassign', 'assign'],
  ['담당', 'assign'],
  ['담당자', 'assign'],
  ['배정', 'assign'],
  ['맡기', 'take'],
  ['맡을게요', 'take'],
  ['다시열기', 'reopen'],
  ['다시 열기', 'reopen'],
  ['합치기', 'merge'],
  ['병합', 'merge'],
  ['나누기', 'split'],
  ['분리', 'split'],
  ['false alarm', 'false-alarm'],
  ['오탐', 'false-alarm'],
  ['정탐', 'real'],
  ['실제', 'real'],
  ['실제 장애', 'real'],
]);

/** What a control is about, besides one incident: a mute may cover more. */
export type Scope = 'incident' | 'template' | 'service';
const SCOPES = new Map<string, Scope>([
  ['incident', 'incident'],
  ['template', 'template'],
  ['kind', 'template'],
  ['유형', 'template'],
  ['템플릿', 'template'],
  ['service', 'service'],
  ['서비스', 'service'],
]);
const ME = new Set(['me', 'myself', '나', '저', '내가', '제가']);

export interface Control {
  name: ControlName;
  /** Id of the incident, or of a mute; absent: the one whose thread it is said in. */
  incident?: string;
  /** Of a merge: the incident whose thread goes on. */
  into?: string;
  note?: string;
  forMs?: number;
  scope?: Scope;
  /** Of a mute of a service by its name. */
  service?: string;
  /** Of an assignment; absent: whoever says it. */
  person?: string;
}

export interface ControlMistake {
  wrong: 'control' | 'duration';
  control: ControlName;
  word: string;
}

const PERSON = 60;
const ID = /^#?(m?[0-9a-f]{10})$/i;
const ANY_ID = /#?\b([0-9a-f]{10})\b/gi;

/** The control that the first word or the first two name, and how many words that is. */
function named(words: readonly string[]): { name: ControlName; length: number } | undefined {
  const two = NAMES.get(words.slice(0, 2).join(' ').toLowerCase());
  if (two && words.length >= 2) return { name: two, length: 2 };
  const one = NAMES.get((words[0] ?? '').toLowerCase());
  return one && { name: one, length: 1 };
}

/**
 * `resolve 3f… raised the pool size`, `mute 2h`, `합치기 3f… 9a…`: what buttons do, with more to say. Undefined for other
 * words (a question among them), a mistake where the rest has not the form.
 */
export function parseControl(input: string): Control | ControlMistake | undefined {
  const text = input
    .trim()
    .replace(/^\/(?:logs|로그)(?=\s|$)/i, '')
    .trim();
  if (text.length > MAX_QUESTION || /[?？]$/.test(text)) return undefined;
  const words = text.split(/\s+/);
  const verb = named(words);
  if (!verb) return undefined;
  const { name } = verb;
  const rest = words.slice(verb.length);
  const wrong = (word = ''): ControlMistake => ({ wrong: 'control', control: name, word });
  if (name === 'merge') {
    const ids = [...rest.join(' ').matchAll(ANY_ID)].map(([, id]) => id!.toLowerCase());
    if (ids.length === 2) return { name, incident: ids[0]!, into: ids[1]! };
    return ids.length === 1 ? { name, into: ids[0]! } : wrong();
  }
  const id = ID.exec(rest[0] ?? '')?.[1]?.toLowerCase();
  if (id) rest.shift();
  const control: Control = { name, ...(id ? { incident: id } : {}) };
  switch (name) {
    case 'take':
    case 'split':
    case 'real':
      // "real cause is the db" is no control.
      return rest.length === 0 ? control : undefined;
    case 'assign': {
      const given = rest.join(' ').replace(/^(?:to|->|→)\s+/i, '');
      const person = given.replace(/^@/, '').trim();
      if (!person || person.length > PERSON) return wrong(person);
      return ME.has(person.toLowerCase()) ? control : { ...control, person };
    }
    case 'mute':
    case 'unmute':
      return muteOf(control, rest);
    default:
      return rest.length > 0 ? { ...control, note: rest.join(' ') } : control;
  }
}

/** `[template|service|service:NAME] [SPAN] [REASON]`, in this order or with the span first. */
function muteOf(control: Control, rest: string[]): Control | ControlMistake {
  const out: Control = { ...control };
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
      return { wrong: 'duration', control: 'mute', word: rest[0]! };
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
