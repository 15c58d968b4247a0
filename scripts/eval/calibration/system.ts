// A made system that is never quite calm: what it writes on a healthy day, errors included.
import { type Seeded, seeded } from '../seeded.ts';

export type Level = 'debug' | 'info' | 'warn' | 'error' | 'fatal';
type Language = 'en' | 'ko';

const START = Date.UTC(2026, 6, 9, 4, 0, 0);
const SYLLABLES = [
  'ba',
  'cor',
  'del',
  'fi',
  'gan',
  'hul',
  'jo',
  'kri',
  'lum',
  'mer',
  'nos',
  'pel',
  'qui',
  'ras',
  'tov',
  'vex',
];
const ROLES = ['-svc', '-api', '', '-worker', '-store', '-hub'];

type Format = (at: number, level: Level, service: string, text: string) => string;
const iso = (at: number): string => new Date(at).toISOString();
const FORMATS: Format[] = [
  (at, level, service, text) => JSON.stringify({ ts: iso(at), level, service, message: text }),
  (at, level, _, text) => `${iso(at)} ${level.toUpperCase()} ${text}`,
  (at, level, service, text) => `[${iso(at)}] ${level.toUpperCase()} [${service}] ${text}`,
  (at, level, service, text) => `time=${iso(at)} level=${level} logger=${service}.main msg="${text}"`,
];

/** Calm work, by language; `#` becomes a number. */
const WORK: Record<Language, string[]> = {
  en: [
    'handled item # in # ms',
    'stored record #',
    'page # rendered',
    'batch # of # accepted',
    'lookup of key # took # ms',
  ],
  ko: ['항목 # 처리 완료 (#ms)', '레코드 # 저장', '# 페이지 응답', '배치 # 수신', '키 # 조회 #ms'],
};
/** What somebody always gets wrong: errors that mean nothing. */
const COMPLAINTS: Record<Language, string[]> = {
  en: [
    'could not apply coupon # of cart',
    'entry # has a wrong state',
    'lookup of # gave no result',
    'request # rejected: field is missing',
    'import of row # failed',
  ],
  ko: [
    '쿠폰 # 적용 실패',
    '항목 # 상태가 잘못됨',
    '# 조회 결과 없음 오류',
    '요청 # 거절: 필드 누락',
    '# 행 가져오기 실패',
  ],
};
const HEARSAY: Record<Language, ((target: string) => string)[]> = {
  en: [
    (x) => `no instances available for ${x}`,
    (x) => `call to ${x} failed: connection refused`,
    (x) => `load balancer has no server for service ${x}`,
    (x) => `request to http://${x}:8080/v2/items timed out after 3000 ms`,
  ],
  ko: [
    (x) => `${x} 사용 가능한 인스턴스가 없습니다: no instances available for ${x}`,
    (x) => `http://${x}:8080 호출 실패: connection refused`,
    (x) => `${x} 호출 시간 초과 (timed out after 3000 ms)`,
    (x) => `${x} 연결 실패: Connection reset by peer`,
  ],
};

/** One made system: who there is, and ways to make them write. Times are milliseconds after its first line. */
export interface Noisy {
  draw: Seeded;
  language: Language;
  /** Callers first: each calls some of those behind it. */
  services: string[];
  callers(service: string): string[];
  /** When a fault may begin, and the end of the log. */
  onset: number;
  end: number;
  say(service: string, at: number, level: Level, text: string): void;
  /** Again and again between two times, about `every` milliseconds. */
  repeat(service: string, between: [number, number], every: number, line: [Level, () => string]): void;
  /** Takes back what a service wrote, as if it were gone. */
  silence(service: string, from: number, to?: number): void;
  /** How this system says that it cannot reach somebody: one way per reporter. */
  hearsay(reporter: string, target: string): string;
  streams(): Record<string, string[]>;
}

const DURATIONS: [past: number, failing: number][] = [
  [0, 60_000],
  [20_000, 60_000],
  [60_000, 120_000],
  [5 * 60_000, 120_000],
  [20 * 60_000, 180_000],
];

