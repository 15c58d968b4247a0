import type { Answer } from '../domain/answer.ts';
import type { Language } from '../domain/question.ts';
import type { Evidence } from './evidence.ts';
import type { ModelReply } from './prompt.ts';
import type { Ranking } from './rank.ts';
import { say } from './words.ts';

/** All that a true statement may be made of. */
export interface Corpus {
  /** Verbatim text of the evidence, white space made single, lower case. */
  text: string;
  /** Every number of the evidence and of the queries, normalised. */
  numbers: ReadonlySet<string>;
  /** Names of services in lower case. */
  services: ReadonlySet<string>;
}

const flat = (text: string): string => text.replace(/\s+/g, ' ').toLowerCase();
/** Times and addresses are one thing each: their digits are no numbers of their own. */
const TIME =
  /\d{4}-\d\d-\d\d(?:[t ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:z|[+-]\d\d:?\d\d)?)?|(?<![\d:])\d{1,2}:\d\d(?::\d\d(?:[.,]\d+)?)?(?![\d:])/gi;
const ADDRESS = /(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?::\d+)?/g;
const NUMBER = /\d+(?:,\d{3})*(?:\.\d+)?/g;
/** A number that stands for itself in a log line, not a part of an id: `retry 3`, `took=250ms`, `5 %`. */
const FREE_NUMBER =
  /(?<![\w.,-])\d+(?:,\d{3})*(?:\.\d+)?(?=(?:ms|us|ns|s|m|h|d|k|kb|mb|gb|kib|mib|gib|%|xx|건|줄|초|분|회|개|번|시간)?(?![\w]))/gi;
const plainNumber = (text: string): string => String(Number(text.replaceAll(',', '')));

/** @param shown texts made from query results (draft, pack): their numbers are true as well */
export function buildCorpus(evidence: Evidence, ranking: Ranking, shown: readonly string[]): Corpus {
  const lines = [
    ...ranking.causes.flatMap((cause) => cause.lines),
    ...evidence.failures.flatMap((group) => group.lines),
    ...evidence.changes.flatMap((change) => change.lines),
    ...evidence.silences.map((silence) => silence.last),
    ...evidence.events,
  ];
  const services = new Set([
    ...evidence.directory.known,
    ...evidence.services.map((facts) => facts.service.toLowerCase()),
  ]);
  const text = flat([...lines.map((record) => record.line), ...shown, ...services].join('\n'));
  const bare = text.replace(TIME, ' ').replace(ADDRESS, ' ');
  const numbers = new Set([...bare.matchAll(FREE_NUMBER)].map(([number]) => plainNumber(number)));
  return { text, numbers, services };
}

const QUOTED =
  /"([^"\n]{3,})"|“([^”\n]{3,})”|`([^`\n]{2,})`|「([^」\n]{2,})」|(?<=[\s(:]|^)'([^'\n]{6,})'(?=[\s.,;:)]|$)/g;
