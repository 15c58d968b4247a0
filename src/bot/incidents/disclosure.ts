import { openRegistry, SERVING_FRESH_MS } from '../../backends/state/registry.ts';
import type { StateStore } from '../../backends/state/store.ts';
import type { Incident } from '../../domain/alert/incident.ts';
import { actOn } from '../../domain/alert/incident-actions.ts';
import { auditPut, ITSELF } from './audit.ts';
import type { IncidentRepository } from './incident-repository.ts';

const PAGE = 1_000;
/** Another process may roll a model back at any time: it is looked for this often. */
const LOOK_MS = 20_000;
/** After a model was rolled back, processes that do not know it yet go on to suppress alerts by it for this long. */
const LINGERS_MS = SERVING_FRESH_MS + LOOK_MS;

/** Notifies people of the alerts that a model suppressed, once that model was rolled back. */
export interface Disclosure {
  /**
   * Notifies people of all that were not reported yet, also of resolved ones; resolves with these incidents. Called again, or in
   * two processes at once, it reports nothing twice. Throws AppError of the state store.
   */
  discloseRolledBack(): Promise<Incident[]>;
  /** The same, but at most every 20 s, and only as long as a model was rolled back a short while ago. */
  look(): Promise<void>;
}

/** @param options.now epoch milliseconds */
export function createDisclosure(options: {
  state: StateStore;
  repository: IncidentRepository;
  keepMs: number;
  now: () => number;
}): Disclosure {
  const { state, repository, keepMs, now } = options;
  const registry = openRegistry(state);
  let looked = Number.NEGATIVE_INFINITY;
  /** The models that were rolled back as of the last look, and since when this process knows of the last of them. */
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
      // More than a page with the same time cannot be paged through; of these only the first ones are found.
      from = last > from ? last : last + 1;
    }
  }

  const disclose = (id: string, models: ReadonlySet<number>): Promise<Incident | undefined> =>
    repository.change<Incident | undefined>(async (unit, at) => {
      const before = await unit.load(id);
      if (!before || !isHiddenBy(before, models)) return { value: undefined };
      const incident = actOn(before, { at, who: ITSELF.name, what: 'disclosed' });
      unit.keep(incident);
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

/** If somebody judged it, that person has seen it, and nobody has to be notified. */
const isHiddenBy = ({ suppression, feedback }: Incident, models: ReadonlySet<number>): boolean => {
  const model = suppression?.reason?.model;
  return !feedback.verdict && model !== undefined && models.has(model);
};
