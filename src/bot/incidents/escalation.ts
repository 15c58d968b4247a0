import { type Incident, needsThread } from '../../domain/alert/incident.ts';
import type { Act } from '../../domain/alert/incident-actions.ts';
import type { Mention } from '../../domain/alert/route.ts';
import { MINUTE } from '../../domain/time/units.ts';
import { type Hours, isWithin, nextWithin } from '../../domain/time/weekly-hours.ts';

/** What an incident does by itself, and when. */
export interface Timing {
  /** Ms of quiet after which an incident of a severity (1 to 5) is over; 0: never. */
  resolveAfterMs(severity: number): number;
  escalation: {
    /** From this severity. */
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

/** When the quiet of an incident is long enough (epoch ms); undefined where it never is. */
const quietEnd = (incident: Incident, timing: Timing): number | undefined => {
  const ms = timing.resolveAfterMs(incident.severity);
  return ms > 0 && incident.lifecycle.quietSince !== undefined
    ? incident.lifecycle.quietSince + ms
    : undefined;
};

/** When the next step of escalation can be taken, and which; undefined where nobody has to be called. */
function nextStep(
  incident: Incident,
  timing: Timing,
  now: number,
): { at: number; step: EscalationStep } | undefined {
  const { escalation } = timing;
  if (
    incident.lifecycle.state !== 'open' ||
    incident.correlation.cause ||
    incident.severity < escalation.severity
  )
    return undefined;
  if (!needsThread(incident) || incident.lifecycle.openedAt === undefined) return undefined;
  const step = escalation.steps[incident.escalation?.steps ?? 0];
  if (!step) return undefined;
  const due = Math.max(incident.lifecycle.openedAt + step.afterMinutes * MINUTE, incident.mute?.until ?? 0);
  // One that is late, because no bot ran, is taken by the hours of now, not of when it was due.
  return { at: escalation.hours ? nextWithin(escalation.hours, Math.max(due, now)) : due, step };
}

/** When something happens to the incident by itself next, seen from `now` (epoch ms); undefined: nothing does. */
export function nextDue(incident: Incident, timing: Timing, now: number): number | undefined {
  if (incident.lifecycle.state === 'resolved') return undefined;
  const times = [incident.mute?.until, quietEnd(incident, timing), nextStep(incident, timing, now)?.at];
  const due = times.filter((time) => time !== undefined);
  return due.length > 0 ? Math.min(...due) : undefined;
}

/**
 * What is due at `now`, and where a step of escalation leads besides the thread.
 * @param notBefore nothing is over by quiet before this (epoch ms): after a start what was missed comes first
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
  // Also where the clock was put back: their beginning may then lie behind a time outside of them.
  if (next && next.at <= now && (!hours || isWithin(hours, now))) {
    const { step } = next;
    const waitedMs = now - incident.lifecycle.openedAt!;
    const call = step.mention.length > 0 ? { mention: [...step.mention], chat: step.platform } : {};
    acts.push({ act: { ...by, what: 'escalated', waitedMs, ...call }, step });
  }
  return acts;
}
