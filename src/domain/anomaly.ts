import { z } from 'zod';

export const ANOMALY_STATUSES = ['normal', 'warning', 'critical'] as const;
export type AnomalyStatus = (typeof ANOMALY_STATUSES)[number];

const instant = z.union([z.string().max(64), z.number()]).transform((value, context) => {
  const ms = typeof value === 'number' ? value : Date.parse(value);
  if (Number.isFinite(ms)) return new Date(ms).toISOString();
  context.addIssue({ code: 'custom', message: 'not a time (ISO 8601 or epoch milliseconds)' });
  return z.NEVER;
});

/**
 * The wire contract of topic `log-anomalies`. Four fields are required, so that any producer is understood;
 * unknown fields are kept. Times are ISO 8601 strings (epoch milliseconds are accepted and converted).
 */
export const anomalyWire = z.looseObject({
  anomaly_status: z.enum(ANOMALY_STATUSES),
  confidence: z.number().min(0).max(1),
  detected_issues: z.array(z.string().max(2_000)).max(200),
  explanation: z.string().max(100_000),
  id: z.string().min(1).max(200).optional(),
  service: z.string().min(1).max(200).optional(),
  host: z.string().max(200).optional(),
  detected_at: instant.optional(),
  window: z.object({ from: instant, to: instant }).optional(),
  template: z.object({ id: z.string().max(200), pattern: z.string().max(16_384) }).optional(),
  sample_lines: z.array(z.string()).max(200).optional(),
  score: z.number().optional(),
  detector: z.string().max(200).optional(),
  trace_id: z.string().max(200).optional(),
  severity: z.int().min(1).max(5).optional(),
});
export type AnomalyWire = z.infer<typeof anomalyWire>;

/** An anomaly as the program works with it: the wire shape with identity and time filled in. */
export type Anomaly = AnomalyWire & {
  id: string;
  service: string;
  detected_at: string;
  severity: number;
};

/**
 * Fills what a foreign producer may leave out. `position` (`topic/partition/offset`) becomes the id when there
 * is none, so a redelivered message keeps its identity.
 */
export function completeAnomaly(wire: AnomalyWire, position: string, receivedAt: number): Anomaly {
  return {
    ...wire,
    id: wire.id ?? position,
    service: wire.service ?? wire.host ?? 'unknown',
    detected_at: wire.detected_at ?? new Date(receivedAt).toISOString(),
    severity: wire.severity ?? defaultSeverity(wire.anomaly_status, wire.confidence),
  };
}

/** 1 (information) to 5 (page someone): critical starts at 4, warning at 2. */
export function defaultSeverity(status: AnomalyStatus, confidence: number): number {
  if (status === 'critical') return confidence >= 0.8 ? 5 : 4;
  if (status === 'warning') return confidence >= 0.8 ? 3 : 2;
  return 1;
}
