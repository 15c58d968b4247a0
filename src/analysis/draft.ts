import type { LogCount } from '../backends/logs/store.ts';
import type { Answer, EvidenceLine } from '../domain/answer.ts';
import type { Language } from '../domain/question.ts';
import type { LogRecord } from '../domain/record.ts';
import type { Evidence } from './evidence.ts';
import type { RankedCause, Ranking } from './rank.ts';
import { formatNumber, kindWord, say } from './words.ts';

export interface DraftOptions {
  kind: 'why' | 'summarize';
  language: Language;
  /** IANA zone the times are shown in. */
  timeZone: string;
  /** Notes of similar incidents that were resolved, best first. */
  past: { at: number; note: string }[];
}

const EVIDENCE_LINES = 20;
const LIST = 5;

/** An answer with every field at rest: no model, no evidence. */
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

/** The answer the evidence gives by itself, in the asker's language. No model takes part. */
export function draftAnswer(evidence: Evidence, ranking: Ranking, options: DraftOptions): Answer {
  const { language } = options;
  const first = ranking.verdict === 'inconclusive' ? undefined : ranking.causes[0];
  const prose =
    options.kind === 'summarize' ? summarise(evidence, options) : explain(evidence, ranking, options);
  const errorRate = evidence.records > 0 ? evidence.errors / evidence.records : 0;
  const status = !first ? 'normal' : first.confidence >= 0.3 && evidence.errors > 0 ? 'critical' : 'warning';
  return {
    ...emptyAnswer(language, prose),
    anomaly_status: status,
    confidence: first?.confidence ?? 0,
    detected_issues: issues(evidence, language),
    error_type: first ? errorType(first, evidence) : 'none',
    root_cause: first ? `${first.service}: ${causeText(first, language)}` : say(language, 'root.none'),
    solution: solution(first, options),
    severity: severityOf(first, errorRate),
    sentiment: first ? 'negative' : evidence.errors === 0 ? 'positive' : 'neutral',
    summary: oneLine(evidence, first, options),
    verdict: ranking.verdict,
    causes: ranking.causes.map((cause) => ({
      service: cause.service,
      cause: causeText(cause, language),
      confidence: cause.confidence,
      evidence: cause.lines.map((record) => ({ id: record.id, line: record.line })),
    })),
    ruled_out: ranking.ruledOut.map((entry) => say(language, 'ruled.caller', entry)),
    evidence: evidenceLines(evidence, ranking),
  };
}

function explain(evidence: Evidence, ranking: Ranking, options: DraftOptions): string {
  const { language } = options;
  const time = clock(options.timeZone);
  const { window, baseline } = evidence.span;
  const out = [
    say(language, 'explain.window', {
      from: time(window.from),
      to: time(window.to),
      records: evidence.records,
      errors: evidence.errors,
    }),
  ];
  const first = ranking.verdict === 'inconclusive' ? undefined : ranking.causes[0];
  if (!first) return [...out, say(language, 'explain.none')].join('\n');
  if (baseline) {
    const errors = evidence.failures.reduce((sum, group) => sum + group.before, 0);
    out.push(say(language, 'explain.baseline', { errors: Math.round(errors) }));
  }
  out.push(say(language, 'explain.cause', { service: first.service, cause: causeText(first, language) }));
  const times = first.lines.map((record) => record.timestamp);
  out.push(
    say(language, 'explain.since', { first: time(Math.min(...times)), last: time(Math.max(...times)) }),
  );
  const fresh = evidence.changes.filter((change) => change.kind === 'new').slice(0, 3);
  if (fresh.length > 0)
    out.push(
      say(language, 'explain.new', {
        list: fresh.map((c) => times_(c.pattern, c.count, language)).join('; '),
      }),
    );
  if (evidence.silences.length > 0)
    out.push(say(language, 'explain.silent', { list: evidence.silences.map((s) => s.service).join(', ') }));
  const event = evidence.events.findLast((record) => record.timestamp <= Math.max(...times));
  if (event)
    out.push(say(language, 'explain.event', { line: `${event.service}: ${shorten(event.message)}` }));
  return out.join('\n');
}

function summarise(evidence: Evidence, { language }: DraftOptions): string {
  const { requests } = evidence;
  const out: string[] = [];
  const busiest = requests.endpoints[0];
  if (requests.requests > 0 && busiest)
    out.push(
      say(language, requests.meanMs === undefined ? 'sum.requestsUntimed' : 'sum.requests', {
        requests: requests.requests,
        mean: requests.meanMs ?? 0,
        endpoint: busiest.endpoint,
        count: busiest.count,
      }),
    );
  else out.push(say(language, 'sum.noRequests'));
  out.push(
    evidence.errors > 0
      ? say(language, 'sum.errors', {
          errors: evidence.errors,
          records: evidence.records,
          kinds: errorKinds(evidence, language),
        })
      : say(language, 'sum.noErrors', { records: evidence.records }),
  );
  if (requests.statuses.length > 0)
    out.push(
      say(language, 'sum.statuses', {
        list: requests.statuses
          .slice(0, LIST)
          .map((entry) => `${entry.status} ${formatNumber(entry.count)}`)
          .join(', '),
      }),
    );
  out.push(
    say(language, 'sum.templates', {
      list: evidence.templates
        .slice(0, LIST)
        .map((entry) => times_(entry.label, entry.count, language))
        .join('; '),
    }),
  );
  const named = (entry: { service: string; count: number; errors: number }): string =>
    entry.errors > 0
      ? `${entry.service} ${formatNumber(entry.count)} (${kindWord(language, 'error')} ${formatNumber(entry.errors)})`
      : `${entry.service} ${formatNumber(entry.count)}`;
  out.push(say(language, 'sum.services', { list: evidence.services.slice(0, 8).map(named).join(', ') }));
  return out.join('\n');
}

