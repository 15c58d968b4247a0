import type { Incident } from '../../src/domain/alert/incident.ts';

/** Changes of an incident; of its groups (`lifecycle`, `activity`…) only what is named. */
export type Changes = {
  [K in keyof Incident]?: Incident[K] extends readonly unknown[] ? Incident[K] : Partial<Incident[K]>;
};

/** The incident with these changes. */
export function changed(incident: Incident, changes: Changes): Incident {
  const merged = Object.entries(changes).map(([name, value]) => {
    const before = incident[name as keyof Incident];
    const isGroup = typeof value === 'object' && !Array.isArray(value) && typeof before === 'object';
    return [name, isGroup ? { ...before, ...value } : value];
  });
  return { ...incident, ...Object.fromEntries(merged) };
}
