import type { StateStore } from '../backends/state/store.ts';
import type { Incident } from '../domain/incident.ts';

const PAGE = 200;

/**
 * Forgets resolved incidents last seen before `before` (epoch ms). Their messages on the platforms stay; threads,
 * deliveries and seen ids end by their own time to live.
 */
export async function sweepResolved(state: StateStore, before: number): Promise<void> {
  for (let from = -Infinity; ; ) {
    const page = await state.list<Incident>('incident', { from, to: before, limit: PAGE });
    const over = page.filter(({ value }) => value.state === 'resolved');
    if (over.length > 0) await state.commit({ delete: over.map(({ id }) => ({ kind: 'incident', id })) });
    const last = page.at(-1);
    if (page.length < PAGE || !last || last.rank === from) return;
    from = last.rank;
  }
}
