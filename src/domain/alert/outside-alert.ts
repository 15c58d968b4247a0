import type { AnomalyWire } from './anomaly.ts';

/** An alert of another system as a hook took it in: the wire field `alert` of an anomaly. */
type WireAlert = NonNullable<AnomalyWire['alert']>;

/** An alert of another system that an incident has. Times are epoch milliseconds. */
export interface OutsideAlert {
  /** The hook it came by and its key there: the same for each of its notifications. */
  id: string;
  /** The system that says so, by the name that people know: `Alertmanager`. */
  source: string;
  name: string;
  since: number;
  /** Absent: it is firing. */
  until?: number;
  url?: string;
  /** Its sender tells when it is over. An alert without this keeps no incident open. */
  ends?: true;
}

/** The alerts of other systems that an incident has, beside what the logs say. */
export interface OutsideAlerts {
  list: OutsideAlert[];
  /** The trouble in the logs, if they show any; `over` once it ended there while an alert goes on firing. */
  logs?: { first: number; last: number; over?: true };
}

const KEPT = 50;

/** The identity of an alert, over all of its notifications. */
export const outsideAlertId = ({ hook, key }: Pick<WireAlert, 'hook' | 'key'>): string => `${hook}/${key}`;

function asOutsideAlert(alert: WireAlert): OutsideAlert {
  const { source, name, since, url, ends } = alert;
  return {
    id: outsideAlertId(alert),
    source,
    name,
    since: Date.parse(since),
    ...(url ? { url } : {}),
    ...(ends ? { ends } : {}),
  };
}

/** Those that go on and whose end will be told. */
const holding = ({ list }: OutsideAlerts): OutsideAlert[] =>
  list.filter(({ until, ends }) => until === undefined && ends);

/** Whether an alert of another system is firing that will be told to be over: until then its incident is not. */
export const isFiring = ({ alerts }: { alerts?: OutsideAlerts }): boolean =>
  alerts !== undefined && holding(alerts).length > 0;

/** Whether anything still holds the incident open: an alert that fires, or the trouble in the logs. */
export const isHeld = (alerts: OutsideAlerts): boolean =>
  holding(alerts).length > 0 || (alerts.logs !== undefined && !alerts.logs.over);

/** Whether another alert of the same name fires, such as that of another instance. */
export const isOneOfMany = (list: readonly OutsideAlert[], alert: OutsideAlert): boolean =>
  list.some(
    ({ id, source, name, until }) =>
      id !== alert.id && source === alert.source && name === alert.name && until === undefined,
  );

/** Whether the incident has alerts of other systems and nothing of the logs yet. */
export const isOfAlertsOnly = ({ alerts }: { alerts?: OutsideAlerts }): boolean =>
  alerts !== undefined && alerts.logs === undefined;

/**
 * The alerts of an incident after an anomaly joined it; undefined as long as there are none.
 * @param seen the first and last time of the incident before, epoch ms; absent for a new incident
 */
export function alertsWith(
  known: OutsideAlerts | undefined,
  anomaly: Pick<AnomalyWire, 'alert' | 'window'>,
  at: number,
  seen?: { firstSeen: number; lastSeen: number },
): OutsideAlerts | undefined {
  const { alert, window } = anomaly;
  if (alert) {
    const logs = known ? known.logs : seen && { first: seen.firstSeen, last: seen.lastSeen };
    return { list: placed(known?.list ?? [], asOutsideAlert(alert)), ...(logs ? { logs } : {}) };
  }
  if (!known) return undefined;
  const from = window ? Date.parse(window.from) : at;
  const { first = from, last = at } = known.logs ?? {};
  return { list: known.list, logs: { first: Math.min(first, from), last: Math.max(last, at) } };
}

/** With the alert in place of its earlier state. Where there is no room, one that is over makes it. */
function placed(list: readonly OutsideAlert[], alert: OutsideAlert): OutsideAlert[] {
  const others = list.filter(({ id }) => id !== alert.id);
  if (others.length >= KEPT) {
    const over = others.findIndex(({ until }) => until !== undefined);
    others.splice(Math.max(0, over), 1);
  }
  return [...others, alert];
}

/** The alerts after one of them ended; undefined where it is not known, is over already, or began anew since then. */
export function alertsAfterEnd(
  alerts: OutsideAlerts | undefined,
  ended: WireAlert,
  at: number,
): OutsideAlerts | undefined {
  const id = outsideAlertId(ended);
  const known = alerts?.list.find((alert) => alert.id === id);
  if (!alerts || !known || known.until !== undefined || Date.parse(ended.since) < known.since)
    return undefined;
  return { ...alerts, list: placed(alerts.list, { ...known, until: Math.max(at, known.since) }) };
}
