import { z } from 'zod';
import {
  type HookAlert,
  type HookRead,
  type HookReader,
  labelsOf,
  readWith,
  text,
  time,
} from '../hook-alert.ts';

const group = z.looseObject({ alerts: z.array(z.unknown()) });

const labels = z.record(z.string(), z.unknown());
const alert = z.looseObject({
  status: z.enum(['firing', 'resolved']),
  labels,
  annotations: labels.optional().catch(undefined),
  startsAt: time,
  endsAt: time.optional().catch(undefined),
  fingerprint: text,
  generatorURL: text,
  // Only Grafana has these.
  dashboardURL: text,
  panelURL: text,
});

/** Which of several labels says it, in this order. */
const said = (labels: ReadonlyMap<string, string>, names: string[]): string[] =>
  names.flatMap((name) => labels.get(name) ?? []);

function alertOf(given: z.output<typeof alert>): HookAlert {
  const labels = labelsOf(given.labels);
  const notes = labelsOf(given.annotations);
  const pairs = [...labels].sort(([a], [b]) => (a < b ? -1 : 1));
  const url = [given.panelURL, given.dashboardURL, given.generatorURL].find((link) => link);
  return {
    key: given.fingerprint || JSON.stringify(pairs),
    name: labels.get('alertname') ?? said(notes, ['summary', 'title'])[0] ?? 'alert',
    status: given.status,
    since: given.startsAt,
    // One that fires has the year 1 here, or the time when it would be over without further news.
    ...(given.status === 'resolved' && given.endsAt !== undefined && given.endsAt >= given.startsAt
      ? { until: given.endsAt }
      : {}),
    text: said(notes, ['summary', 'description', 'message']),
    severity: said(labels, ['severity', 'priority', 'level'])[0],
    labels,
    ...(url ? { url } : {}),
    ends: true,
  };
}

/** The webhook of Alertmanager (version 4) and that of Grafana's alerting, which has the same form and more links. */
export const readAlertmanager: HookReader = ({ payload }): HookRead[] => {
  const read = group.safeParse(payload);
  if (!read.success) return readWith(group, payload, '', () => undefined);
  return read.data.alerts.flatMap((one, index) => readWith(alert, one, `alerts.${index}`, alertOf));
};
