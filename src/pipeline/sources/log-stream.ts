import { z } from 'zod';
import type { Bus, BusMessage } from '../../backends/bus/bus.ts';
import { asDeadLetter, deadLetter } from '../../backends/bus/dead-letter.ts';
import { AppError, toAppError } from '../../domain/errors.ts';
import { areFew, type BatchElement, badElements, batchElements } from '../../domain/log/batch.ts';
import { parseLooseJson } from '../../domain/log/loose-json.ts';
import type { SourceLine } from '../../domain/log/source-line.ts';
import type { Log } from '../../log.ts';
import type { Metrics } from '../../metrics.ts';
import { before } from '../normalize/time/instant.ts';
import { timeOf } from '../normalize/time/timestamp.ts';
import type { RefusedLine } from './refused-records.ts';

/** The largest message that is read, in bytes; larger ones go to the dead-letter topic. */
export const MAX_MESSAGE_BYTES = 4 * 1024 * 1024;
const MAX_BATCH = 100_000;

const record = z.record(z.string(), z.unknown());
/**
 * The batch envelope `{"type","timestamp","count","data":[…]}`. An element of it is a line as text or a record
 * object. A `timestamp` that is no time counts as missing.
 */
const envelope = z.looseObject({
  type: z.string().max(200),
  timestamp: z
    .union([z.string().max(64), z.number()])
    .optional()
    .catch(undefined),
  count: z
    .union([
      z.int().min(0),
      z
        .string()
        .regex(/^\d{1,9}$/)
        .transform(Number),
    ])
    .nullish(),
  data: z.array(z.unknown()).max(MAX_BATCH),
});
const entry = z.union([z.string(), record]);

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Called for each element of a batch that cannot be read, or once without an element if there are many; the other
 * elements are taken.
 */
type OnBad = (element: BatchElement | undefined, error: AppError) => void;

/**
 * Reads one message of the topic `log-stream` in its three shapes: a raw line, one record object, the batch envelope.
 * @param zone IANA zone of the time of an envelope that names none
 * @throws AppError `too_large` | `malformed` if nothing of the message can be read
 */
export function readLogMessage(message: BusMessage, zone = 'UTC', onBad: OnBad = () => {}): SourceLine[] {
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
  if (isBatch(value)) {
    const batch = envelope.safeParse(value);
    if (!batch.success) throw wrongShape(batch.error);
    const { data, count, timestamp } = batch.data;
    if (typeof count === 'number' && count !== data.length)
      throw new AppError('malformed', `count says ${count}, data has ${data.length}`);
    const sent = timeOf(timestamp, zone, before(message.timestamp)) ?? message.timestamp;
    return goodElements(batchElements(body, value), onBad).map(({ index, text: own, value: good }) => ({
      ...lineOf(good, own),
      source,
      position: position(index),
      hint: { timestamp: sent },
    }));
  }
  const single = record.safeParse(value);
  if (!single.success) throw wrongShape(single.error);
  return [{ ...lineOf(single.data, text), source, position: position(0), hint }];
}

/**
 * Whether it is the envelope. A record may have a list `data` too; it then has no `type`, and fields that the
 * envelope does not have.
 */
const isBatch = (value: object): value is { data: unknown[] } =>
  'data' in value &&
  Array.isArray(value.data) &&
  ('type' in value || Object.keys(value).every((field) => Object.hasOwn(envelope.shape, field)));

/**
 * The elements that can be read.
 * @throws AppError `malformed` if there are none
 */
function goodElements(
  elements: BatchElement[],
  onBad: OnBad,
): (BatchElement & { value: z.infer<typeof entry> })[] {
  const good: (BatchElement & { value: z.infer<typeof entry> })[] = [];
  const bad: { element: BatchElement; error: AppError }[] = [];
  for (const element of elements) {
    const read = entry.safeParse(element.value);
    if (read.success) good.push({ ...element, value: read.data });
    else bad.push({ element, error: wrongShape(read.error, `data.${element.index}`) });
  }
  if (bad.length > 0 && good.length === 0) throw bad[0]!.error;
  if (areFew(bad)) for (const { element, error } of bad) onBad(element, error);
  else onBad(undefined, badElements(bad.length, elements.length, bad[0]!.error));
  return good;
}

/**
 * The object of a message that is JSON; undefined for a raw line, which may begin with a quote or a brace too: `"GET
 * / HTTP/1.1" 500`, `{main} ERROR`. A number alone is a line.
 * @throws AppError `malformed` for broken JSON, and for JSON that is a text or a list of objects
 */
