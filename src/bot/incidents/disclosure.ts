import { openRegistry, SERVING_FRESH_MS } from '../../backends/state/registry.ts';
import type { StateStore } from '../../backends/state/store.ts';
import type { Incident } from '../../domain/alert/incident.ts';
import { actOn } from '../../domain/alert/incident-actions.ts';
import { auditPut, ITSELF } from './audit.ts';
import type { Register } from './incident-repository.ts';

const PAGE = 1_000;
/** How often another process may have rolled a model back without a word to this one. */
const LOOK_MS = 20_000;
/** A model goes on to hide alerts for so long after it was rolled back, until every process has read what serves now. */
const LINGERS_MS = SERVING_FRESH_MS + LOOK_MS;

/** Tells people of what a model of alerts kept quiet, once that model was rolled back. */
export interface Disclosure {
  /**
   * Tells all of it that nobody was told of yet, whether it is over or not; resolves with these incidents. Again, or in
   * two processes at once, it tells nothing twice. Throws AppError of the state store.
   */
  discloseRolledBack(): Promise<Incident[]>;
  /** The same, unless it was done within the last 20 s, or a while ago and no model was rolled back since. */
  look(): Promise<void>;
}

/** @param options.now epoch milliseconds */
export function createDisclosure(options: {
  state: StateStore;
  register: Register;
  keepMs: number;
  now: () => number;
}): Disclosure {
  const { state, register, keepMs, now } = options;
  const registry = openRegistry(state);
  let looked = Number.NEGATIVE_INFINITY;
  /** The models that were rolled back when it was looked last, and since when it is known of the last one. */
  let known = { models: '', since: Number.NEGATIVE_INFINITY };

  const rolledBack = async (): Promise<Set<number>> =>
    new Set(
      (await registry.history('alerts')).filter(({ reason }) => reason === 'rolled_back').map(({ at }) => at),
    );

  async function hiddenBy(models: ReadonlySet<number>): Promise<string[]> {
    const found = new Set<string>();
    for (let from = Number.MIN_SAFE_INTEGER; ; ) {
      const page = await state.list('incident', { from, limit: PAGE });
      for (const { id, value } of page) if (isHiddenBy(value, models)) found.add(id);
      const last = page.at(-1)?.rank;
      if (page.length < PAGE || last === undefined) return [...found];
      // More than a page of one instant cannot be told apart; its first ones have to do.
      from = last > from ? last : last + 1;
    }
  }

  const disclose = (id: string, models: ReadonlySet<number>): Promise<Incident | undefined> =>
    register.change<Incident | undefined>(async (draft, at) => {
      const before = await draft.load(id);
      if (!before || !isHiddenBy(before, models)) return { value: undefined };
      const incident = actOn(before, { at, who: ITSELF.name, what: 'disclosed' });
      draft.keep(incident);
      return {
        value: incident,
        told: [incident],
        puts: [auditPut(ITSELF, { at, what: 'disclosed', incident: id }, keepMs)],
      };
    });

  async function discloseRolledBack(): Promise<Incident[]> {
    const models = await rolledBack();
    if (models.size === 0) return [];
    const told: Incident[] = [];
    for (const id of await hiddenBy(models)) {
      const incident = await disclose(id, models);
      if (incident) told.push(incident);
    }
    return told.sort((a, b) => b.severity - a.severity || b.activity.lastSeen - a.activity.lastSeen);
  }

  return {
    discloseRolledBack,
    async look() {
      if (now() - looked < LOOK_MS) return;
      looked = now();
      const models = [...(await rolledBack())].join();
      if (models === known.models && now() - known.since > LINGERS_MS) return;
      await discloseRolledBack();
      if (models !== known.models) known = { models, since: now() };
    },
  };
}

/** Who called it a false alarm has seen it. */
const isHiddenBy = ({ suppression, feedback }: Incident, models: ReadonlySet<number>): boolean => {
  const model = suppression?.reason?.model;
  return !feedback.verdict && model !== undefined && models.has(model);
};
