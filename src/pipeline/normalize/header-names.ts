import type { Header } from './header-parts.ts';
import { levelOfWord } from './level.ts';

/** Names that programs give threads and loggers, not services. */
const NO_SERVICE = new Set(['main', 'root', 'default', 'system', 'stdout', 'stderr', 'console']);
const PLAIN_NAME = /^[a-z][a-z0-9]*(?:[-_][a-z][a-z0-9]*){0,4}$/;
const HANGUL_NAME = /^[가-힣][가-힣\w-]*$/;
/** A name in brackets at the beginning of a line. */
const LEADING = /\[([\p{L}][\p{L}\d_.-]{0,39})\]\s+/uy;
/** `program[pid]:` behind a time without a host, or a host and a program of which one is written in Hangul. */
const TAG = /(?:([\w가-힣][\w가-힣.-]{0,63})\s)?([\w가-힣./-]{1,48})(?:\[(\w{1,20})\])?:\s/y;

/** Takes a plain name for the service of the line; single letters as levels are before a tag, which is none. */
export function takeName(header: Header, text: string): void {
  if (!header.tagged && text.length <= 40 && PLAIN_NAME.test(text) && !NO_SERVICE.has(text))
    header.named = text;
}

/** Takes a name in brackets before the level, in Hangul too. */
export function takeNameBefore(header: Header, text: string): void {
  if (HANGUL_NAME.test(text) && text.length <= 40) header.named = text;
  else takeName(header, text);
}

/** A name in brackets with which a line begins, and where it ends; undefined for none, and for a level. */
export function leadingName(text: string, at: number): { name: string; end: number } | undefined {
  LEADING.lastIndex = at;
  const name = LEADING.exec(text)?.[1];
  return name && !levelOfWord(name) ? { name, end: LEADING.lastIndex } : undefined;
}

/**
 * The tag of a syslog message that names no host, or whose names are not all ASCII. Without a priority before the time
 * and without a process id a word and a colon may as well be a sentence.
 * @returns where it ends; -1 when there is none
 */
export function syslogTag(text: string, at: number, header: Header): number {
  if (!header.syslog && !header.priority) return -1;
  TAG.lastIndex = at;
  const tag = TAG.exec(text);
  if (!tag || levelOfWord(tag[2]!) || (!header.priority && (!tag[3] || tag[1]))) return -1;
  header.host ??= tag[1];
  header.program = tag[2];
  header.pid = tag[3];
  header.done = true;
  return TAG.lastIndex;
}

/** What shares its brackets with a time: a level, a process, a name. */
export function bracketMates(mates: string, header: Header): void {
  for (const mate of mates.split(/[:,]?\s+/)) {
    const slash = mate.indexOf('/');
    const level = levelOfWord(slash > 0 ? mate.slice(0, slash) : mate);
    if (level) {
      header.level ??= level;
      if (slash > 0) header.thread ??= mate.slice(slash + 1);
    } else if (/^#?\d+$/.test(mate)) header.pid ??= mate.replace('#', '');
    else if (mate) header.logger ??= mate;
  }
}

/** What a part between bars is: a level, a process, a name. */
export function barredPart(part: string, header: Header): void {
  const level = levelOfWord(part);
  if (level) header.level ??= level;
  else if (/^\d+$/.test(part)) header.pid ??= part;
  else if (part) header.logger ??= part;
}