/** Draws a system with all that it writes while nothing is wrong. */
export function createNoisy(seed: number): Noisy {
  const draw = seeded(seed * 2_654_435 + 17);
  const language: Language = draw.int(0, 2) === 0 ? 'ko' : 'en';
  const services = namesOf(draw);
  const [past, failing] = draw.pick(DURATIONS);
  const end = past + failing;
  const lines: { service: string; at: number; text: string }[] = [];
  const formats = new Map(services.map((name) => [name, draw.pick(FORMATS)]));
  const words = new Map(services.map((name) => [name, draw.int(0, 3)]));
  const say: Noisy['say'] = (service, at, level, text) => {
    if (at < 0 || at >= end) return;
    lines.push({ service, at, text: formats.get(service)!(START + Math.round(at), level, service, text) });
  };
  const made: Noisy = {
    draw,
    language,
    services,
    callers: (service) => {
      const index = services.indexOf(service);
      return services.filter((_, other) => other < index && (other + index) % 3 !== 0 && index - other < 5);
    },
    onset: past,
    end,
    say,
    repeat(service, [from, to], every, [level, text]) {
      for (let at = from + draw.next() * every; at < to; at += every * (0.3 + 1.4 * draw.next()))
        say(service, at, level, text());
    },
    silence(service, from, to = Number.POSITIVE_INFINITY) {
      for (let i = lines.length - 1; i >= 0; i -= 1) {
        const line = lines[i]!;
        if (line.service === service && line.at >= from && line.at < to) lines.splice(i, 1);
      }
    },
    hearsay: (reporter, target) => HEARSAY[language][words.get(reporter)!]!(target),
    streams() {
      const out: Record<string, string[]> = {};
      for (const { service, text } of lines.toSorted((a, b) => a.at - b.at)) {
        out[service] ??= [];
        out[service].push(text);
      }
      return out;
    },
  };
  work(made);
  for (const noise of [complaints, bursts, forgetting, retries, leaving]) if (draw.int(0, 9) < 6) noise(made);
  return made;
}

function namesOf(draw: Seeded): string[] {
  const role = draw.pick(ROLES);
  const out = new Set<string>();
  const count = draw.int(4, 12);
  while (out.size < count)
    out.add(
      `${draw.pick(SYLLABLES)}${draw.pick(SYLLABLES)}${draw.int(0, 2) === 0 ? draw.pick(ROLES) : role}`,
    );
  return [...out];
}

/** A text with numbers of its own in place of `#`. */
export const filled = (draw: Seeded, text: string): string =>
  text.replaceAll('#', () => String(draw.int(1, 9_000)));

function work({ draw, language, services, repeat, end }: Noisy): void {
  // Long logs of many services stay small enough for hundreds of them.
  const most = 9_000 / services.length;
  for (const service of services) {
    const text = draw.pick(WORK[language]);
    const every = Math.max(end / most, draw.pick([150, 400, 1_000, 3_000]));
    repeat(service, [0, end], every, ['info', () => filled(draw, text)]);
  }
}

/** A service or two that always complain. */
function complaints({ draw, language, services, repeat, end }: Noisy): void {
  for (let i = draw.int(1, 3); i > 0; i -= 1) {
    const text = draw.pick(COMPLAINTS[language]);
    const level = draw.pick(['error', 'error', 'warn'] as const);
    repeat(draw.pick(services), [0, end], draw.pick([4_000, 10_000, 30_000]), [
      level,
      () => filled(draw, text),
    ]);
  }
}

/** Errors that come in bursts, small ones often and large ones seldom. */
function bursts(world: Noisy): void {
  const { draw, language, services, repeat, end } = world;
  const service = draw.pick(services);
  const text = draw.pick(COMPLAINTS[language]);
  for (let at = draw.next() * 60_000; at < end; at += 20_000 + draw.next() * 100_000)
    repeat(service, [at, at + heavy(draw) * 1_000], 700, ['error', () => filled(draw, text)]);
}

/** One to sixty, seldom large. */
const heavy = (draw: Seeded): number => Math.min(60, 2 / (draw.next() + 0.02));

/** A registry that forgets a service for some seconds, while that one works on. */
function forgetting({ draw, services, callers, repeat, hearsay, end }: Noisy): void {
  for (let at = draw.next() * 30_000; at < end; at += 8_000 + draw.next() * 60_000) {
    const target = draw.pick(services);
    const [reporter] = callers(target);
    if (!reporter) continue;
    repeat(reporter, [at, at + heavy(draw) * 700], 900, ['error', () => hearsay(reporter, target)]);
  }
}

/** Calls that fail once and succeed at the next try. */
function retries({ draw, language, services, callers, repeat, end }: Noisy): void {
  const target = draw.pick(services);
  for (const reporter of callers(target).slice(0, 1))
    repeat(reporter, [0, end], 12_000, [
      'warn',
      () =>
        language === 'ko'
          ? `${target} 호출 ${draw.int(1, 2)}번째 시도 실패, 재시도합니다 (timed out)`
          : `attempt ${draw.int(1, 2)} of 3: call to ${target} timed out, will retry`,
    ]);
}

/** Clients that come and go. */
function leaving({ draw, services, repeat, end }: Noisy): void {
  repeat(services[0]!, [0, end], draw.pick([3_000, 9_000]), [
    'warn',
    () =>
      `client 203.0.${draw.int(0, 255)}.${draw.int(1, 254)}:${draw.int(30_000, 60_000)} gone: connection reset by peer`,
  ]);
}
