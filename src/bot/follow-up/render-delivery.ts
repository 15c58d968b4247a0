import type { StateStore } from '../../backends/state/store.ts';
import type { Incident } from '../../domain/alert/incident.ts';
import { isMuted } from '../../domain/alert/mute.ts';
import type { Speech } from '../../i18n/format.ts';
import type { Chat } from '../chat/chat.ts';
import type { Render, Rendered } from '../delivery/attempt.ts';
import { type Delivery, isRemoved, routeOf } from '../delivery/delivery.ts';
import { newsAt, shownStateOf } from '../delivery/removed-messages.ts';
import { mentionIn, shadowOf } from '../delivery/routing.ts';
import { actionView } from '../views/action.ts';
import { alertsText } from '../views/card/alerts.ts';
import { incidentView, repostedView, threadTitle } from '../views/incident.ts';
import { stormView } from '../views/lists.ts';
import { sentence } from '../views/replies.ts';

/** Renders deliveries from the incidents as they are now. */
export function createRenderer(
  state: Pick<StateStore, 'get'>,
  spoken: Speech,
  chats: readonly Pick<Chat, 'name' | 'shown'>[],
): Render {
  return async (delivery) => {
    const { content, incidentId } = delivery;
    const chat = chats.find(({ name }) => name === routeOf(delivery).chat);
    const load = async (id: string): Promise<Incident | undefined> => {
      const incident = (await state.get('incident', id))?.value;
      return incident && (chat?.shown?.(incident) ?? incident);
    };
    if (content.kind === 'storm') {
      const all = await Promise.all(content.incidents.map(load));
      return storm(
        delivery,
        all.filter((incident) => incident !== undefined),
        spoken,
      );
    }
    const incident = incidentId ? await load(incidentId) : undefined;
    if (content.kind === 'message') {
      // A message that is there already goes on telling the truth: an edit notifies nobody.
      if (incident && !delivery.ref && isMuted(incident, Date.now())) return undefined;
      return { message: content.message };
    }
    if (!incident) return undefined;
    if (content.kind === 'action') {
      const message = actionView(incident, content.index, spoken, delivery.chat);
      return message && { message };
    }
    if (content.kind === 'joined')
      return incident.correlation.cause && !isMuted(incident, Date.now())
        ? { message: incidentView(incident, spoken, Date.now()) }
        : undefined;
    if (content.kind === 'alert')
      return isMuted(incident, Date.now())
        ? undefined
        : { message: sentence(alertsText({ alerts: { list: [content.alert] } }, spoken)) };
    return parent(delivery, incident, spoken);
  };
}

/** The parent message of an incident's thread. */
function parent(delivery: Delivery, incident: Incident, spoken: Speech): Rendered | undefined {
  // Its cause came before people were notified: there is nothing to say, unless the message may be on the platform already.
  if (incident.correlation.cause && !delivery.ref && delivery.sending === undefined) return undefined;
  const told = {
    mention: mentionIn(incident, delivery),
    // In shadow, the result of the rules is on the console.
    ...(delivery.chat === 'console' ? { shadow: shadowOf(incident) } : {}),
  };
  const message = incidentView(incident, spoken, Date.now(), told);
  return withNews(delivery, [incident], { message, opensThread: threadTitle(incident, spoken) }, spoken);
}

/** A storm message; incidents that joined a cause meanwhile are shown in the thread of the cause. */
function storm(delivery: Delivery, incidents: readonly Incident[], spoken: Speech): Rendered | undefined {
  const told = incidents.filter((incident) => !incident.correlation.cause);
  if (told.length === 0 && !delivery.ref) return undefined;
  return withNews(delivery, told, { message: stormView(told, spoken) }, spoken);
}

/** The message with what it tells; undefined where it was removed on the platform and there is no news. */
function withNews(
  delivery: Delivery,
  about: readonly Incident[],
  shown: Rendered,
  spoken: Speech,
): Rendered | undefined {
  const told = shownStateOf(about);
  if (!delivery.removed) return { ...shown, told };
  // A reader who finds it in its new place has to know that it is not new.
  const message = repostedView(shown.message, delivery.incidentId, spoken);
  if (!isRemoved(delivery) || delivery.sending !== undefined) return { ...shown, message, told };
  const notBefore = newsAt(delivery, about, Date.now());
  return notBefore === undefined ? undefined : { ...shown, message, told, notBefore };
}
