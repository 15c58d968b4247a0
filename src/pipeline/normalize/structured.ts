import type { AttributeValue, Level, LogRecord } from '../../domain/log/record.ts';
import { shortJson } from '../../domain/log/short-json.ts';
import { lengthOfUnit } from '../../domain/time/unit-words.ts';
import { isServiceName, nameOfContainer } from './formats/service-name.ts';
import { levelOf, levelOfGrade, levelOfMarked } from './level.ts';
import { DIGIT, isAt } from './lexicon/characters.ts';
import { NO_ERROR_CODES } from './lexicon/error-codes.ts';
import { ENVELOPES, EXACT_NAMES, FIELD_NAMES, type Meaning, REQUEST_OBJECTS } from './lexicon/field-names.ts';
import type { Reference } from './time/instant.ts';
import { timeOf } from './time/timestamp.ts';

/** What a line says, by meaning. A field without a known meaning is in `attributes`. */
export interface Facts {
  timestamp?: number;
  level?: Level;
  service?: string;
  /** A part of the service, where a field names one. */
  part?: string;
  host?: string;
  message?: string;
  errorCode?: string;
  traceId?: string;
  spanId?: string;
  request?: LogRecord['request'];
  /** The name before the line, and the service that it stands for. */
  named?: { name: string; service: string };
  /** The duration of the request as it stands there, where neither its field nor its form tells the unit. */
  unitless?: { field: string; value: number };
  attributes: Record<string, AttributeValue>;
}

/** Facts before anything is read. All facts have all fields in this order, so that they have one shape in memory. */
const emptyFacts = (): Facts => ({
  timestamp: undefined,
  level: undefined,
  service: undefined,
  part: undefined,
  host: undefined,
  message: undefined,
  errorCode: undefined,
  traceId: undefined,
  spanId: undefined,
  request: undefined,
  named: undefined,
  unitless: undefined,
  attributes: {},
});

const MAX_ATTRIBUTES = 64;
const MAX_VALUE = 1_000;
/** Characters kept of a stack trace in a field. */
const MAX_STACK = 8_000;

const MEANINGS = new Map<string, Meaning>(
  (Object.entries(FIELD_NAMES) as [Meaning, string[]][]).flatMap(([meaning, names]) =>
    names.map((name) => [name, meaning] as const),
  ),
);

/** Meanings of field names so far: streams repeat their names. */
const remembered = new Map<string, Meaning | undefined>();
/** The meaning of a field name; undefined for an unknown one. Names of nested fields are joined with dots. */
export function meaningOf(key: string): Meaning | undefined {
  const before = remembered.get(key);
  if (before !== undefined || remembered.has(key)) return before;
  const meaning = EXACT_NAMES[key] ?? meaningOfPath(key.slice(0, MAX_VALUE));
  if (remembered.size < 10_000) remembered.set(key, meaning);
  return meaning;
}

const ABOUT_REQUESTS = new Set<Meaning | undefined>([
  'endpoint',
  'method',
  'status',
  'seconds',
  'millis',
  'nanos',
  'duration',
]);
const spelled = (name: string): string => name.replace(/[\s_@-]/g, '').toLowerCase();

/** By the whole name, else by what is left of it without the envelopes around it. */
function meaningOfPath(key: string): Meaning | undefined {
  // Extended JSON wraps a time: `{"t": {"$date": …}}`.
  const parts = spelled(key.replace(/\.\$date$/, '')).split('.');
  const whole = MEANINGS.get(parts.join(''));
  if (whole) return whole;
  for (let from = 1; from < parts.length && from <= 3; from++) {
    const around = parts.slice(0, from).join('');
    const meaning = MEANINGS.get(parts.slice(from).join(''));
    if (ENVELOPES.includes(around) && meaning) return meaning;
    const object = parts[from - 1]!;
    const within = from === 1 || parts.slice(0, from - 1).every((part) => ENVELOPES.includes(part));
    if (REQUEST_OBJECTS.includes(object) && within && ABOUT_REQUESTS.has(meaning)) return meaning;
  }
  return undefined;
}

const scalar = (value: unknown): AttributeValue | undefined => {
  if (typeof value === 'string') return value.length > MAX_VALUE ? `${value.slice(0, MAX_VALUE)}…` : value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  return typeof value === 'boolean' ? value : undefined;
};
const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value.length > 0 ? value : undefined;

