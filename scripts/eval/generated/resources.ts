// Something runs out or breaks inside a service: memory, disk, pools, locks, itself.
import { by, callers, db, FAULT, type Scenario } from './scenario.ts';
import { ONSET } from './world.ts';

export const RESOURCES: Scenario[] = [
  {
    name: 'memory leak',
    proof: /OutOfMemoryError/,
    play: by((w, c) => {
      w.repeat(c, [ONSET - 60_000, ONSET], 8_000, 'warn', (i) => `GC pause 900 ms, heap ${88 + i} % used`);
      w.repeat(
        c,
        FAULT,
        30_000,
        'error',
        () =>
          'java.lang.OutOfMemoryError: Java heap space\n\tat com.acme.Cache.put(Cache.java:88)\n\tat com.acme.Api.get(Api.java:31)',
      );
      callers(w, c, (i) => `call to ${c}:${w.port(c)} timed out after 3000 ms, attempt ${i % 3}`);
    }),
  },
  {
    name: 'disk full',
    proof: /No space left/,
    play: by((w, c) => {
      w.repeat(
        c,
        FAULT,
        12_000,
        'error',
        (i) => `could not write to file "pg_wal/xlogtemp.${i}": No space left on device`,
      );
      callers(w, c, () => 'insert failed: could not extend relation, database error 53100');
    }, db),
  },
  {
    name: 'slow queries',
    proof: /duration|timed out/,
    play: by((w, c) => {
      w.repeat(
        c,
        FAULT,
        4_000,
        'warn',
        (i) => `slow query, duration: ${8_000 + i} ms statement: SELECT * FROM lines WHERE note LIKE '%x%'`,
      );
      callers(w, c, () => `query to ${c}:${w.port(c)} timed out after 5000 ms`);
    }, db),
  },
  {
    name: 'thread pool exhausted',
    proof: /pool/i,
    play: by((w, c) => {
      w.repeat(
        c,
        FAULT,
        5_000,
        'error',
        (i) => `thread pool exhausted: 200 active, ${300 + i} queued, request rejected`,
      );
      callers(w, c, () => `POST http://${c}/v1/price returned 503 Service Unavailable`);
    }),
  },
  {
    name: 'connection pool of one service dry',
    proof: /Connection is not available/,
    play: by((w, c) => {
      w.repeat(
        c,
        FAULT,
        3_000,
        'error',
        () => 'HikariPool-1 - Connection is not available, request timed out after 30000ms',
      );
      callers(w, c, () => `call to ${c} timed out`);
    }),
  },
  {
    name: 'database out of connections',
    proof: /too many clients/,
    play: by((w, c) => {
      w.repeat(c, FAULT, 300, 'fatal', () => 'sorry, too many clients already');
      for (const app of w.apps)
        w.repeat(app, FAULT, 6_000, 'error', () => 'FATAL: sorry, too many clients already');
      w.repeat(w.gateway, FAULT, 900, 'error', (i) => `GET /v1/${w.apps[i % 4]} 500`);
    }, db),
  },
  {
    name: 'queue backlog',
    proof: /poll interval|no acknowledgement/,
    play: by((w, c) => {
      w.repeat(
        c,
        FAULT,
        10_000,
        'error',
        () => 'consumer left the group: maximum poll interval exceeded, processing failed',
      );
      w.repeat(
        w.queue,
        FAULT,
        8_000,
        'warn',
        (i) =>
          `queue invoices has ${90_000 + i * 500} messages, no acknowledgement from ${c}, delivery timed out`,
      );
    }),
  },
  {
    name: 'OOM kill seen by the kernel',
    proof: /Killed process/,
    play: by((w, c) => {
      w.silence(c, ONSET);
      w.say(
        'node-agent',
        ONSET,
        'error',
        `kernel: Out of memory: Killed process 4121 (${c}) total-vm:4123456kB`,
      );
      callers(w, c, () => `POST http://${c}:${w.port(c)}/v1 failed: connection reset by peer`);
    }),
  },
  {
    name: 'permission',
    proof: /permission denied/,
    play: by((w, c) => {
      w.repeat(c, FAULT, 4_000, 'error', () => 'open /var/lib/app/spool/out.dat: permission denied');
      callers(w, c, () => `${c} answered 500`);
    }),
  },
  {
    name: 'quota of an outside service',
    proof: /quota exceeded/,
    play: by((w, c) => {
      w.repeat(
        c,
        FAULT,
        2_000,
        'error',
        () => 'geocoding failed: 429 Too Many Requests, quota exceeded for project',
      );
      w.repeat(w.gateway, FAULT, 1_500, 'error', () => `${c} answered 503`);
    }),
  },
  {
    name: 'panic and restart',
    proof: /panic/,
    play: by((w, c) => {
      w.repeat(
        c,
        FAULT,
        25_000,
        'error',
        () =>
          'panic: runtime error: index out of range [3] with length 3\ngoroutine 41 [running]:\nmain.(*Server).price(0xc000112000)\n\t/src/price.go:88 +0x1d',
      );
      callers(w, c, () => `rpc to ${c}:${w.port(c)} failed: unexpected EOF`);
    }),
  },
  {
    name: '메모리 부족',
    proof: /메모리 부족/,
    play: by((w, c) => {
      w.repeat(c, FAULT, 20_000, 'error', () => '메모리 부족으로 요청을 처리할 수 없습니다');
      callers(w, c, () => `${c} 호출 실패: 응답 없음`, true);
    }),
  },
  {
    name: '커넥션 풀 고갈',
    proof: /풀/,
    play: by((w, c) => {
      w.repeat(c, FAULT, 4_000, 'error', (i) => `커넥션 풀 고갈: 20/20 사용 중, 대기 ${i}`);
      callers(w, c, () => `${c} 응답 시간 초과 (3000ms)`, true);
    }),
  },
  {
    name: 'read-only volume',
    proof: /[Rr]ead-only file system/,
    play: by(
      (w, c) => {
        w.repeat(
          c,
          FAULT,
          6_000,
          'error',
          () => 'append failed: write /data/segment.7: Read-only file system',
        );
        callers(w, c, () => `publish to ${c} failed: server unavailable`);
      },
      (w) => w.queue,
    ),
  },
  {
    name: 'lock wait',
    proof: /[Ll]ock wait/,
    play: by((w, c) => {
      w.repeat(c, FAULT, 5_000, 'error', () => 'Lock wait timeout exceeded; try restarting transaction');
      callers(w, c, () => `call to ${c} took too long: context deadline exceeded`);
    }),
  },
];
