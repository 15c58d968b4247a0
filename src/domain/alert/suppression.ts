import { DAY, HOUR } from '../time/units.ts';
import { type AlertModel, type AlertSignal, chanceReal } from './alert-model.ts';
import { LIKENESSES, type Likeness, type QuietReason } from './incident.ts';

/** What a person said of an alert, as it counts for later ones of its family. */
export interface Vote {
  incident: string;
  /** When the alert came, epoch milliseconds. */
  at: number;
  critical: boolean;
  real: boolean;
  /** 1 to 5; absent in votes of earlier versions. */
  severity?: number;
  /** The names of what its issues said; absent in votes of earlier versions, which speak for no issue. */
  issues?: readonly string[];
}

/** What was said of an alert, as a vote. */
export function voteOf(incident: string, { at, status, severity, issues }: AlertSignal, real: boolean): Vote {
  return { incident, at, critical: status === 'critical', real, severity, issues };
}

/** Older votes count no more: a kind that is kept quiet is told, and judged, again after so long. */
export const REMEMBERED_MS = 90 * DAY;
/** Votes so near on the clock, in hours, are of the same time of day. */
const AROUND = 2;

/**
 * How many votes against an alert are needed, by the alerts it is judged by: the more finely they were picked out, the more.
 * And how far apart on the clock, in hours, the nearest of them before and after it may be: what was only ever seen at
 * night says nothing about the day. Chosen on simulated months (seeds 401 to 700, not those of `npm run eval tuning`) so
 * that fewer than one real alert in ten thousand is kept quiet.
 */
const NEEDED: Record<Likeness, { votes: number; gap: number }> = {
  family: { votes: 8, gap: 12 },
  severity: { votes: 12, gap: 12 },
  hours: { votes: 12, gap: 2 * AROUND },
};
/** The worst there is: somebody is to be called, so it is told whatever was said of its like. */
const ALWAYS_TOLD = 5;
/** Each real one among its like asks for so many votes more against it (a share of those above), all of them later. */
const MORE_BY_REAL = 0.5;

/**
 * Whether the alert is to be kept quiet, and why: people called the latest ones like it false alarms, often enough, and
 * nothing else about it speaks for a real one. Each real one among its like asks for half as many votes more, all later.
 * A vote never counts for what is worse, says more, or comes at another time of day than anything that was judged.
 *
 * @param votes of its family, oldest first; an alert without a family has none
 */
export function reasonForQuiet(
  model: AlertModel,
  votes: readonly Vote[],
  signal: AlertSignal,
): QuietReason | undefined {
  if (signal.severity >= ALWAYS_TOLD) return undefined;
  const family = votes.filter(({ at }) => signal.at - at < REMEMBERED_MS);
  if (!wasJudged(signal, family)) return undefined;
  const critical = signal.status === 'critical';
  // A critical one that was false speaks for a mild one too, a mild one that was real for a critical one; not the reverse.
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

/** Earlier versions kept only whether it was critical: then it was as mild as it can have been, 4 or 2. */
const severityOf = ({ severity, critical }: Vote): number => severity ?? (critical ? 4 : 2);

/** Whether people called something as grave a false alarm, and something with each of its issues. */
function wasJudged({ severity, issues }: AlertSignal, votes: readonly Vote[]): boolean {
  const against = votes.filter(({ real }) => !real);
  const known = new Set(against.flatMap((vote) => vote.issues ?? []));
  return against.some((vote) => severityOf(vote) >= severity) && issues.every((issue) => known.has(issue));
}

/** Hours on the clock (0..24) from one time of day to the next time it is that of another. */
const after = (from: number, to: number): number => ((((to - from) / HOUR) % 24) + 24) % 24;

/** Hours on the clock between the nearest before and the nearest after a time of day; 48 where there are none. */
function gapAround(at: number, votes: readonly Vote[]): number {
  let [before, later] = [24, 24];
  for (const vote of votes) {
    before = Math.min(before, after(vote.at, at));
    later = Math.min(later, after(at, vote.at));
  }
  return before + later;
}
