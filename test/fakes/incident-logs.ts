import type { Level, LogRecord } from '../../src/domain/log/record.ts';

/** Noon of an arbitrary day; all generated incidents lie around it. */
export const NOON = Date.parse('2026-03-01T12:00:00Z');

let serial = 0;
export function record(
  at: number,
  service: string,
  level: Level,
  message: string,
  over: Partial<LogRecord> = {},
): LogRecord {
  serial += 1;
  const line = `${new Date(at).toISOString()} ${level.toUpperCase()} [${service}] ${message}`;
  return { id: `r${serial}`, timestamp: at, level, service, message, line, attributes: {}, ...over };
}

/**
 * Twenty minutes of a made-up shop: traffic all along, start-up noise in the first minute that heals, and from minute
 * twelve a pool that runs dry in `orders-db-proxy`: it says so in few lines; its callers are louder.
 */
export function poolIncident(options: { korean?: boolean } = {}): LogRecord[] {
  const out: LogRecord[] = [];
  const minute = 60_000;
  const callers = ['checkout', 'orders', 'invoices'];
  for (let second = 0; second < 1_200; second += 2) {
    const at = NOON + second * 1_000;
    const broken = second >= 720;
    out.push(
      record(at, 'storefront', 'info', `GET /items/${second % 37} 200 in ${20 + (second % 9)} ms`, {
        request: { endpoint: 'GET /items', status: 200, durationMs: 20 + (second % 9) },
      }),
    );
    out.push(record(at + 100, 'orders', 'info', `order ${second + 1_000} stored`));
    if (second < 60 && second % 6 === 0)
      out.push(record(at + 200, 'checkout', 'error', 'cannot reach ledger:7301: connection refused'));
    if (!broken) continue;
    if (second % 20 === 0)
      out.push(
        record(
          at + 300,
          'orders-db-proxy',
          'error',
          options.korean
            ? '커넥션 풀 고갈: 사용 중 40 / 최대 40, 대기 12'
            : 'connection pool exhausted: 40 of 40 in use, 12 waiting',
          { errorCode: 'POOL_EXHAUSTED' },
        ),
      );
    for (const caller of callers)
      out.push(
        record(
          at + 400,
          caller,
          'error',
          `query to orders-db-proxy:6432 timed out after 3000 ms, request ${second}`,
          {
            errorCode: 'ETIMEDOUT',
          },
        ),
      );
    out.push(
      record(
        at + 500,
        'storefront',
        'error',
        `POST /checkout 503 upstream checkout unavailable, cart ${second}`,
        {
          request: { endpoint: 'POST /checkout', status: 503, durationMs: 3_050 },
        },
      ),
    );
  }
  out.push(record(NOON + 11.5 * minute, 'orders-db-proxy', 'info', 'config reloaded: pool size 40 (was 80)'));
  return out.sort((a, b) => a.timestamp - b.timestamp);
}

/** The same traffic with nothing wrong. */
export function healthyLogs(): LogRecord[] {
  return poolIncident().filter((entry) => entry.level === 'info' && !entry.message.startsWith('config'));
}
