import type { AnomalyStatus } from '../alert/anomaly.ts';
import type { TimeWindow } from '../log/record.ts';
import { dayOf, daysWindow, mondayOf, plusDays } from '../time/calendar.ts';

export const DIGEST_SPANS = ['day', 'week'] as const;
export type DigestSpan = (typeof DIGEST_SPANS)[number];

/** The day (or the week that begins with it) a digest is about, local to its team: `2026-03-29`. */
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

/** What a team is told of a day or a week: figures from queries only. */
export interface DigestReport extends DigestPeriod {
  team: string;
  window: TimeWindow;
  /** Nothing a person has to know: no incident was open, no error is new, errors did not rise, no job failed. */
  quiet: boolean;
  incidents: {
    opened: number;
    /** Of them, problems that were resolved before and came back. */
    recurring: number;
    resolved: number;
    /** Of those opened and carried, not resolved when the digest was made. */
    open: number;
    /** Had opened before the period and went on in it; absent where none did. */
    carried?: number;
    /** Milliseconds, medians over what was acknowledged / resolved; absent where nothing was. */
    acknowledgeMs?: number;
    resolveMs?: number;
    /** The worst first, bounded. */
    top: DigestIncident[];
  };
  /** What nobody was told of, by what people said of its like: how many, and the worst first, bounded; absent where none. */
  keptQuiet?: { count: number; listed: DigestIncident[] };
  /** What alerted most, for a mute: `incidentId` is its latest incident. */
  noisiest: { incidentId: string; service: string; title: string; alerts: number }[];
  logs: {
    lines: number;
    errors: number;
    /** The period before, of the same length in days. */
    before: { lines: number; errors: number };
    /** Templates with errors that the period before did not have. */
    newTemplates: { pattern: string; count: number; errors: number }[];
    newTemplateCount: number;
    /** Lines and errors per bucket, for the chart. */
    series: { at: number; total: number; errors: number }[];
  };
  /** Money and tokens of models, where they are kept. */
  cost?: { usd: number; tokens: number; answers: number };
  /** Judged alerts to learn from and to test on, where a training of that day had too few; and how many it needs. */
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

/** The name of a team's digest in the cache and in the queue: the same for everyone who asks for it. */
export const digestId = (team: string, { span, day }: DigestPeriod): string =>
  `digest-${span}-${day}-${team}`;