function jsonOf(body: string): object | undefined {
  if (!/^["{[]/.test(body)) return undefined;
  let value: unknown;
  try {
    value = parseLooseJson(body);
  } catch (cause) {
    // A name in braces is that of a logger, not an object.
    if (body.startsWith('{') && !/^\{[\w.$:/-]{1,100}\}/.test(body))
      throw new AppError('malformed', 'begins like JSON but is not valid JSON', { cause });
    return undefined;
  }
  if (typeof value !== 'object' || (Array.isArray(value) && typeof value[0] === 'object'))
    throw new AppError('malformed', 'JSON, but neither a record object nor a batch');
  return Array.isArray(value) ? undefined : (value as object);
}

/**
 * A record that has its raw line in `line` is read from the text of that line and from the fields; evidence quotes
 * the raw line.
 * @param text of the entry as it was sent: JSON made again from the object might differ from it, and cannot be made
 *   of deep nesting
 */
function lineOf(entry: string | Record<string, unknown>, text: string): Pick<SourceLine, 'text' | 'fields'> {
  if (typeof entry === 'string') return { text: entry };
  const { line, ...fields } = entry;
  if (typeof line === 'string')
    return Object.keys(fields).length > 0
      ? { text: line, fields: { message: line, ...fields } }
      : { text: line };
  return { text, fields: entry };
}

const wrongShape = (error: z.ZodError, place?: string): AppError => {
  const issue = error.issues[0];
  const where = place ?? (issue?.path.join('.') || '(top level)');
  return new AppError('malformed', `${where}: ${issue?.message ?? 'wrong shape'}`);
};

/** An element of a batch as it was in the text of the message. */
const sentAs = ({ index, value, text }: BatchElement): { index: number; text: string } => ({
  index,
  text: typeof value === 'string' ? value : text,
});

/** The elements of a message that was read before; undefined if it is no batch. */
function elementsOf(message: BusMessage): BatchElement[] | undefined {
  const body = utf8.decode(message.value).trimStart();
  const value = jsonOf(body);
  return value && isBatch(value) ? batchElements(body, value) : undefined;
}

/**
 * Consumes the topic. The offsets of a batch are committed after `take` resolved, that is after its records are
 * stored and its anomalies published. What cannot be read, and what the store refuses, goes to the dead-letter topic
 * and is counted.
 * @param take gets the lines, and a function for those that the store refuses
 */
export function subscribeLogStream(
  options: { bus: Bus; topic: string; group: string; timeZone: string; metrics: Metrics; log: Log },
  take: (lines: SourceLine[], aside: (refused: RefusedLine[]) => Promise<void>) => Promise<void>,
): Promise<AsyncDisposable> {
  const { bus, topic, group, timeZone, metrics, log } = options;

  async function put(message: BusMessage, element: BatchElement | undefined, error: unknown): Promise<void> {
    const reason = await deadLetter(bus, asDeadLetter(message, element && sentAs(element)), error);
    metrics.deadLetters.inc({ topic });
    const { partition, offset } = message;
    log.warn({ topic, partition, offset, element: element?.index, err: reason }, 'a message was put aside');
  }

  /** Puts refused lines of these messages into the dead-letter topic. */
  async function putRefused(messages: BusMessage[], refused: RefusedLine[]): Promise<void> {
    const at = new Map(messages.map((message) => [`${message.partition}/${message.offset}`, message]));
    const byMessage = Map.groupBy(refused, ({ line }) =>
      line.position.slice(0, line.position.lastIndexOf('/')),
    );
    for (const [position, own] of byMessage) {
      const message = at.get(position);
      if (!message) continue;
      const elements = elementsOf(message);
      const { reason } = own[0]!;
      if (elements && areFew(own))
        for (const { line, reason } of own)
          await put(message, elements[Number(line.position.slice(position.length + 1))], reason);
      else
        await put(message, undefined, elements ? badElements(own.length, elements.length, reason) : reason);
    }
  }

  return bus.subscribe(topic, { group, from: 'earliest' }, async (messages) => {
    const lines: SourceLine[] = [];
    for (const message of messages) {
      const bad: { element?: BatchElement | undefined; error: AppError }[] = [];
      try {
        const read = readLogMessage(message, timeZone, (element, error) => bad.push({ element, error }));
        for (const line of read) lines.push(line);
      } catch (error) {
        bad.push({ error: toAppError(error) });
      }
      for (const { element, error } of bad) await put(message, element, error);
    }
    if (lines.length > 0) await take(lines, (refused) => putRefused(messages, refused));
  });
}
