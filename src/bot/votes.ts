import type { Put, StateStore } from '../backends/state/store.ts';
import { alertFamily, signalOf } from '../domain/alert-model.ts';
import type { Incident } from '../domain/incident.ts';
import { REMEMBERED_MS, type Vote } from '../domain/quiet.ts';
import { saidOf } from '../domain/tuning.ts';

/** Later ones of a family push the oldest out. */
const KEPT = 100;
const key = (incident: Incident): string => `votes/${alertFamily(signalOf(incident))}`;

/** What people said of the incidents of each family of alerts, from the moment they said it. */
export interface Votes {
  /** Of an incident's family, oldest first. Throws AppError of the state store. */
  of(incident: Incident): Promise<readonly Vote[]>;
  /** The write that an act leads to; undefined where it changes nothing of what was said. Throws likewise. */
  put(before: Incident, after: Incident): Promise<Put | undefined>;
}

export function openVotes(state: Pick<StateStore, 'get'>): Votes {
  return {
    of: async (incident) => (await state.get<Vote[]>('fact', key(incident)))?.value ?? [],

    async put(before, after) {
      const said = saidOf(after);
      if (said?.real === saidOf(before)?.real) return undefined;
      const stored = await state.get<Vote[]>('fact', key(after));
      const votes = (stored?.value ?? []).filter(({ incident }) => incident !== after.id);
      const { at, status } = signalOf(after);
      if (said) votes.push({ incident: after.id, at, critical: status === 'critical', real: said.real });
      return {
        kind: 'fact',
        id: key(after),
        value: votes.sort((a, b) => a.at - b.at).slice(-KEPT),
        ifVersion: stored?.version ?? 0,
        ttlMs: REMEMBERED_MS,
      };
    },
  };
}
