// Small logs of which every line is known: which service wrote it, and which kind of failure it tells of.
import type { FailureKind } from '../../../src/domain/log/failure-kind.ts';
import type { Level } from '../../../src/domain/log/record.ts';
import type { SourceLine } from '../../../src/domain/log/source-line.ts';
import { type Seeded, seeded } from '../seeded.ts';

/** One line, and what is true of it. */
export interface MadeLine {
  /** Epoch milliseconds. */
  at: number;
  service: string;
  level: Level;
  text: string;
  /** What it tells of; undefined for quiet work. */
  kind?: FailureKind;
  endpoint?: string;
  status?: number;
}

/** Lines in the order of time. */
export interface MadeLogs {
  lines: MadeLine[];
  services: string[];
}

const SERVICES = ['harbor', 'tide', 'crane', 'pier', 'buoy', 'quay', 'ferry', 'lock'];
const ENDPOINTS = ['GET /boats', 'POST /moorings', 'GET /tides/today', 'PUT /crew/shift'];
const WORK = [
  'boat # moored in # ms',
  'stored page # of the log book',
  'crew # came aboard',
  'bell # rang',
  '배 #척 입항 완료',
  'chart # rendered',
];
/** Several ways to tell of each kind; `@` becomes another service. */
const TOLD: [FailureKind, string[]][] = [
  [
    'timeout',
    ['call to @ timed out after # ms', 'deadline exceeded while waiting for @', '@ 응답 시간 초과 (#ms)'],
  ],
  ['refused', ['connect to @:7000: connection refused', 'cannot reach @, connection refused by peer #']],
  ['memory', ['out of memory: cannot allocate # pages', 'java.lang.OutOfMemoryError: heap space #']],
  ['disk', ['write of page # failed: no space left on device']],
  ['deadlock', ['deadlock detected, transaction # was rolled back']],
  ['error', ['could not load chart #', 'shift # failed', '항구 장부 # 저장 실패']],
];
const LEVELS: Level[] = ['error', 'error', 'error', 'warn'];
const START = Date.UTC(2026, 8, 3, 5, 0, 0);
const MINUTE = 60_000;

/** Logs of some services over some minutes, with failures that come, go, repeat in other words, or were always there. */
export function makeLogs(seed: number): MadeLogs {
  const random = seeded(seed);
  const services = shuffled(SERVICES, random).slice(0, random.int(2, 5));
  const minutes = random.int(20, 60);
  const end = START + minutes * MINUTE;
  const lines: MadeLine[] = [];
  const write = (at: number, line: Omit<MadeLine, 'at'>): void =>
    void lines.push({ at: Math.floor(at), ...line });
  for (const service of services) {
    const stops = random.next() < 0.12 ? START + minutes * MINUTE * (0.6 + 0.3 * random.next()) : end;
    const pause = random.int(3, 12) * 1_000;
    for (let at = START + random.int(0, 5_000); at < stops; at += pause * (0.5 + random.next()))
      write(at, { service, level: 'info', text: filled(random.pick(WORK), random, services, service) });
  }
  const requests = random.next() < 0.7 ? services[0] : undefined;
  const failing = random.pick(ENDPOINTS);
  const trouble = START + random.int(Math.floor(minutes / 3), Math.floor(minutes * 0.7)) * MINUTE;
  const over = random.next() < 0.4 ? trouble + random.int(2, 6) * MINUTE : end;
  if (requests)
    for (let at = START; at < end; at += random.int(2_000, 9_000)) {
      const endpoint = random.pick(ENDPOINTS);
      const bad = endpoint === failing && at >= trouble && at < over && random.next() < 0.7;
      const status = bad ? random.pick([500, 502, 503]) : random.next() < 0.02 ? 404 : 200;
      const text = `${endpoint} ${status} ${random.int(2, 400)}ms`;
      const level: Level = status >= 500 ? 'error' : 'info';
      write(at, { service: requests, level, text, endpoint, status, ...(bad ? { kind: 'status' } : {}) });
    }
  for (const service of services) fail(service, { random, services, end, trouble, over, write });
  lines.sort((a, b) => a.at - b.at);
  return { lines, services };
}

interface Stage {
  random: Seeded;
  services: string[];
  end: number;
  trouble: number;
  over: number;
  write: (at: number, line: Omit<MadeLine, 'at'>) => void;
}

/** Up to three kinds of failure of one service, each in some of its ways. */
function fail(service: string, { random, services, end, trouble, over, write }: Stage): void {
  for (const [kind, ways] of shuffled(TOLD, random).slice(0, random.int(0, 3)))
    for (const way of ways) {
      if (random.next() < 0.4) continue;
      const level = random.pick(LEVELS);
      const always = random.next() < 0.2;
      const from = always ? START : trouble + random.int(0, 90_000);
      const to = always ? end : over;
      const pause = random.int(always ? 40_000 : 1_500, always ? 200_000 : 20_000);
      const target = random.pick(services);
      for (let at = from + random.int(0, pause); at < to; at += pause * (0.4 + 1.2 * random.next()))
        write(at, { service, level, kind, text: filled(way, random, services, service, target) });
      // The same kind once long before, so that `not once before` would be false.
      if (!always && random.next() < 0.3)
        write(START + random.int(0, trouble - START), {
          service,
          level,
          kind,
          text: filled(way, random, services, service, target),
        });
    }
}

function filled(
  text: string,
  random: Seeded,
  services: readonly string[],
  own: string,
  target?: string,
): string {
  const others = services.filter((name) => name !== own);
  const other = target && target !== own ? target : (others[0] ?? 'elsewhere');
  return text.replaceAll('#', () => String(random.int(10, 9_999))).replaceAll('@', other);
}

function shuffled<T>(list: readonly T[], random: Seeded): T[] {
  const out = [...list];
  for (let i = out.length - 1; i > 0; i -= 1) {
    const j = random.int(0, i);
    [out[i], out[j]] = [out[j]!, out[i]!];
  }
  return out;
}

/** The lines as a program would have written them, a stream for each service. */
export function streamsOf({ lines, services }: MadeLogs): SourceLine[][] {
  return services.map((service) =>
    lines
      .filter((line) => line.service === service)
      .map(({ at, level, text }, index) => ({
        text: `${new Date(at).toISOString()} ${level.toUpperCase()} ${text}`,
        source: service,
        position: String(index + 1),
        stream: { service, name: service },
      })),
  );
}
