import type { StateStore } from '../../backends/state/store.ts';
import type { ErrorCode } from '../../domain/errors.ts';

const ID = 'outbox-trouble';
const ATTEMPTS = 10;
/** What is known is read again after this: another process may have noted something. */
const KNOWN_MS = 30_000;

/** Errors that do not pass by themselves: a person has to mend something in the channel or the configuration. */
export const NEEDS_PERSON: ReadonlySet<ErrorCode> = new Set(['unauthorized', 'forbidden', 'not_found']);

/** What a person has to mend. It is in the store, so that every process can report it, also one that does not send. */
interface UnreachableState {
  /** Channels (`slack/C1`) that refuse us: why, since when (epoch ms), and how many messages went to the fallback. */
  places: Record<string, { code: ErrorCode; since: number; moved: number }>;
  /** Replies given up because their thread is gone. */
  givenUp: number;
}

export interface UnreachableChannels {
  read(): Promise<UnreachableState>;
  /** Notes that a channel refused us; `moved`: the message went to the fallback. */
  refused(place: string, code: ErrorCode, now: number, moved: boolean): Promise<void>;
  /** A message got through to the channel again. */
  mended(place: string, now: number): Promise<void>;
  gaveUp(): Promise<void>;
}

export function openUnreachableChannels(state: StateStore): UnreachableChannels {
  // Channels that refuse us, as this process knows them. Most messages get through, and then nothing has to be read.
  let known: Set<string> | undefined;
  let knownAt = 0;
  const load = async () => {
    const stored = await state.get('unreachable-channels', ID);
    return { value: stored?.value ?? { places: {}, givenUp: 0 }, version: stored?.version ?? 0 };
  };
  async function change(alter: (unreachable: UnreachableState) => UnreachableState): Promise<void> {
    for (let tries = 0; tries < ATTEMPTS; tries += 1) {
      const { value, version } = await load();
      const next = alter(value);
      known = new Set(Object.keys(next.places));
      const put = { kind: 'unreachable-channels' as const, id: ID, value: next, ifVersion: version };
      if ((await state.commit({ put: [put] })) === 'done') return;
    }
  }
  return {
    read: async () => (await load()).value,
    refused: (place, code, now, moved) =>
      change((unreachable) => {
        const old = unreachable.places[place];
        const entry = { code, since: old?.since ?? now, moved: (old?.moved ?? 0) + (moved ? 1 : 0) };
        return { ...unreachable, places: { ...unreachable.places, [place]: entry } };
      }),
    async mended(place, now) {
      if (!known || now > knownAt + KNOWN_MS) {
        known = new Set(Object.keys((await load()).value.places));
        knownAt = now;
      }
      if (!known.has(place)) return;
      await change((unreachable) => {
        const { [place]: _, ...others } = unreachable.places;
        return { ...unreachable, places: others };
      });
    },
    gaveUp: () => change((unreachable) => ({ ...unreachable, givenUp: unreachable.givenUp + 1 })),
  };
}
