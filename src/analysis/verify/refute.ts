import { Lexicon } from '../lexicon/lexicon.ts';
import type { Corpus } from './corpus.ts';
import { isDestructive, isInstruction, reachingOut } from './injection.ts';
import { ADDRESS, DURATION, durationMs, flat, plainNumber, TIME } from './text-forms.ts';

const NUMBER = /\d+(?:,\d{3})*(?:\.\d+)?/g;
const QUOTED =
  /"([^"\n]{3,})"|“([^”\n]{3,})”|`([^`\n]{2,})`|「([^」\n]{2,})」|(?<=[\s(:]|^)'([^'\n]{6,})'(?=[\s.,;:)]|$)/g;
/** A word that can only be a name: it is joined by `-`, `_`, `.` or a change of case, or has letters and digits. */
const IDENTIFIER =
  /(?<![\w./-])(?:[a-z][a-z0-9]*(?:[-_.][a-z0-9]+)+|[a-z]+[A-Z]\w+|[A-Z][a-z0-9]+[A-Z]\w*|[a-zA-Z]+\d\w*)(?![\w/])/g;
/** A plain word used as the name of a service: `the billing service`, `결제 서비스`. */
const CALLED_SERVICE =
  /\b([a-z][\w-]*) (?:service|server|database|db|cluster|pod|container|host|api|gateway|worker)\b|(?<=^|\s)([a-z][\w-]*|[가-힣]{2,}) ?(?:서비스|서버|데이터베이스|시스템)/gi;
const NOT_A_NAME = new Lexicon('names').words('not-a-service');
const LEXICON = new Lexicon('refuted');
/** A plain word of which a sentence says something that only a part of a system does: `Shipping crashed first`. */
const ACTOR = new RegExp(
  [
    String.raw`(?:^|[,;:] |\b(?:and|but|then|because|that|when|after|while|which|so) )(?:the )?([a-z][a-z]{2,})(?:'s)? `,
    String.raw`(?:${LEXICON.source('actor-verb')})\b`,
    String.raw`|\b(?:in|of|by|from|at|to) (?:the )?([a-z]{3,}) (?:crashed|failed|timed out|is at fault)\b`,
  ].join(''),
  'gi',
);
/** Words that follow a number that counts something. */
const COUNTED = new RegExp(
  [
    String.raw`^\s?(?:(?:error|log|failed|failing|such|different|new|more|of its|of the|own)\s)?`,
    `(?:${LEXICON.source('counted')})(?![a-z])`,
  ].join(''),
  'i',
);
/** Parts of ordinary English words with a hyphen, so that `long-running` is not taken for a host. */
const ORDINARY = LEXICON.words('ordinary-part');
const VAGUE_NUMBER = LEXICON.pattern('vague-number');
/** Words which say that nothing is wrong, or that it is over. */
const ALL_WELL = LEXICON.pattern('all-well');
const WELL = LEXICON.pattern('well');
/** The verdict comes from the evidence; a model must not give one. */
const VERDICT = LEXICON.pattern('verdict');
/** The sentence counts lines of other services that name this one, not its own lines. */
const NAMING =
  /\b(?:nam(?:e|es|ed|ing)|mention\w*|point\w*|blam\w*|complain\w*|callers?|against|about)\b|가리|언급|지목|호출/i;

/** Whether a text says that a service is healthy, though its lines report a failure. */
const saysWell = (text: string, corpus: Corpus): boolean =>
  text
    .split(/[,;]\s|\s(?:and|but|while)\s/)
    .some(
      (part) => WELL.test(part) && corpus.servicesIn(part).some((service) => corpus.troubled.has(service)),
    );

const RECOVERED = /\brecover\w*|\brestored\b|back to normal|복구|정상화/i;

/** Why a sentence must be removed; undefined if it need not. */
export type Refuted = 'instruction' | 'command' | 'link' | 'quote' | 'name' | 'number' | 'state';

/** The result for each sentence is kept: while a reply streams, its sentences come again with every piece. */
const judged = new WeakMap<Corpus, Map<string, Refuted | undefined>>();

export function refute(sentence: string, corpus: Corpus): Refuted | undefined {
  const known = judged.get(corpus) ?? new Map<string, Refuted | undefined>();
  judged.set(corpus, known);
  if (!known.has(sentence)) known.set(sentence, judge(sentence, corpus));
  return known.get(sentence);
}

