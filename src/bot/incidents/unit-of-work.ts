import type { Put, StateStore } from '../../backends/state/store.ts';
import type { Incident } from '../../domain/alert/incident.ts';

/** Incidents read and changed for one commit. */
export interface UnitOfWork {
  load(id: string): Promise<Incident | undefined>;
  keep(incident: Incident): void;
  /** As it was read; undefined for one that is new. */
  before(id: string): Incident | undefined;
  changed(): Incident[];
  puts(): Put[];
}

export function openUnitOfWork(state: StateStore): UnitOfWork {
  const read = new Map<string, { value: Incident; version: number; before?: Incident; changed: boolean }>();
  const changed = () => [...read.values()].filter((entry) => entry.changed);
  return {
    async load(id) {
      const known = read.get(id);
      if (known) return known.value;
      const stored = await state.get<Incident>('incident', id);
      if (!stored) return undefined;
      read.set(id, { value: stored.value, version: stored.version, before: stored.value, changed: false });
      return stored.value;
    },
    keep(incident) {
      const { version = 0, before } = read.get(incident.id) ?? {};
      read.set(incident.id, { value: incident, version, ...(before ? { before } : {}), changed: true });
    },
    before: (id) => read.get(id)?.before,
    changed: () => changed().map((entry) => entry.value),
    puts: () =>
      changed().map(({ value, version }) => ({
        kind: 'incident',
        id: value.id,
        value,
        rank: value.activity.lastSeen,
        ifVersion: version,
      })),
  };
}
