import type { Put, StateStore } from '../../backends/state/store.ts';
import { type AlertSignal, alertFamily, signalOf } from '../../domain/alert/alert-model.ts';
import type { Incident } from '../../domain/alert/incident.ts';
import { REMEMBERED_MS, type Vote, voteOf } from '../../domain/alert/suppression.ts';
import { saidOf } from '../../domain/job/job.ts';

/** So many votes of a family are kept; then the oldest ones go. */
const KEPT = 100;
const key = (family: string): string => `votes/${family}`;

/** What people said of the incidents of each family of alerts. It counts from the moment they said it. */
export interface FeedbackHistory {
  /** The votes on an alert's family, oldest first; none where it has no family. Throws AppError of the state store. */
  of(signal: AlertSignal): Promise<readonly Vote[]>;
  /** The write after an act; undefined where the act does not change what people said. Throws AppError of the state store. */
  put(before: Incident, after: Incident): Promise<Put | undefined>;
}

/** The verdict, if it counts: a false alarm of several kinds merged into one does not say which of them is harmless. */
function heard(incident: Incident): ReturnType<typeof saidOf> {
  const said = saidOf(incident);
  return incident.mixed && said?.real === false ? undefined : said;
}

export function openFeedbackHistory(state: Pick<StateStore, 'get'>): FeedbackHistory {
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
      const feedback = (stored?.value ?? []).filter(({ incident }) => incident !== after.id);
      if (said) feedback.push(voteOf(after.id, signal, said.real));
      return {
        kind: 'votes',
        id: key(family),
        value: feedback.sort((a, b) => a.at - b.at).slice(-KEPT),
        ifVersion: stored?.version ?? 0,
        ttlMs: REMEMBERED_MS,
      };
    },
  };
}
