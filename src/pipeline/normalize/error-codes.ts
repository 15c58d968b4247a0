import { ERRNO_NAMES, NO_ERROR_CODES, VENDOR_PREFIXES } from './lexicon/error-codes.ts';

/** errno names as they occur in logs. */
const ERRNO = new RegExp(`\\b(?:${ERRNO_NAMES.join('|')})\\b`);
const SQLSTATE = /\bSQL\s?STATE\b[\s:=["'(]*([0-9A-Z]{5})\b/i;
const EXCEPTION = /\b(?:[a-z_][\w$]*\.)*([A-Z][\w$]*(?:Exception|Error|Fault))\b/;
const EXCEPTION_END = /Exception|Error|Fault/;
const HTTP = /(?:\bHTTP(?:\/[\d.]+)?|\bstatus(?:[_ ]?code)?|상태(?:\s?코드)?)["']?\s*[:=]?\s*(5\d\d)\b/i;
/** A vendor's code: `ORA-00942`. */
const VENDOR = new RegExp(`\\b(?:${VENDOR_PREFIXES.join('|')})-\\d{4,6}\\b`);
const CODE_KEY =
  /\b(?:error_?code|err_?code|errno|sqlstate|reason_code)["']?\s*[:=]\s*["']?([A-Za-z0-9_.-]{2,40})/i;
/** Without one of these no pattern above can match; most lines stop here. */
const HINT = /[EHS](?:[A-Z]{2}|rr|xc|QL|TT)|rror|xcep|Fault|tatus|SQL|ql_?state|상태|-\d{4}/;

/** Characters that are read of a message, and of the last cause in it. */
const MAX_HEAD = 2_000;
const MAX_CAUSE = 500;

/** The beginning of a long message, and the last cause in its stack trace, which is the reason. */
function headAndCause(message: string): string {
  const cause = message.lastIndexOf('Caused by: ');
  const head = message.slice(0, MAX_HEAD);
  return cause < MAX_HEAD ? head : `${head}\n${message.slice(cause, cause + MAX_CAUSE)}`;
}

/**
 * The machine-readable kind of the error in a message: a SQLSTATE, an errno name, a vendor's code, the value of a key for
 * codes, an exception class, a 5xx status. Undefined when there is none.
 */
export function errorCodeOf(message: string): string | undefined {
  const text = message.length > MAX_HEAD ? headAndCause(message) : message;
  if (!HINT.test(text)) return undefined;
  const state = SQLSTATE.exec(text);
  if (state) return `SQLSTATE ${state[1]}`;
  const errno = ERRNO.exec(text);
  if (errno) return errno[0];
  const vendor = VENDOR.exec(text);
  if (vendor) return vendor[0];
  const keyed = CODE_KEY.exec(text);
  if (keyed && !NO_ERROR_CODES.has(keyed[1]!.toLowerCase())) return keyed[1];
  const exception = EXCEPTION_END.test(text) ? EXCEPTION.exec(text) : null;
  if (exception) return exception[1];
  const http = HTTP.exec(text);
  return http ? `HTTP ${http[1]}` : undefined;
}

const TRACE =
  /\b(?:trace[_.-]?id|traceparent|x-b3-traceid|trace)["']?\s*[=:]\s*["']?(?:00-)?([0-9a-f]{16,32})\b/i;
const SPAN = /\b(?:span[_.-]?id|x-b3-spanid|span)["']?\s*[=:]\s*["']?([0-9a-f]{16})\b/i;

/** Trace and span ids in the text: `trace_id=…`, or inside a W3C traceparent. */
export function tracesOf(text: string): { traceId?: string; spanId?: string } {
  if (!text.includes('race') && !text.includes('RACE')) return {};
  const head = text.length > 4_000 ? text.slice(0, 4_000) : text;
  return { traceId: TRACE.exec(head)?.[1]?.toLowerCase(), spanId: SPAN.exec(head)?.[1]?.toLowerCase() };
}
