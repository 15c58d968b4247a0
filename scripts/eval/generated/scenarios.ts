// Thirty-odd kinds of trouble, each with its culprit and what a line that proves it looks like; and quiet ones.
import { END, ONSET, type World } from './world.ts';

export interface Scenario {
  name: string;
  /** Adds the trouble to a healthy system. @returns who is to blame; undefined when the logs do not say */
  play(world: World): string | undefined;
  /** A line that proves it. */
  proof?: RegExp;
}

const FAULT: [number, number] = [ONSET, END];
/** Callers complain much louder than the culprit; the gateway loudest. */
function callers(world: World, culprit: string, text: (i: number) => string, ko = false): void {
  const { apps, gateway, repeat } = world;
  for (const app of apps.filter((name) => name !== culprit).slice(0, 2))
    repeat(app, [ONSET + 3_000, END], 2_000, 'error', text);
  repeat(gateway, [ONSET + 5_000, END], 900, 'error', (i) =>
    ko ? `요청 처리 실패 GET /v1/${i % 9} 502` : `GET /v1/${apps[i % 2]} 502 upstream error`,
  );
}
const first = (world: World): string => world.apps[0]!;
const by =
  (play: (world: World, culprit: string) => void, who = first) =>
  (world: World): string => {
    const culprit = who(world);
    play(world, culprit);
    return culprit;
  };
const db = (world: World): string => world.db;

