import type { LogRecord } from '../../src/domain/log/record.ts';

/** Ten quiet minutes, then a service that fails. */
export function poolRecords(): LogRecord[] {
  const now = Date.now();
  return Array.from({ length: 300 }, (_, index) => {
    const bad = index > 200;
    const message = bad ? 'connection pool exhausted after 30000 ms' : `GET /cart served in ${index} ms`;
    return {
      id: `r${index}`,
      timestamp: now - (300 - index) * 2_000,
      level: bad ? 'error' : 'info',
      service: bad ? 'payment' : 'cart',
      message,
      line: `${bad ? 'ERROR' : 'INFO'} ${message}`,
      attributes: {},
      template: bad
        ? { id: 'pool', pattern: 'connection pool exhausted after <*> ms' }
        : { id: 'get', pattern: 'GET /cart served in <*> ms' },
    };
  });
}
