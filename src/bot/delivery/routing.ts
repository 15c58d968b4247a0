import type { Incident } from '../../domain/alert/incident.ts';
import { judge, type Route, type Target, targetsFor } from '../../domain/alert/route.ts';
import type { AlertPlace, Delivery } from './delivery.ts';

type Chats = readonly { name: string; alertChannel: string }[];

/** Where the rules send an incident as it is now. @param now epoch ms, for rules with hours */
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

/** Keeps the targets from before and adds those of now: an incident that got worse may go to more channels. */
export function moreTargets(before: readonly Target[] = [], now: readonly Target[]): Target[] {
  const out = new Map(before.map((target) => [`${target.chat}/${target.channel}`, target]));
  for (const target of now) {
    const key = `${target.chat}/${target.channel}`;
    const known = out.get(key);
    if (!known || (known.shadow && !target.shadow) || (target.warnings && !known.warnings))
      out.set(key, target);
  }
  return [...out.values()];
}

/** The channels an incident is posted in, without those of chats that are not configured (any more). */
export function placesOf(incident: Incident, chats: Chats): AlertPlace[] {
  if (!incident.routing?.targets) return chats.map(({ name, alertChannel }) => ({ name, alertChannel }));
  return incident.routing?.targets.flatMap((target): AlertPlace[] => {
    const chat = chats.find(({ name }) => name === target.chat);
    if (!chat || target.shadow) return [];
    const place = { name: chat.name, ...(target.warnings ? { warnings: true } : {}) };
    if (target.channel === chat.alertChannel) return [{ ...place, alertChannel: chat.alertChannel }];
    return [{ ...place, alertChannel: target.channel, slot: target.channel }];
  });
}

/** Who is mentioned in the parent message of this delivery. */
export const mentionIn = (incident: Incident, delivery: Pick<Delivery, 'chat' | 'channel' | 'slot'>) =>
  incident.routing?.targets?.find(
    ({ chat, channel }) => chat === delivery.chat && channel === (delivery.slot ?? delivery.channel),
  )?.mention;

/** Where it would have been posted if the rules were not only tried out (shadow). */
export const shadowOf = (incident: Incident): Target[] =>
  incident.routing?.targets?.filter((target) => target.shadow) ?? [];
