import type { LogCount } from '../../backends/logs/store.ts';
import type { FailureKind } from '../../domain/log/failure-kind.ts';
import { isError, type LogRecord } from '../../domain/log/record.ts';
import type { Answer, EvidenceLine, Histogram } from '../../domain/question/answer.ts';
import type { Language } from '../../domain/question/question.ts';
import { MINUTE } from '../../domain/time/units.ts';
import { kindWord, say } from '../../i18n/answers.ts';
import { clockOf } from '../../i18n/dates.ts';
import { listOf } from '../../i18n/grammar.ts';
import type { Evidence } from '../evidence/evidence.ts';
import { histogramText } from '../evidence/histogram.ts';
import { isUnanswered } from '../logs/failure.ts';
import { quoteOf, sayingKey } from '../ranking/proof.ts';
import type { Either, RankedCause, Ranking, RuledOut } from '../ranking/rank.ts';
import type { PastFix } from '../ranking/similar-incidents.ts';
import { type Conclusion, conclusionOf, severityOf, statusOf } from './conclusion.ts';
import { problemOf } from './problem.ts';
import { sentimentOf } from './sentiment.ts';
import {
  errorFigures,
  figures,
  requestFigures,
  shorten,
  summarise,
  summaryCounts,
  timesOf,
} from './summary.ts';

export interface DraftOptions {
  kind: 'why' | 'summarize';
  language: Language;
  /** IANA zone the times are shown in. */
  timeZone: string;
  /** Notes of similar incidents that were resolved, best first. */
  past: PastFix[];
  /** Lines over time, for a summary. */
  course?: Histogram;
}

const EVIDENCE_LINES = 20;

/** An answer with the default value in every field: no model, no evidence. */
export function emptyAnswer(language: Language, explanation: string): Answer {
  return {
    anomaly_status: 'normal',
    confidence: 0,
    detected_issues: [],
    explanation,
    error_type: 'none',
    root_cause: say(language, 'root.none'),
    solution: say(language, 'solution.none'),
    severity: 1,
    sentiment: 'neutral',
    summary: explanation,
    verdict: 'inconclusive',
    causes: [],
    ruled_out: [],
    evidence: [],
    model: 'none',
    tokens: { prompt: 0, completion: 0 },
    usd: 0,
    cached: false,
    duration_ms: 0,
  };
}

/** The answer from the evidence alone, in the asker's language. No model takes part. */
export function draftAnswer(evidence: Evidence, ranking: Ranking, options: DraftOptions): Answer {
  const { language, course } = options;
  const conclusion = conclusionOf(evidence, ranking);
  const { sure, suspect } = conclusion;
  const prose =
    options.kind === 'summarize'
      ? [
          summarise(
            evidence,
            language,
            course && course.buckets.length > 1
              ? histogramText(course, language, options.timeZone)
              : undefined,
          ),
          ...strayTexts(evidence, language),
        ].join('\n')
      : explain(evidence, conclusion, ranking, options);
  const status = statusOf(evidence, conclusion);
  const confidence = sure?.confidence ?? Math.min(UNSURE, suspect?.confidence ?? 0);
  // The confidence of a cause is at most that of the answer that names it first.
  const trust = confidence / (ranking.causes[0]?.confidence || 1);
  const cause = suspect && `${nameOf(suspect, ranking, language)}: ${causeText(suspect, language)}`;
  return {
    ...emptyAnswer(language, prose),
    anomaly_status: status,
    confidence,
    detected_issues: issues(evidence, suspect, language),
    error_type: suspect ? errorType(suspect, evidence) : 'none',
    root_cause: !cause
      ? say(language, 'root.none')
      : sure
        ? cause
        : say(language, 'hypothesis', { text: cause }),
    solution: solution(suspect, ranking, options),
    severity: severityOf(evidence, conclusion),
    sentiment: sentimentOf(status, evidence.templates, evidence.records),
    summary: summary(evidence, conclusion, ranking, options),
    verdict: ranking.verdict,
    causes: ranking.causes.map((cause) => ({
      service: cause.service,
      cause: causeText(cause, language),
      confidence: Number((cause.confidence * trust).toFixed(2)),
      evidence: cause.lines.map((record) => ({ id: record.id, line: record.line })),
    })),
    ruled_out: ranking.ruledOut.map((entry) => ruledOutText(entry, suspect, ranking, language)),
    evidence: evidenceLines(evidence, conclusion),
    ...(course ? { course } : {}),
    ...(options.kind === 'summarize' ? { counts: summaryCounts(evidence) } : {}),
  };
}

function ruledOutText(
  entry: RuledOut,
  suspect: RankedCause | undefined,
  ranking: Ranking,
  language: Language,
): string {
  const { service, count } = entry;
  if (entry.why === 'working') return say(language, 'ruled.working', { service, port: entry.port });
  if (entry.why !== 'caller') return say(language, `ruled.${entry.why}`, { service, count });
  const because = suspect?.service === entry.because ? nameOf(suspect, ranking, language) : entry.because;
  return say(language, 'ruled.caller', { service, because });
}

