import type { StateStore } from '../../backends/state/store.ts';
import type { Incident } from '../../domain/alert/incident.ts';
import { covers, type Mute } from '../../domain/alert/mute.ts';

/** Other processes see a new mute after at most this. */
const KNOWN_MS = 1_000;
const MOST = 1_000;

/** The mutes of services and templates. They end by their own time to live. */
export interface Mutes {
  /** In force at `now` (epoch ms), what ends first comes first. */
  list(now: number): Promise<Mute[]>;
  /** The one that covers an incident longest. Reads the store at most once a second. */
  over(incident: Pick<Incident, 'service' | 'identity'>, now: number): Promise<Mute | undefined>;
  /** Something changed here. */
  forget(): void;
}

export function openMutes(state: StateStore): Mutes {
  let known: { at: number; mutes: Mute[] } | undefined;
  const read = async (now: number): Promise<Mute[]> =>
    (await state.list('mute', { from: now, limit: MOST }))
      .map((entry) => entry.value)
      .filter((mute) => mute.until > now);
  return {
    list: read,
    async over(incident, now) {
      if (!known || now >= known.at + KNOWN_MS || now < known.at) known = { at: now, mutes: await read(now) };
      return known.mutes.findLast((mute) => covers(mute, incident, now));
    },
    forget() {
      known = undefined;
    },
  };
}
