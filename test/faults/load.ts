import { random } from './random.ts';

/** One anomaly as a producer sends it. */
export interface Sent {
  id: string;
  service: string;
  severity: number;
  channel: string;
  /** When it is to be sent, ms after the start. */
  after: number;
  /** When it was on the bus, epoch ms. */
  at?: number;
  value: string;
}

export const CHANNELS = ['C0FIRST', 'C0SECOND', 'C0THIRD'] as const;
/** The service's first letter decides about its channel. */
const LETTERS = ['a', 'b', 'c'] as const;
/** Of the incidents, as many are of the highest severity. */
const WORST = 0.1;
/** Incidents begin at any time in this part of the run, and send for as long as its rest. */
const BEGINNINGS = 0.7;

/** Rules that spread the services over the channels. */
export const ROUTES = LETTERS.map((letter, index) => ({
  match: { service: [`${letter}-*`] },
  channel: CHANNELS[index]!,
  platform: 'slack',
  stop: true,
}));

/**
 * Anomalies of many incidents over a time: each is of a service of its own, a tenth of them of severity 5 and the rest of
 * severity 4.
 * @param run keeps apart what several runs with one seed send
 */
export function load(options: {
  seed: number;
  run: string;
  anomalies: number;
  incidents: number;
  overMs: number;
}): Sent[] {
  const { seed, run, anomalies, incidents, overMs } = options;
  const chance = random(seed);
  const services = Array.from({ length: incidents }, (_, index) => {
    const kind = index % LETTERS.length;
    const worst = Math.floor(index / LETTERS.length) % Math.round(1 / WORST) === 0;
    return {
      service: `${LETTERS[kind]}-${run}-${index}`,
      channel: CHANNELS[kind]!,
      severity: worst ? 5 : 4,
      begins: chance() * BEGINNINGS * overMs,
    };
  });
  return Array.from({ length: anomalies }, (_, index) => {
    // Every incident has at least one.
    const { service, channel, severity, begins } =
      services[index < incidents ? index : Math.floor(chance() * incidents)]!;
    const id = `${run}/${index}`;
    return {
      id,
      service,
      channel,
      severity,
      after: begins + chance() * (1 - BEGINNINGS) * overMs,
      value: JSON.stringify({
        id,
        anomaly_status: 'critical',
        confidence: 0.9,
        severity,
        detected_issues: ['errors rose'],
        explanation: `errors rose from 0 to ${Math.floor(chance() * 100)} a minute`,
        service,
        names: [],
        sample_lines: ['ERROR the answer came too late', 'ERROR and again <!channel>'],
      }),
    };
  }).sort((a, b) => a.after - b.after);
}
