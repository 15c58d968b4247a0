import type { StateStore } from '../../backends/state/store.ts';
import type { ErrorCode } from '../../domain/errors.ts';

const ID = 'outbox-trouble';
const ATTEMPTS = 10;
/** Another process may have noted something meanwhile. */
const KNOWN_MS = 30_000;

/** What a person has to mend, kept in the store: every process can say it, also one that does not send. */
export interface Trouble {
  /** Places (`slack/C1`) that refuse us, since when (epoch ms), and how many messages went elsewhere. */
  places: Record<string, { code: ErrorCode; since: number; moved: number }>;
  /** Replies given up because their thread is gone. */
  givenUp: number;
}

export interface TroubleBook {
  read(): Promise<Trouble>;
  /** Notes a refusal of a place; `moved` when its message went to the fallback. */
  refused(place: string, code: ErrorCode, now: number, moved: boolean): Promise<void>;
  /** Something went through there again. */
  mended(place: string, now: number): Promise<void>;
  gaveUp(): Promise<void>;
}

export function openTrouble(state: StateStore): TroubleBook {
  // Places noted as refusing us, as far as this process knows: most messages go through and need no read.
  let known: Set<string> | undefined;
  let knownAt = 0;
  const load = async () => {
    const stored = await state.get('unreachable-channels', ID);
    return { value: stored?.value ?? { places: {}, givenUp: 0 }, version: stored?.version ?? 0 };
  };
  async function change(alter: (trouble: Trouble) => Trouble): Promise<void> {
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
      change((trouble) => {
        const old = trouble.places[place];
        const entry = { code, since: old?.since ?? now, moved: (old?.moved ?? 0) + (moved ? 1 : 0) };
        return { ...trouble, places: { ...trouble.places, [place]: entry } };
      }),
    async mended(place, now) {
      if (!known || now > knownAt + KNOWN_MS) {
        known = new Set(Object.keys((await load()).value.places));
        knownAt = now;
      }
      if (!known.has(place)) return;
      await change((trouble) => {
        const { [place]: _, ...others } = trouble.places;
        return { ...trouble, places: others };
      });
    },
    gaveUp: () => change((trouble) => ({ ...trouble, givenUp: trouble.givenUp + 1 })),
  };
}
