// Failures that are harder to see in the logs: they have passed, have few lines, others write more lines, names are missing.
import { by, FAULT, type Scenario } from './scenario.ts';
import { END, ONSET, type World } from './world.ts';

/** A failure that is long over when somebody asks. */
const PASSED: [number, number] = [ONSET - 150_000, ONSET];

const hex = (world: World, length: number): string =>
  Array.from({ length }, () => Math.floor(world.random() * 16).toString(16)).join('');

export const HARD: Scenario[] = [
  {
    name: 'passed before anybody asked',
    proof: /pool exhausted/,
    play: by((w, c) => {
      w.repeat(c, PASSED, 4_000, 'error', () => 'connection pool exhausted: 30 of 30 in use');
      w.repeat(w.apps[1]!, PASSED, 1_500, 'error', () => `call to ${c} timed out after 2000 ms`);
      w.repeat(w.gateway, PASSED, 900, 'error', () => `GET /v1/${w.apps[1]} 504`);
    }),
  },
  {
    name: 'another service is always loud',
    proof: /No space left/,
    play: by((w, c) => {
      w.repeat(
        w.apps[3]!,
        [5_000, END],
        700,
        'error',
        () => 'legacy import failed: unexpected field, connection timed out',
      );
      w.repeat(c, FAULT, 9_000, 'error', () => 'write failed: No space left on device');
      w.repeat(w.apps[1]!, FAULT, 2_000, 'error', () => `${c} answered 500`);
    }),
  },
  {
    name: 'one call in ten fails',
    proof: /connection reset/,
    play: by(
      (w, c) => {
        w.repeat(
          w.apps[1]!,
          FAULT,
          9_000,
          'error',
          () => `read from ${c}:${w.port(c)}: connection reset by peer`,
        );
        w.repeat(
          w.apps[2]!,
          FAULT,
          11_000,
          'error',
          () => `read from ${c}:${w.port(c)}: connection reset by peer`,
        );
      },
      (w) => w.db,
    ),
  },
  {
    name: 'only trace ids connect them',
    proof: /deadlock/i,
    play: by((w, c) => {
      for (let at = ONSET; at < END; at += 4_000) {
        const trace = hex(w, 32);
        w.say(c, at, 'error', `trace_id=${trace} deadlock detected, transaction rolled back`);
        w.say(w.apps[1]!, at + 20, 'error', `trace_id=${trace} saving failed`);
        w.say(w.apps[1]!, at + 30, 'error', `trace_id=${trace} giving up after 3 attempts`);
        w.say(w.gateway, at + 50, 'error', `trace_id=${trace} POST /v1/${w.apps[1]} 500`);
      }
    }),
  },
  {
    name: 'the culprit sends its logs nowhere',
    proof: /timed out/,
    play: by((w, c) => {
      w.silence(c, 0);
      w.repeat(
        w.gateway,
        FAULT,
        900,
        'error',
        () => `upstream ${c}:${w.port(c)} timed out (110: Operation timed out) while reading response header`,
      );
      w.repeat(
        w.apps[1]!,
        FAULT,
        3_000,
        'error',
        () => `GET http://${c}:${w.port(c)}/v1/rates: context deadline exceeded`,
      );
    }),
  },
  {
    name: 'it gets worse slowly',
    proof: /too many open files/,
    play: by((w, c) => {
      for (let at = ONSET - 120_000, gap = 30_000; at < END; at += gap, gap = Math.max(1_500, gap * 0.8)) {
        w.say(c, at, 'error', 'accept: too many open files');
        w.say(w.apps[2]!, at + 900, 'error', `POST http://${c}/v1/batch: connection reset`);
        w.say(w.gateway, at + 1_200, 'error', `GET /v1/${w.apps[2]} 502`);
      }
    }),
  },
  {
    name: '배포 뒤의 설정 누락',
    proof: /설정 누락|필수 설정/,
    play: by((w, c) => {
      w.say(c, ONSET - 3_000, 'info', '배포 완료: 5.2.0');
      w.repeat(c, FAULT, 5_000, 'error', () => '필수 설정 누락: payment.key 설정이 없습니다');
      w.repeat(w.apps[1]!, FAULT, 2_000, 'error', () => `${c} 호출 실패: 500`);
      w.repeat(w.gateway, FAULT, 1_000, 'error', () => `요청 처리 실패: ${w.apps[1]} 오류`);
    }),
  },
];
