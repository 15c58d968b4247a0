import { type Incident, needsThread } from '../../domain/alert/incident.ts';
import type { Act } from '../../domain/alert/incident-actions.ts';
import { isFiring } from '../../domain/alert/outside-alert.ts';
import type { Mention } from '../../domain/alert/route.ts';
import { DAY, MINUTE } from '../../domain/time/units.ts';
import { type Hours, isWithin, nextWithin } from '../../domain/time/weekly-hours.ts';

/** What happens to an incident by itself, and when. */
export interface Timing {
  /** After how many ms of quiet an incident of a severity (1 to 5) is over; 0: never. */
  resolveAfterMs(severity: number): number;
  escalation: {
    /** Incidents from this severity on are escalated. */
    severity: number;
    hours?: Hours;
    steps: readonly EscalationStep[];
  };
}

export interface EscalationStep {
  afterMinutes: number;
  platform?: string;
  channel?: string;
  mention: readonly Mention[];
}

/** What was so long ago when it came was read from an old log: that nothing more comes of it now says nothing. */
const OLD_MS = DAY;

/**
 * An alert of another system holds its incident open until its end is told; a sender that forgets to tell it, for this long. The
 * notifications of an alert are remembered as long: one that comes later counts anew.
 */
const HELD_MS = 7 * DAY;

/** When the incident has been quiet long enough to be over (epoch ms); undefined: never. */
function quietEnd(incident: Incident, timing: Timing): number | undefined {
  const { severity, fromFile, activity, alerts } = incident;
  const { quietSince } = incident.lifecycle;
  const ms = timing.resolveAfterMs(severity);
  if (ms <= 0 || quietSince === undefined) return undefined;
  if (isFiring(incident)) return quietSince + Math.max(ms, HELD_MS);
  // An alert may have begun long before this was asked to listen: that is no old log.
  if (fromFile || (!alerts && quietSince - activity.lastSeen > OLD_MS)) return undefined;
  return quietSince + ms;
}

/** The next step of escalation and when it can be taken (epoch ms); undefined where there is none. */
function nextStep(
  incident: Incident,
  timing: Timing,
  now: number,
): { at: number; step: EscalationStep } | undefined {
  const { escalation } = timing;
  if (
    incident.lifecycle.state !== 'open' ||
    incident.correlation.cause ||
    incident.fromFile ||
    incident.severity < escalation.severity
  )
    return undefined;
  if (!needsThread(incident) || incident.lifecycle.openedAt === undefined) return undefined;
  const step = escalation.steps[incident.escalation?.steps ?? 0];
  if (!step) return undefined;
  const due = Math.max(incident.lifecycle.openedAt + step.afterMinutes * MINUTE, incident.mute?.until ?? 0);
  // A step that is late, because no bot ran, waits for the hours as seen from now, not from when it was due.
  return { at: escalation.hours ? nextWithin(escalation.hours, Math.max(due, now)) : due, step };
}

/** When something happens to the incident by itself next (epoch ms); undefined: nothing does. */
export function nextDue(incident: Incident, timing: Timing, now: number): number | undefined {
  if (incident.lifecycle.state === 'resolved') return undefined;
  const times = [incident.mute?.until, quietEnd(incident, timing), nextStep(incident, timing, now)?.at];
  const due = times.filter((time) => time !== undefined);
  return due.length > 0 ? Math.min(...due) : undefined;
}

/**
 * What is due at `now`; with a step of escalation, which names the channel it leads to.
 * @param notBefore no incident is over by quiet before this (epoch ms): after a start, missed anomalies are read first
 */
export function dueActs(
  incident: Incident,
  timing: Timing,
  now: number,
  notBefore: number,
): { act: Act; step?: EscalationStep }[] {
  if (incident.lifecycle.state === 'resolved') return [];
  const by = { who: 'bongsu', at: now };
  const acts: { act: Act; step?: EscalationStep }[] = [];
  if (incident.mute?.until !== undefined && incident.mute?.until <= now)
    acts.push({ act: { ...by, what: 'unmuted' } });
  const quiet = quietEnd(incident, timing);
  if (quiet !== undefined && quiet <= now && notBefore <= now) {
    acts.push({ act: { ...by, what: 'recovered', waitedMs: now - incident.lifecycle.quietSince! } });
    return acts;
  }
  const next = nextStep(incident, timing, now);
  const { hours } = timing.escalation;
  // The hours are checked again: when the clock was set back, it may be outside of them although the step is due.
  if (next && next.at <= now && (!hours || isWithin(hours, now))) {
    const { step } = next;
    const waitedMs = now - incident.lifecycle.openedAt!;
    const call = step.mention.length > 0 ? { mention: [...step.mention], chat: step.platform } : {};
    acts.push({ act: { ...by, what: 'escalated', waitedMs, ...call }, step });
  }
  return acts;
}
