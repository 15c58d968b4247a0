import { z } from 'zod';
import { ANOMALY_STATUSES } from '../../../domain/alert/anomaly.ts';
import { VERDICTS } from '../../../domain/alert/feedback.ts';
import {
  INCIDENT_ACTIONS,
  INCIDENT_STATES,
  type Incident,
  LIKENESSES,
} from '../../../domain/alert/incident.ts';
import type { OutsideAlert } from '../../../domain/alert/outside-alert.ts';
import { CERTAINTIES, FAILURE_KINDS } from '../../../domain/log/failure-kind.ts';
import { loose, type Shape, shape } from './shape.ts';

const affected = shape<Incident['correlation']['affected'][number]>({
  service: z.string(),
  count: z.number(),
  lines: z.number().optional(),
  firstSeen: z.number(),
  lastSeen: z.number(),
  issues: z.array(z.string()),
  critical: z.boolean().optional(),
});

const historyEntry = shape<Incident['lifecycle']['history'][number]>({
  at: z.number(),
  who: z.string(),
  what: z.enum(INCIDENT_ACTIONS),
  note: z.string().optional(),
  until: z.number().optional(),
  to: z.string().optional(),
  mention: z.array(z.string()).optional(),
  chat: z.string().optional(),
  waitedMs: z.number().optional(),
  times: z.number().optional(),
});

const identity = shape<Incident['identity']>({
  key: z.string(),
  template: loose({ id: z.string(), pattern: z.string() }).optional(),
  wording: z.string().optional(),
  detector: z.string().optional(),
  occurrence: z.number(),
  previous: loose({ id: z.string(), at: z.number().optional() }).optional(),
});

const activity = shape<Incident['activity']>({
  count: z.number(),
  lines: z.number().optional(),
  firstSeen: z.number(),
  lastSeen: z.number(),
  trend: loose({ from: z.number(), stepMs: z.number(), counts: z.array(z.number()) }).optional(),
});

const lifecycle = shape<Incident['lifecycle']>({
  state: z.enum(INCIDENT_STATES),
  owner: z.string().optional(),
  openedAt: z.number().optional(),
  quietSince: z.number().optional(),
  resolvedAt: z.number().optional(),
  flaps: z.number().optional(),
  history: z.array(historyEntry),
  forgotten: z.number().optional(),
});

const correlation = shape<Incident['correlation']>({
  affected: z.array(affected),
  unlisted: z.number().optional(),
  cause: loose({
    id: z.string(),
    service: z.string(),
    title: z.string(),
    carried: z.array(affected).optional(),
  }).optional(),
  standsAlone: z.literal(true).optional(),
  names: z.array(z.string()).optional(),
});

const reason = loose({
  likeness: z.enum(LIKENESSES),
  rejected: z.number(),
  needed: z.number(),
  real: z.number(),
  chance: z.number(),
  model: z.number().optional(),
});

const target = loose({
  chat: z.string(),
  channel: z.string(),
  mention: z.array(z.string()).optional(),
  shadow: z.literal(true).optional(),
  warnings: z.literal(true).optional(),
});

export const outsideAlert = shape<OutsideAlert>({
  id: z.string(),
  source: z.string(),
  name: z.string(),
  since: z.number(),
  until: z.number().optional(),
  url: z.string().optional(),
  ends: z.literal(true).optional(),
});

const fields: Shape<Incident> = {
  id: z.string(),
  service: z.string(),
  title: z.string(),
  issues: z.array(z.string()),
  explanation: z.string(),
  anomalyStatus: z.enum(ANOMALY_STATUSES),
  severity: z.number(),
  confidence: z.number(),
  sampleLines: z.array(z.string()),
  mixed: z.literal(true).optional(),
  identity,
  activity,
  lifecycle,
  correlation,
  feedback: loose({
    verdict: z.enum(VERDICTS).optional(),
    signals: z.array(loose({ template: z.string(), detector: z.string() })).optional(),
  }),
  requests: loose({ total: z.number(), failed: z.number() }).optional(),
  routing: loose({ targets: z.array(target) }).optional(),
  mute: loose({ until: z.number(), id: z.string().optional() }).optional(),
  suppression: loose({ reason: reason.optional() }).optional(),
  escalation: loose({ steps: z.number() }).optional(),
  fromFile: z.literal(true).optional(),
  rootCause: loose({
    service: z.string(),
    // A kind that a later version knows is no reason to lose the incident.
    kind: z.enum(FAILURE_KINDS).optional().catch(undefined),
    text: z.string().optional(),
    verdict: z.enum(CERTAINTIES),
    confidence: z.number(),
    evidence: z.array(z.string()),
  }).optional(),
  alerts: loose({
    list: z.array(outsideAlert),
    logs: loose({ first: z.number(), last: z.number(), over: z.literal(true).optional() }).optional(),
  }).optional(),
};

/** Where the fields of version 0.1, which lay in one row, are now. */
const PLACES: Record<string, readonly string[]> = {
  identity: ['key', 'template', 'wording', 'detector', 'occurrence'],
  activity: ['count', 'lines', 'firstSeen', 'lastSeen', 'trend'],
  lifecycle: ['state', 'owner', 'openedAt', 'quietSince', 'resolvedAt', 'flaps', 'history', 'forgotten'],
  correlation: ['affected', 'unlisted', 'cause', 'standsAlone', 'names'],
  feedback: ['verdict', 'signals'],
};
const MOVED = new Set([
  ...Object.values(PLACES).flat(),
  ...['previousId', 'previousAt', 'mutedUntil', 'muteId', 'quiet', 'quietReason', 'targets', 'escalated'],
]);

/**
 * An incident of version 0.1 in today's form; what is in today's form already comes back as it is. It is done whenever
 * one is read: an incident lies in its old form until it is written again. Version 0.1 cannot read today's form.
 */
export function nestIncident(stored: unknown): unknown {
  if (typeof stored !== 'object' || stored === null || 'lifecycle' in stored || !('state' in stored))
    return stored;
  const flat = stored as Record<string, unknown>;
  const group = (name: string): Record<string, unknown> =>
    Object.fromEntries(
      (PLACES[name] ?? []).flatMap((field) => (field in flat ? [[field, flat[field]]] : [])),
    );
  const groups = Object.fromEntries(Object.keys(PLACES).map((name) => [name, group(name)]));
  const { previousId, previousAt, mutedUntil, muteId, quiet, quietReason, targets, escalated } = flat;
  return {
    ...Object.fromEntries(Object.entries(flat).filter(([field]) => !MOVED.has(field))),
    ...groups,
    identity: {
      ...groups.identity,
      ...(previousId === undefined ? {} : { previous: { id: previousId, at: previousAt } }),
    },
    ...(mutedUntil === undefined ? {} : { mute: { until: mutedUntil, id: muteId } }),
    ...(quiet ? { suppression: { reason: quietReason } } : {}),
    ...(targets === undefined ? {} : { routing: { targets } }),
    ...(escalated === undefined ? {} : { escalation: { steps: escalated } }),
  };
}

export const incident = shape<Incident>(fields);