const DURATION = /^(\d+(?:\.\d+)?)\s?(\D{1,24})?$/;
const UNITS: Record<string, number> = { ns: 1e-6, us: 1e-3, µs: 1e-3, μs: 1e-3, ms: 1, s: 1_000, m: 60_000 };

/** `12ms`, `1.5s`, `0.2`, 17 → milliseconds. A bare number has the unit its name implies. */
export function millisOf(value: unknown, bareUnit: 'millis' | 'seconds'): number | undefined {
  if (typeof value === 'number') return value >= 0 ? value * (bareUnit === 'seconds' ? 1_000 : 1) : undefined;
  const match = typeof value === 'string' ? DURATION.exec(value) : null;
  if (!match) return undefined;
  const unit = match[2];
  const factor = unit === undefined ? undefined : (UNITS[unit] ?? lengthOfUnit(unit));
  if (unit !== undefined && factor === undefined) return undefined;
  return Number(match[1]) * (factor ?? (bareUnit === 'seconds' ? 1_000 : 1));
}

const NUMBERED = /^(?:\d+|[0-9a-f-]{16,}|[A-Za-z]*[-_]?\d{3,})$/i;
/** Whether a part of a path is an id. The expression is tried only where one may be: most parts are short words. */
const isId = (part: string): boolean =>
  (part.length >= 16 || isAt(part, part.length - 1, DIGIT)) && NUMBERED.test(part);

