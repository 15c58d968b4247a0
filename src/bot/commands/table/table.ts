import type { RoleName } from '../../../config/incidents.ts';
import { INCIDENT_COMMANDS } from './incident-commands.ts';
import { MAIN_COMMANDS } from './main-commands.ts';
import type { CommandSpec } from './spec.ts';

/** Every command, in the order of menus. */
export const TABLE = [...MAIN_COMMANDS, ...INCIDENT_COMMANDS] as const;

type Entry = (typeof TABLE)[number];
/** A command that acts on an incident. */
export type IncidentCommandName = Extract<Entry, { group: 'act' }>['name'];
/** A command that answers a question or lists something. */
export type CommandName = Exclude<Entry['name'], IncidentCommandName>;

const BY_NAME = new Map<string, CommandSpec>(TABLE.map((spec) => [spec.name, spec]));

export function specOf(name: CommandName | IncidentCommandName): CommandSpec {
  return BY_NAME.get(name)!;
}
/** The same for a name from outside; undefined where there is no such command. */
export const findSpec = (name: string): CommandSpec | undefined => BY_NAME.get(name);

/** Every word that names a command of these groups, in lower case. */
export const namesOf = <N extends string>(...groups: CommandSpec['group'][]): ReadonlyMap<string, N> =>
  new Map(
    TABLE.filter(({ group }) => groups.includes(group)).flatMap(({ name, ko, aliases }) =>
      [name, ko, ...aliases].map((word): [string, N] => [word, name as string as N]),
    ),
  );

/** The least role for a command as it was given: `given` is the choice or the argument that it was given with. */
export function roleFor(name: CommandName | IncidentCommandName, given?: string): RoleName {
  const spec = specOf(name);
  const found = spec.arguments
    .flatMap((argument): { value: string; role?: RoleName }[] => [
      { value: argument.name, role: argument.role },
      ...(argument.choices ?? []),
    ])
    .find(({ value, role }) => value === given && role);
  return found?.role ?? spec.role;
}
