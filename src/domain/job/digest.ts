import type { AnomalyStatus } from '../alert/anomaly.ts';
import type { TimeWindow } from '../log/record.ts';
import { dayOf, daysWindow, mondayOf, plusDays } from '../time/calendar.ts';

export const DIGEST_SPANS = ['day', 'week'] as const;
export type DigestSpan = (typeof DIGEST_SPANS)[number];

/** The day (or the first day of the week) that a digest is about, in the team's time zone: `2026-03-29`. */
export interface DigestPeriod {
  span: DigestSpan;
  day: string;
}

/** One incident as the digest lists it. Times are epoch milliseconds. */
export interface DigestIncident {
  id: string;
  service: string;
  title: string;
  status: AnomalyStatus;
  severity: number;
  occurrence: number;
  count: number;
  firstSeen: number;
  resolved: boolean;
}

/** What a team reads about a day or a week: all figures come from queries. */
export interface DigestReport extends DigestPeriod {
  team: string;
  window: TimeWindow;
  /** Nothing that a person has to know: no incident was open, no error is new, errors did not increase, no job failed. */
  quiet: boolean;
  incidents: {
    opened: number;
    /** How many of them are problems that had been resolved and came back. */
    recurring: number;
    resolved: number;
    /** How many of those that were opened or carried over were not resolved when the digest was made. */
    open: number;
    /** Were opened before the period and still open in it; absent if none. */
    carried?: number;
    /** Milliseconds: medians over the incidents that were acknowledged / resolved; absent if there were none. */
    acknowledgeMs?: number;
    resolveMs?: number;
    /** The most severe first, at most a fixed number. */
    top: DigestIncident[];
  };
  /** Suppressed incidents: how many, and the most severe first, at most a fixed number; absent if none. */
  keptQuiet?: { count: number; listed: DigestIncident[] };
  /** Warnings that opened in the period and have no thread; as `keptQuiet`. */
  warnings?: { count: number; listed: DigestIncident[] };
  /** What alerted most, so that it can be muted: `incidentId` is its latest incident. */
  noisiest: { incidentId: string; service: string; title: string; alerts: number }[];
  logs: {
    lines: number;
    errors: number;
    /** The figures of the period before, which has the same length in days. */
    before: { lines: number; errors: number };
    /** Templates with errors that did not occur in the period before. */
    newTemplates: { pattern: string; count: number; errors: number }[];
    newTemplateCount: number;
    /** Lines and errors per bucket, for the chart. */
    series: { at: number; total: number; errors: number }[];
  };
  /** What models cost, and their tokens, if these are kept. */
  cost?: { usd: number; tokens: number; answers: number };
  /**
   * How many judged alerts a training of that day had for learning and for testing if these were too few, and how many it needs.
   */
  training?: { train: number; test: number; trainAtLeast: number; testAtLeast: number };
  jobs: { done: number; failed: number; waiting: number };
  /** Models by name and whether they answer now. */
  models: { name: string; ok: boolean }[];
  /** Epoch milliseconds. */
  madeAt: number;
}

/** The span of time of a period in a zone. */
export const periodWindow = ({ span, day }: DigestPeriod, zone: string): TimeWindow =>
  daysWindow(day, span === 'day' ? 1 : 7, zone);

/** The last whole day, or the last whole week (Monday to Sunday), before an instant. */
export function lastPeriod(span: DigestSpan, at: number, zone: string): DigestPeriod {
  const today = dayOf(at, zone);
  return { span, day: span === 'day' ? plusDays(today, -1) : plusDays(mondayOf(today), -7) };
}

/** The name of a team's digest in the cache and in the queue: everyone who asks gets the same one. */
export const digestId = (team: string, { span, day }: DigestPeriod): string =>
  `digest-${span}-${day}-${team}`;
