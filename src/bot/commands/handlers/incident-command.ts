import { type Incident, needsThread } from '../../../domain/alert/incident.ts';
import type { Mute } from '../../../domain/alert/mute.ts';
import { AppError } from '../../../domain/errors.ts';
import type { Action } from '../../../domain/question/message.ts';
import { allows, roleOf } from '../../chat/roles.ts';
import { shadowOf } from '../../delivery/routing.ts';
import type { RequestedAct } from '../../incidents/actions.ts';
import { entryText } from '../../views/action.ts';
import { nameOf } from '../../views/card/headline.ts';
import { muteText, pageView } from '../../views/lists.ts';
import { menuView } from '../../views/menu.ts';
import { sentence } from '../../views/replies.ts';
import { actorOf, type Invocation, replyWith, type Services } from '../context.ts';
import { type IncidentCommand, readMute } from '../parse/incident-command.ts';
import { permitted } from '../permission.ts';
import { type IncidentCommandName, roleFor } from '../table/table.ts';
import { formOf } from '../table/texts.ts';

const WHAT = {
  ack: 'acknowledged',
  resolve: 'resolved',
  mute: 'muted',
  unmute: 'unmuted',
  assign: 'assigned',
  take: 'assigned',
  reopen: 'reopened',
  'false-alarm': 'false_alarm',
  real: 'real',
} as const satisfies Partial<Record<IncidentCommandName, RequestedAct['what']>>;

/** The commands that the buttons stand for. */
const BUTTONS: Partial<Record<Action['name'], IncidentCommandName>> = {
  acknowledge: 'ack',
  resolve: 'resolve',
  mute: 'mute',
  unmute: 'unmute',
  take: 'take',
  reopen: 'reopen',
  false_alarm: 'false-alarm',
  real: 'real',
  merge: 'merge',
  split: 'split',
};

/** The command that a pressed button means; undefined if it does not act on an incident. */
export function incidentCommandOf(action: Action): IncidentCommand | undefined {
  const name = BUTTONS[action.name];
  if (!name) return undefined;
  return {
    name,
    incident: action.subject,
    ...(name === 'mute' ? readMute(action.value) : {}),
    ...(name === 'merge' ? { into: action.value ?? '' } : {}),
  };
}

/** The outcome as the metrics name it. */
type Outcome = 'ok' | 'usage' | 'forbidden';

const tell = ({ request }: Invocation, text: string, to: 'asker' | 'place' = 'asker'): Promise<void> =>
  replyWith(request, sentence(text), to);

/**
 * Does what a person wants with an incident. The result is posted in its thread. If nothing was done, or the person is not in
 * that thread, they get an answer of their own.
 */
export async function actOnIncident(
  services: Services,
  invocation: Invocation,
  command: IncidentCommand,
): Promise<Outcome> {
  const { incidents } = services;
  const { speech } = invocation;
  const { name, scope, service } = command;
  const namesMute = name === 'unmute' && /^m/.test(command.incident ?? '');
  const mute = namesMute ? await incidents.muteOf(command.incident!) : undefined;
  // A person who may make a mute may also end it.
  const isWide = scope === 'service' || mute?.by === 'service';
  const needs = roleFor(name, isWide ? 'service' : undefined);
  if (!(await permitted(services, invocation, needs, name))) return 'forbidden';
  if (namesMute) return endMute(services, invocation, mute);
  if (name === 'unmute' && service) {
    const all = await incidents.mutes();
    return endMute(
      services,
      invocation,
      all.find((one) => one.by === 'service' && one.service === service),
    );
  }
  if (name === 'mute' && service) return muteWidely(services, invocation, command, { service });
  const id = command.incident ?? invocation.incident?.id;
  if (!id) {
    await tell(invocation, speech.say['usage.incident'](formOf(name, speech)));
    return 'usage';
  }
  const incident = await incidents.get(id);
  if (!incident) return missing(invocation, id);
  if (name === 'merge' || name === 'split') return regroup(services, invocation, command, id);
  if (name === 'mute' && (scope === 'service' || scope === 'template')) {
    const what = { service: incident.service, ...(scope === 'template' ? { incident } : {}) };
    return muteWidely(services, invocation, command, what);
  }
  return change(services, invocation, command, incident);
}

/** Ends a mute that covers more than one incident. */
async function endMute(
  { incidents }: Services,
  invocation: Invocation,
  mute: Mute | undefined,
): Promise<Outcome> {
  const { speech } = invocation;
  const ended = mute && (await incidents.unmute(mute.id, actorOf(invocation)));
  const text = ended ? speech.say['did.unmuteWide'](muteText(ended, speech)) : speech.say['usage.noMute'];
  await tell(invocation, text);
  return ended ? 'ok' : 'usage';
}

