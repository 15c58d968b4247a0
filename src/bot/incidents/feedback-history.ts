import type { Put, StateStore } from '../../backends/state/store.ts';
import { type AlertSignal, alertFamily, signalOf } from '../../domain/alert/alert-model.ts';
import type { Incident } from '../../domain/alert/incident.ts';
import { REMEMBERED_MS, type Vote, voteOf } from '../../domain/alert/suppression.ts';
import { saidOf } from '../../domain/job/job.ts';

/** Later ones of a family push the oldest out. */
const KEPT = 100;
const key = (family: string): string => `votes/${family}`;

/** What people said of the incidents of each family of alerts, from the moment they said it. */
export interface Votes {
  /** Of an alert's family, oldest first; none where it has no family. Throws AppError of the state store. */
  of(signal: AlertSignal): Promise<readonly Vote[]>;
  /** The write that an act leads to; undefined where it changes nothing of what was said. Throws likewise. */
  put(before: Incident, after: Incident): Promise<Put | undefined>;
}

/** That several kinds together are a false alarm says of none of them how grave it may be. */
function heard(incident: Incident): ReturnType<typeof saidOf> {
  const said = saidOf(incident);
  return incident.mixed && said?.real === false ? undefined : said;
}

export function openVotes(state: Pick<StateStore, 'get'>): Votes {
  return {
    async of(signal) {
      const family = alertFamily(signal);
      return family ? ((await state.get('votes', key(family)))?.value ?? []) : [];
    },

    async put(before, after) {
      const said = heard(after);
      if (said?.real === heard(before)?.real) return undefined;
      const signal = signalOf(after);
      const family = alertFamily(signal);
      if (!family) return undefined;
      const stored = await state.get('votes', key(family));
      const votes = (stored?.value ?? []).filter(({ incident }) => incident !== after.id);
      if (said) votes.push(voteOf(after.id, signal, said.real));
      return {
        kind: 'votes',
        id: key(family),
        value: votes.sort((a, b) => a.at - b.at).slice(-KEPT),
        ifVersion: stored?.version ?? 0,
        ttlMs: REMEMBERED_MS,
      };
    },
  };
}
