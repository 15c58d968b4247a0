import { z } from 'zod';
import { instantOf } from '../time/calendar.ts';

export const ANOMALY_STATUSES = ['normal', 'warning', 'critical'] as const;
export type AnomalyStatus = (typeof ANOMALY_STATUSES)[number];

const NAMES_NO_ZONE = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?$/;

/** An epoch time written as text; with fewer than nine digits it may be a date or a year. */
const EPOCH = /^\d{9,19}(?:\.\d+)?$/;
/** The smallest number that is read as seconds (year 2001), milliseconds (1973), microseconds and nanoseconds since the epoch. */
const SECONDS = 1e9;
const MILLISECONDS = 1e11;
const MICROSECONDS = 1e14;
const NANOSECONDS = 1e17;

/** Epoch milliseconds of an epoch time in any usual unit, which is recognised by its size; NaN if the number is too small. */
function epochMs(value: number): number {
  if (value >= NANOSECONDS) return value / 1e6;
  if (value >= MICROSECONDS) return value / 1e3;
  if (value >= MILLISECONDS) return value;
  return value >= SECONDS ? value * 1e3 : Number.NaN;
}

/** ISO 8601 in UTC. A time without a zone stays without the Z until `completeAnomaly` knows in which zone it was written. */
export const instant = z.union([z.string().max(64), z.number()]).transform((value, context) => {
  const text = typeof value === 'string' ? value.trim() : '';
  const local = NAMES_NO_ZONE.test(text);
  const figure = typeof value === 'number' ? value : EPOCH.test(text) ? Number(text) : undefined;
  const date = new Date(figure === undefined ? (local ? `${text}Z` : text) : epochMs(figure));
  if (!Number.isNaN(date.getTime())) return date.toISOString().slice(0, local ? -1 : undefined);
  context.addIssue({ code: 'custom', message: 'not a time (ISO 8601 or an epoch)' });
  return z.NEVER;
});
const inZone = (time: string, zone: string): string =>
  time.endsWith('Z') ? time : new Date(instantOf(Date.parse(`${time}Z`), zone)).toISOString();

/** An optional field. If its value is null or not valid, it counts as missing: the alert must not be lost because of it. */
const maybe = <T extends z.ZodType>(schema: T) => schema.optional().catch(undefined);

const name = z.string().min(1).max(200);

/** Only `http` and `https`, and nothing secret in it: it is shown to everybody who sees the alert. */
const shownUrl = z
  .string()
  .max(2_000)
  .refine((text) => {
    if (!/^https?:\/\/[^\s\p{C}]+$/iu.test(text) || !URL.canParse(text)) return false;
    const { username, password } = new URL(text);
    return username === '' && password === '';
  });

/** What another system said of one of its alerts, where the anomaly came in by a hook. */
const outsideAlert = z.object({
  hook: name,
  /** The alert's identity at its sender, the same in each notification. */
  key: name,
  source: name,
  name: z.string().min(1).max(300),
  state: z.enum(['firing', 'resolved']),
  since: instant,
  url: maybe(shownUrl),
  ends: maybe(z.literal(true)),
});

/**
 * The wire contract of topic `log-anomalies`. Four fields are required, so that any producer can be understood; unknown fields
 * are kept. Times are ISO 8601 strings (epoch times from seconds to nanoseconds are accepted and converted). Other ways to write
 * a message are in `anomaly-reading.ts`.
 */
export const anomalyWire = z.looseObject({
  anomaly_status: z.enum(ANOMALY_STATUSES),
  confidence: z.number().min(0).max(1),
  detected_issues: z.array(z.string().max(2_000)).max(200),
  explanation: z.string().max(100_000),
  id: maybe(z.union([z.string().min(1).max(200), z.int().transform(String)])),
  service: maybe(z.string().min(1).max(200)),
  host: maybe(z.string().min(1).max(200)),
  detected_at: maybe(instant),
  window: maybe(z.object({ from: instant, to: instant })),
  template: maybe(z.object({ id: z.string().max(200), pattern: z.string().max(16_384) })),
  sample_lines: maybe(z.array(z.string()).max(200)),
  score: maybe(z.number()),
  detector: maybe(z.string().max(200)),
  trace_id: maybe(z.string().max(200)),
  severity: maybe(z.int().min(1).max(5)),
  alert: maybe(outsideAlert),
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
 * Fills the fields that another producer may leave out. `position` (`topic/partition/offset`) becomes the id if there is none, so
 * a message that is delivered again keeps its identity.
 * @param receivedAt epoch milliseconds
 * @param zone IANA zone of times that name none
 */
export function completeAnomaly(
  wire: AnomalyWire,
  position: string,
  receivedAt: number,
  zone = 'UTC',
): Anomaly {
  const { window } = wire;
  return {
    ...wire,
    ...(window ? { window: { from: inZone(window.from, zone), to: inZone(window.to, zone) } } : {}),
    id: wire.id ?? position,
    service: wire.service ?? wire.host ?? 'unknown',
    detected_at: wire.detected_at ? inZone(wire.detected_at, zone) : new Date(receivedAt).toISOString(),
    severity: wire.severity ?? defaultSeverity(wire.anomaly_status, wire.confidence),
  };
}

/** 1 (information) to 5 (somebody has to be called): critical starts at 4, warning at 2. */
function defaultSeverity(status: AnomalyStatus, confidence: number): number {
  if (status === 'critical') return confidence >= 0.8 ? 5 : 4;
  if (status === 'warning') return confidence >= 0.8 ? 3 : 2;
  return 1;
}
