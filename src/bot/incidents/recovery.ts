import type { Put, StateStore } from '../../backends/state/store.ts';
import type { Anomaly } from '../../domain/alert/anomaly.ts';
import { anomalyTime, type Incident, linesOf, plus } from '../../domain/alert/incident.ts';
import { actOn } from '../../domain/alert/incident-actions.ts';
import {
  alertsAfterEnd,
  isFiring,
  isHeld,
  isOneOfMany,
  outsideAlertId,
} from '../../domain/alert/outside-alert.ts';
import { withLines } from '../../domain/alert/tally.ts';
import { auditPut, ITSELF } from './audit.ts';
import { alertPlace, problemOf } from './grouping.ts';
import type { IncidentRepository, UnitOfWork } from './incident-repository.ts';

/** The detector that says that a trouble is over. */
const RECOVERY = 'recovery';
/** The detector that only counts the last lines of a trouble. */
const TALLY = 'tally';

/** What an anomaly that says that all is normal may change, and where the changes go. */
export interface EndingOptions {
  state: Pick<StateStore, 'get'>;
  unit: UnitOfWork;
  /** Gets the replies that say so, by id. */
  replies: Map<string, Put>;
  repository: Pick<IncidentRepository, 'tell' | 'replies'>;
  windowMs: number;
  keepMs: number;
  /** Wall clock, epoch ms. */
  now: number;
}

/** Takes in an anomaly that says that all is normal: the end of a trouble, its last lines, or nothing. */
export async function takeNormal(anomaly: Anomaly, options: EndingOptions): Promise<void> {
  if (anomaly.detector === TALLY) await tally(anomaly, options);
  else if (anomaly.detector === RECOVERY && anomaly.alert) await endAlert(anomaly, anomaly.alert, options);
  else if (anomaly.detector === RECOVERY) await recover(anomaly, options);
}

/** Lines of the latest incident of a trouble that no anomaly told. It is no news: nothing opens, goes on or is said. */
async function tally(anomaly: Anomaly, { state, unit, windowMs }: EndingOptions): Promise<void> {
  const latest = await state.get('problem', problemOf(anomaly));
  const incident = latest && (await unit.load(latest.value.id));
  const from = Date.parse(anomaly.window?.from ?? anomaly.detected_at);
  if (!incident || from > incident.activity.lastSeen + windowMs) return;
  unit.keep(withLines(incident, anomaly));
  const { cause } = incident.correlation;
  const root = cause && (await unit.load(cause.id));
  if (root) unit.keep(withLines(root, anomaly));
}

/**
 * The trouble is over: its open incident is resolved, unless an alert of another system still fires. Nothing opens, and nobody is
 * alerted.
 */
async function recover(anomaly: Anomaly, options: EndingOptions): Promise<void> {
  const { state, unit, now } = options;
  const latest = await state.get('problem', problemOf(anomaly));
  const before = latest && (await unit.load(latest.value.id));
  const ended = anomalyTime(anomaly);
  if (!before || before.lifecycle.state === 'resolved' || !isEndOf(before, anomaly)) return;
  const waitedMs = Math.max(0, ended - before.activity.lastSeen);
  // The lines since the last anomaly, and the last of them.
  const lines = plus(before.activity.lines, linesOf(anomaly));
  const lastSeen = Math.max(before.activity.lastSeen, ended);
  const activity = { ...before.activity, ...(lines === undefined ? {} : { lines }), lastSeen };
  const incident = { ...before, activity };
  const { alerts } = before;
  if (alerts?.logs && isFiring(before))
    unit.keep({ ...incident, alerts: { ...alerts, logs: { ...alerts.logs, over: true } } });
  else resolve(incident, before.fromFile ? ended : now, waitedMs, options);
}

/** An alert of another system is over: its open incident is resolved, unless something else holds it open. */
async function endAlert(
  anomaly: Anomaly,
  alert: NonNullable<Anomaly['alert']>,
  options: EndingOptions,
): Promise<void> {
  const { state, unit, now } = options;
  const place = await state.get('problem', alertPlace(alert));
  const before = place && (await unit.load(place.value.id));
  const ended = anomalyTime(anomaly);
  const alerts = before && alertsAfterEnd(before.alerts, alert, ended);
  if (!before || !alerts) return;
  const lastSeen = Math.max(before.activity.lastSeen, ended);
  const incident = { ...before, alerts, activity: { ...before.activity, lastSeen } };
  if (before.lifecycle.state === 'resolved') unit.keep(incident);
  else if (isHeld(alerts)) {
    unit.keep(incident);
    for (const put of tellAlert(incident, alert, options.repository, now)) options.replies.set(put.id, put);
  } else resolve(incident, now, Math.max(0, ended - before.activity.lastSeen), options);
}

/**
 * A reply that an alert of another system joined the incident, or is over, while it goes on. Where others of the same name fire
 * nothing is new.
 * @param now epoch ms
 */
export function tellAlert(
  incident: Incident,
  alert: NonNullable<Anomaly['alert']>,
  repository: Pick<IncidentRepository, 'replies'>,
  now: number,
): Put[] {
  const list = incident.alerts?.list ?? [];
  const found = list.find(({ id }) => id === outsideAlertId(alert));
  // A consequence is told of in the thread of its cause.
  if (!found || incident.correlation.cause || isOneOfMany(list, found)) return [];
  const { url: _url, ...told } = found;
  const state = `${alertPlace(alert)}/${told.until ?? told.since}/${told.until === undefined ? 'on' : 'over'}`;
  return repository.replies(incident, state, { kind: 'alert', alert: told }, now);
}

/** Resolves an incident, and says so in its threads and in the audit log. */
function resolve(
  incident: Incident,
  at: number,
  waitedMs: number,
  { unit, replies, repository, keepMs, now }: EndingOptions,
): void {
  const after = actOn(incident, { what: 'recovered', who: 'bongsu', at, waitedMs });
  unit.keep(after);
  // A consequence is told of in the thread of its cause.
  for (const put of after.correlation.cause ? [] : repository.tell(after, now)) replies.set(put.id, put);
  const audit = auditPut(ITSELF, { at: now, what: 'recovered', incident: after.id }, keepMs);
  replies.set(audit.id, audit);
}

/**
 * Whether it says when the trouble that it ends began and ended, and that is this one: another producer may use the same words for
 * something else. What it speaks of may also be older than the latest trouble.
 */
function isEndOf({ activity, alerts }: Incident, { window }: Anomaly): boolean {
  if (!window) return false;
  // Of an incident with alerts of other systems, what the logs told of it.
  const { first, last } = alerts?.logs ?? { first: activity.firstSeen, last: activity.lastSeen };
  const from = Date.parse(window.from);
  return from >= first && from <= last && Date.parse(window.to) >= last;
}
