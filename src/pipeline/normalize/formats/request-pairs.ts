import type { LogRecord } from '../../../domain/log/record.ts';
import { LruMap } from '../../../domain/lru-map.ts';
import { endpointOf } from '../structured.ts';

/** Gives the request that a line completes whose endpoint only an earlier line of its source names. */
export type RequestPairs = (
  source: string,
  message: string,
  process: string | undefined,
) => LogRecord['request'] | undefined;

/** `Started GET "/orders/7" for 10.0.0.1 at …`, perhaps behind the tags of the request. */
const STARTED = /^((?:\[[\w.:-]{1,80}\] ){0,4})Started ([A-Z]{3,7}) "([^"]{1,4000})"/;
/** `Completed 200 OK in 12ms (…)` */
const COMPLETED =
  /^((?:\[[\w.:-]{1,80}\] ){0,4})Completed (\d{3})(?: [A-Za-z' -]{1,40})? in (\d{1,9}(?:\.\d{1,6})?)\s?ms\b/;
/** Requests that have started and not completed. */
const MAX_OPEN = 10_000;

/** Remembers which request a process, or a tagged request, has started. */
export function createRequestPairs(): RequestPairs {
  const started = new LruMap<string, string>(MAX_OPEN);
  return (source, message, process = '') => {
    const first = message.charCodeAt(0);
    // `S`, `C`, `[`
    if (first !== 83 && first !== 67 && first !== 91) return undefined;
    if (first !== 67 && message.slice(0, 330).includes('Started ')) {
      const start = STARTED.exec(message);
      if (start) started.set(`${source}\u0000${process}\u0000${start[1]}`, endpointOf(start[2], start[3]!));
      return undefined;
    }
    const end = first !== 83 && message.slice(0, 340).includes('Completed ') ? COMPLETED.exec(message) : null;
    const endpoint = end ? started.get(`${source}\u0000${process}\u0000${end[1]}`) : undefined;
    if (!end || endpoint === undefined) return undefined;
    return { endpoint, status: Number(end[2]), durationMs: Number(end[3]) };
  };
}