function judge(sentence: string, corpus: Corpus): Refuted | undefined {
  const plain = sentence.normalize('NFKC');
  if (isInstruction(plain)) return 'instruction';
  if (isDestructive(plain)) return 'command';
  for (const found of reachingOut(sentence)) if (!isOwnAddress(found, corpus)) return 'link';
  if (VERDICT.test(plain)) return 'state';
  if (saysWell(plain, corpus)) return 'state';
  if (corpus.failing && ALL_WELL.test(plain) && !RECOVERED.test(corpus.text)) return 'state';
  let rest = plain.replace(QUOTED, ' ');
  const speakers = corpus.servicesIn(rest);
  for (const match of plain.matchAll(QUOTED)) {
    const quote = flat(match.slice(1).find((group) => group !== undefined)!)
      .replace(/(?:\.{3}|…)$/, '')
      .trim();
    if (!isSaid(quote, speakers, corpus)) return 'quote';
  }
  for (const [token] of rest.matchAll(TIME)) if (!corpus.text.includes(token.toLowerCase())) return 'number';
  rest = rest.replace(TIME, ' ');
  for (const [token] of rest.matchAll(ADDRESS)) if (!corpus.text.includes(token)) return 'number';
  rest = rest.replace(ADDRESS, ' ');
  for (const [name] of rest.matchAll(IDENTIFIER)) {
    if (corpus.text.includes(name.toLowerCase())) {
      rest = rest.replace(name, ' '.repeat(name.length));
      continue;
    }
    const parts = name.toLowerCase().split('-');
    if (
      parts.length > 1 &&
      parts.every((part) => ORDINARY.has(part) || (corpus.text.includes(part) && part.length > 3))
    )
      continue;
    return 'name';
  }
  for (const match of [...rest.matchAll(CALLED_SERVICE), ...rest.matchAll(ACTOR)]) {
    const name = (match[1] ?? match[2])!.toLowerCase();
    // A Korean word before the noun that has this ending is a verb: `문제가 있는 서비스`.
    if (/[는은된한인할될]$/.test(name)) continue;
    if (!NOT_A_NAME.has(name) && !corpus.text.includes(name.replace(/s$/, ''))) return 'name';
  }
  return VAGUE_NUMBER.test(rest) || wrongNumber(rest, speakers, corpus) ? 'number' : undefined;
}

/** Whether a line contains the quote; where the sentence names one service, a line by or about that service. */
function isSaid(quote: string, speakers: readonly string[], corpus: Corpus): boolean {
  if (!corpus.text.includes(quote)) return false;
  const saying = corpus.statements.filter(({ text }) => text.includes(quote));
  const lines = saying.filter(({ services }) => services.length > 0);
  const [speaker, ...others] = speakers;
  if (speaker === undefined || others.length > 0 || lines.length === 0) return saying.length > 0;
  return lines.some(({ services }) => services.includes(speaker));
}

/** An address of the system itself: a service that writes here, or a machine without a public name. */
function isOwnAddress(found: string, corpus: Corpus): boolean {
  if (!/^(?:https?:\/\/|[a-z0-9])/i.test(found) || !corpus.text.includes(flat(found))) return false;
  const host = found
    .toLowerCase()
    .replace(/^https?:\/\//, '')
    .replace(/[/:?#].*$/, '');
  return (
    corpus.own.has(host) ||
    (corpus.services.has(host) && !host.includes('.')) ||
    /^[\d.]+$/.test(host) ||
    host === 'localhost'
  );
}

/** Whether a text has a number that no query gave: counts by service, durations with their unit, others as written. */
function wrongNumber(text: string, speakers: readonly string[], corpus: Corpus): boolean {
  let rest = text;
  for (const [whole, number, unit] of text.matchAll(DURATION)) {
    if (!corpus.durations.has(durationMs(number!, unit!))) return true;
    rest = rest.replace(whole, ' '.repeat(whole.length));
  }
  for (const match of rest.matchAll(NUMBER)) {
    const number = plainNumber(match[0]);
    const counted = COUNTED.exec(rest.slice(match.index + match[0].length))?.[0];
    if (!counted) {
      if (!corpus.numbers.has(number)) return true;
      continue;
    }
    const phrase = flat(`${match[0]}${counted}`);
    const isWritten = corpus.statements.some(
      ({ text: line, services }) =>
        line.includes(phrase) &&
        (speakers.length === 0 || speakers.some((speaker) => services.includes(speaker))),
    );
    if (isWritten) continue;
    const of = NAMING.test(text) ? corpus.namedCountsOf : corpus.countsOf;
    const allowed = speakers.length === 0 ? corpus.counts : undefined;
    if (!(allowed?.has(number) ?? speakers.some((speaker) => of(speaker).has(number)))) return true;
  }
  return false;
}

const ECHO_WORDS = 7;

/** Whether a sentence repeats the instructions instead of being about the logs: seven words in a row are no chance. */
export function repeats(sentence: string, instructions: string): boolean {
  if (!instructions) return false;
  const words = flat(sentence).split(' ');
  for (let at = 0; at + ECHO_WORDS <= words.length; at += 1)
    if (instructions.includes(words.slice(at, at + ECHO_WORDS).join(' '))) return true;
  return false;
}