/** The confidence of an answer that names no proven cause. */
const UNSURE = 0.3;

/** The name of a cause in an answer: all names if it is one of several. */
const nameOf = ({ service }: RankedCause, { either }: Ranking, language: Language): string =>
  either && !either.working ? listOf(either.services, language, 'disjunction') : service;

/** Says how many lines are left out because of their dates, a sentence for each kind. */
function strayTexts({ span }: Evidence, language: Language): string[] {
  const { later = 0, after = 0, before = 0 } = span.strays ?? {};
  return Object.entries({ later, after, before }).flatMap(([kind, count]) =>
    count > 0 ? [say(language, `strays.${kind as 'later' | 'after' | 'before'}`, { count })] : [],
  );
}

/** Sentences that stay even if a model words the rest: which lines were left out, and that another cause is as likely. */
export const asides = (evidence: Evidence, { either }: Ranking, language: Language): string[] => [
  ...strayTexts(evidence, language),
  ...(either ? [eitherText(either, language)] : []),
];

/** Says that nothing tells which of several services is the cause. */
function eitherText({ services, port, working }: Either, language: Language): string {
  const word = working ? 'explain.either.working' : port ? 'explain.either.port' : 'explain.either';
  return say(language, word, { list: listOf(services, language), port: port ?? '' });
}

function explain(
  evidence: Evidence,
  conclusion: Conclusion,
  ranking: Ranking,
  options: DraftOptions,
): string {
  const { language } = options;
  const time = clockOf(options.timeZone).dayAndClock;
  const { window } = evidence.span;
  const out = [
    say(language, 'explain.window', {
      from: time(window.from),
      to: time(window.to),
      records: evidence.records,
      errors: evidence.errors,
    }),
    ...strayTexts(evidence, language),
  ];
  const { sure, suspect, failing, usual } = conclusion;
  const looked = say(language, 'explain.looked');
  if (!failing) return [...out, say(language, 'explain.none'), looked].join('\n');
  if (evidence.earlier) {
    const { records, errors } = evidence.earlier;
    const from = time(evidence.earlier.window.from);
    out.push(say(language, 'explain.baseline', { from, records, errors }));
  }
  if (usual)
    return [...out, say(language, evidence.earlier ? 'explain.usual' : 'explain.steady'), looked].join('\n');
  if (!sure) out.push(say(language, 'explain.unsure'));
  if (!suspect) return out.join('\n');
  const cause = causeText(suspect, language);
  const service = nameOf(suspect, ranking, language);
  out.push(
    sure
      ? say(language, 'explain.cause', { service, cause })
      : say(language, 'hypothesis', { text: `${service}: ${cause}` }),
    ...(ranking.either ? [eitherText(ranking.either, language)] : []),
    say(language, 'explain.since', { first: time(suspect.first), last: time(suspect.last) }),
  );
  const fresh = evidence.changes.filter((change) => change.kind === 'new').slice(0, 3);
  if (fresh.length > 0)
    out.push(
      say(language, 'explain.new', {
        list: fresh.map((c) => timesOf(c.pattern, c.count, language)).join('; '),
      }),
    );
  const trace = evidence.traces.find(({ services }) => services.includes(suspect.service));
  if (trace) {
    const { traceId, services, failedIn } = trace;
    out.push(
      say(language, 'explain.trace', { trace: traceId, list: services.join(' → '), service: failedIn }),
    );
  }
  if (evidence.silences.length > 0)
    out.push(say(language, 'explain.silent', { list: evidence.silences.map((s) => s.service).join(', ') }));
  const event = evidence.events.findLast(
    (record) =>
      record.timestamp >= suspect.first - BEFORE_ONSET_MS &&
      record.timestamp <= suspect.first + AFTER_ONSET_MS,
  );
  if (event) {
    const line = `${event.service}: ${shorten(event.message)}`;
    out.push(say(language, 'explain.event', { time: time(event.timestamp), line }));
  }
  return out.join('\n');
}

/** A change at most this long before the failure began may be its reason; a short time after it too, since clocks differ. */
const BEFORE_ONSET_MS = 10 * MINUTE;
const AFTER_ONSET_MS = MINUTE;

function causeText(cause: RankedCause, language: Language): string {
  const values = {
    kind: problemOf(cause, language),
    own: cause.own,
    named: cause.named,
    reporters: cause.reporters.join(', '),
  };
  if (cause.named === 0) return say(language, 'cause.own', values);
  if (cause.own > 0) return say(language, 'cause.both', values);
  if (cause.inferred) return say(language, 'cause.inferred', values);
  if (isUnresolved(cause))
    return say(language, 'cause.unresolvedTarget', { ...values, address: cause.address });
  return say(language, cause.silent ? 'cause.silent' : 'cause.named', values);
}

/** Whether only its callers name it, and they say that it does not answer. */
const isUnresolved = (cause: RankedCause): boolean =>
  cause.silent && cause.own === 0 && !cause.inferred && (isUnanswered(cause.kind) || cause.kind === 'error');

