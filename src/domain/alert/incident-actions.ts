import { type HistoryEntry, type Incident, noted } from './incident.ts';

/** What can be done with one incident. Merging and splitting concern two: see `fold.ts`. */
export type Act = Omit<HistoryEntry, 'what'> & {
  what: Exclude<HistoryEntry['what'], 'opened' | 'merged' | 'split'>;
};

/** What may still be done with what is resolved. */
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
  const over = incident.state === 'resolved';
  if (over && !AFTERWARDS.has(act.what)) return incident;
  const history = noted(incident, act);
  const resolved = {
    state: 'resolved' as const,
    mutedUntil: undefined,
    muteId: undefined,
    resolvedAt: act.at,
  };
  switch (act.what) {
    case 'acknowledged': {
      const again = incident.state === 'acknowledged' && incident.owner === act.who && !act.note;
      return again ? incident : { ...incident, state: 'acknowledged', owner: act.who, ...history };
    }
    case 'assigned': {
      const owner = act.to ?? act.who;
      const again = incident.state === 'acknowledged' && incident.owner === owner;
      return again ? incident : { ...incident, state: 'acknowledged', owner, ...history };
    }
    case 'resolved':
      if (!over) return { ...incident, ...resolved, ...history };
      return act.note ? { ...incident, ...history } : incident;
    case 'recovered':
      return { ...incident, ...resolved, ...history };
    case 'reopened': {
      if (!over) return incident;
      // What comes back is judged anew.
      const { owner: _owner, resolvedAt: _resolvedAt, verdict: _verdict, ...rest } = incident;
      return { ...rest, state: 'open', openedAt: act.at, quietSince: act.at, escalated: 0, ...history };
    }
    case 'muted':
      return { ...incident, mutedUntil: act.until, muteId: undefined, ...history };
    case 'unmuted':
      if (incident.mutedUntil === undefined) return incident;
      return { ...incident, mutedUntil: undefined, muteId: undefined, ...history };
    case 'escalated':
      return { ...incident, escalated: (incident.escalated ?? 0) + 1, ...history };
    case 'false_alarm':
      if (incident.verdict === 'false_alarm') return incident;
      return { ...incident, ...(over ? {} : resolved), verdict: 'false_alarm', ...history };
    case 'real':
      return incident.verdict === 'real' ? incident : { ...incident, verdict: 'real', ...history };
    case 'disclosed': {
      const { quiet, quietReason: _reason, ...told } = incident;
      return quiet ? { ...told, ...history } : incident;
    }
  }
}

/** The incident came back soon after it was resolved: it goes on in its thread. */
export function reopen(incident: Incident, at: number): Incident {
  const flaps = (incident.flaps ?? 0) + 1;
  return { ...actOn(incident, { what: 'reopened', who: 'bongsu', at, times: flaps + 1 }), flaps };
}