/** The path of an endpoint without query, with ids replaced, so that calls of one endpoint count together. */
export function endpointOf(method: unknown, path: string): string {
  const local = path.startsWith('http') ? path.replace(/^https?:\/\/[^/]+/, '') : path;
  const query = local.search(/[?#]/);
  const plain = (query < 0 ? local : local.slice(0, query))
    .split('/')
    .map((part) => (isId(part) ? ':id' : part))
    .join('/')
    .slice(0, 200);
  return typeof method === 'string' && /^[A-Za-z]{3,7}$/.test(method)
    ? `${method.toUpperCase()} ${plain || '/'}`
    : plain || '/';
}

/**
 * Reads a structured record: JSON objects, logfmt pairs, CSV rows. Nested objects count as dotted names.
 * @param zone IANA zone of times that name none
 */
export function factsOf(fields: Record<string, unknown>, zone: string, now: Reference): Facts {
  const facts = emptyFacts();
  const seen = nothingSeen(facts, zone, now);
  let left = MAX_ATTRIBUTES;
  const visit = (entries: Record<string, unknown>, prefix: string, depth: number): void => {
    for (const key of Object.keys(entries)) {
      const value = entries[key];
      if (value === null || value === undefined) continue;
      const name = prefix === '' ? key : prefix + key;
      if (typeof value === 'object') {
        if (Array.isArray(value) || depth >= 4) {
          if (left-- > 0) facts.attributes[name] = shortJson(value, MAX_VALUE);
        } else visit(value as Record<string, unknown>, `${name}.`, depth + 1);
        continue;
      }
      const meaning = meaningOf(name);
      if (meaning !== undefined && take(seen, meaning, name, value)) continue;
      const kept = scalar(value);
      if (kept !== undefined && left-- > 0) facts.attributes[name] = kept;
    }
  };
  visit(fields, '', 0);
  // The name of a logger is that of the program where the record names its process, too.
  facts.service ??= seen.container ?? (seen.process ? seen.name : undefined) ?? seen.origin;
  facts.level ??= seen.grade;
  facts.message = messageOf(facts.message ?? seen.text, seen, facts.attributes);
  takeRequest(seen);
  return facts;
}

/** The fields read so far whose meaning depends on others. */
interface SeenFields {
  readonly facts: Facts;
  readonly zone: string;
  readonly now: Reference;
  container?: string;
  name?: string;
  origin?: string;
  process?: boolean;
  grade?: Level;
  text?: string;
  whole?: string;
  reason?: string;
  stack?: string;
  endpoint?: string;
  method?: unknown;
  status?: number;
  millis?: number;
  unitless?: { field: string; value: number };
  upstream?: number;
}

/** All fields are there from the start: adding them one by one would make the object grow several times. */
const nothingSeen = (facts: Facts, zone: string, now: Reference): SeenFields => ({
  facts,
  zone,
  now,
  container: undefined,
  name: undefined,
  origin: undefined,
  process: undefined,
  grade: undefined,
  text: undefined,
  whole: undefined,
  reason: undefined,
  stack: undefined,
  endpoint: undefined,
  method: undefined,
  status: undefined,
  millis: undefined,
  unitless: undefined,
  upstream: undefined,
});

/** Names in a template of a message: `{OrderId}`, `{@Order:l}`. */
const PLACEHOLDER = /\{[@$]?(\w{1,64})(?:[,:][^{}]{0,64})?\}/g;

/** The message with what other fields say about its error, as a text log would have it. */
function messageOf(
  short: string | undefined,
  seen: SeenFields,
  attributes: Readonly<Record<string, AttributeValue>>,
): string | undefined {
  let message = short;
  if (message !== undefined && seen.facts.message === undefined && message.includes('{'))
    message = message.replace(PLACEHOLDER, (hole, name: string) => String(attributes[name] ?? hole));
  if (seen.whole && (message === undefined || seen.whole.startsWith(message))) message = seen.whole;
  const { reason, stack } = seen;
  if (reason && !message?.includes(reason) && !stack?.includes(reason))
    message = message ? `${message}: ${reason}` : reason;
  if (stack && !message?.includes(stack)) message = message ? `${message}\n${stack}` : stack;
  return message;
}

/** A request has an endpoint and says how it ended: a file or a page that is only mentioned is none. */
function takeRequest(seen: SeenFields): void {
  const { facts, endpoint, method, status } = seen;
  const millis = seen.millis ?? (seen.unitless ? undefined : seen.upstream);
  if (endpoint !== undefined && (status !== undefined || millis !== undefined || seen.unitless)) {
    facts.request = requestOf(endpointOf(method, endpoint), status, millis);
    if (millis === undefined) facts.unitless = seen.unitless;
    facts.message ??= `${facts.request.endpoint} ${status ?? ''}`.trimEnd();
    if (status !== undefined) facts.level ??= status >= 500 ? 'error' : status >= 400 ? 'warn' : 'info';
  }
  if (!facts.errorCode && status !== undefined && status >= 500) facts.errorCode = `HTTP ${status}`;
}

/** A request with what is known of it, and no other fields. */
export function requestOf(
  endpoint: string,
  status: number | undefined,
  durationMs: number | undefined,
): NonNullable<LogRecord['request']> {
  if (status === undefined) return durationMs === undefined ? { endpoint } : { endpoint, durationMs };
  return durationMs === undefined ? { endpoint, status } : { endpoint, status, durationMs };
}

/** A path, an address with a path, a route. */
const ENDPOINT = /^(?:\/|\*$|[a-z][a-z\d+.-]{1,15}:\/\/)/i;
/** `GET /cart HTTP/1.1` */
const REQUEST_LINE = /^"?([A-Z]{3,10}) (\S{1,4000})(?: HTTP\/[\d.]{1,3})?"?$/;

/** Stores a value under its meaning. False when it does not fit, or is an attribute as well. */
function take(seen: SeenFields, meaning: Meaning, name: string, value: unknown): boolean {
  const { facts } = seen;
  switch (meaning) {
    case 'timestamp':
      if (facts.timestamp !== undefined) return false;
      facts.timestamp = timeOf(value, seen.zone, seen.now);
      return facts.timestamp !== undefined;
    case 'level':
      if (facts.level) return false;
      facts.level = levelOf(value);
      return facts.level !== undefined;
    case 'letter':
      // A key of one letter may mean anything: only a value that is a level counts.
      if (facts.level || typeof value !== 'string' || !/^[FEWID]\d?$/.test(value)) return false;
      facts.level = levelOf(value[0]);
      return true;
    case 'word':
      if (facts.level || typeof value !== 'string') return false;
      facts.level = levelOfMarked(value);
      return facts.level !== undefined;
    case 'grade':
      seen.grade ??= levelOfGrade(value);
      return false;
    case 'host':
    case 'message': {
      if (facts[meaning] !== undefined) return false;
      facts[meaning] = text(value);
      return facts[meaning] !== undefined;
    }
    case 'trace':
      facts.traceId ??= /^[0-9a-zA-Z-]{8,64}$/.test(String(value)) ? String(value) : undefined;
      return facts.traceId === value;
    case 'span':
      facts.spanId ??= /^[0-9a-zA-Z-]{4,32}$/.test(String(value)) ? String(value) : undefined;
      return facts.spanId === value;
    case 'service':
    case 'container':
    case 'origin':
    case 'part':
    case 'name':
    case 'process':
      return takeName(seen, meaning, value);
    case 'text':
    case 'whole':
    case 'reason':
    case 'stack':
    case 'error':
      return takeWords(seen, meaning, name, value);
    default:
      takeOfRequest(seen, meaning, name, value);
      return false;
  }
}

function takeName(seen: SeenFields, meaning: Meaning, value: unknown): boolean {
  if (meaning === 'process') {
    seen.process = true;
    return false;
  }
  const name = text(value)?.trim();
  if (name === undefined) return false;
  if (!isServiceName(name)) {
    // A proxy's `service=88ms`: how long the service took.
    if (meaning === 'service' && name.length < 20 && DURATION.exec(name)?.[2])
      seen.millis ??= millisOf(name, 'millis');
    return false;
  }
  if (meaning === 'service') {
    if (seen.facts.service !== undefined) return false;
    seen.facts.service = name;
    return true;
  }
  if (meaning === 'container') seen.container ??= nameOfContainer(name);
  else if (meaning === 'name') seen.name ??= name;
  else if (meaning === 'part') seen.facts.part ??= name;
  else if (!name.includes('/') && !name.includes('\\')) seen.origin ??= name;
  return false;
}

/** Values of a field for errors that say there was none. */
const isNothing = (value: string): boolean => NO_ERROR_CODES.has(value.toLowerCase());

function takeWords(seen: SeenFields, meaning: Meaning, name: string, value: unknown): boolean {
  const words = text(value);
  if (meaning === 'error') takeError(seen, name, value);
  else if (words === undefined) return false;
  else if (meaning === 'text') seen.text ??= words;
  else if (meaning === 'whole') seen.whole ??= words;
  else if (meaning === 'stack') seen.stack ??= words.slice(0, MAX_STACK);
  else if (meaning === 'reason' && !isNothing(words)) seen.reason ??= words.slice(0, MAX_VALUE);
  return false;
}

function takeError(seen: SeenFields, name: string, value: unknown): void {
  const { facts } = seen;
  const code = String(value);
  if (!/^[\w.$-]{2,100}$/.test(code)) {
    if (typeof value !== 'string' || !/exception$/i.test(name)) return;
    if (value.includes('\n')) seen.stack ??= value.slice(0, MAX_STACK);
    else seen.reason ??= value.slice(0, MAX_VALUE);
    return;
  }
  if (facts.errorCode || code === '200' || /^(?:error|exception)$/i.test(code)) return;
  // A bare number says too little, except for the five characters of a SQLSTATE.
  facts.errorCode = /^\d{5}$/.test(code) ? `SQLSTATE ${code}` : code.slice(code.lastIndexOf('.') + 1);
}

function takeOfRequest(seen: SeenFields, meaning: Meaning, field: string, value: unknown): void {
  switch (meaning) {
    case 'endpoint': {
      const path = text(value);
      if (path !== undefined && (path.charCodeAt(0) === 47 || ENDPOINT.test(path))) seen.endpoint ??= path;
      return;
    }
    case 'asked': {
      const line = typeof value === 'string' ? REQUEST_LINE.exec(value) : null;
      if (!line) return;
      seen.method ??= line[1];
      seen.endpoint ??= line[2];
      return;
    }
    case 'method':
      seen.method ??= value;
      return;
    case 'status': {
      const status = Number(value);
      if (Number.isInteger(status) && status >= 100 && status <= 599) seen.status ??= status;
      return;
    }
    case 'seconds':
    case 'millis':
      seen.millis ??= millisOf(value, meaning);
      return;
    case 'nanos':
      seen.millis ??= typeof value === 'number' ? value / 1e6 : millisOf(value, 'millis');
      return;
    case 'upstream':
      seen.upstream ??= millisOf(value, 'seconds');
      return;
    case 'duration':
      if (typeof value === 'string' && !/^[\d.]{1,20}$/.test(value))
        seen.millis ??= millisOf(value, 'millis');
      else if (seen.unitless === undefined && Number(value) >= 0)
        seen.unitless = { field, value: Number(value) };
  }
}

/** A line that is one JSON object; undefined for anything else. */
export function jsonFields(line: string): Record<string, unknown> | undefined {
  if (line.charCodeAt(0) !== 123 || !line.trimEnd().endsWith('}')) return undefined;
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
