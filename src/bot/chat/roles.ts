import type { Config } from '../../config/config.ts';
import { ROLE_NAMES, type RoleName } from '../../config/incidents.ts';

/** The role of a person, by the ids in the configuration (`slack`, `discord`, `console` stand for everyone there). */
export function roleOf(user: { id: string }, chat: string, roles: Config['roles']): RoleName {
  const listed = (ids: readonly string[]): boolean => ids.includes(user.id) || ids.includes(chat);
  // The person's own id first: a chat may be read-only for all but some people.
  for (const fits of [(ids: readonly string[]) => ids.includes(user.id), listed])
    for (const role of [...ROLE_NAMES].reverse()) if (fits(roles[role])) return role;
  return roles.admin.length + roles.responder.length === 0 ? 'admin' : 'viewer';
}

/** The id of programs that call the HTTP interface without a session; where it is not listed, the console's roles hold. */
export const PROGRAM = 'http';

export const allows = (has: RoleName, needs: RoleName): boolean =>
  ROLE_NAMES.indexOf(has) >= ROLE_NAMES.indexOf(needs);
