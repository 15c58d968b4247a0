import { seeded } from '../seeded.ts';

/** Something that goes wrong, with the time it does. */
export interface Fault {
  kind: FaultKind;
  service: string;
  /** Epoch milliseconds. */
  from: number;
  to: number;
  /** Ids of the sessions it breaks. */
  sessions: Set<string>;
}
export const FAULT_KINDS = [
  'error burst',
  'new error',
  'heartbeat stops',
  'service falls silent',
  'sessions break off',
  'sessions say more',
  'sessions repeat a step',
  'latency',
  'message surge',
  'traffic drop',
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

export interface MadeLine {
  at: number;
  text: string;
  service: string;
  session?: string;
}

const HOUR = 3_600_000;
const MINUTE = 60_000;
const START = Date.UTC(2026, 2, 2, 4);
/** Quiet hours at the beginning, for learning. */
const LEARN = 3 * HOUR;
const SYLLABLES = 'ba ko ri ten sul mar vi dom pel ax ho jun ze nor ti gam lek wu ros fi'.split(' ');

/**
 * A made-up system of four services with made-up words: traffic with a season, errors that are usual, heartbeats,
 * hourly batches, sessions with an optional step and a harmless second way, deployments that change wordings; and, one
 * after the other, everything that can go wrong. Nothing in it is named after a real system.
 * @param options.hours how long; the first three are for learning
 * @param options.faults without them it is a quiet system, on which every alarm is a false one
 */
export function madeSystem(options: { seed: number; hours: number; faults: boolean }): {
  lines: MadeLine[];
  faults: Fault[];
} {
  const { next: random, pick } = seeded(options.seed);
  const word = (): string => pick(SYLLABLES) + pick(SYLLABLES) + (random() < 0.4 ? pick(SYLLABLES) : '');
  const words = (count: number): string => Array.from({ length: count }, word).join(' ');
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const end = START + options.hours * HOUR;
  const lines: MadeLine[] = [];
  const prefix = `${word().slice(0, 3)}-`;

  const services = Array.from({ length: 4 }, (_, i) => ({
    name: `${word()}${i}`,
    served: `${words(3)} in`,
    usual: [`${words(4)} again`, `${words(3)} refused by`],
    batch: words(4),
    beat: words(3),
    every: [30_000, 60_000, 20_000, 0][i]!,
    steps: [words(3), words(4), words(3), words(4)],
    rare: words(4),
    latency: 20 + 60 * random(),
    rate: 0.4 + 1.2 * random(),
    phase: random() * 24 * HOUR,
  }));
  type Service = (typeof services)[number];

  const faults: Fault[] = [];
  if (options.faults)
    for (let at = START + LEARN, n = 0; at + 40 * MINUTE < end; at += 35 * MINUTE, n++) {
      const kind = FAULT_KINDS[n % FAULT_KINDS.length]!;
      const service = services[kind === 'heartbeat stops' ? n % 3 : Math.floor(random() * 4)]!;
      const long = kind === 'service falls silent' || kind === 'heartbeat stops' || kind === 'traffic drop';
      const from = at + random() * 10 * MINUTE;
      faults.push({
        ...{ kind, service: service.name, from },
        to: from + (long ? 12 : 4) * MINUTE,
        sessions: new Set(),
      });
    }
  const faultAt = (service: Service, at: number, kind: FaultKind): Fault | undefined =>
    faults.find(
      (fault) => fault.kind === kind && fault.service === service.name && fault.from <= at && at < fault.to,
    );

  const stamp = (at: number): string => new Date(at).toISOString();
  function say(service: Service, at: number, level: string, text: string, session?: string): void {
    if (at >= end || faultAt(service, at, 'service falls silent')) return;
    lines.push({
      at,
      text: `${stamp(at)} ${level} ${text}`,
      service: service.name,
      ...(session ? { session } : {}),
    });
  }
  /** Calls `each` at random moments, `rate(at)` times a second on the average. */
  function arrivals(most: number, rate: (at: number) => number, each: (at: number) => void): void {
    for (let at = START; at < end; ) {
      at += (-Math.log(1 - random()) / most) * 1_000;
      if (random() < rate(at) / most) each(at);
    }
  }

  let serial = 4_000;
  for (const service of services) {
    const season = (at: number): number =>
      1 + 0.6 * Math.sin((2 * Math.PI * (at + service.phase)) / (24 * HOUR));
    const traffic = (at: number): number =>
      service.rate * season(at) * (faultAt(service, at, 'traffic drop') ? 0.08 : 1);
    arrivals(service.rate * 2, traffic, (at) => {
      const slow = faultAt(service, at, 'latency') ? 30 : 1;
      const ms = service.latency * Math.exp(0.5 * normal()) * slow;
      say(service, at, 'INFO', `${service.served} ${ms.toFixed(1)} ms for ${word()}`);
    });
    arrivals(
      1,
      (at) => (faultAt(service, at, 'error burst') ? 0.8 : 0.004),
      (at) =>
        say(
          service,
          at,
          random() < 0.6 ? 'WARN' : 'ERROR',
          `${pick(service.usual)} ${1 + Math.floor(random() * 9)}`,
        ),
    );
    arrivals(
      12,
      (at) => (faultAt(service, at, 'message surge') ? 12 : 0.05),
      (at) => say(service, at, 'INFO', `${service.rare} ${Math.floor(random() * 90)}`),
    );
    if (service.every > 0)
      for (let at = START + random() * service.every; at < end; at += service.every)
        if (!faultAt(service, at, 'heartbeat stops'))
          say(service, at + random() * 400, 'INFO', `${service.beat} ${Math.floor(random() * 1_000)}`);
    // A batch on the hour, as every hour.
    for (let at = Math.ceil(START / HOUR) * HOUR; at < end; at += HOUR)
      for (let i = 0; i < 150; i++) say(service, at + i * 90, 'INFO', `${service.batch} ${i} of 150`);
    // Deployments: a few lines of a start, new each time.
    for (let at = START + LEARN + random() * 2 * HOUR; at < end; at += (2 + 3 * random()) * HOUR) {
      say(service, at, 'INFO', `${words(2)} ${words(2)} ready`);
      say(service, at + 500, 'WARN', `${words(3)} not there yet`);
    }
    arrivals(
      0.3,
      (at) => 0.25 * season(at),
      (at) => session(service, at),
    );
  }
  for (const fault of faults)
    if (fault.kind === 'new error') {
      const service = services.find(({ name }) => name === fault.service)!;
      const text = words(5);
      for (let at = fault.from; at < fault.to; at += 8_000 + random() * 8_000)
        say(service, at, 'ERROR', `${text} ${word()}`);
    }

  /** Four steps under one id; the third is left out by some, and some end early by another way. */
  function session(service: Service, start: number): void {
    serial += 1 + Math.floor(random() * 40);
    const id = `${prefix}${serial}`;
    const steps = [...service.steps];
    if (random() < 0.3) steps.splice(2, 1);
    const gap = (): number => 300 + 1_500 * random();
    let at = start;
    const breaks = faultAt(service, start, 'sessions break off');
    const more = faultAt(service, start, 'sessions say more');
    const again = faultAt(service, start, 'sessions repeat a step');
    if (breaks && random() < 0.5) {
      steps.length = 1 + Math.floor(random() * 2);
      breaks.sessions.add(id);
    } else if (more && random() < 0.4) {
      steps.splice(2, 0, `${service.batch} ${service.beat}`);
      more.sessions.add(id);
    } else if (again && random() < 0.4) {
      steps.splice(2, 0, steps[1]!);
      again.sessions.add(id);
    }
    for (const step of steps) {
      say(service, at, 'INFO', `${step} ${id}`, id);
      at += gap();
    }
  }

  lines.sort((a, b) => a.at - b.at);
  return { lines, faults };
}
