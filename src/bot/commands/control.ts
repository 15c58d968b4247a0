import type { RoleName } from '../../config/incidents.ts';
import type { Incident } from '../../domain/alert/incident.ts';
import type { Mute } from '../../domain/alert/mute.ts';
import { AppError } from '../../domain/errors.ts';
import type { Action } from '../../domain/question/message.ts';
import type { Speech } from '../../i18n/format.ts';
import type { Chat, ChatRequest } from '../chat/chat.ts';
import { shadowOf } from '../delivery/routing.ts';
import type { RequestedAct } from '../incidents/actions.ts';
import { auditPut } from '../incidents/audit.ts';
import { allows, roleOf } from '../incidents/roles.ts';
import { entryText } from '../views/action.ts';
import { nameOf } from '../views/incident.ts';
import { muteText, pageView } from '../views/lists.ts';
import { menuView } from '../views/menu.ts';
import { sentence } from '../views/replies.ts';
import { actorOf, type Services } from './context.ts';
import { type Control, type ControlMistake, type ControlName, readMute } from './parse-control.ts';

/** Somebody wants something of incidents. */
export interface Wish {
  chat: Chat;
  request: ChatRequest;
  speech: Speech;
  /** The incident in whose thread it is said or pressed. */
  here?: Incident;
}

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
} as const satisfies Partial<Record<ControlName, RequestedAct['what']>>;

