// What goes wrong in a made system, or does not; each says who is at fault, if the log can tell.
import { filled, type Noisy } from './system.ts';

export interface Fault {
  name: string;
  /** Adds it to a system. Returns the culprit; undefined where no line tells. */
  play(world: Noisy): string | undefined;
}

/** A service that somebody calls. */
function victim({ draw, services, callers }: Noisy): string {
  const called = services.filter((name) => callers(name).length > 0);
  return draw.pick(called);
}

/** Callers complain while it lasts; those in front of them pass on vague errors. */
function suffer(world: Noisy, culprit: string, from: number, say = world.hearsay): void {
  const { draw, callers, repeat, end, services, language } = world;
  const near = callers(culprit).slice(0, draw.int(1, 3));
  for (const caller of near)
    repeat(caller, [from, end], draw.pick([600, 1_500, 4_000]), ['error', () => say(caller, culprit)]);
  const text = language === 'ko' ? '요청 # 처리 실패' : 'request # failed';
  if (draw.int(0, 1) === 1 && !near.includes(services[0]!) && services[0] !== culprit)
    repeat(services[0]!, [from + 500, end], 900, ['error', () => filled(draw, text)]);
}

const ROOTS = {
  en: [
    'connection pool exhausted: # waiting',
    'write failed: No space left on device',
    'java.lang.OutOfMemoryError: Java heap space',
    'deadlock detected, transaction # rolled back',
    'password authentication failed for user app#',
    'too many open files',
  ],
  ko: [
    '커넥션 풀 고갈: 대기 #',
    '디스크 공간 부족으로 쓰기 실패 (No space left on device)',
    'java.lang.OutOfMemoryError: Java heap space',
    '교착 상태(deadlock)가 발생해 트랜잭션 # 취소',
    '인증 실패: app# 비밀번호 오류 (password authentication failed)',
    '열린 파일이 너무 많음: too many open files',
  ],
};
const BUGS = {
  en: [
    'price of item # could not be computed',
    'no contact for id #',
    'unexpected shape of answer #',
    'rule # threw: undefined is not a function',
  ],
  ko: ['상품 # 가격 계산 실패', '# 연락처를 찾지 못함 오류', '응답 # 형식 오류', '규칙 # 실행 실패'],
};

export const FAULTS: Fault[] = [
  {
    name: 'own root and callers',
    play(w) {
      const culprit = victim(w);
      const text = w.draw.pick(ROOTS[w.language]);
      w.repeat(culprit, [w.onset, w.end], w.draw.pick([800, 3_000, 8_000]), [
        'error',
        () => filled(w.draw, text),
      ]);
      suffer(w, culprit, w.onset + 1_000);
      return culprit;
    },
  },
  {
    name: 'own root, nobody notices',
    play(w) {
      const culprit = w.draw.pick(w.services);
      const text = w.draw.pick(ROOTS[w.language]);
      w.repeat(culprit, [w.onset, w.end], w.draw.pick([2_000, 6_000]), ['error', () => filled(w.draw, text)]);
      return culprit;
    },
  },
  {
    name: 'it dies',
    play(w) {
      const culprit = victim(w);
      w.silence(culprit, w.onset);
      if (w.draw.int(0, 1) === 1) w.say(culprit, w.onset, 'fatal', 'cannot go on, giving up');
      suffer(w, culprit, w.onset + 1_000);
      return culprit;
    },
  },
  {
    name: 'it sends no log and is away',
    play(w) {
      const culprit = victim(w);
      w.silence(culprit, 0);
      suffer(w, culprit, w.onset);
      return culprit;
    },
  },
  {
    name: 'a bug of its own, new words',
    play(w) {
      const culprit = w.draw.pick(w.services);
      const text = w.draw.pick(BUGS[w.language]);
      w.repeat(culprit, [w.onset, w.end], w.draw.pick([1_500, 4_000, 9_000]), [
        'error',
        () => filled(w.draw, text),
      ]);
      return culprit;
    },
  },
  {
    name: 'it is slow, its callers wait',
    play(w) {
      const culprit = victim(w);
      suffer(w, culprit, w.onset, (_, target) => `request to ${target} timed out after 5000 ms`);
      return culprit;
    },
  },
  {
    name: 'a chain of two',
    play(w) {
      const culprit = victim(w);
      const [caller] = w.callers(culprit);
      const text = w.draw.pick(ROOTS[w.language]);
      w.repeat(culprit, [w.onset, w.end], 2_500, ['error', () => filled(w.draw, text)]);
      w.repeat(caller!, [w.onset + 800, w.end], 1_200, ['error', () => w.hearsay(caller!, culprit)]);
      for (const front of w.callers(caller!).slice(0, 2))
        w.repeat(front, [w.onset + 1_500, w.end], 700, ['error', () => w.hearsay(front, caller!)]);
      return culprit;
    },
  },
];

/** Nothing that a log could tell. */
export const HEALTHY: Fault[] = [
  { name: 'nothing', play: () => undefined },
  { name: 'nothing, again', play: () => undefined },
  {
    name: 'a fault without a trace',
    play(w) {
      // Traffic grows a little; that is all.
      w.repeat(w.draw.pick(w.services), [w.onset, w.end], 900, [
        'info',
        () => filled(w.draw, 'handled item # in # ms'),
      ]);
      return undefined;
    },
  },
  {
    name: 'the registry forgets for longer than ever, all work on',
    play(w) {
      const target = victim(w);
      const [reporter] = w.callers(target);
      w.repeat(reporter!, [w.onset, Math.min(w.end, w.onset + 25_000)], 900, [
        'error',
        () => w.hearsay(reporter!, target),
      ]);
      return undefined;
    },
  },
  {
    name: 'a restart in order',
    play(w) {
      const service = w.draw.pick(w.services);
      w.silence(service, w.onset, w.onset + 6_000);
      w.say(service, w.onset, 'info', 'received SIGTERM, draining');
      w.say(service, w.onset + 6_000, 'info', 'listening on :8080');
      for (const caller of w.callers(service).slice(0, 1))
        w.repeat(caller, [w.onset + 500, w.onset + 6_000], 1_500, [
          'error',
          () => w.hearsay(caller, service),
        ]);
      return undefined;
    },
  },
];
