import type { Put, StateStore } from '../../backends/state/store.ts';
import { type Incident, needsThread } from '../../domain/alert/incident.ts';

const DOCUMENT = 'incident-board';
/** So many recent incidents are looked through for causes, so that a storm does not slow down the bot. */
const KEPT = 300;

/** As much of a recent incident as tells whether it may be a cause or a consequence. */
export interface RecentIncident {
  id: string;
  service: string;
  /** The first and last time in its anomalies, epoch ms. */
  first: number;
  last: number;
  /** When it was changed last, by the wall clock, epoch ms. */
  touched: number;
  caused: boolean;
}

/**
 * The incidents of the last minutes in one document. Every commit that opens or changes an incident checks its version:
 * two processes cannot open a cause and its consequence at the same time without seeing each other.
 */
export interface RecentIncidents {
  entries: Map<string, RecentIncident>;
  version: number;
}

export function openRecentIncidents(state: StateStore, forgetMs: number) {
  // The document as this process saw it last. If it is out of date the commit fails, and it is read again.
  let cached: RecentIncidents | undefined;
  // Incidents as they were when their entry was written: enough to see whether they blame a service.
  const known = new Map<string, { touched: number; incident: Incident }>();
  return {
    async read(now: number): Promise<RecentIncidents> {
      if (!cached) {
        const stored = await state.get('recent-incidents', DOCUMENT);
        cached = {
          entries: new Map((stored?.value ?? []).map((entry) => [entry.id, entry])),
          version: stored?.version ?? 0,
        };
      }
      const entries = new Map([...cached.entries].filter(([, entry]) => entry.touched >= now - forgetMs));
      return { entries, version: cached.version };
    },
    /** The write of the changed document. */
    put(recentIncidents: RecentIncidents): Put {
      const kept = [...recentIncidents.entries.values()].sort((a, b) => b.touched - a.touched).slice(0, KEPT);
      recentIncidents.entries = new Map(kept.map((entry) => [entry.id, entry]));
      return { kind: 'recent-incidents', id: DOCUMENT, value: kept, ifVersion: recentIncidents.version };
    },
    /** The document was written: this process knows it now. */
    written(recentIncidents: RecentIncidents, incidents: Incident[]): void {
      cached = { entries: recentIncidents.entries, version: recentIncidents.version + 1 };
      for (const incident of incidents) {
        const entry = recentIncidents.entries.get(incident.id);
        if (entry) known.set(incident.id, { touched: entry.touched, incident });
      }
      for (const id of known.keys()) if (!recentIncidents.entries.has(id)) known.delete(id);
    },
    /** Another process wrote the document, or it is unknown whether this one did: it is read again. */
    forget(): void {
      cached = undefined;
    },
    /** The incident of an entry, at least as new as the entry. */
    async peek(entry: RecentIncident): Promise<Incident | undefined> {
      const seen = known.get(entry.id);
      if (seen && seen.touched === entry.touched) return seen.incident;
      const incident = (await state.get('incident', entry.id))?.value;
      if (incident) known.set(entry.id, { touched: entry.touched, incident });
      return incident;
    },
  };
}

export const entryOf = (incident: Incident, now: number): RecentIncident => ({
  id: incident.id,
  service: incident.service,
  first: incident.activity.firstSeen,
  last: incident.activity.lastSeen,
  touched: now,
  caused: incident.correlation.cause !== undefined,
});

/** Whether `cause` can be shown to people as the cause: they see it already, or they will because a detector named it. */
export const canCarry = (cause: Incident, consequence: Incident, named: boolean): boolean =>
  needsThread(cause) || (named && needsThread(consequence));
