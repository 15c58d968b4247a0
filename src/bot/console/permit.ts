import type { StateStore } from '../../backends/state/store.ts';
import type { Config } from '../../config/config.ts';
import type { RoleName } from '../../config/incidents.ts';
import type { Caller } from '../../domain/question/console-room.ts';
import { DAY } from '../../domain/time/units.ts';
import { CONSOLE_CHANNEL } from '../chat/chat.ts';
import { allows, PROGRAM, roleOf } from '../chat/roles.ts';
import { type Actor, auditPut, HTTP_CALLER } from '../incidents/audit.ts';

/** A caller as the audit log names it. */
export const callerActor = ({ session }: Caller): Actor =>
  session ? { id: session, name: 'console', chat: 'console', channel: CONSOLE_CHANNEL } : HTTP_CALLER;

/**
 * Decides by the same roles as in chats whether an HTTP request is allowed. A session of the page counts as that person in
 * the console, a program as `http`; both belong to `console`. A refusal is written to the audit log. Throws AppError when
 * that cannot be written; then nothing is allowed.
 */
export function createPermit(options: {
  state: Pick<StateStore, 'commit'>;
  roles: Config['roles'];
  keepDays: number;
}): (caller: Caller, needs: RoleName, what: string) => Promise<boolean> {
  const { state, roles, keepDays } = options;
  return async (caller, needs, what) => {
    if (allows(roleOf({ id: caller.session ?? PROGRAM }, 'console', roles), needs)) return true;
    const refused = { at: Date.now(), what: 'refused', note: what };
    await state.commit({ put: [auditPut(callerActor(caller), refused, keepDays * DAY)] });
    return false;
  };
}
