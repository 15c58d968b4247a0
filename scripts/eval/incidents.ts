import type { Level, LogRecord } from '../../src/domain/log/record.ts';
import type { Seeded } from './seeded.ts';

const SYLLABLES = 'ba do ka ri mo sen tul ves lor nim pra zo fel gan hub jos kel wim yar qua'.split(' ');
const SUFFIXES = ['', '', '-api', '-worker', '-store', '-gate'];
const MINUTE = 60_000;
const START = Date.parse('2026-05-04T09:00:00Z');

/** What breaks, in the words of the service at fault and of those who call it. */
interface Trouble {
  kind: string;
  own: (n: number) => string;
  symptom: (culprit: string, ms: number) => string;
  /** The same for people. */
  en: string;
  ko: string;
  advice: { en: string; ko: string };
}

export const TROUBLES: Trouble[] = [
  {
    kind: 'pool',
    own: (n) => `connection pool exhausted: ${n} of ${n} in use, 7 waiting`,
    symptom: (c, ms) => `query to ${c}:6432 timed out after ${ms} ms`,
    en: 'ran out of free connections in its pool',
    ko: '의 커넥션 풀이 고갈됐어요',
    advice: { en: 'Raise the pool size of', ko: '커넥션 풀 크기를 늘려 주세요' },
  },
  {
    kind: 'memory',
    own: (n) => `out of memory: cannot allocate ${n} pages`,
    symptom: (c, ms) => `call to ${c}:7100 timed out after ${ms} ms`,
    en: 'ran out of memory',
    ko: '의 메모리가 부족해졌어요',
    advice: { en: 'Raise the memory limit of', ko: '메모리 한도를 늘려 주세요' },
  },
  {
    kind: 'disk',
    own: (n) => `write failed: no space left on device, segment ${n}`,
    symptom: (c, ms) => `${c}:9042 unavailable, gave up after ${ms} ms`,
    en: 'has no space left on its disk',
    ko: '의 디스크 공간이 부족해졌어요',
    advice: { en: 'Free disk space on', ko: '디스크 공간을 비워 주세요' },
  },
  {
    kind: 'tls',
    own: (n) => `tls handshake failed: certificate expired, peer ${n}`,
    symptom: (c, ms) => `call to ${c}:8443 connection reset after ${ms} ms`,
    en: 'serves an expired certificate',
    ko: '의 인증서가 만료됐어요',
    advice: { en: 'Renew the certificate of', ko: '인증서를 갱신해 주세요' },
  },
  {
    kind: 'deadlock',
    own: (n) => `deadlock detected in transaction ${n}, rolled back`,
    symptom: (c, ms) => `statement on ${c}:5432 timed out after ${ms} ms`,
    en: 'has transactions in a deadlock',
    ko: '의 트랜잭션이 교착 상태에 빠졌어요',
    advice: { en: 'Look for the deadlock in', ko: '교착 상태인 트랜잭션을 찾아 주세요' },
  },
];

/** An invented system in which one service breaks, with all that is true of it. */
export interface Incident {
  records: LogRecord[];
  trouble: Trouble;
  culprit: string;
  callers: string[];
  front: string;
  /** A service nothing is wrong with. */
  bystander: string;
  /** Lines the culprit wrote, each caller wrote, the front wrote. */
  ownCount: number;
  callerCount: number;
  frontCount: number;
  waitMs: number;
  ownLine: string;
  callerLine: (caller: string) => string;
  /** The first of the culprit's complaints, `09:15:00`. */
  since: string;
}

/** Twenty minutes of such a system: calm traffic, start-up noise that ends by itself, and a failure in the last five minutes. */
export function makeIncident(random: Seeded, trouble: Trouble): Incident {
  const taken = new Set<string>();
  const name = (): string => {
    for (;;) {
      const made =
        random.pick(SYLLABLES) + random.pick(SYLLABLES) + random.pick(SYLLABLES) + random.pick(SUFFIXES);
      if (taken.has(made)) continue;
      taken.add(made);
      return made;
    }
  };
  const culprit = name();
  const callers = [name(), name(), name()];
  const front = name();
  const bystander = name();
  const records: LogRecord[] = [];
  const add = (
    at: number,
    service: string,
    level: Level,
    message: string,
    over: Partial<LogRecord> = {},
  ): void => {
    const line = `${new Date(at).toISOString()} ${level.toUpperCase()} [${service}] ${message}`;
    records.push({
      id: `i${records.length}`,
      timestamp: at,
      level,
      service,
      message,
      line,
      attributes: {},
      ...over,
    });
  };
  const waitMs = random.int(12, 60) * 100;
  const detail = random.int(31, 79);
  const own = random.int(11, 19);
  const perCaller = random.int(41, 59);
  const fronts = random.int(71, 97);
  for (let second = 0; second < 1_200; second += 8) {
    const at = START + second * 1_000;
    const durationMs = 12 + (second % 7);
    add(at, front, 'info', `GET /things/${second % 23} 200 in ${durationMs} ms`, {
      request: { endpoint: 'GET /things', status: 200, durationMs },
    });
    add(at + 90, bystander, 'info', `heartbeat ok, sequence ${second}`);
    if (second < 40) add(at + 200, callers[0]!, 'warn', 'cache is cold, warming up');
  }
  const broken = START + 15 * MINUTE;
  const spread = (count: number, each: (at: number, index: number) => void): void => {
    for (let i = 0; i < count; i += 1) each(broken + Math.floor((i / count) * 5 * MINUTE), i);
  };
  spread(own, (at) => add(at, culprit, 'error', trouble.own(detail)));
  for (const caller of callers)
    spread(perCaller, (at) => add(at + 300, caller, 'error', trouble.symptom(culprit, waitMs)));
  spread(fronts, (at, i) =>
    add(at + 500, front, 'error', `POST /basket 503 upstream ${callers[i % 3]} unavailable`, {
      request: { endpoint: 'POST /basket', status: 503, durationMs: waitMs + 9 },
    }),
  );
  records.sort((a, b) => a.timestamp - b.timestamp);
  return {
    records,
    trouble,
    culprit,
    callers,
    front,
    bystander,
    ownCount: own,
    callerCount: perCaller,
    frontCount: fronts,
    waitMs,
    ownLine: trouble.own(detail),
    callerLine: () => trouble.symptom(culprit, waitMs),
    since: '09:15:00',
  };
}

/** Korean particles after a name in Latin letters, as people write them. */
export const josa = (name: string, vowel: string, consonant: string): string =>
  name + (/[aeiouy]$/.test(name) ? vowel : consonant);
