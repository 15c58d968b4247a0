import type { SourceLine } from '../../../domain/log/source-line.ts';
import type { AnyValue, KeyValue, LogsRequest, OtlpRecord } from '../../otlp/protocol.ts';
import { ContentPositions } from '../receiving/content-positions.ts';

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'];
const MAX_DEPTH = 16;

/**
 * The lines of a request; how many records were rejected because they say nothing or are too large; and the last
 * reason.
 */
export interface OtlpLines {
  lines: SourceLine[];
  empty: number;
  tooLarge: number;
  reason: string;
}

/** A scalar; undefined for null, lists and objects, which JSON from outside may have in its place. */
const scalar = (value: unknown): string | number | boolean | undefined =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : undefined;
const textOf = (value: unknown): string | undefined => {
  const plainly = scalar(value);
  return plainly === undefined ? undefined : String(plainly);
};

/** A value as plain JSON; bytes as base64. */
function plain(value: AnyValue | undefined, depth = 0): unknown {
  if (!value || depth > MAX_DEPTH) return undefined;
  const text = textOf(value.stringValue);
  if (text !== undefined) return text;
  if (typeof value.boolValue === 'boolean') return value.boolValue;
  const int = textOf(value.intValue);
  if (int !== undefined) return Number.isSafeInteger(Number(int)) ? Number(int) : int;
  if (scalar(value.doubleValue) !== undefined) return Number(value.doubleValue);
  if (value.arrayValue) return listOf(value.arrayValue.values).map((inner) => plain(inner, depth + 1));
  if (value.kvlistValue) return objectOf(value.kvlistValue.values, depth + 1);
  if (value.bytesValue instanceof Uint8Array) return Buffer.from(value.bytesValue).toString('base64');
  return textOf(value.bytesValue);
}

function objectOf(pairs: KeyValue[] | undefined, depth = 0): Record<string, unknown> {
  const out: Record<string, unknown> = Object.create(null);
  for (const pair of listOf(pairs))
    if (typeof pair?.key === 'string') out[pair.key] = plain(pair.value, depth);
  return out;
}

/** A list; JSON from outside may have anything in its place. */
const listOf = <T>(value: T[] | undefined): T[] => (Array.isArray(value) ? value : []);

/** Nanoseconds since the epoch as milliseconds; undefined for 0 (unknown) and for what is no time. */
function millis(nanos: string | number | undefined): number | undefined {
  const ms = Number(scalar(nanos) ?? 0) / 1e6;
  return Number.isFinite(ms) && ms > 0 ? Math.floor(ms) : undefined;
}

const idOf = (id: Uint8Array | string | undefined): string | undefined => {
  const hex = typeof id === 'string' ? id : id instanceof Uint8Array ? Buffer.from(id).toString('hex') : '';
  return /^0*$/.test(hex) ? undefined : hex;
};

const levelOf = (record: OtlpRecord): string | undefined => {
  const number = Number(scalar(record.severityNumber) ?? 0);
  if (number >= 1 && number <= 24) return LEVELS[(number - 1) >> 2];
  return (typeof record.severityText === 'string' && record.severityText) || undefined;
};

/**
 * The log records of a request as lines. Of a record without a body its attributes are shown. Records that say
 * nothing at all, or have more than `limit` characters of text, are rejected; the others are taken.
 */
export function otlpLines(
  request: LogsRequest,
  origin: { sender: string; receivedAt: number; limit: number },
): OtlpLines {
  const out: OtlpLines = { lines: [], empty: 0, tooLarge: 0, reason: '' };
  const positions = new ContentPositions();
  for (const resourceLogs of listOf(request.resourceLogs)) {
    const resource = objectOf(resourceLogs?.resource?.attributes);
    const name = resource['service.name'];
    const host = resource['host.name'] ?? resource['k8s.node.name'];
    const service = typeof name === 'string' && name !== '' ? name : undefined;
    const source = `otlp/${typeof host === 'string' ? host : origin.sender}/${service ?? ''}`;
    // Part of the content that identifies a record, but the same for many records: made once.
    const from = JSON.stringify(resource);
    for (const { scope, logRecords } of listOf(resourceLogs?.scopeLogs).map((logs) => logs ?? {}))
      for (const record of listOf(logRecords).map((one) => one ?? {})) {
        const body = plain(record.body);
        const attributes = objectOf(record.attributes);
        const text = typeof body === 'string' ? body : body === undefined ? '' : JSON.stringify(body);
        const shown = text.trim() !== '' ? text : eventText(record, attributes);
        if (shown === undefined) {
          out.empty += 1;
          out.reason = 'a record says nothing: no body, event name, attributes, severity and trace';
          continue;
        }
        if (shown.length > origin.limit) {
          out.tooLarge += 1;
          out.reason = 'a record is too large';
          continue;
        }
        const timestamp = millis(record.timeUnixNano) ?? millis(record.observedTimeUnixNano);
        const fields: Record<string, unknown> = {
          timestamp,
          level: levelOf(record),
          service,
          host: typeof host === 'string' ? host : undefined,
          message: shown,
          trace_id: idOf(record.traceId),
          span_id: idOf(record.spanId),
          ...(typeof body === 'object' && body !== null && !Array.isArray(body) ? { body } : {}),
          ...attributes,
          ...(textOf(scope?.name) ? { 'otel.scope': textOf(scope?.name) } : {}),
        };
        const times = [record.timeUnixNano, record.observedTimeUnixNano].map(textOf).map(String);
        const content = `${from}\0${times.join('\0')}\0${JSON.stringify(fields)}`;
        out.lines.push({
          text: shown,
          fields,
          source,
          position: positions.next(content, timestamp !== undefined),
          hint: { timestamp: origin.receivedAt, ...(service ? {} : { service: 'otlp' }) },
        });
      }
  }
  return out;
}

/** What is shown of a record without a body; undefined if there is nothing at all. */
function eventText(record: OtlpRecord, attributes: Record<string, unknown>): string | undefined {
  const parts = [
    textOf(record.eventName) || undefined,
    Object.keys(attributes).length > 0 ? JSON.stringify(attributes) : undefined,
  ];
  const text = parts.filter((part) => part !== undefined).join(' ');
  return text || (levelOf(record) ?? idOf(record.traceId));
}
