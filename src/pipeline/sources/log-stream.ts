import { z } from 'zod';
import type { Bus, BusMessage } from '../../backends/bus/bus.ts';
import { deadLetter } from '../../backends/bus/dead-letter.ts';
import { AppError } from '../../domain/errors.ts';
import type { Log } from '../../log.ts';
import type { Metrics } from '../../metrics.ts';
import { timeOf } from '../normalize/timestamp.ts';
import type { SourceLine } from '../source-line.ts';

/** Largest message that is read; larger ones go to the dead-letter topic. */
export const MAX_MESSAGE_BYTES = 4 * 1024 * 1024;
const MAX_BATCH = 100_000;

const record = z.record(z.string(), z.unknown());
/** `{"type","timestamp","count","data":[…]}`; an element is a line as text or a record object. */
const envelope = z.looseObject({
  type: z.string().max(200),
  timestamp: z.union([z.string().max(64), z.number()]).optional(),
  count: z.int().min(0).optional(),
  data: z.array(z.union([z.string(), record])).max(MAX_BATCH),
});

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Reads one message of the topic `log-stream` in its three shapes: a raw line, one record object, the batch envelope.
 * The message is taken whole or not at all.
 * @param zone IANA zone of an envelope's time that names none
 * @throws AppError `too_large` | `malformed`
 */
export function readLogMessage(message: BusMessage, zone = 'UTC'): SourceLine[] {
  if (message.value.length > MAX_MESSAGE_BYTES)
    throw new AppError('too_large', `${message.value.length} bytes, at most ${MAX_MESSAGE_BYTES} are read`);
  let text: string;
  try {
    text = utf8.decode(message.value);
  } catch (cause) {
    throw new AppError('malformed', 'not valid UTF-8', { cause });
  }
  if (text.trim() === '') throw new AppError('malformed', 'empty message');
  const source = message.topic;
  const position = (index: number) => `${message.partition}/${message.offset}/${index}`;
  const hint = { timestamp: message.timestamp };
  const body = text.trimStart();
  const value = jsonOf(body);
  if (value === undefined) return [{ text: text.replace(/\r?\n$/, ''), source, position: position(0), hint }];
  if ('data' in value && Array.isArray(value.data)) {
    const batch = envelope.safeParse(value);
    if (!batch.success) throw wrongShape(batch.error);
    const { data, count, timestamp } = batch.data;
    if (count !== undefined && count !== data.length)
      throw new AppError('malformed', `count says ${count}, data has ${data.length}`);
    const sent = timeOf(timestamp, zone, message.timestamp);
    return data.map((entry, index) => ({
      ...lineOf(entry),
      source,
      position: position(index),
      hint: { timestamp: sent ?? message.timestamp },
    }));
  }
  const single = record.safeParse(value);
  if (!single.success) throw wrongShape(single.error);
  return [{ ...lineOf(single.data, text), source, position: position(0), hint }];
}

/**
 * The object or list of a message that is JSON; undefined for a raw line, which may also begin with a quote or a brace:
 * `"GET / HTTP/1.1" 500`, `{main} ERROR`. A number alone is a line, too.
 * @throws AppError `malformed` for what is meant as JSON and is none, or is a text in JSON
 */
function jsonOf(body: string): object | undefined {
  if (!/^["{[]/.test(body)) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch (cause) {
    // A name in braces that are closed at once is a logger's, not an object.
    if (body.startsWith('{') && !/^\{[\w.$:/-]{1,100}\}/.test(body))
      throw new AppError('malformed', 'begins like JSON but is not valid JSON', { cause });
    return undefined;
  }
  if (typeof value !== 'object' || (Array.isArray(value) && typeof value[0] === 'object'))
    throw new AppError('malformed', 'JSON, but neither a record object nor a batch');
  return Array.isArray(value) ? undefined : (value as object);
}

/** A record that carries its own raw line is read from that line's text and the fields; quotes are of the raw line. */
function lineOf(entry: string | Record<string, unknown>, text?: string): Pick<SourceLine, 'text' | 'fields'> {
  if (typeof entry === 'string') return { text: entry };
  const { line, ...fields } = entry;
  if (typeof line === 'string')
    return Object.keys(fields).length > 0
      ? { text: line, fields: { message: line, ...fields } }
      : { text: line };
  return { text: text ?? JSON.stringify(entry), fields: entry };
}

const wrongShape = (error: z.ZodError): AppError => {
  const issue = error.issues[0];
  return new AppError(
    'malformed',
    `${issue?.path.join('.') || '(top level)'}: ${issue?.message ?? 'wrong shape'}`,
  );
};

/**
 * Consumes the topic. A batch's offsets are committed after `take` resolved, that is after its records are stored and
 * its anomalies published. Messages that cannot be read go to the dead-letter topic and are counted.
 */
export function subscribeLogStream(
  options: { bus: Bus; topic: string; group: string; timeZone: string; metrics: Metrics; log: Log },
  take: (lines: SourceLine[]) => Promise<void>,
): Promise<AsyncDisposable> {
  const { bus, topic, group, timeZone, metrics, log } = options;
  return bus.subscribe(topic, { group, from: 'earliest' }, async (messages) => {
    const lines: SourceLine[] = [];
    for (const message of messages) {
      try {
        for (const line of readLogMessage(message, timeZone)) lines.push(line);
      } catch (error) {
        const reason = await deadLetter(bus, message, error);
        metrics.deadLetters.inc({ topic });
        log.warn(
          { topic, partition: message.partition, offset: message.offset, err: reason },
          'unreadable message',
        );
      }
    }
    if (lines.length > 0) await take(lines);
  });
}
