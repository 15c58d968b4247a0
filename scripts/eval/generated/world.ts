// A small invented system that logs: services with formats of their own, usual traffic, and what a scenario adds.

export type Level = 'debug' | 'info' | 'warn' | 'error' | 'fatal';

/** Numbers in [0, 1), the same for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

type Format = (at: number, level: Level, service: string, text: string) => string;
const iso = (at: number): string => new Date(at).toISOString();
const FORMATS: Format[] = [
  (at, level, service, text) =>
    JSON.stringify({ time: iso(at), level, service, msg: text.split('\n')[0], ...stackOf(text) }),
  (at, level, _, text) => `${iso(at)} ${level.toUpperCase()} ${text}`,
  (at, level, service, text) => `[${iso(at)}] [${service}] ${level.toUpperCase()}: ${text}`,
  (at, level, service, text) =>
    `${iso(at).replace('T', ' ').replace('Z', '')} ${level.toUpperCase().padStart(5)} 1 --- [nio-${service.length}] c.acme.${service.replaceAll('-', '')}.Main : ${text}`,
  (at, level, service, text) =>
    `ts=${iso(at)} level=${level} app=${service} msg=${JSON.stringify(text.split('\n')[0])}`,
];
const stackOf = (text: string): { stack?: string } =>
  text.includes('\n') ? { stack: text.slice(text.indexOf('\n') + 1) } : {};

const NAMES = {
  gateway: ['edge', 'front-door', 'portal', 'web-gateway'],
  app: [
    'orders',
    'basket',
    'billing',
    'loyalty',
    'stock',
    'quotes',
    'shipping-api',
    'profiles',
    'reviews',
    'tickets',
  ],
  db: ['ledger-db', 'main-pg', 'inventory-mysql', 'catalog-db'],
  cache: ['session-cache', 'kv-main'],
  queue: ['jobs-mq', 'event-bus'],
};

/** Where faults begin, in milliseconds after the first line. */
export const ONSET = 6 * 60_000;
export const END = 9 * 60_000;
const START = Date.UTC(2026, 4, 12, 3, 0, 0);

/** The services of one generated system and the lines they write. */
export interface World {
  random: () => number;
  gateway: string;
  /** The scenario decides which service calls which; the first is the usual culprit, the others its callers. */
  apps: string[];
  db: string;
  cache: string;
  queue: string;
  /** Address of a service, as its callers may see it. */
  address(service: string): string;
  port(service: string): number;
  /** Writes one line. `at` in milliseconds after the first line. */
  say(service: string, at: number, level: Level, text: string): void;
  /** Writes a line again and again between two times, `every` milliseconds with some jitter. */
  repeat(
    service: string,
    between: [number, number],
    every: number,
    level: Level,
    text: (i: number) => string,
  ): void;
  /** Removes what a service wrote after a time: it is gone. */
  silence(service: string, from: number): void;
  streams(): Record<string, string[]>;
}

/** Makes a system with its usual traffic; the same seed gives the same lines. */
export function createWorld(seed: number): World {
  const random = seeded(seed);
  const pick = <T>(from: T[]): T => from.splice(Math.floor(random() * from.length), 1)[0]!;
  const apps = [...NAMES.app];
  const world = {
    gateway: pick([...NAMES.gateway]),
    apps: [pick(apps), pick(apps), pick(apps), pick(apps), pick(apps)],
    db: pick([...NAMES.db]),
    cache: pick([...NAMES.cache]),
    queue: pick([...NAMES.queue]),
  };
  const all = [world.gateway, ...world.apps, world.db, world.cache, world.queue];
  const formats = new Map(all.map((name) => [name, FORMATS[Math.floor(random() * FORMATS.length)]!]));
  const ports = new Map(all.map((name, i) => [name, 7_000 + i * 100 + Math.floor(random() * 90)]));
  const lines: { service: string; at: number; order: number; text: string }[] = [];
  const say: World['say'] = (service, at, level, text) => {
    const format = formats.get(service) ?? FORMATS[1]!;
    lines.push({
      service,
      at,
      order: lines.length,
      text: format(START + Math.round(at), level, service, text),
    });
  };
  const repeat: World['repeat'] = (service, [from, to], every, level, text) => {
    let i = 0;
    for (let at = from; at < to; at += every * (0.6 + 0.8 * random())) {
      say(service, at, level, text(i));
      i += 1;
    }
  };
  const made: World = {
    ...world,
    random,
    port: (service) => ports.get(service) ?? 8_080,
    address: (service) => `10.4.${all.indexOf(service)}.17:${ports.get(service) ?? 8_080}`,
    say,
    repeat,
    silence(service, from) {
      for (let i = lines.length - 1; i >= 0; i -= 1)
        if (lines[i]!.service === service && lines[i]!.at >= from) lines.splice(i, 1);
    },
    streams() {
      const sorted = lines.toSorted((a, b) => a.at - b.at || a.order - b.order);
      const out: Record<string, string[]> = {};
      for (const { service, text } of sorted) out[service] = [...(out[service] ?? []), ...text.split('\n')];
      return out;
    },
  };
  usual(made);
  return made;
}

/** What a healthy system writes: starts, requests, and the few errors that every system has. */
function usual(world: World): void {
  const { apps, gateway, db, cache, queue, random, repeat, say, port } = world;
  for (const service of [gateway, ...apps, db, cache, queue]) {
    say(service, random() * 2_000, 'info', `starting ${service} 3.${Math.floor(random() * 9)}.0`);
    say(service, 2_000 + random() * 2_000, 'info', `listening on :${port(service)}`);
  }
  for (const service of apps)
    say(
      service,
      2_500,
      'info',
      `config loaded: ${[db, cache, queue, ...apps]
        .filter((name) => name !== service)
        .map((name) => `${name}=${name}:${port(name)}`)
        .join(' ')}`,
    );
  const number = (below: number): number => Math.floor(random() * below);
  repeat(gateway, [5_000, END], 1_500, 'info', () => {
    const app = apps[number(apps.length)]!;
    return `GET /v1/${app}/${number(900)} 200 ${5 + number(80)}ms`;
  });
  for (const service of apps) {
    repeat(
      service,
      [5_000, END],
      3_000,
      'info',
      () => `request ${number(90_000)} done in ${3 + number(60)} ms`,
    );
    repeat(
      service,
      [20_000, END],
      60_000,
      'warn',
      () => `validation failed for field postcode of request ${number(90_000)}`,
    );
    repeat(
      service,
      [40_000, END],
      150_000,
      'error',
      () => `rejected order ${number(90_000)}: item not found`,
    );
  }
  repeat(db, [5_000, END], 20_000, 'info', () => `checkpoint complete: wrote ${number(400)} buffers`);
  repeat(cache, [5_000, END], 25_000, 'info', () => `${number(300)} keys expired`);
  repeat(queue, [5_000, END], 15_000, 'info', () => `delivered ${number(500)} messages`);
}