/** Error codes where lines carry them, else the kinds of the failing templates, with exact counts. */
function errorKinds(evidence: Evidence, language: Language): string {
  if (evidence.errorCodes.length > 0)
    return evidence.errorCodes
      .slice(0, LIST)
      .map((entry) => `${entry.label} ${formatNumber(entry.count)}`)
      .join(', ');
  const kinds = new Map<string, number>();
  for (const group of evidence.failures) {
    const word = kindWord(language, group.kind);
    kinds.set(word, (kinds.get(word) ?? 0) + group.count);
  }
  return [...kinds]
    .sort((a, b) => b[1] - a[1])
    .slice(0, LIST)
    .map(([word, count]) => `${word} ${formatNumber(count)}`)
    .join(', ');
}

export function causeText(cause: RankedCause, language: Language): string {
  const values = {
    kind: kindWord(language, cause.kind),
    own: cause.own,
    named: cause.named,
    reporters: cause.reporters.join(', '),
  };
  if (cause.named === 0) return say(language, 'cause.own', values);
  if (cause.own > 0) return say(language, 'cause.both', values);
  if (cause.inferred) return say(language, 'cause.inferred', values);
  return say(language, cause.silent ? 'cause.silent' : 'cause.named', values);
}

function errorType(cause: RankedCause, evidence: Evidence): string {
  const coded = cause.lines.find((record) => record.errorCode)?.errorCode;
  return (
    coded ??
    evidence.errorCodes.find((entry: LogCount) => entry.errors > 0 && cause.kind === 'error')?.key ??
    cause.kind
  );
}

function severityOf(cause: RankedCause | undefined, errorRate: number): number {
  if (!cause) return errorRate > 0 ? 2 : 1;
  const wide = cause.reporters.length >= 2 || errorRate >= 0.2;
  return Math.min(5, 3 + (wide ? 1 : 0) + (errorRate >= 0.05 && wide ? 1 : 0));
}

function issues(evidence: Evidence, language: Language): string[] {
  const kinds = new Map<string, number>();
  for (const group of evidence.failures) {
    const name = `${group.service}: ${kindWord(language, group.kind)}`;
    kinds.set(name, (kinds.get(name) ?? 0) + group.count);
  }
  return [...kinds]
    .sort((a, b) => b[1] - a[1])
    .slice(0, 6)
    .map(([name]) => name);
}

function solution(cause: RankedCause | undefined, options: DraftOptions): string {
  const { language, past, timeZone } = options;
  if (!cause) return say(language, 'solution.none');
  const advice = say(language, `solution.${cause.kind}`, { service: cause.service });
  const date = clock(timeZone, true);
  const before = past
    .slice(0, 2)
    .map((p) => say(language, 'solution.past', { date: date(p.at), note: p.note }));
  return [...before, advice, ...(before.length === 0 ? [say(language, 'solution.noPast')] : [])].join('\n');
}

function oneLine(
  evidence: Evidence,
  cause: RankedCause | undefined,
  { kind, language }: DraftOptions,
): string {
  if (kind === 'summarize' && evidence.requests.requests > 0 && evidence.requests.endpoints[0])
    return say(language, evidence.requests.meanMs === undefined ? 'sum.requestsUntimed' : 'sum.requests', {
      requests: evidence.requests.requests,
      mean: evidence.requests.meanMs ?? 0,
      endpoint: evidence.requests.endpoints[0].endpoint,
      count: evidence.requests.endpoints[0].count,
    });
  return cause
    ? say(language, 'summary.why', { service: cause.service, kind: kindWord(language, cause.kind) })
    : say(language, 'summary.quiet', { records: evidence.records });
}

/** The lines of the first cause, then one line of every other failing template and change, each once. */
function evidenceLines(evidence: Evidence, ranking: Ranking): EvidenceLine[] {
  const counts = new Map(
    evidence.failures.flatMap((g) => g.lines.map((record) => [record.id, g.count] as const)),
  );
  const out = new Map<string, EvidenceLine>();
  const add = (record: LogRecord | undefined, count: number): void => {
    if (!record || out.size >= EVIDENCE_LINES || out.has(record.id)) return;
    out.set(record.id, {
      id: record.id,
      timestamp: new Date(record.timestamp).toISOString(),
      service: record.service,
      line: record.line,
      count,
    });
  };
  if (ranking.verdict !== 'inconclusive')
    for (const record of ranking.causes[0]?.lines ?? []) add(record, counts.get(record.id) ?? 1);
  for (const group of evidence.failures) add(group.lines[0], group.count);
  for (const change of evidence.changes) add(change.lines[0], Math.max(1, change.count));
  for (const { last } of evidence.silences) add(last, 1);
  return [...out.values()];
}

const shorten = (text: string): string => (text.length > 160 ? `${text.slice(0, 159)}…` : text);
const times_ = (pattern: string, count: number, language: Language): string =>
  say(language, 'times', { line: shorten(pattern), count });

/** Formats epoch milliseconds in a zone: `14:03:22`, or `2026-03-01` for a date. */
export function clock(timeZone: string, date = false): (at: number) => string {
  const format = new Intl.DateTimeFormat('sv-SE', {
    timeZone,
    ...(date ? { dateStyle: 'short' } : { dateStyle: 'short', timeStyle: 'medium' }),
  });
  return (at) => format.format(at);
}
