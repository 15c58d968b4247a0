import type { Verdict } from './feedback.ts';
import { type HistoryEntry, type Incident, type Lifecycle, noted } from './incident.ts';

/** The actions on one incident. Merging and splitting concern two incidents: see `merge.ts`. */
export type Act = Omit<HistoryEntry, 'what'> & {
  what: Exclude<HistoryEntry['what'], 'opened' | 'merged' | 'split'>;
};

/** The actions that are still possible on a resolved incident. */
const AFTERWARDS: ReadonlySet<Act['what']> = new Set([
  'resolved',
  'reopened',
  'false_alarm',
  'real',
  'disclosed',
]);

/**
 * Applies an action. One that changes nothing (pressed twice, too late) returns the same object. Resolving clears a
 * mute; a false alarm is resolved by it.
 */
export function actOn(incident: Incident, act: Act): Incident {
  const { state } = incident.lifecycle;
  const over = state === 'resolved';
  if (over && !AFTERWARDS.has(act.what)) return incident;
  const lifecycle = noted(incident.lifecycle, act);
  switch (act.what) {
    case 'acknowledged':
      return owned(incident, lifecycle, act.who, !act.note);
    case 'assigned':
      return owned(incident, lifecycle, act.to ?? act.who, true);
    case 'resolved':
      if (!over) return resolved(incident, lifecycle, act.at);
      return act.note ? { ...incident, lifecycle } : incident;
    case 'recovered':
      return resolved(incident, lifecycle, act.at);
    case 'reopened':
      return over ? reopened(incident, lifecycle, act.at) : incident;
    case 'muted':
      return { ...incident, mute: act.until === undefined ? undefined : { until: act.until }, lifecycle };
    case 'unmuted':
      return incident.mute ? { ...incident, mute: undefined, lifecycle } : incident;
    case 'escalated':
      return { ...incident, escalation: { steps: (incident.escalation?.steps ?? 0) + 1 }, lifecycle };
    case 'false_alarm':
    case 'real':
      return judged(incident, lifecycle, act.what, act.at);
    case 'disclosed': {
      const { suppression, ...told } = incident;
      return suppression ? { ...told, lifecycle } : incident;
    }
  }
}

function resolved(incident: Incident, lifecycle: Lifecycle, at: number): Incident {
  return { ...incident, mute: undefined, lifecycle: { ...lifecycle, state: 'resolved', resolvedAt: at } };
}

/** @param repeatable whether the same person may become owner again, which changes nothing */
function owned(incident: Incident, lifecycle: Lifecycle, owner: string, repeatable: boolean): Incident {
  const before = incident.lifecycle;
  if (repeatable && before.state === 'acknowledged' && before.owner === owner) return incident;
  return { ...incident, lifecycle: { ...lifecycle, state: 'acknowledged', owner } };
}

/** An incident that comes back has no verdict and no owner yet. */
function reopened(incident: Incident, lifecycle: Lifecycle, at: number): Incident {
  const { owner: _owner, resolvedAt: _resolvedAt, ...rest } = lifecycle;
  const { verdict: _verdict, ...feedback } = incident.feedback;
  return {
    ...incident,
    feedback,
    lifecycle: { ...rest, state: 'open', openedAt: at, quietSince: at },
    escalation: { steps: 0 },
  };
}

function judged(incident: Incident, lifecycle: Lifecycle, verdict: Verdict, at: number): Incident {
  if (incident.feedback.verdict === verdict) return incident;
  const changed = { ...incident, lifecycle, feedback: { ...incident.feedback, verdict } };
  const ends = verdict === 'false_alarm' && incident.lifecycle.state !== 'resolved';
  return ends ? resolved(changed, lifecycle, at) : changed;
}

/** The incident came back soon after it was resolved: it is opened again, in the same thread. */
export function flapped(incident: Incident, at: number): Incident {
  const flaps = (incident.lifecycle.flaps ?? 0) + 1;
  const again = actOn(incident, { what: 'reopened', who: 'bongsu', at, times: flaps + 1 });
  return { ...again, lifecycle: { ...again.lifecycle, flaps } };
}
