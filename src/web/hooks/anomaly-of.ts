import { createHash } from 'node:crypto';
import type { AnomalyWire } from '../../domain/alert/anomaly.ts';
import { wordingOf } from '../../domain/alert/wording.ts';
import { cutText } from '../../domain/log/record.ts';
import type { HookAlert } from './hook-alert.ts';
import { hostIn, serviceIn } from './service-label.ts';
import { severityOf } from './words.ts';

const NAME = 300;
const SERVICE = 200;
const EXPLANATION = 4_000;
const KEY = 150;
/** Longer links are not cut: they would lead elsewhere. */
const URL_LENGTH = 2_000;
/** From this severity on an anomaly is critical. */
const CRITICAL = 4;

/** The hook that an alert came by. */
export interface HookSource {
  name: string;
  /** What people see as the source. */
  title: string;
  serviceLabels: readonly string[];
}

const digest = (parts: readonly unknown[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);

/**
 * The anomaly of an alert. Its id is that of the alert's state, so a notification that is repeated is the same anomaly.
 * @param receivedAt epoch milliseconds; no alert began or ended after it
 */
export function anomalyOf(
  alert: HookAlert,
  hook: HookSource,
  receivedAt: number,
): AnomalyWire & { id: string } {
  const over = alert.status === 'resolved';
  const severity = over ? 1 : severityOf(alert.severity);
  const name = cutText(oneLine(alert.name), NAME) || 'alert';
  const key = alert.key.length > KEY ? digest([alert.key]) : alert.key;
  const since = new Date(Math.min(alert.since, receivedAt)).toISOString();
  const until = new Date(Math.max(alert.until ?? receivedAt, Math.min(alert.since, receivedAt)));
  const at = over ? new Date(Math.min(until.getTime(), receivedAt)).toISOString() : since;
  const service = alert.service?.trim() || serviceIn(alert.labels, hook.serviceLabels);
  const host = hostIn(alert.labels);
  return {
    id: `hook/${hook.name}/${digest([alert.key, alert.status, alert.state ?? alert.since])}`,
    anomaly_status: over ? 'normal' : severity >= CRITICAL ? 'critical' : 'warning',
    confidence: 1,
    severity,
    detected_issues: over ? [] : [name],
    explanation: cutText([...new Set(alert.text.map((one) => one.trim()))].join('\n') || name, EXPLANATION),
    ...(service ? { service: cutText(oneLine(service), SERVICE) } : {}),
    ...(host ? { host: cutText(oneLine(host), SERVICE) } : {}),
    detected_at: at,
    window: { from: since, to: at },
    // Alerts of one name are one kind, whatever numbers stand in it.
    template: { id: `alert/${hook.name}/${digest([wordingOf(name) || name]).slice(0, 20)}`, pattern: name },
    detector: over ? 'recovery' : hook.name,
    alert: {
      hook: hook.name,
      key,
      source: hook.title,
      name,
      state: alert.status,
      since,
      ...(alert.url && alert.url.length <= URL_LENGTH ? { url: alert.url } : {}),
      ...(alert.ends ? { ends: true } : {}),
    },
  };
}

const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim();