const LINK = /\bhttps?:\/\/\S+|\bwww\.\S+|<[!@#][^>]*>|(?<![\w.])@(?:everyone|here|channel|[a-z]\w+)/gi;
/** A word that can only be a name: parts joined by `-`, `_`, `.` or a change of case, or letters with digits. */
const IDENTIFIER =
  /(?<![\w./-])(?:[a-z][a-z0-9]*(?:[-_.][a-z0-9]+)+|[a-z]+[A-Z]\w+|[A-Z][a-z0-9]+[A-Z]\w*|[a-zA-Z]+\d\w*)(?![\w/])/g;
/** A plain word used as the name of a service: `the billing service`, `결제 서비스`. */
const CALLED_SERVICE =
  /\b([a-z][\w-]*) (?:service|server|database|db|cluster|pod|container|host)\b|(?<=^|\s)([a-z][\w-]*|[가-힣]{2,}) ?(?:서비스|서버|데이터베이스)/gi;
const NOT_A_NAME = new Set(
  'the a an this that these those each every other another one its their our your which what any all no same first second affected failing failed faulty downstream upstream dependent internal external web application database backend front target remote local http mail name api cache proxy dns caller calling called single main whole of for to in on and or is by with from 해당 다른 이 그 각 모든 여러 영향 관련 의존 하위 상위 외부 내부 대상 원격 호출 웹 장애 문제'.split(
    ' ',
  ),
);
/** Parts of ordinary hyphenated English words, so that `long-running` is not taken for a host. */
const ORDINARY =
  /^(?:re|non|pre|post|co|self|long|short|time|timed|out|up|down|on|off|in|call|run|running|read|write|only|level|based|related|end|to|and|or|of|the|per|by|well|known|back|start|started|root|cause|follow|high|low|rate|real|right|left|side|client|server|single|multi|cross|first|last|one|two|three|built|user|data|early|late|e\.g|i\.e|once|over|under|mid|check|checks|set|line|lines|work|part|step|wide|day|night|error|errors|service|services|connection|pool|retry|retries|request|requests|log|logs)$/;
const CAUSAL = /root cause|caused by|because of|due to|culprit|at fault|responsible for|원인|때문|탓/i;

/** Words addressed to a model or meant to move one; a finding about logs needs none of them. */
const INSTRUCTION =
  /\b(?:ignore|disregard|forget)\b.{0,40}\b(?:instructions?|prompts?|rules?|above|previous)\b|\bsystem prompt\b|\bas an ai\b|(?:이전|위의?|앞의?).{0,12}(?:지시|명령|프롬프트).{0,12}(?:무시|잊)/i;

/** Why a sentence cannot stand; undefined when it can. */
export function refute(
  sentence: string,
  corpus: Corpus,
): 'instruction' | 'link' | 'quote' | 'name' | 'number' | undefined {
  if (INSTRUCTION.test(sentence)) return 'instruction';
  for (const [link] of sentence.matchAll(LINK))
    if (!corpus.text.includes(flat(link)) || link.startsWith('@')) return 'link';
  let rest = sentence;
  for (const match of sentence.matchAll(QUOTED)) {
    const quote = flat(match.slice(1).find((group) => group !== undefined)!)
      .replace(/(?:\.{3}|…)$/, '')
      .trim();
    if (!corpus.text.includes(quote)) return 'quote';
    rest = rest.replace(match[0], ' ');
  }
  for (const exact of [TIME, ADDRESS])
    for (const [token] of rest.matchAll(exact)) {
      if (!corpus.text.includes(token.toLowerCase())) return 'number';
      rest = rest.replace(token, ' ');
    }
  for (const [name] of rest.matchAll(IDENTIFIER)) {
    if (corpus.text.includes(name.toLowerCase())) {
      rest = rest.replace(name, ' ');
      continue;
    }
    const parts = name.toLowerCase().split('-');
    if (
      parts.length > 1 &&
      parts.every((part) => ORDINARY.test(part) || (corpus.text.includes(part) && part.length > 3))
    )
      continue;
    return 'name';
  }
  for (const match of rest.matchAll(CALLED_SERVICE)) {
    const name = (match[1] ?? match[2])!.toLowerCase();
    if (!NOT_A_NAME.has(name) && !corpus.text.includes(name)) return 'name';
  }
  for (const [number] of rest.matchAll(NUMBER)) if (!corpus.numbers.has(plainNumber(number))) return 'number';
  return undefined;
}

const LIST_MARK = /^\s*(?:[-*•]|\d{1,2}[.)])\s+/;

/** Sentences of a text; a full stop inside a number, a name or quotes ends none. */
export function sentences(text: string): string[] {
  return text
    .split(/\n+/)
    .map((line) => line.replace(LIST_MARK, ''))
    .flatMap((line) => line.split(/(?<=[.!?。])\s+(?=[^\s\d]|\d+\D)/))
    .map((sentence) => sentence.trim())
    .filter(Boolean);
}

export interface Verified {
  explanation: string;
  root_cause: string;
  solution: string;
  summary: string;
  error_type: string;
  /** Statements that were left out. */
  removed: number;
}

