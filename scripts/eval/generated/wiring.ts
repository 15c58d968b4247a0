// Services that do not reach, trust or understand each other: names, addresses, certificates, deployments.
import { by, callers, FAULT, type Scenario } from './scenario.ts';
import { ONSET } from './world.ts';

export const WIRING: Scenario[] = [
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
    name: 'missing column after a migration',
    proof: /does not exist/,
    play: by((w, c) => {
      w.say(c, ONSET - 5_000, 'info', 'migration 0042_drop_discount applied');
      w.repeat(c, FAULT, 2_000, 'error', () => 'query failed: column "discount" does not exist');
      w.repeat(w.gateway, FAULT, 900, 'error', () => `${c} answered 500`);
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
