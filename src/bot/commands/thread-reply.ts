import type { Incident } from '../../domain/alert/incident.ts';
import type { Message } from '../../domain/question/message.ts';
import { SECOND } from '../../domain/time/units.ts';
import type { LiveMessage } from '../chat/chat.ts';
import { liveMessage } from '../chat/live-message.ts';
import { loadDelivery, parentId } from '../delivery/delivery.ts';
import { placesOf } from '../delivery/routing.ts';
import type { Invocation, Services } from './context.ts';

/** Time between two edits, where the platform says nothing about its pace. */
const EDIT_EVERY_MS = SECOND;

/** The answer to a button of an incident: it goes into the incident's thread, wherever the button was pressed. */
export async function replyInThread(
  services: Services,
  { chat, request }: Invocation,
  incident: Incident,
  first: Message,
): Promise<LiveMessage> {
  const { state, log, signal } = services;
  const places = placesOf(incident, [chat]);
  const here = places.find(({ alertChannel }) => alertChannel === request.place.channel) ?? places[0];
  const id = here && parentId(chat.name, incident.id, here.slot);
  const parent = id && (await loadDelivery(state, id));
  const ref = parent ? parent.value.ref : undefined;
  if (!ref?.thread || request.place.thread === ref.thread) return request.reply(first, 'place');
  const posted = await chat.post({ channel: ref.channel, thread: ref.thread }, first, {
    nonce: `answer/${request.id}`,
  });
  return liveMessage({
    ref: posted,
    intervalMs: chat.pace ? SECOND / chat.pace.perSecond : EDIT_EVERY_MS,
    log,
    signal,
    edit: (message) => chat.edit(posted, message),
  });
}
