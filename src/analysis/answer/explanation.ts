import { isError, type LogRecord } from '../../domain/log/record.ts';
import type { Statement } from '../../domain/question/answer.ts';
import type { Language } from '../../domain/question/question.ts';
import { MINUTE } from '../../domain/time/units.ts';
import { say } from '../../i18n/answers.ts';
import { clockOf } from '../../i18n/dates.ts';
import type { Evidence } from '../evidence/evidence.ts';
import type { RankedCause, Ranking } from '../ranking/ranking.ts';
import type { Told } from '../verify/told.ts';
import { causeText, eitherText, nameOf, ruledOutText } from './cause-text.ts';
import { findingText, type Wording } from './claim-text.ts';
import type { Conclusion } from './conclusion.ts';
import { quotable } from './problem.ts';

export interface ExplanationOptions {
  language: Language;
  /** IANA zone the times are shown in. */
  timeZone: string;
  /** What code found out beside the cause. */
  told?: readonly Told[];
}

/** What the evidence shows, sentence by sentence: the window, the cause, and what else was computed about the failure. */
export function explained(
  evidence: Evidence,
  conclusion: Conclusion,
  ranking: Ranking,
  options: ExplanationOptions,
): Statement[] {
  const { language } = options;
  const time = clockOf(options.timeZone).dayAndClock;
  const { window } = evidence.span;
  const out = [
    fact(
      say(language, 'explain.window', {
        from: time(window.from),
        to: time(window.to),
        records: evidence.records,
        errors: evidence.errors,
      }),
    ),
    ...strayTexts(evidence, language).map((text) => fact(text)),
  ];
  const { suspect, failing, usual } = conclusion;
  const looked = fact(say(language, 'explain.looked'));
  if (!failing) return [...out, fact(say(language, 'explain.none')), looked];
  if (evidence.earlier) {
    const { records, errors } = evidence.earlier;
    const from = time(evidence.earlier.window.from);
    out.push(fact(say(language, 'explain.baseline', { from, records, errors })));
  }
  if (usual)
    return [...out, fact(say(language, evidence.earlier ? 'explain.usual' : 'explain.steady')), looked];
  return [
    ...out,
    ...(suspect ? aboutCause(suspect, conclusion, ranking, options) : []),
    ...besides(evidence, suspect, ranking, options),
  ];
}

const fact = (text: string, lines: readonly LogRecord[] = []): Statement => ({
  text,
  standing: 'proven',
  evidence: lines.map(({ id }) => id),
});

/** The first cause: as a fact if it is proven, else marked as a guess. */
function aboutCause(
  suspect: RankedCause,
  { sure }: Conclusion,
  ranking: Ranking,
  { language, timeZone }: ExplanationOptions,
): Statement[] {
  const time = clockOf(timeZone).dayAndClock;
  const cause = causeText(suspect, language);
  const service = nameOf(suspect, ranking, language);
  const ids = suspect.lines.map(({ id }) => id);
  return [
    ...(sure ? [] : [fact(say(language, 'explain.unsure'))]),
    sure
      ? fact(say(language, 'explain.cause', { service, cause }), suspect.lines)
      : {
          text: say(language, 'hypothesis', { text: `${service}: ${cause}` }),
          standing: 'hypothesis',
          evidence: ids,
        },
    ...(ranking.either ? [fact(eitherText(ranking.either, language))] : []),
    ...(ranking.noPast ? [fact(say(language, 'explain.noPast'))] : []),
    fact(say(language, 'explain.since', { first: time(suspect.first), last: time(suspect.last) })),
  ];
}

/** Services of which new kinds of lines are told. */
const NEW_SERVICES = 4;

/** What was computed about the failure beside its cause. */
function besides(
  evidence: Evidence,
  suspect: RankedCause | undefined,
  ranking: Ranking,
  options: ExplanationOptions,
): Statement[] {
  const { language, told = [] } = options;
  if (!suspect) return [fact(say(language, 'explain.unsure'))];
  const wording = wordingOf(ranking, options);
  const out = told.map(({ finding, lines }) => fact(findingText(finding, wording), lines));
  const fresh = Map.groupBy(
    evidence.changes.filter(({ kind, lines }) => kind === 'new' && lines.length > 0),
    ({ lines }) => lines[0]!.service,
  );
  if (fresh.size > 0) {
    const lines = [...fresh.values()].flat().flatMap((change) => change.lines.slice(0, 1));
    const list = [...fresh]
      .slice(0, NEW_SERVICES)
      .map(([service, changes]) => {
        const count = changes.reduce((sum, change) => sum + change.count, 0);
        return say(language, 'explain.new.of', { service, kinds: changes.length, count });
      })
      .join('; ');
    out.push(fact(say(language, 'explain.new', { list }), lines));
  }
  const trace = evidence.traces.find(({ services }) => services.includes(suspect.service));
  if (trace) {
    const { traceId, services, failedIn } = trace;
    const list = services.join(' → ');
    out.push(fact(say(language, 'explain.trace', { trace: traceId, list, service: failedIn })));
  }
  if (evidence.silences.length > 0) {
    const list = evidence.silences.map(({ service }) => service).join(', ');
    out.push(
      fact(
        say(language, 'explain.silent', { list }),
        evidence.silences.map(({ last }) => last),
      ),
    );
  }
  return [...out, ...changeBefore(evidence, suspect, options)];
}

/** The latest change shortly before the failure began. */
function changeBefore(
  { events }: Evidence,
  suspect: RankedCause,
  { language, timeZone }: ExplanationOptions,
): Statement[] {
  const event = events.findLast(
    ({ timestamp, level }) =>
      !isError(level) &&
      timestamp >= suspect.first - BEFORE_ONSET_MS &&
      timestamp <= suspect.first + AFTER_ONSET_MS,
  );
  const words = event && quotable(event);
  if (!words) return [];
  const values = {
    time: clockOf(timeZone).dayAndClock(event.timestamp),
    line: `${event.service}: "${words}"`,
  };
  return [fact(say(language, 'explain.event', values), [event])];
}

/** How findings about these causes are written. */
export const wordingOf = (
  ranking: Ranking,
  { language, timeZone }: Pick<ExplanationOptions, 'language' | 'timeZone'>,
): Wording => ({
  language,
  timeZone,
  cause: () => {
    const [first] = ranking.causes;
    if (!first) return say(language, 'root.none');
    return say(language, 'explain.cause', {
      service: nameOf(first, ranking, language),
      cause: causeText(first, language),
    });
  },
  ruledOut: (entry) => ruledOutText(entry, ranking, language),
});

/** A change at most this long before the failure began may be its reason; a short time after it too, since clocks differ. */
const BEFORE_ONSET_MS = 10 * MINUTE;
const AFTER_ONSET_MS = MINUTE;

/** Says how many lines are left out because of their dates, a sentence for each kind. */
export function strayTexts({ span }: Evidence, language: Language): string[] {
  const { later = 0, after = 0, before = 0, unread = 0 } = span.strays ?? {};
  const counts = { later, after, before, unread };
  return Object.entries(counts).flatMap(([kind, count]) =>
    count > 0 ? [say(language, `strays.${kind as keyof typeof counts}`, { count })] : [],
  );
}

/** Statements as one text, a line each. */
export const statementsText = (statements: readonly Statement[]): string =>
  statements.map(({ text }) => text).join('\n');
