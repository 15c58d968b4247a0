import type { Incident } from '../../domain/alert/incident.ts';
import { judge, type Route, type Target, targetsFor } from '../../domain/alert/route.ts';
import type { AlertPlace, Delivery } from './delivery.ts';

type Chats = readonly { name: string; alertChannel: string }[];

/** Where an incident goes by the rules as it is now (`now`: epoch ms, for rules with hours). */
export function targetsOf(
  incident: Incident,
  rules: { routes: readonly Route[]; chats: Chats; shadow: boolean },
  now: number,
): Target[] {
  const { service, severity, anomalyStatus: status } = incident;
  const texts = [
    incident.title,
    ...incident.issues,
    incident.explanation,
    incident.identity.template?.pattern ?? '',
    ...incident.sampleLines,
  ];
  return targetsFor(
    judge(rules.routes, { service, severity, status, texts }, now),
    rules.chats,
    rules.shadow,
  );
}

/** What was decided before stays; what an incident that got worse is told of besides is added. */
export function moreTargets(before: readonly Target[] = [], now: readonly Target[]): Target[] {
  const out = new Map(before.map((target) => [`${target.chat}/${target.channel}`, target]));
  for (const target of now) {
    const key = `${target.chat}/${target.channel}`;
    const known = out.get(key);
    if (!known || (known.shadow && !target.shadow)) out.set(key, target);
  }
  return [...out.values()];
}

/** The channels an incident is told of in; chats that are not configured (any more) are left out. */
export function placesOf(incident: Incident, chats: Chats): AlertPlace[] {
  if (!incident.routing?.targets) return chats.map(({ name, alertChannel }) => ({ name, alertChannel }));
  return incident.routing?.targets.flatMap((target): AlertPlace[] => {
    const chat = chats.find(({ name }) => name === target.chat);
    if (!chat || target.shadow) return [];
    if (target.channel === chat.alertChannel) return [{ name: chat.name, alertChannel: chat.alertChannel }];
    return [{ name: chat.name, alertChannel: target.channel, slot: target.channel }];
  });
}

/** Whom the parent message calls in the place of a delivery. */
export const mentionIn = (incident: Incident, delivery: Pick<Delivery, 'chat' | 'channel' | 'slot'>) =>
  incident.routing?.targets?.find(
    ({ chat, channel }) => chat === delivery.chat && channel === (delivery.slot ?? delivery.channel),
  )?.mention;

/** Where it would have been posted if no rule were in shadow. */
export const shadowOf = (incident: Incident): Target[] =>
  incident.routing?.targets?.filter((target) => target.shadow) ?? [];
