import type { Config } from '../config/config.ts';
import { hookVariable, KNOWN_HOOKS, type Variable } from '../config/environment.ts';
import type { Health } from '../domain/health.ts';

const HOOK_SECRET = 'BONGSU_HOOK_SECRET_';

/**
 * Which hooks take alerts: those that have a secret, and whether an entry or a variable has nothing that belongs to it.
 * @param set the names of the variables that are set
 */
export function hookHealth(
  config: Pick<Config, 'hooks' | 'http'>,
  set: readonly Variable[],
): Record<string, Health> {
  const { senders } = config.hooks;
  const found: Record<string, Health> = {};
  for (const [name, { secret }] of Object.entries(senders))
    if (secret || config.http.token === undefined)
      found[`hook ${name}`] = {
        ok: true,
        kind: 'hook',
        detail: `POST /hooks/${name}, ${secret ? 'with a secret' : 'without a secret, for programs of this machine'}`,
      };
    else
      found[`hook ${name}`] = {
        ok: false,
        kind: 'hook',
        detail: 'has no secret and takes nothing',
        mend: `set ${hookVariable(name)} (16 characters or more), and give the same to the sender`,
      };
  const known = new Set<string>([...KNOWN_HOOKS, ...Object.keys(senders)].map(hookVariable));
  for (const variable of set)
    if (variable.startsWith(HOOK_SECRET) && !known.has(variable))
      found[variable] = {
        ok: false,
        kind: 'hook',
        detail: 'is set, and no hook has this name',
        mend: 'add the hook to hooks.senders, or correct the name of the variable',
      };
  return found;
}
