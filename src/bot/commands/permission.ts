import type { RoleName } from '../../config/incidents.ts';
import { allows, roleOf } from '../chat/roles.ts';
import { auditPut } from '../incidents/audit.ts';
import { sentence } from '../views/replies.ts';
import { actorOf, type Invocation, replyWith, type Services } from './context.ts';

/** Whether the person's role allows it. If not, they get a message, and the refusal is in the audit log. */
export async function permitted(
  services: Services,
  invocation: Invocation,
  needs: RoleName,
  what: string,
): Promise<boolean> {
  const { chat, request, speech } = invocation;
  if (allows(roleOf(request.user, chat.name, services.roles), needs)) return true;
  const entry = { at: Date.now(), what: 'refused', note: what };
  await services.state.commit({ put: [auditPut(actorOf(invocation), entry, services.keepMs)] });
  await replyWith(request, sentence(speech.say['usage.role'](needs)));
  return false;
}

/** Writes to the audit log what was done with something else than an incident; `about` is its id. */
export async function noteDone(
  services: Services,
  invocation: Invocation,
  what: string,
  about: string,
): Promise<void> {
  const entry = { at: Date.now(), what, about };
  await services.state.commit({ put: [auditPut(actorOf(invocation), entry, services.keepMs)] });
}
