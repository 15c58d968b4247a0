import type { Put, StateStore } from '../../backends/state/store.ts';
import { type Incident, needsThread } from '../../domain/alert/incident.ts';

const BOARD = 'incident-board';
/** More recent incidents than these are not looked through for causes: a storm must not slow itself down. */
const KEPT = 300;

/** What is needed of a recent incident to tell whether it may be a cause or a victim. */
export interface BoardEntry {
  id: string;
  service: string;
  /** Times its anomalies speak of, epoch ms. */
  first: number;
  last: number;
  /** Wall clock of its latest change. */
  touched: number;
  caused: boolean;
}

/**
 * The incidents of the last minutes in one document. Every commit that opens or changes an incident compares its
 * version, so two processes cannot open a cause and its victim past each other.
 */
export interface Board {
  entries: Map<string, BoardEntry>;
  version: number;
}

export function openBoard(state: StateStore, forgetMs: number) {
  // As this process saw it last. A wrong one is noticed by its version and read again.
  let cached: Board | undefined;
  // Incidents as they were when their entry was touched: enough to see whether they name a service.
  const known = new Map<string, { touched: number; incident: Incident }>();
  return {
    async read(now: number): Promise<Board> {
      if (!cached) {
        const stored = await state.get('recent-incidents', BOARD);
        cached = {
          entries: new Map((stored?.value ?? []).map((entry) => [entry.id, entry])),
          version: stored?.version ?? 0,
        };
      }
      const entries = new Map([...cached.entries].filter(([, entry]) => entry.touched >= now - forgetMs));
      return { entries, version: cached.version };
    },
    /** The write of a changed board. */
    put(board: Board): Put {
      const kept = [...board.entries.values()].sort((a, b) => b.touched - a.touched).slice(0, KEPT);
      board.entries = new Map(kept.map((entry) => [entry.id, entry]));
      return { kind: 'recent-incidents', id: BOARD, value: kept, ifVersion: board.version };
    },
    /** Remembers what was written. */
    written(board: Board, incidents: Incident[]): void {
      cached = { entries: board.entries, version: board.version + 1 };
      for (const incident of incidents) {
        const entry = board.entries.get(incident.id);
        if (entry) known.set(incident.id, { touched: entry.touched, incident });
      }
      for (const id of known.keys()) if (!board.entries.has(id)) known.delete(id);
    },
    /** Someone else wrote it, or it is not known whether we did. */
    forget(): void {
      cached = undefined;
    },
    /** The incident of an entry, at least as new as the entry says. */
    async peek(entry: BoardEntry): Promise<Incident | undefined> {
      const seen = known.get(entry.id);
      if (seen && seen.touched === entry.touched) return seen.incident;
      const incident = (await state.get('incident', entry.id))?.value;
      if (incident) known.set(entry.id, { touched: entry.touched, incident });
      return incident;
    },
  };
}

export const entryOf = (incident: Incident, now: number): BoardEntry => ({
  id: incident.id,
  service: incident.service,
  first: incident.activity.firstSeen,
  last: incident.activity.lastSeen,
  touched: now,
  caused: incident.correlation.cause !== undefined,
});

/** Whether an incident may be told of as the cause of another: people see it, or a named cause gets a thread by it. */
export const canCarry = (cause: Incident, victim: Incident, named: boolean): boolean =>
  needsThread(cause) || (named && needsThread(victim));