/** Pressed buttons that are controls, as what would have been typed. */
const BUTTONS: Partial<Record<Action['name'], ControlName>> = {
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

/** A pressed button as a control; undefined where it is none. */
export function controlOf(action: Action): Control | undefined {
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

/** Tells whoever asked one thing, and nobody else. */
async function tell({ request }: Wish, text: string, to: 'asker' | 'place' = 'asker'): Promise<void> {
  const message = sentence(text);
  await (await request.reply(message, to)).finish(message);
}

export async function mistaken(wish: Wish, mistake: ControlMistake): Promise<Outcome> {
  const { say } = wish.speech;
  const { wrong, control, word } = mistake;
  await tell(
    wish,
    wrong === 'duration' ? say['usage.duration'](word) : say['usage.control'](say[`control.${control}`]),
  );
  return 'usage';
}

/** Whether a role allows it; who may not is told, and it is noted. */
export async function permitted(
  services: Services,
  wish: Wish,
  needs: RoleName,
  what: string,
): Promise<boolean> {
  const { chat, request, speech } = wish;
  if (allows(roleOf(request.user, chat.name, services.roles), needs)) return true;
  const put = auditPut(
    actorOf(chat, request),
    { at: Date.now(), what: 'refused', note: what },
    services.keepMs,
  );
  await services.state.commit({ put: [put] });
  await tell(wish, speech.say['usage.role'](needs));
  return false;
}

/**
 * Does what a person wants with an incident. Its thread tells what was done; only they are told what was not, or what
 * happened in a thread they are not in.
 */
export async function control(services: Services, wish: Wish, wanted: Control): Promise<Outcome> {
  const { incidents } = services;
  const { request, speech } = wish;
  const { say } = speech;
  const isMuteId = wanted.name === 'unmute' && /^m/.test(wanted.incident ?? '');
  const ending = isMuteId ? await incidents.muteOf(wanted.incident!) : undefined;
  // Whoever may make a mute may end it.
  const wide = wanted.scope === 'service' || ending?.by === 'service';
  if (!(await permitted(services, wish, wide ? 'admin' : 'responder', wanted.name))) return 'forbidden';
  const actor = actorOf(wish.chat, request);

  const unmuted = async (mute: Mute | undefined): Promise<Outcome> => {
    const ended = mute && (await incidents.unmute(mute.id, actor));
    await tell(wish, ended ? say['did.unmuteWide'](muteText(ended, speech)) : say['usage.noMute']);
    return ended ? 'ok' : 'usage';
  };
  if (isMuteId) return unmuted(ending);
  if (wanted.name === 'unmute' && wanted.service)
    return unmuted(
      (await incidents.mutes()).find(({ by, service }) => by === 'service' && service === wanted.service),
    );
  const muted = async (what: { service: string; incident?: Incident }): Promise<Outcome> => {
    const mute = await incidents.mute(what, wanted.forMs!, actor, wanted.note);
    await tell(wish, say['did.muteWide'](muteText(mute, speech), speech.time(mute.until)), 'place');
    return 'ok';
  };
  if (wanted.name === 'mute' && wanted.service) return muted({ service: wanted.service });

  const id = wanted.incident ?? wish.here?.id;
  if (!id) {
    await tell(wish, say['usage.incident'](say[`control.${wanted.name}`]));
    return 'usage';
  }
  const before = await incidents.get(id);
  if (!before) return missing(wish, id);
  switch (wanted.name) {
    case 'merge': {
      if (!(await incidents.get(wanted.into!))) return missing(wish, wanted.into!);
      if (await incidents.merge(id, wanted.into!, actor)) return done(services, wish, id);
      await tell(wish, say['usage.sameIncident']);
      return 'usage';
    }
    case 'split': {
      if (await incidents.split(id, actor)) return done(services, wish, id);
      await tell(wish, say['usage.notMerged']);
      return 'usage';
    }
    case 'mute':
      if (wanted.scope === 'service') return muted({ service: before.service });
      if (wanted.scope === 'template') return muted({ service: before.service, incident: before });
      break;
  }
  const goesOn =
    wanted.name === 'unmute' && before.mute?.id ? await incidents.muteOf(before.mute?.id) : undefined;
  if (goesOn && goesOn.by === wanted.scope) return unmuted(goesOn);
  const { changed, incident } = await incidents.act(id, requestedActOf(wish, wanted), actor);
  // This one is heard again; what silences all of its kind is not ended from here.
  if (changed && goesOn)
    await tell(wish, say['did.muteGoesOn'](muteText(goesOn, speech), speech.time(goesOn.until), goesOn.id));
  if (changed) return done(services, wish, incident.id);
  await tell(wish, incident.lifecycle.state === 'resolved' ? say['usage.resolved'] : say['usage.done']);
  return 'usage';
}

function requestedActOf(wish: Wish, wanted: Control): RequestedAct {
  const { request, chat } = wish;
  const what = WHAT[wanted.name as keyof typeof WHAT];
  const requested: RequestedAct = {
    what,
    ...(wanted.note ? { note: wanted.note } : {}),
    ...(wanted.forMs === undefined ? {} : { forMs: wanted.forMs }),
  };
  if (what !== 'assigned') return requested;
  // A person named the platform's way is called there; any other name is only written down.
  const named = wanted.person && request.kind === 'command' ? request.people?.[0] : undefined;
  if (named) return { ...requested, to: named.name, mention: [`user:${named.id}`], chat: chat.name };
  return { ...requested, to: wanted.person ?? request.user.name };
}

/** The thread tells it; whoever acted from elsewhere, or is waiting for an answer, is told as well. */
async function done(services: Services, wish: Wish, id: string): Promise<Outcome> {
  const { request, speech, here } = wish;
  const pressed = request.kind === 'action';
  if (pressed || (here?.id === id && !request.awaited)) return 'ok';
  const incident = await services.incidents.get(id);
  const entry = incident?.lifecycle.history.at(-1);
  if (incident && entry)
    await tell(wish, `${nameOf(incident, speech)} #${id}\n${entryText(incident, entry, speech)}`);
  return 'ok';
}

/** A pressed button that outlived its incident is told of by the router; a typed id that is none is named. */
async function missing(wish: Wish, id: string): Promise<Outcome> {
  if (wish.request.kind === 'action') throw new AppError('not_found', `no incident ${id}`);
  await tell(wish, wish.speech.say['usage.noIncident'](id));
  return 'usage';
}

/** The page of an incident, or what more can be done with it, for whoever pressed the button. */
export async function showIncident(
  services: Services,
  wish: Wish,
  id: string,
  what: 'more' | 'show',
): Promise<Outcome> {
  const { incidents, roles } = services;
  const { chat, request, speech } = wish;
  const incident = await incidents.get(id);
  if (!incident) return missing(wish, id);
  const now = Date.now();
  const wide = allows(roleOf(request.user, chat.name, roles), 'admin');
  const others =
    what === 'more'
      ? (await incidents.open()).filter((other) => other.id !== id && !other.correlation.cause)
      : [];
  const message =
    what === 'more'
      ? menuView(incident, others, speech, { now, wide })
      : pageView(incident, speech, now, shadowOf(incident));
  await (await request.reply(message, 'asker')).finish(message);
  return 'ok';
}

/** Notes in the audit log what is done with something else than an incident: `about` is its id. */
export async function noteDone(services: Services, wish: Wish, what: string, about: string): Promise<void> {
  const entry = { at: Date.now(), what, about };
  await services.state.commit({ put: [auditPut(actorOf(wish.chat, wish.request), entry, services.keepMs)] });
}
