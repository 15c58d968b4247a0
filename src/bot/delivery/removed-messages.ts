import type { Incident } from '../../domain/alert/incident.ts';
import { isMuted } from '../../domain/alert/mute.ts';
import type { Delivery, ShownState } from './delivery.ts';

/** The state of these incidents in a parent message, as far as it can be news. */
export function shownStateOf(incidents: readonly Incident[]): ShownState {
  const told: ShownState = { severity: 0, reports: 0, escalated: 0, flaps: 0 };
  for (const incident of incidents) {
    told.severity = Math.max(told.severity, incident.severity);
    told.reports +=
      incident.activity.count + incident.correlation.affected.reduce((sum, { count }) => sum + count, 0);
    told.escalated += incident.escalation?.steps ?? 0;
    told.flaps += incident.lifecycle.flaps ?? 0;
  }
  return told;
}

/**
 * When (epoch ms) to post a removed parent message again; at most `now` means at once, undefined that there is no news.
 * An incident that got worse, was escalated or came back is posted at once. One that only goes on is posted at once the
 * first time. If that message is removed too, it is posted when the incident has lasted twice as long as it had when the
 * message was posted: to somebody who removes it again and again it comes back after 10, 20, 40 minutes and so on.
 */
export function newsAt(
  { told, removed = 1, postedAt }: Pick<Delivery, 'told' | 'removed' | 'postedAt'>,
  incidents: readonly Incident[],
  now: number,
): number | undefined {
  const going = incidents.filter(
    (incident) =>
      incident.lifecycle.state !== 'resolved' && !incident.correlation.cause && !isMuted(incident, now),
  );
  if (going.length === 0) return undefined;
  if (!told) return now;
  const after = shownStateOf(incidents);
  if (after.severity > told.severity || after.escalated > told.escalated || after.flaps > told.flaps)
    return now;
  if (after.reports <= told.reports) return undefined;
  if (removed < 2 || postedAt === undefined) return now;
  const began = Math.min(...going.map(({ lifecycle: { openedAt = postedAt } }) => openedAt));
  return postedAt + Math.max(0, postedAt - began);
}