/** Mutes a service, or a kind of problem: that of the incident. */
async function muteWidely(
  { incidents }: Services,
  invocation: Invocation,
  { forMs, note }: IncidentCommand,
  what: { service: string; incident?: Incident },
): Promise<Outcome> {
  const { speech } = invocation;
  const mute = await incidents.mute(what, forMs!, actorOf(invocation), note);
  const text = speech.say['did.muteWide'](muteText(mute, speech), speech.time(mute.until));
  await tell(invocation, text, 'place');
  return 'ok';
}

/** Merges an incident into another one, or splits it off. */
async function regroup(
  services: Services,
  invocation: Invocation,
  { name, into }: IncidentCommand,
  id: string,
): Promise<Outcome> {
  const { incidents } = services;
  const { say } = invocation.speech;
  const actor = actorOf(invocation);
  if (name === 'split') {
    if (await incidents.split(id, actor)) return done(services, invocation, id);
    await tell(invocation, say['usage.notMerged']);
    return 'usage';
  }
  if (!(await incidents.get(into!))) return missing(invocation, into!);
  if (await incidents.merge(id, into!, actor)) return done(services, invocation, id);
  await tell(invocation, say['usage.sameIncident']);
  return 'usage';
}

/** Changes the state of one incident. */
async function change(
  services: Services,
  invocation: Invocation,
  command: IncidentCommand,
  before: Incident,
): Promise<Outcome> {
  const { incidents } = services;
  const { speech } = invocation;
  const { say } = speech;
  const { name, scope } = command;
  const mute = name === 'unmute' && before.mute?.id ? await incidents.muteOf(before.mute.id) : undefined;
  if (mute && mute.by === scope) return endMute(services, invocation, mute);
  const { changed, incident } = await incidents.act(
    before.id,
    requestedActOf(invocation, command),
    actorOf(invocation),
  );
  // Notifications of this incident are on again; the mute of all of its kind goes on.
  if (changed && mute)
    await tell(invocation, say['did.muteGoesOn'](muteText(mute, speech), speech.time(mute.until), mute.id));
  if (changed) return done(services, invocation, incident.id);
  await tell(invocation, incident.lifecycle.state === 'resolved' ? say['usage.resolved'] : say['usage.done']);
  return 'usage';
}

function requestedActOf(invocation: Invocation, command: IncidentCommand): RequestedAct {
  const { request, chat } = invocation;
  const what = WHAT[command.name as keyof typeof WHAT];
  const requested: RequestedAct = {
    what,
    ...(command.note ? { note: command.note } : {}),
    ...(command.forMs === undefined ? {} : { forMs: command.forMs }),
  };
  if (what !== 'assigned') return requested;
  // A person mentioned as the platform does it is notified there; any other name is only written down.
  const named = command.person && request.kind === 'command' ? request.people?.[0] : undefined;
  if (named) return { ...requested, to: named.name, mention: [`user:${named.id}`], chat: chat.name };
  return { ...requested, to: command.person ?? request.user.name };
}

/** The result is posted in the thread; a person who acted from elsewhere, or waits for an answer, gets it too. */
async function done(services: Services, invocation: Invocation, id: string): Promise<Outcome> {
  const { request, speech, incident: here } = invocation;
  const pressed = request.kind === 'action';
  if (pressed || (here?.id === id && !request.awaited)) return 'ok';
  const incident = await services.incidents.get(id);
  const entry = incident?.lifecycle.history.at(-1);
  if (incident && entry)
    await tell(invocation, `${nameOf(incident, speech)} #${id}\n${entryText(incident, entry, speech)}`);
  return 'ok';
}

/** If the incident of a button is gone, the router says so; an id that was typed and does not exist is named here. */
async function missing(invocation: Invocation, id: string): Promise<Outcome> {
  if (invocation.request.kind === 'action') throw new AppError('not_found', `no incident ${id}`);
  await tell(invocation, invocation.speech.say['usage.noIncident'](id));
  return 'usage';
}

/** The page of an incident, or the menu of further actions, for the person who pressed the button. */
export async function showIncident(
  services: Services,
  invocation: Invocation,
  id: string,
  what: 'more' | 'show',
): Promise<Outcome> {
  const { incidents, roles } = services;
  const { chat, request, speech } = invocation;
  const incident = await incidents.get(id);
  if (!incident) return missing(invocation, id);
  const now = Date.now();
  const wide = allows(roleOf(request.user, chat.name, roles), 'admin');
  const others =
    what === 'more' ? (await incidents.open()).filter((other) => other.id !== id && needsThread(other)) : [];
  const message =
    what === 'more'
      ? menuView(incident, others, speech, { now, wide })
      : pageView(incident, speech, now, shadowOf(incident));
  await replyWith(request, message);
  return 'ok';
}
