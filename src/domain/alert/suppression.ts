import { DAY, HOUR } from '../time/units.ts';
import { type AlertModel, type AlertSignal, chanceReal } from './alert-model.ts';
import { LIKENESSES, type Likeness, type SuppressionReason } from './incident.ts';

/** A vote: what a person said about an alert, as it counts for later alerts of the same family. */
export interface Vote {
  incident: string;
  /** When the alert came, epoch milliseconds. */
  at: number;
  critical: boolean;
  real: boolean;
  /** 1 to 5; absent in votes of earlier versions. */
  severity?: number;
  /** The names of its issues. Votes of earlier versions have none, and so count for no issue. */
  issues?: readonly string[];
}

/** The vote that follows from a judgement about an alert. */
export function voteOf(incident: string, { at, status, severity, issues }: AlertSignal, real: boolean): Vote {
  return { incident, at, critical: status === 'critical', real, severity, issues };
}

/** Older votes do not count: after this time people are notified of a suppressed kind of alert again, and can judge it again. */
export const REMEMBERED_MS = 90 * DAY;
/** Votes are of the same time of day if they are at most this many hours apart on the clock. */
const AROUND = 2;

/**
 * How many votes against an alert are needed: the more narrowly the votes were selected, the more. And how far apart on the
 * clock, in hours, the nearest votes before and after it may be: what was only seen at night says nothing about the day. Chosen
 * on simulated months (seeds 401 to 700, not those of `npm run eval tuning`) so that fewer than one real alert in ten thousand is
 * suppressed.
 */
const NEEDED: Record<Likeness, { votes: number; gap: number }> = {
  family: { votes: 8, gap: 12 },
  severity: { votes: 12, gap: 12 },
  hours: { votes: 12, gap: 2 * AROUND },
};
/** The highest severity: somebody has to be called, so it is never suppressed, whatever was said about similar alerts. */
const NEVER_SUPPRESSED = 5;
/**
 * Each vote "real" adds this share to the number of votes that are needed against the alert; all of these must be later than it.
 */
const MORE_BY_REAL = 0.5;

/**
 * Whether the alert is suppressed, and why: people called the latest similar ones false alarms, often enough, and nothing else
 * about this one shows that it is real. Each vote "real" raises the number of later votes that are needed by half. A vote never
 * counts for an alert that is more severe, has another issue, or comes at another time of day than all that were judged.
 * @param votes of its family, oldest first; an alert without a family has none
 */
export function suppressionReason(
  model: AlertModel,
  votes: readonly Vote[],
  signal: AlertSignal,
): SuppressionReason | undefined {
  if (signal.severity >= NEVER_SUPPRESSED) return undefined;
  const family = votes.filter(({ at }) => signal.at - at < REMEMBERED_MS);
  if (!wasJudged(signal, family)) return undefined;
  const critical = signal.status === 'critical';
  // A false alarm that was critical also counts for a mild alert, and a real alert that was mild also for a critical one; not the
  // other way round.
  const severity = family.filter((vote) =>
    vote.real ? critical || !vote.critical : vote.critical || !critical,
  );
  const hours = severity.filter(({ at }) => Math.min(after(signal.at, at), after(at, signal.at)) <= AROUND);
  const gap = gapAround(
    signal.at,
    severity.filter(({ real }) => !real),
  );
  const alike = { family, severity, hours };
  for (const likeness of LIKENESSES) {
    const lastReal = alike[likeness].findLastIndex(({ real }) => real);
    const rejected = alike[likeness].length - 1 - lastReal;
    const real = alike[likeness].filter((vote) => vote.real).length;
    const needed = Math.ceil(NEEDED[likeness].votes * (1 + MORE_BY_REAL * real));
    if (rejected < needed || gap > NEEDED[likeness].gap) continue;
    const chance = chanceReal(model, signal);
    if (chance >= model.quietBelow) return undefined;
    const { trainedAt } = model;
    return { likeness, rejected, needed, real, chance, ...(trainedAt ? { model: trainedAt } : {}) };
  }
  return undefined;
}

/** Votes of earlier versions only say whether the alert was critical. The lowest severity that fits is taken: 4 or 2. */
const severityOf = ({ severity, critical }: Vote): number => severity ?? (critical ? 4 : 2);

/** Whether people called an alert of at least this severity a false alarm, and an alert with each of its issues. */
function wasJudged({ severity, issues }: AlertSignal, votes: readonly Vote[]): boolean {
  const against = votes.filter(({ real }) => !real);
  const known = new Set(against.flatMap((vote) => vote.issues ?? []));
  return against.some((vote) => severityOf(vote) >= severity) && issues.every((issue) => known.has(issue));
}

/** Hours on the clock (0..24) from one time of day forward to the next. */
const after = (from: number, to: number): number => ((((to - from) / HOUR) % 24) + 24) % 24;

/** Hours on the clock between the nearest vote before and the nearest vote after a time of day; 48 if there are no votes. */
function gapAround(at: number, votes: readonly Vote[]): number {
  let [before, later] = [24, 24];
  for (const vote of votes) {
    before = Math.min(before, after(vote.at, at));
    later = Math.min(later, after(at, vote.at));
  }
  return before + later;
}
