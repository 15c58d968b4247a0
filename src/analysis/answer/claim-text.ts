import type { Language } from '../../domain/question/question.ts';
import { kindWord, say } from '../../i18n/answers.ts';
import { claimWords } from '../../i18n/claims.ts';
import { clockOf } from '../../i18n/dates.ts';
import { roughly } from '../../i18n/durations.ts';
import { listOf } from '../../i18n/grammar.ts';
import { percent } from '../../i18n/numbers.ts';
import type { Subject } from '../verify/subjects.ts';
import type { Finding } from '../verify/told.ts';
import { quotable } from './problem.ts';

/** How findings are written. */
export interface Wording {
  language: Language;
  /** IANA zone the times are shown in. */
  timeZone: string;
  /** What is said of the first cause, and why a service was ruled out: the sentences of the draft. */
  cause: (service: string) => string;
  ruledOut: (entry: Extract<Finding, { type: 'ruled_out' }>['entry']) => string;
}

/** A finding as a sentence. All its figures were computed; of the logs' own words it repeats only those of a change. */
export function findingText(finding: Finding, wording: Wording): string {
  const { language, timeZone } = wording;
  const { dayAndClock: at } = clockOf(timeZone);
  const of = (subject: Subject): string => subjectText(subject, language);
  const span = (ms: number): string => roughly(ms, language);
  switch (finding.type) {
    case 'cause':
      return wording.cause(finding.service);
    case 'ruled_out':
      return wording.ruledOut(finding.entry);
    case 'effect':
      return claimWords(language, 'effect', { ...finding, of: of(finding.of) });
    case 'order': {
      const { first, second } = finding;
      const times = { first: at(first), second: at(second), span: span(second - first) };
      return claimWords(language, 'order', { of: of(finding.of), than: of(finding.than), ...times });
    }
    case 'since':
      return claimWords(language, 'since', {
        of: of(finding.of),
        first: at(finding.first),
        begins: at(finding.begins),
      });
    case 'count': {
      const times = { first: at(finding.first), last: at(finding.last) };
      return claimWords(language, 'count', { of: of(finding.of), count: finding.count, ...times });
    }
    case 'share':
      return shareText(finding, language);
    case 'comparison':
      return claimWords(language, 'comparison', { ...finding, of: of(finding.of), than: of(finding.than) });
    case 'absence':
      return finding.of.sort === 'service'
        ? claimWords(language, 'absence.service', { service: finding.of.service, all: finding.all })
        : claimWords(language, 'absence.requests', { endpoint: finding.of.endpoint, all: finding.all });
    case 'rise': {
      const { now, before, nowMs, beforeMs } = finding;
      const spans = { nowSpan: span(nowMs), beforeSpan: span(beforeMs) };
      return claimWords(language, 'rise', { of: of(finding.of), now, before, ...spans });
    }
    default:
      return lifeText(finding, wording);
  }
}

type LifeType = 'change' | 'recovery' | 'steady' | 'silence' | 'course' | 'unaffected';

/** The sentences about what began, goes on or ended. */
function lifeText(finding: Extract<Finding, { type: LifeType }>, { language, timeZone }: Wording): string {
  const { dayAndClock: at, clock } = clockOf(timeZone);
  switch (finding.type) {
    case 'change': {
      const { timestamp } = finding.of.record;
      return claimWords(language, 'change', {
        event: subjectText(finding.of, language),
        time: at(timestamp),
        span: roughly(finding.first - timestamp, language),
        cause: finding.cause,
      });
    }
    case 'recovery': {
      const { last, since } = finding;
      return claimWords(language, 'recovery', {
        of: subjectText(finding.of, language),
        last: at(last),
        since,
      });
    }
    case 'steady':
      return claimWords(language, 'steady', {
        service: finding.of.service,
        now: finding.now,
        before: Math.round(finding.before),
      });
    case 'silence':
      return claimWords(language, 'silence', { service: finding.of.service, last: at(finding.last) });
    case 'course': {
      const rows = finding.rows.map(({ of, first, count }) =>
        claimWords(language, 'course.row', { of: subjectText(of, language), first: clock(first), count }),
      );
      return claimWords(language, 'course', { rows: rows.join('; ') });
    }
    case 'unaffected':
      return claimWords(language, 'unaffected', { list: listOf(finding.services, language) });
  }
}

function shareText(
  { of, part, all, statuses }: Extract<Finding, { type: 'share' }>,
  language: Language,
): string {
  const share = percent(all === 0 ? 0 : part / all, part === all ? 0 : 1);
  if (of.sort === 'requests')
    return claimWords(language, 'share.requests', {
      endpoint: of.endpoint,
      part,
      all,
      share,
      statuses: statuses.join(', '),
    });
  return claimWords(language, 'share.lines', {
    of: subjectText(of, language),
    service: of.service,
    part,
    all,
    share,
  });
}

/** A thing of the evidence by its name: a service, a message by its kind of failure, an endpoint, a change by its line. */
function subjectText(subject: Subject, language: Language): string {
  switch (subject.sort) {
    case 'service':
      return claimWords(language, 'of.service', { service: subject.service });
    case 'message':
      return claimWords(language, 'of.message', {
        service: subject.service,
        kind: subject.kinds
          .map((kind) => (kind === 'error' ? say(language, 'kind.unclassified') : kindWord(language, kind)))
          .join(', '),
      });
    case 'requests':
      return claimWords(language, 'of.requests', { endpoint: subject.endpoint });
    case 'event': {
      const line = quotable(subject.record);
      return line ? claimWords(language, 'of.event', { service: subject.service, line }) : subject.service;
    }
  }
}
