import type { StateStore } from '../backends/state/store.ts';
import type { Incident } from '../domain/incident.ts';
import { type Delivery, parentId, routeOf, threadKey } from './delivery.ts';

const PAGE = 200;

/**
 * Forgets resolved incidents last seen before `before` (epoch ms), with the way from their threads back to them. Their
 * messages on the platforms stay. Deliveries and seen ids end by their own time to live.
 */
export async function sweepResolved(
  state: StateStore,
  chats: readonly string[],
  before: number,
): Promise<void> {
  const threadOf = async (chat: string, id: string): Promise<string | undefined> => {
    const parent = (await state.get<Delivery>('outbox', parentId(chat, id)))?.value;
    if (!parent?.ref?.thread) return undefined;
    return threadKey(routeOf(parent).chat, parent.ref.channel, parent.ref.thread);
  };
  for (let from = -Infinity; ; ) {
    const page = await state.list<Incident>('incident', { from, to: before, limit: PAGE });
    for (const { id, value } of page) {
      if (value.state !== 'resolved') continue;
      const threads = await Promise.all(chats.map((chat) => threadOf(chat, id)));
      await state.commit({
        delete: [
          { kind: 'incident', id },
          ...threads.flatMap((thread) => (thread ? [{ kind: 'thread' as const, id: thread }] : [])),
        ],
      });
    }
    const last = page.at(-1);
    if (page.length < PAGE || !last || last.rank === from) return;
    from = last.rank;
  }
}