/**
 * Lets through what the evidence bears out. A sentence with a quote, number, name or link that does not exist is
 * removed; one that blames another service than the ranked cause is marked as a hypothesis. Empty fields mean that
 * nothing of the model's words was left.
 */
export function verifyReply(
  reply: ModelReply,
  corpus: Corpus,
  ranking: Ranking,
  language: Language,
): Verified {
  const first = ranking.verdict === 'inconclusive' ? undefined : ranking.causes[0];
  let removed = 0;
  const check = (text: string): string[] =>
    sentences(text).flatMap((sentence) => {
      if (refute(sentence, corpus)) {
        removed += 1;
        return [];
      }
      return blamesOther(sentence, corpus, first?.service)
        ? [say(language, 'hypothesis', { text: sentence })]
        : [sentence];
    });
  const mark = say(language, 'hypothesis', { text: '' }).slice(0, 4);
  // Hypotheses stand on lines of their own, so that nobody reads them as findings.
  const explanation = check(reply.explanation)
    .map((sentence, i) => (i === 0 ? '' : sentence.startsWith(mark) ? '\n' : ' ') + sentence)
    .join('');
  const cause = check(reply.root_cause);
  const named = first !== undefined && cause.length > 0 && names(cause.join(' '), first.service);
  const hypothesis = cause.length > 0 && !named && !cause[0]!.startsWith(mark);
  const claim = cause.join(' ');
  return {
    explanation: [
      explanation,
      ...(claim && !named ? [hypothesis ? say(language, 'hypothesis', { text: claim }) : claim] : []),
    ]
      .filter(Boolean)
      .join('\n'),
    root_cause: named ? claim : '',
    solution: check(reply.solution).join(' '),
    summary: check(reply.summary).join(' '),
    error_type:
      reply.error_type.length <= 60 && !refute(reply.error_type, corpus) ? reply.error_type.trim() : '',
    removed,
  };
}

const names = (text: string, service: string): boolean => flat(text).includes(service.toLowerCase());

/** Speaks of a cause and names services, but not the one the evidence points at. */
function blamesOther(sentence: string, corpus: Corpus, first: string | undefined): boolean {
  if (!CAUSAL.test(sentence)) return false;
  if (first === undefined) return true;
  if (names(sentence, first)) return false;
  const text = flat(sentence);
  return [...corpus.services].some((service) => service.length > 2 && text.includes(service));
}

/** The draft with the model's verified words in it. Verdict, causes, evidence and figures stay the draft's. */
export function mergeReply(
  draft: Answer,
  reply: ModelReply,
  verified: Verified,
  kind: 'why' | 'summarize',
  language: Language,
): Answer {
  const note = verified.removed > 0 ? [say(language, 'explain.removed', { count: verified.removed })] : [];
  const words = verified.explanation;
  const explanation =
    kind === 'summarize'
      ? [words, draft.explanation, ...note].filter(Boolean).join('\n')
      : [words || draft.explanation, ...note].join('\n');
  const severity = Math.round(reply.severity);
  const sentiment = (['positive', 'neutral', 'negative'] as const).find((value) => value === reply.sentiment);
  return {
    ...draft,
    explanation,
    root_cause: verified.root_cause || draft.root_cause,
    solution: verified.solution ? `${verified.solution}\n${draft.solution}` : draft.solution,
    summary: kind === 'why' && verified.summary ? verified.summary : draft.summary,
    error_type:
      draft.error_type === 'none' || draft.error_type === 'error'
        ? verified.error_type || draft.error_type
        : draft.error_type,
    // A model may move the severity by one step; the evidence decides.
    severity:
      severity >= 1 && severity <= 5
        ? Math.max(draft.severity - 1, Math.min(draft.severity + 1, severity))
        : draft.severity,
    sentiment:
      draft.causes.length > 0 && draft.verdict !== 'inconclusive'
        ? draft.sentiment
        : (sentiment ?? draft.sentiment),
  };
}
