import type { Incident } from '../../../domain/alert/incident.ts';
import { isListed, isOpen, needsThread } from '../../../domain/alert/incident.ts';
import type { LiveMessage } from '../../chat/chat.ts';
import { shadowOf } from '../../delivery/routing.ts';
import { readAudit } from '../../incidents/audit.ts';
import { auditView, incidentsView, mutesView, pageView, shadowView } from '../../views/lists.ts';
import { sentence } from '../../views/replies.ts';
import { type CommandInvocation, commandWindow, type Services } from '../context.ts';
import { formOf } from '../table/texts.ts';

const AUDIT_SHOWN = 25;

/**
 * `incidents [mine|resolved|quiet|shadow|all] [service:NAME] [window]`: a list of incidents, by default the open ones, whatever their
 * severity.
 */
export async function incidents(
  services: Services,
  invocation: CommandInvocation,
  live: LiveMessage,
): Promise<void> {
  const { command, request, speech } = invocation;
  const which = command.text || 'open';
  if (which === 'shadow') return shadow(services, invocation, live);
  const window =
    command.windowMs === undefined
      ? await commandWindow(services, invocation)
      : { from: Date.now() - command.windowMs, to: Number.POSITIVE_INFINITY };
  const wanted = command.services?.map((name) => name.toLowerCase());
  const isAbout = (incident: Incident): boolean =>
    !wanted ||
    [incident.service, ...incident.correlation.affected.map(({ service }) => service)].some((name) =>
      wanted.includes(name.toLowerCase()),
    );
  const fits = (incident: Incident): boolean => {
    if (!isAbout(incident)) return false;
    if (window && (incident.activity.lastSeen < window.from || incident.activity.firstSeen >= window.to))
      return false;
    if (!isListed(incident)) return false;
    if (which === 'all') return true;
    if (which === 'quiet') return incident.suppression !== undefined;
    if (which === 'mine') return isOpen(incident) && incident.lifecycle.owner === request.user.name;
    return which === 'resolved' ? incident.lifecycle.state === 'resolved' : isOpen(incident);
  };
  const filtered = which !== 'open' || wanted !== undefined || window !== undefined;
  await live.finish(incidentsView(await services.incidents.find(fits), speech, filtered));
}

/** `incident ID`: its page; in a thread the ID may be left out. */
export async function incident(
  services: Services,
  invocation: CommandInvocation,
  live: LiveMessage,
): Promise<void> {
  const { speech, command } = invocation;
  const { say } = speech;
  const id = command.text || invocation.incident?.id;
  const found = id ? await services.incidents.get(id) : undefined;
  await live.finish(
    found
      ? pageView(found, speech, Date.now(), shadowOf(found))
      : sentence(id ? say['usage.noIncident'](id) : say['usage.incident'](formOf('incident', speech))),
  );
}

/** `mutes`: everything that is muted, and until when. */
export async function mutes(
  services: Services,
  invocation: CommandInvocation,
  live: LiveMessage,
): Promise<void> {
  const now = Date.now();
  const muted = await services.incidents.find((one) => (one.mute?.until ?? 0) > now);
  await live.finish(mutesView(await services.incidents.mutes(), muted, invocation.speech, now));
}

/** `shadow`: what rules in shadow would have posted. */
export async function shadow(
  services: Services,
  invocation: CommandInvocation,
  live: LiveMessage,
): Promise<void> {
  const found = await services.incidents.find((one) => needsThread(one) && shadowOf(one).length > 0);
  const entries = found.map((one) => ({ incident: one, targets: shadowOf(one) }));
  await live.finish(shadowView(entries, invocation.speech));
}

/** `audit [ID]`: who did what, for those who may read it. */
export async function audit(
  services: Services,
  invocation: CommandInvocation,
  live: LiveMessage,
): Promise<void> {
  const id = invocation.command.text || invocation.incident?.id;
  const entries = await readAudit(services.state, { ...(id ? { incident: id } : {}), limit: AUDIT_SHOWN });
  await live.finish(auditView(entries, invocation.speech));
}
