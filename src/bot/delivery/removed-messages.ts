import type { Incident } from '../../domain/alert/incident.ts';
import { isMuted } from '../views/incident.ts';
import type { Delivery, Told } from './delivery.ts';

/** What a parent message of these incidents tells, as far as it can be news. */
export function toldOf(incidents: readonly Incident[]): Told {
  const told: Told = { severity: 0, reports: 0, escalated: 0, flaps: 0 };
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
 * When a removed parent message has to be posted anew, epoch ms (at most `now`: at once); undefined while there is nothing to
 * say. What got worse, was escalated or came back is told at once. What only goes on is told at once the first time; when that
 * message is removed too, once the incident has gone on for as long again as it had when it was posted. So somebody who removes it
 * again and again meets it at the age of 10, 20, 40 minutes and so on.
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
  const after = toldOf(incidents);
  if (after.severity > told.severity || after.escalated > told.escalated || after.flaps > told.flaps)
    return now;
  if (after.reports <= told.reports) return undefined;
  if (removed < 2 || postedAt === undefined) return now;
  const began = Math.min(...going.map(({ lifecycle: { openedAt = postedAt } }) => openedAt));
  return postedAt + Math.max(0, postedAt - began);
}
