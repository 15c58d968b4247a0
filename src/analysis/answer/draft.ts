import type { LogCount } from '../../backends/logs/store.ts';
import type { FailureKind } from '../../domain/log/failure-kind.ts';
import { isError, type LogRecord } from '../../domain/log/record.ts';
import type { Answer, EvidenceLine, Histogram, Statement } from '../../domain/question/answer.ts';
import type { Language } from '../../domain/question/question.ts';
import { kindWord, say } from '../../i18n/answers.ts';
import { clockOf } from '../../i18n/dates.ts';
import type { Evidence } from '../evidence/evidence.ts';
import { histogramText } from '../evidence/histogram.ts';
import { quoteOf, sayingKey } from '../ranking/proof.ts';
import type { RankedCause, Ranking } from '../ranking/ranking.ts';
import type { PastFix } from '../ranking/similar-incidents.ts';
import { causeText, isUnresolved, nameOf, ruledOutText } from './cause-text.ts';
import { type Conclusion, conclusionOf, severityOf, statusOf } from './conclusion.ts';
import { type ExplanationOptions, explained, statementsText, strayTexts } from './explanation.ts';
import { problemOf } from './problem.ts';
import { sentimentOf } from './sentiment.ts';
import { errorFigures, figures, requestFigures, summarise, summaryCounts } from './summary.ts';

export interface DraftOptions extends ExplanationOptions {
  kind: 'why' | 'summarize';
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
    statements: [],
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
  const statements =
    options.kind === 'summarize'
      ? summaryStatements(evidence, options)
      : explained(evidence, conclusion, ranking, options);
  const status = statusOf(evidence, conclusion);
  const confidence = suspect?.confidence ?? 0;
  const cause = suspect && `${nameOf(suspect, ranking, language)}: ${causeText(suspect, language)}`;
  return {
    ...emptyAnswer(language, statementsText(statements)),
    statements,
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
      // What is usual is nobody's fault.
      confidence: suspect ? cause.confidence : 0,
      evidence: cause.lines.map((record) => ({ id: record.id, line: record.line })),
    })),
    ruled_out: ranking.ruledOut.map((entry) => ruledOutText(entry, ranking, language)),
    evidence: evidenceLines(evidence, conclusion),
    ...(course ? { course } : {}),
    ...(options.kind === 'summarize' ? { counts: summaryCounts(evidence) } : {}),
  };
}

/** The figures of a summary, and what was left out of them. */
const summaryStatements = (
  evidence: Evidence,
  { language, timeZone, course }: Pick<DraftOptions, 'language' | 'timeZone' | 'course'>,
): Statement[] =>
  [
    ...summarise(
      evidence,
      language,
      course && course.buckets.length > 1 ? histogramText(course, language, timeZone) : undefined,
    ).split('\n'),
    ...strayTexts(evidence, language),
  ].map((text): Statement => ({ text, standing: 'proven', evidence: [] }));

/** Kinds that say nothing about why an unresolved target does not answer; for the others there is better advice. */
const ABSENT: ReadonlySet<FailureKind> = new Set<FailureKind>(['refused', 'unavailable', 'error']);

function adviceOn(cause: RankedCause, service: string, language: Language): string {
  const { address, reporters, kind } = cause;
  return isUnresolved(cause) && ABSENT.has(kind)
    ? say(language, 'solution.unresolvedTarget', {
        // Of several that may be meant each has to be looked at.
        address: service === cause.service ? address : service,
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
