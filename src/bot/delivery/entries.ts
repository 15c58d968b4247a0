import type { Put, StateStore, Stored } from '../../backends/state/store.ts';
import { type Delivery, putEntry } from './delivery.ts';

/** Changes a delivery, again until no other write came between. Nothing happens where it is gone. */
export type Alter = (
  id: string,
  change: (current: Delivery) => Delivery,
  also?: () => Promise<Put[]>,
) => Promise<void>;

/** @returns how deliveries are changed; `also` gives further writes for the same commit */
export const alterIn =
  (state: StateStore): Alter =>
  async (id, change, also = async () => []) => {
    for (;;) {
      const stored = await state.get<Delivery>('outbox', id);
      if (!stored) return;
      const put = [putEntry(id, change(stored.value), stored.version), ...(await also())];
      if ((await state.commit({ put })) === 'done') return;
    }
  };

/** Nothing more is to be sent of what was wanted when the entry was read. */
export const settle = (alter: Alter, { id, value }: Stored<Delivery>): Promise<void> =>
  alter(id, (now) => ({ ...now, shown: Math.max(now.shown, value.wanted), sending: undefined }));
