import type { AttributeValue, LogRecord } from '../../../domain/log/record.ts';
import { LruMap } from '../../../domain/lru-map.ts';
import { endpointOf } from '../structured.ts';

/**
 * Gives the request that a line completes whose endpoint only an earlier line of its source names: one of the same process and
 * with the same tags, which a header may have for a thread.
 */
export type RequestPairs = (
  source: string,
  message: string,
  attributes: Readonly<Record<string, AttributeValue>>,
) => LogRecord['request'] | undefined;

/** `Started GET "/orders/7" for 10.0.0.1 at …`, perhaps behind the tags of the request. */
const STARTED = /^((?:\[[\w.:-]{1,80}\] ){0,4})Started ([A-Z]{3,7}) "([^"]{1,4000})"/;
/** `Completed 200 OK in 12ms (…)` */
const COMPLETED =
  /^((?:\[[\w.:-]{1,80}\] ){0,4})Completed (\d{3})(?: [A-Za-z' -]{1,40})? in (\d{1,9}(?:\.\d{1,6})?)\s?ms\b/;
/** What ends a request that nothing completes: `ActionController::RoutingError (No route matches [GET] "/x"):`. */
const ENDED = /^((?:\[[\w.:-]{1,80}\] ){0,4})\s{0,4}(?:[A-Z]\w{1,60}::){1,4}[A-Z]\w{1,60} \(/;
/** Requests that have started and not completed. */
const MAX_OPEN = 10_000;
/** Characters in which the words of these lines are. */
const HEAD = 400;

/** Remembers which request a process, or a tagged request, has started. */
export function createRequestPairs(): RequestPairs {
  const started = new LruMap<string, string>(MAX_OPEN);
  return (source, message, { pid, thread }) => {
    const first = message.charCodeAt(0);
    // `S`, `[`, a line end, and a capital: most messages stop here.
    if (first !== 91 && first !== 10 && (first < 65 || first > 90)) return undefined;
    const head = message.length > HEAD ? message.slice(0, HEAD) : message;
    const key = (tags: string): string => `${source}\u0000${pid}\u0000${thread}\u0000${tags}`;
    const start = head.includes('Started ') ? STARTED.exec(message) : null;
    if (start) started.set(key(start[1]!), endpointOf(start[2], start[3]!));
    if (start || started.size === 0) return undefined;
    const completed = head.includes('Completed ') ? COMPLETED.exec(message) : null;
    const ended = completed ?? (head.includes(' (') ? ENDED.exec(message) : null);
    const endpoint = ended ? started.get(key(ended[1]!)) : undefined;
    if (!ended || endpoint === undefined) return undefined;
    started.delete(key(ended[1]!));
    return completed
      ? { endpoint, status: Number(completed[2]), durationMs: Number(completed[3]) }
      : { endpoint };
  };
}
