import { z } from 'zod';
import { type HookAlert, type HookReader, labelsOf, name, readWith, text, time } from '../hook-alert.ts';

const BEGINS = new Set(['Create']);
const ENDS = new Set(['Close', 'Delete']);

const envelope = z.looseObject({ action: z.string() });
const body = z.looseObject({
  action: z.string(),
  alert: z.looseObject({
    alertId: name,
    message: text,
    description: text,
    createdAt: time.optional().catch(undefined),
    updatedAt: time.optional().catch(undefined),
    priority: text,
    entity: text,
    details: z.record(z.string(), z.unknown()).optional().catch(undefined),
  }),
});

function alertOf({ action, alert }: z.output<typeof body>, receivedAt: number): HookAlert {
  const over = ENDS.has(action);
  const until = alert.updatedAt ?? receivedAt;
  return {
    key: alert.alertId,
    name: alert.message || 'alert',
    status: over ? 'resolved' : 'firing',
    since: alert.createdAt ?? (over ? until : receivedAt),
    ...(over ? { until } : {}),
    // An alert is created once and closed once: its id and the action tell its states apart.
    state: action,
    text: [alert.message, alert.description].filter((one) => one !== undefined && one !== '') as string[],
    severity: alert.priority,
    ...(alert.entity ? { service: alert.entity } : {}),
    labels: labelsOf(alert.details),
    ends: true,
  };
}

/** Opsgenie's outgoing webhooks. Actions on an alert that neither begin nor end it change nothing here. */
export const readOpsgenie: HookReader = ({ payload, receivedAt }) => {
  const read = envelope.safeParse(payload);
  if (!read.success) return readWith(envelope, payload, '', () => undefined);
  const { action } = read.data;
  if (!BEGINS.has(action) && !ENDS.has(action)) return [];
  return readWith(body, payload, '', (given) => alertOf(given, receivedAt));
};
