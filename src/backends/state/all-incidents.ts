import type { Incident } from '../../domain/alert/incident.ts';
import type { StateStore } from './store.ts';

const PAGE = 1_000;

/**
 * Every incident of the store, each once, the one seen last comes last. They are read in pages, which incidents may change
 * between.
 * @throws AppError of the state store; what `signal` aborts with
 */
export async function allIncidents(state: StateStore, signal?: AbortSignal): Promise<Incident[]> {
  const found = new Map<string, Incident>();
  for (let from = Number.NEGATIVE_INFINITY; ; ) {
    signal?.throwIfAborted();
    const page = await state.list('incident', { from, limit: PAGE });
    for (const { id, value } of page) found.set(id, value);
    const last = page.at(-1)?.rank;
    if (page.length < PAGE || last === undefined) return [...found.values()];
    // Of more incidents of one instant than a page has, only the first page can be read.
    from = last > from ? last : last + 1;
  }
}
