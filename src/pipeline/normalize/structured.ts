import type { AttributeValue, Level, LogRecord } from '../../domain/log/record.ts';
import { shortJson } from '../../domain/log/short-json.ts';
import { levelOf } from './level.ts';
import { DIGIT, isAt } from './lexicon/characters.ts';
import { FIELD_NAMES, type Meaning } from './lexicon/field-names.ts';
import type { Reference } from './time/instant.ts';
import { timeOf } from './time/timestamp.ts';

/** What a line says, by meaning. A field without a known meaning is in `attributes`. */
export interface Facts {
  timestamp?: number;
  level?: Level;
  service?: string;
  host?: string;
  message?: string;
  errorCode?: string;
  traceId?: string;
  spanId?: string;
  request?: LogRecord['request'];
  attributes: Record<string, AttributeValue>;
}

const MAX_ATTRIBUTES = 64;
const MAX_VALUE = 1_000;

const MEANINGS = new Map<string, Meaning>(
  (Object.entries(FIELD_NAMES) as [Meaning, string[]][]).flatMap(([meaning, names]) =>
    names.map((name) => [name, meaning] as const),
  ),
);

/** Meanings of field names so far: streams repeat their names. */
const remembered = new Map<string, Meaning | undefined>();
/** The meaning of a field name; undefined for an unknown one. */
export function meaningOf(key: string): Meaning | undefined {
  if (remembered.has(key)) return remembered.get(key);
  // Extended JSON wraps a time: `{"t": {"$date": …}}`.
  const meaning = MEANINGS.get(
    key
      .replace(/\.\$date$/, '')
      .replace(/[\s_.@-]/g, '')
      .toLowerCase(),
  );
  if (remembered.size < 10_000) remembered.set(key, meaning);
  return meaning;
}

const scalar = (value: unknown): AttributeValue | undefined => {
  if (typeof value === 'string') return value.length > MAX_VALUE ? `${value.slice(0, MAX_VALUE)}…` : value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  return typeof value === 'boolean' ? value : undefined;
};
const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value.length > 0 ? value : undefined;

/** `12ms`, `1.5s`, `0.2`, 17 → milliseconds. A bare number has the unit its name implies. */
export function millisOf(value: unknown, bareUnit: 'millis' | 'seconds'): number | undefined {
  if (typeof value === 'number') return value >= 0 ? value * (bareUnit === 'seconds' ? 1_000 : 1) : undefined;
  const match = typeof value === 'string' ? /^(\d+(?:\.\d+)?)\s?(ns|us|µs|ms|s|m)?$/.exec(value) : null;
  if (!match) return undefined;
  const factor = { ns: 1e-6, us: 1e-3, µs: 1e-3, ms: 1, s: 1_000, m: 60_000 }[match[2] ?? ''];
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
  const facts: Facts = {
    timestamp: undefined,
    level: undefined,
    service: undefined,
    host: undefined,
    message: undefined,
    errorCode: undefined,
    traceId: undefined,
    spanId: undefined,
    request: undefined,
    attributes: {},
  };
  const request: RequestFields = { facts };
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
      if (take(request, meaningOf(name), value, zone, now)) continue;
      const kept = scalar(value);
      if (kept !== undefined && left-- > 0) facts.attributes[name] = kept;
    }
  };
  visit(fields, '', 0);
  if (request.endpoint !== undefined)
    facts.request = {
      endpoint: endpointOf(request.method, request.endpoint),
      ...(request.status !== undefined ? { status: request.status } : {}),
      ...(request.millis !== undefined ? { durationMs: request.millis } : {}),
    };
  if (!facts.errorCode && request.status !== undefined && request.status >= 500)
    facts.errorCode = `HTTP ${request.status}`;
  return facts;
}

/** The facts read so far, and the fields of a request among them. */
interface RequestFields {
  readonly facts: Facts;
  endpoint?: string;
  method?: unknown;
  status?: number;
  millis?: number;
}

/** Stores a value under its meaning. False when it has none or does not fit: then it is an attribute. */
function take(
  seen: RequestFields,
  meaning: Meaning | undefined,
  value: unknown,
  zone: string,
  now: Reference,
): boolean {
  const { facts } = seen;
  switch (meaning) {
    case undefined:
      return false;
    case 'timestamp':
      if (facts.timestamp !== undefined) return false;
      facts.timestamp = timeOf(value, zone, now);
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
    case 'service':
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
    case 'error': {
      const code = String(value);
      if (facts.errorCode || !/^[\w.$-]{2,100}$/.test(code) || code === '200') return false;
      // A bare number says too little, except for the five characters of a SQLSTATE.
      facts.errorCode = /^\d{5}$/.test(code) ? `SQLSTATE ${code}` : code.slice(code.lastIndexOf('.') + 1);
      return false;
    }
    case 'endpoint':
      seen.endpoint ??= text(value);
      return false;
    case 'method':
      seen.method ??= value;
      return false;
    case 'status': {
      const status = Number(value);
      if (Number.isInteger(status) && status >= 100 && status <= 599) seen.status ??= status;
      return false;
    }
    case 'seconds':
    case 'millis':
      seen.millis ??= millisOf(value, meaning);
      return false;
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

/** Apache and nginx access lines: client, user, [time], "request", status, bytes; then referer, agent and a duration, if any. */
const ACCESS =
  /^(\S+) \S+ (\S+) \[([^\]]{10,40})\] ("([A-Z]{3,10}) (\S{1,4000})[^"]{0,20}" (\d{3}) (\d+|-)(?: "[^"]*" "[^"]*")?(?: "?([\d.]+)"?)?.*)$/s;

/** Whether a text has what every access line has. */
export const mayBeAccess = (line: string): boolean => line.includes('] "');

/** The facts of an access line; its message is without client and time. Undefined for any other line. */
export function accessFacts(line: string, zone: string, now: Reference): Facts | undefined {
  const match = mayBeAccess(line) ? ACCESS.exec(line) : null;
  if (!match) return undefined;
  const status = Number(match[7]);
  const attributes: Record<string, AttributeValue> = { client: match[1]!, method: match[5]!, status };
  if (match[8] !== '-') attributes.bytes = Number(match[8]);
  const seconds = match[9]?.includes('.') ? Number(match[9]) : undefined;
  return {
    timestamp: timeOf(match[3], zone, now),
    level: status >= 500 ? 'error' : status >= 400 ? 'warn' : 'info',
    message: match[4]!,
    ...(status >= 500 ? { errorCode: `HTTP ${status}` } : {}),
    request: {
      endpoint: endpointOf(match[5], match[6]!),
      status,
      ...(seconds !== undefined && Number.isFinite(seconds) ? { durationMs: seconds * 1_000 } : {}),
    },
    attributes,
  };
}
