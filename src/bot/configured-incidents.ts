import { openRegistry, servingReader } from '../backends/state/registry.ts';
import type { StateStore } from '../backends/state/store.ts';
import type { Config } from '../config/config.ts';
import type { AlertModel } from '../domain/alert/alert-model.ts';
import { DAY, MINUTE } from '../domain/time/units.ts';
import type { Timing } from './incidents/escalation.ts';
import { createIncidents, type Incidents, type IncidentsOptions } from './incidents/incidents.ts';

/** Incidents with the times, rules and model of the configuration. */
export function configuredIncidents(
  config: Config,
  parts: Pick<IncidentsOptions, 'state' | 'chats' | 'metrics' | 'log' | 'wake' | 'fromFile'>,
): Incidents {
  return createIncidents({
    ...parts,
    ...config.incidents,
    flapMs: config.incidents.flapMinutes * MINUTE,
    timing: timingOf(config),
    routes: config.routes,
    shadow: config.bot.shadow,
    keepMs: config.incidents.keepDays * DAY,
    alertModel: alertModelReader(parts.state),
  });
}

/** Reads what was learned from judgements and serves now. */
function alertModelReader(state: StateStore): () => Promise<AlertModel | undefined> {
  const serving = servingReader(openRegistry(state));
  return async () => {
    const tuned = await serving('alerts');
    return tuned?.kind === 'alerts' ? tuned.model : undefined;
  };
}

/** What incidents do by themselves, as configured. */
function timingOf({ incidents, escalation }: Config): Timing {
  const minutes = Object.values(incidents.resolveAfterMinutes);
  return { resolveAfterMs: (severity) => (minutes[severity - 1] ?? 0) * MINUTE, escalation };
}