export const INCIDENTS: Scenario[] = [
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
    name: 'name gone from DNS',
    proof: /no such host/,
    play: by((w, c) => {
      w.silence(c, ONSET);
      callers(w, c, () => `dial tcp: lookup ${c} on 10.0.0.2:53: no such host`);
    }),
  },
  {
    name: 'resolver of one service fails',
    proof: /i\/o timeout|EAI_AGAIN/,
    play: by((w, c) => {
      w.repeat(
        c,
        FAULT,
        2_000,
        'error',
        (i) => `dial tcp: lookup ${[w.db, w.cache, w.queue][i % 3]} on 10.0.0.2:53: read udp: i/o timeout`,
      );
      w.repeat(w.gateway, FAULT, 1_500, 'error', () => `${c} answered 500`);
    }),
  },
  {
    name: 'certificate expired',
    proof: /certificate has expired/,
    play: by((w, c) =>
      callers(
        w,
        c,
        () => `Get "https://${c}:${w.port(c)}/v1": x509: certificate has expired or is not yet valid`,
      ),
    ),
  },
  {
    name: 'bad deploy',
    proof: /NullPointerException/,
    play: by((w, c) => {
      w.say(c, ONSET - 4_000, 'info', `deploying ${c} 4.0.1`);
      w.repeat(
        c,
        FAULT,
        2_500,
        'error',
        () =>
          'java.lang.NullPointerException: Cannot invoke "Price.net()" because "price" is null\n\tat com.acme.Pricing.total(Pricing.java:57)',
      );
      callers(w, c, () => `${c} answered 500 Internal Server Error`);
    }),
  },
  {
    name: 'configuration typo',
    proof: /invalid config value/,
    play: by((w, c) => {
      w.silence(c, ONSET);
      w.repeat(
        c,
        FAULT,
        15_000,
        'fatal',
        () => "invalid config value for timeout: '30x' is no duration, exiting",
      );
      callers(w, c, () => `connect to ${w.address(c)}: connection refused`);
    }),
  },
  {
    name: 'wrong address at the caller',
    proof: /no such host|not known/,
    play: by(
      (w, c) => {
        const wrong = `${w.apps[1]}x`;
        w.repeat(c, FAULT, 2_000, 'error', () => `dial tcp: lookup ${wrong} on 10.0.0.2:53: no such host`);
        w.repeat(w.gateway, FAULT, 1_000, 'error', () => `${c} answered 502`);
      },
      (w) => w.apps.find((name, i) => i !== 1 && name.length > 4)!,
    ),
  },
  {
    name: 'dependency down, known by address only',
    proof: /connection refused/,
    play: by((w, c) => {
      w.say(c, ONSET - 1_000, 'info', 'signal received, shutting down');
      w.silence(c, ONSET);
      callers(w, c, () => `request failed: connect to ${w.address(c)}: connection refused`);
    }),
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
    name: 'clock skew',
    proof: /clock|not yet valid/,
    play: by((w, c) => {
      w.repeat(
        c,
        FAULT,
        20_000,
        'error',
        (i) => `clock is ${400 + i} s ahead of the time server, synchronisation failed`,
      );
      callers(w, c, () => `token issued by service ${c} is not yet valid: authentication failed`);
    }),
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
    name: 'network partition',
    proof: /no route to host|lost connection/,
    play: by(
      (w, c) => {
        w.repeat(c, FAULT, 15_000, 'error', () => 'lost connection to all peers, cluster degraded');
        for (const app of w.apps)
          w.repeat(app, FAULT, 3_000, 'error', () => `connect ${c}:${w.port(c)}: no route to host`);
      },
      (w) => w.cache,
    ),
  },
  {
    name: 'port taken',
    proof: /address already in use/,
    play: by((w, c) => {
      w.silence(c, ONSET);
      w.repeat(c, FAULT, 20_000, 'fatal', () => `listen tcp :${w.port(c)}: bind: address already in use`);
      callers(w, c, () => `connect ECONNREFUSED ${w.address(c)}`);
    }),
  },
  {
    name: 'rotated password',
    proof: /password authentication failed/,
    play: by((w, c) => {
      w.repeat(
        c,
        FAULT,
        5_000,
        'error',
        () => 'cannot open session: password authentication failed for user "app"',
      );
      w.repeat(w.db, FAULT, 5_000, 'info', () => 'password authentication failed for user "app"');
      w.repeat(w.gateway, FAULT, 1_000, 'error', () => `${c} answered 500`);
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
    name: '의존 서비스 중단',
    proof: /연결 거부/,
    play: by(
      (w, c) => {
        w.silence(c, ONSET);
        callers(w, c, () => `${c}:${w.port(c)} 연결 거부`, true);
      },
      (w) => w.cache,
    ),
  },
  {
    name: 'route removed',
    proof: /404/,
    play: by((w, c) => {
      w.repeat(
        w.gateway,
        FAULT,
        800,
        'info',
        (i) =>
          `10.0.0.9 - - [12/May/2026:03:0${6 + (i % 3)}:11 +0000] "GET /api/v1/${c}/list HTTP/1.1" 404 19 "-" "app/1.0"`,
      );
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
    name: 'missing column after a migration',
    proof: /does not exist/,
    play: by((w, c) => {
      w.say(c, ONSET - 5_000, 'info', 'migration 0042_drop_discount applied');
      w.repeat(c, FAULT, 2_000, 'error', () => 'query failed: column "discount" does not exist');
      w.repeat(w.gateway, FAULT, 900, 'error', () => `${c} answered 500`);
    }),
  },
  {
    name: 'lock wait',
    proof: /[Ll]ock wait/,
    play: by((w, c) => {
      w.repeat(c, FAULT, 5_000, 'error', () => 'Lock wait timeout exceeded; try restarting transaction');
      callers(w, c, () => `call to ${c} took too long: context deadline exceeded`);
    }),
  },
  {
    name: 'chain of three',
    proof: /TLS handshake|certificate/,
    play: by((w, c) => {
      const [, middle, outer] = w.apps;
      w.repeat(
        middle!,
        FAULT,
        2_000,
        'error',
        () => `connect to ${c}:${w.port(c)}: TLS handshake error: remote error: bad certificate`,
      );
      w.repeat(outer!, FAULT, 1_500, 'error', () => `call to ${middle}:${w.port(middle!)} failed with 503`);
      w.repeat(w.gateway, FAULT, 700, 'error', () => `GET /v1/${outer} 502 upstream ${outer} failed`);
    }),
  },
];

export const QUIET: Scenario[] = [
  { name: 'nothing but the usual', play: () => undefined },
  {
    name: 'not all there at the start',
    play(w) {
      const [one, two] = w.apps;
      w.repeat(
        one!,
        [1_000, 4_000],
        400,
        'error',
        () => `dial tcp: lookup ${two} on 10.0.0.2:53: no such host`,
      );
      return undefined;
    },
  },
  {
    name: 'a rolling restart',
    play(w) {
      for (const [i, app] of w.apps.entries()) {
        w.say(app, ONSET + i * 20_000, 'info', 'received SIGTERM, draining');
        w.say(app, ONSET + i * 20_000 + 4_000, 'info', `listening on :${w.port(app)}`);
      }
      return undefined;
    },
  },
  {
    name: 'requests that only take longer',
    play(w) {
      w.repeat(w.apps[0]!, FAULT, 2_000, 'info', (i) => `request ${i} done in ${4_000 + (i % 900)} ms`);
      return undefined;
    },
  },
  {
    name: 'people who mistype',
    play(w) {
      w.repeat(
        w.apps[1]!,
        [10_000, END],
        4_000,
        'warn',
        (i) => `login failed for account ${i % 70}: wrong password`,
      );
      return undefined;
    },
  },
  {
    name: 'one odd error',
    play(w) {
      w.say(w.apps[2]!, ONSET, 'error', 'could not parse the header of one request');
      return undefined;
    },
  },
];
