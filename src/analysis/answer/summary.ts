import { readable } from '../../domain/log/template.ts';
import type { SummaryCounts } from '../../domain/question/answer.ts';
import type { Language } from '../../domain/question/question.ts';
import { kindWord, say } from '../../i18n/answers.ts';
import { figure } from '../../i18n/numbers.ts';
import type { Evidence } from '../evidence/evidence.ts';

const LIST = 5;

/** How many requests, how fast they were and where most of them went; undefined if no line is about a request. */
export function requestFigures({ requests }: Evidence, language: Language): string | undefined {
  const busiest = requests.endpoints[0];
  if (requests.requests === 0 || !busiest) return undefined;
  return say(language, requests.meanMs === undefined ? 'sum.requestsUntimed' : 'sum.requests', {
    requests: requests.requests,
    mean: requests.meanMs ?? 0,
    endpoint: busiest.endpoint,
    count: busiest.count,
  });
}

/** How many lines are errors, and of what kinds. */
export const errorFigures = (evidence: Evidence, language: Language): string =>
  evidence.errors > 0
    ? say(language, 'sum.errors', {
        errors: evidence.errors,
        records: evidence.records,
        kinds: errorKinds(evidence, language),
      })
    : say(language, 'sum.noErrors', { records: evidence.records });

/** The two figures that matter most: requests and errors. */
export const figures = (evidence: Evidence, language: Language): string =>
  `${requestFigures(evidence, language) ?? say(language, 'sum.noRequests')} ${errorFigures(evidence, language)}`;

/** The figures of a window as numbers: what `summarise` says in sentences. */
export function summaryCounts({ records, requests }: Evidence): SummaryCounts {
  const [busiest] = requests.endpoints;
  return {
    lines: records,
    requests: requests.requests,
    errors_5xx: requests.statuses.reduce((sum, { status, count }) => sum + (status >= 500 ? count : 0), 0),
    ...(busiest ? { busiest: { endpoint: busiest.endpoint, count: busiest.count } } : {}),
    ...(requests.meanMs === undefined ? {} : { mean_ms: Number(requests.meanMs.toFixed(2)) }),
  };
}

/** The figures of a window in sentences: requests, errors by kind, frequent messages, services. */
export function summarise(evidence: Evidence, language: Language, course?: string): string {
  const { requests } = evidence;
  const out = [figures(evidence, language)];
  if (requests.statuses.length > 0)
    out.push(
      say(language, 'sum.statuses', {
        list: requests.statuses
          .slice(0, LIST)
          .map((entry) => `${entry.status} ${figure(entry.count)}`)
          .join(', '),
      }),
    );
  if (course) out.push(course);
  out.push(
    say(language, 'sum.templates', {
      list: evidence.templates
        .slice(0, LIST)
        .map((entry) => timesOf(entry.label, entry.count, language))
        .join('; '),
    }),
  );
  const named = (entry: { service: string; count: number; errors: number }): string =>
    entry.errors > 0
      ? `${entry.service} ${figure(entry.count)} (${kindWord(language, 'error')} ${figure(entry.errors)})`
      : `${entry.service} ${figure(entry.count)}`;
  out.push(say(language, 'sum.services', { list: evidence.services.slice(0, 8).map(named).join(', ') }));
  return out.join('\n');
}

/** Error codes if lines have them, else the kinds of the failing templates, with exact counts. */
function errorKinds(evidence: Evidence, language: Language): string {
  if (evidence.errorCodes.length > 0)
    return evidence.errorCodes
      .slice(0, LIST)
      .map((entry) => `${entry.label} ${figure(entry.count)}`)
      .join(', ');
  const kinds = new Map<string, number>();
  for (const group of evidence.failures) {
    const word = kindWord(language, group.kind);
    kinds.set(word, (kinds.get(word) ?? 0) + group.count);
  }
  return [...kinds]
    .sort((a, b) => b[1] - a[1])
    .slice(0, LIST)
    .map(([word, count]) => `${word} ${figure(count)}`)
    .join(', ');
}

/** A message cut to a length that fits into a sentence. */
const shorten = (text: string): string => (text.length > 160 ? `${text.slice(0, 159)}…` : text);
/** A template with how often it occurs. */
const timesOf = (pattern: string, count: number, language: Language): string =>
  say(language, 'times', { line: shorten(readable(pattern)), count });
