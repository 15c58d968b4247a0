import type { Config } from '../../config/config.ts';
import { ROLE_NAMES, type RoleName } from '../../config/incidents.ts';

/** What a person may do, by the ids the configuration lists (`slack`, `discord`, `console` stand for everyone there). */
export function roleOf(user: { id: string }, chat: string, roles: Config['roles']): RoleName {
  const listed = (ids: readonly string[]): boolean => ids.includes(user.id) || ids.includes(chat);
  // By name first: a whole chat may be read-only but for some.
  for (const fits of [(ids: readonly string[]) => ids.includes(user.id), listed])
    for (const role of [...ROLE_NAMES].reverse()) if (fits(roles[role])) return role;
  return roles.admin.length + roles.responder.length === 0 ? 'admin' : 'viewer';
}

/** The id of whoever calls the HTTP interface without a session of the page; where it is not listed, it is one of the console's. */
export const PROGRAM = 'http';

export const allows = (has: RoleName, needs: RoleName): boolean =>
  ROLE_NAMES.indexOf(has) >= ROLE_NAMES.indexOf(needs);