/** Kinds that say nothing about why an unresolved target does not answer; for the others there is better advice. */
const ABSENT: ReadonlySet<FailureKind> = new Set<FailureKind>(['refused', 'unavailable', 'error']);

function adviceOn(cause: RankedCause, service: string, language: Language): string {
  const { address, reporters, kind } = cause;
  return isUnresolved(cause) && ABSENT.has(kind)
    ? say(language, 'solution.unresolvedTarget', {
        address,
        reporters: reporters.join(', '),
        callers: reporters.length,
      })
    : say(language, `solution.${kind}`, { service });
}

function errorType(cause: RankedCause, evidence: Evidence): string {
  const coded = cause.lines.find((record) => record.errorCode)?.errorCode;
  return (
    coded ??
    evidence.errorCodes.find((entry: LogCount) => entry.errors > 0 && cause.kind === 'error')?.key ??
    (cause.kind === 'error' && !cause.lines.some(({ level }) => isError(level)) ? 'warning' : cause.kind)
  );
}

/** The suspected problem first, then the kinds of failure by their lines. */
function issues(evidence: Evidence, suspect: RankedCause | undefined, language: Language): string[] {
  const kinds = new Map<string, number>();
  for (const group of evidence.failures) {
    const name = `${group.service}: ${kindWord(language, group.kind)}`;
    kinds.set(name, (kinds.get(name) ?? 0) + group.count);
  }
  const known = suspect && `${suspect.service}: ${kindWord(language, suspect.kind)}`;
  const others = [...kinds].sort((a, b) => b[1] - a[1]).flatMap(([name]) => (name === known ? [] : [name]));
  return [...(suspect ? [`${suspect.service}: ${problemOf(suspect, language)}`] : []), ...others].slice(0, 6);
}

function solution(cause: RankedCause | undefined, ranking: Ranking, options: DraftOptions): string {
  const { language, past, timeZone } = options;
  if (!cause) return say(language, 'solution.none');
  const advice = adviceOn(cause, nameOf(cause, ranking, language), language);
  const { day } = clockOf(timeZone);
  const before = past
    .slice(0, 2)
    .map(({ at, note, helped }) =>
      say(language, helped > 0 ? 'solution.helped' : 'solution.past', { date: day(at), note, helped }),
    );
  return [...before, advice, ...(before.length === 0 ? [say(language, 'solution.noPast')] : [])].join('\n');
}

/** For a person who reads only one sentence: the figures of a summary, or the cause and the figures behind it. */
function summary(
  evidence: Evidence,
  conclusion: Conclusion,
  ranking: Ranking,
  { kind, language }: DraftOptions,
): string {
  if (kind === 'summarize') return figures(evidence, language);
  const requests = requestFigures(evidence, language);
  return [
    outcome(evidence, conclusion, ranking, language),
    ...(requests ? [requests] : []),
    ...(conclusion.suspect && evidence.errors > 0 ? [errorFigures(evidence, language)] : []),
  ].join(' ');
}

function outcome(
  { records, errors, earlier }: Evidence,
  { sure, suspect, failing, usual }: Conclusion,
  ranking: Ranking,
  language: Language,
): string {
  if (suspect) {
    const values = { service: nameOf(suspect, ranking, language), kind: problemOf(suspect, language) };
    return say(language, sure ? 'summary.why' : 'summary.unsure', values);
  }
  if (usual) return say(language, earlier ? 'summary.usual' : 'summary.steady', { records });
  return failing
    ? say(language, 'summary.errors', { records, errors })
    : say(language, 'summary.quiet', { records });
}

/** The lines of the first cause, then of every other failure and change; one line of each template. */
function evidenceLines(evidence: Evidence, { suspect }: Conclusion): EvidenceLine[] {
  const counts = new Map<string, number>();
  const saying = new Map<string, string>();
  for (const group of evidence.failures) {
    const key = sayingKey(group);
    counts.set(key, (counts.get(key) ?? 0) + group.count);
    for (const record of group.lines) saying.set(record.id, key);
  }
  const out = new Map<string, EvidenceLine>();
  const add = (record: LogRecord | undefined, key: string, count: number): void => {
    if (!record || out.size >= EVIDENCE_LINES || out.has(key)) return;
    out.set(key, {
      id: record.id,
      timestamp: new Date(record.timestamp).toISOString(),
      service: record.service,
      line: record.line,
      count,
    });
  };
  for (const record of suspect?.lines ?? []) {
    const key = saying.get(record.id) ?? record.id;
    add(record, key, counts.get(key) ?? 1);
  }
  for (const group of evidence.failures) {
    const key = sayingKey(group);
    add(quoteOf(group.lines), key, counts.get(key)!);
  }
  for (const change of evidence.changes) add(change.lines[0], change.templateId, Math.max(1, change.count));
  for (const { last } of evidence.silences) add(last, last.id, 1);
  return [...out.values()];
}
