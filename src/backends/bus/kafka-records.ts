import { AppError } from '../../domain/errors.ts';
import type { BusMessage } from './bus.ts';
import { unpack } from './kafka-codecs.ts';
import { BATCH, type Frame } from './kafka-frames.ts';

/** Records per write to the log store: with fewer, making them searchable costs more than storing them. */
const MAX_PART = 2_000;
/** The most bytes that are handed on together; a larger message comes alone. */
const MAX_PART_BYTES = 8 * 1024 * 1024;

const CODEC = 0x07;
const LOG_APPEND_TIME = 0x08;
const CONTROL = 0x20;

/** What comes next in a partition: messages, or a batch that cannot be decoded. */
export interface ReadPart {
  messages: BusMessage[];
  /** The partition is read up to this offset now; one less than its first offset where nothing was read. */
  last: bigint;
  unread?: UnreadBatch;
}

/** A batch that cannot be decoded, or what follows its last good record. */
export interface UnreadBatch {
  /** The whole batch as the broker sent it. */
  bytes: Buffer;
  first: bigint;
  /** Absent where it cannot be believed; then reading goes on one offset further. */
  last?: bigint;
  error: AppError;
}

export interface ReadRange {
  topic: string;
  partition: number;
  /** The offset that is wanted next. */
  from: bigint;
  /** One more than the last offset of the partition (its high watermark). */
  end: bigint;
}

/**
 * Reads the messages of frames, in parts that are small enough to be handed on. One batch is unpacked at a time. A batch
 * that cannot be decoded is a part of its own, so that reading goes on after it.
 */
export async function* partsOf(frames: readonly Frame[], range: ReadRange): AsyncGenerator<ReadPart> {
  let next = range.from;
  let handedOn = next;
  let messages: BusMessage[] = [];
  let bytes = 0;
  const part = (unread?: UnreadBatch): ReadPart => {
    const done = { messages, last: next - 1n, ...(unread ? { unread } : {}) };
    messages = [];
    bytes = 0;
    handedOn = next;
    return done;
  };
  for (const frame of frames) {
    try {
      for (const message of await messagesOf(frame, range)) {
        const offset = BigInt(message.offset);
        if (offset < next) continue;
        const full = messages.length === MAX_PART || bytes + message.value.length > MAX_PART_BYTES;
        if (full && messages.length > 0) yield part();
        messages.push(message);
        bytes += message.value.length;
        next = offset + 1n;
      }
      if (frame.last !== undefined && frame.last >= next) next = frame.last + 1n;
    } catch (cause) {
      if (messages.length > 0) yield part();
      const error =
        cause instanceof AppError
          ? cause
          : new AppError('undecodable', 'its records do not have the form of records', { cause });
      const known = frame.last !== undefined && frame.last >= next && frame.last < range.end;
      const unread = { bytes: frame.bytes, first: next, ...(known ? { last: frame.last! } : {}), error };
      next = known ? frame.last! + 1n : next + 1n;
      yield part(unread);
    }
  }
  if (next > handedOn) yield part();
}

/** Unpacks a frame; its messages are decoded one by one as they are taken. Throws at once, or when a message is taken. */
async function messagesOf(frame: Frame, range: ReadRange): Promise<Iterable<BusMessage>> {
  if (frame.fault) throw frame.fault;
  return frame.magic === 2 ? batchMessages(frame, range) : oldMessages(frame, range);
}

async function batchMessages({ bytes, base }: Frame, range: ReadRange): Promise<Iterable<BusMessage>> {
  const attributes = bytes.readInt16BE(BATCH.attributes);
  const count = bytes.readInt32BE(BATCH.count);
  if (attributes & CONTROL || count === 0) return [];
  if (count < 0) throw new AppError('undecodable', `says it holds ${count} records`);
  const lastDelta = bytes.readInt32BE(BATCH.lastOffsetDelta);
  const first = Number(bytes.readBigInt64BE(BATCH.firstTimestamp));
  const appended =
    attributes & LOG_APPEND_TIME ? Number(bytes.readBigInt64BE(BATCH.maxTimestamp)) : undefined;
  const body = new Cursor(await unpack(attributes & CODEC, bytes.subarray(BATCH.records)));
  return (function* () {
    for (let i = 0; i < count; i += 1) {
      const record = new Cursor(body.take(body.varint()));
      record.skip(1);
      const sent = first + record.varint();
      const delta = record.varint();
      if (!(delta >= 0 && delta <= lastDelta))
        throw new AppError('undecodable', `a record says it is number ${delta} of ${lastDelta + 1}`);
      const key = record.optional(record.varint());
      const value = record.optional(record.varint());
      const headers = headersOf(record);
      yield messageOf(range, base + BigInt(delta), { key, value, headers, timestamp: appended ?? sent });
    }
  })();
}

/** Where several headers have one name, the last counts, as for Kafka's own clients; one without a value is left out. */
function headersOf(record: Cursor): Record<string, string> {
  const headers: [string, string][] = [];
  const count = record.varint();
  for (let i = 0; i < count; i += 1) {
    const name = record.take(record.varint()).toString();
    const value = record.optional(record.varint());
    if (value) headers.push([name, value.toString()]);
  }
  return Object.fromEntries(headers);
}

interface OldMessage {
  offset: bigint;
  attributes: number;
  timestamp: number;
  key: Buffer | undefined;
  value: Buffer | undefined;
}

/** The message formats 0 and 1: a packed message holds the real ones; in format 1 their offsets are relative. */
async function oldMessages({ bytes }: Frame, range: ReadRange): Promise<Iterable<BusMessage>> {
  const outer = oldMessage(new Cursor(bytes));
  const codec = outer.attributes & CODEC;
  if (codec === 0) return [messageOf(range, outer.offset, { ...outer, headers: {} })];
  const unpacked = await unpack(codec, outer.value ?? Buffer.alloc(0));
  let last = 0n;
  for (const inner of oldMessagesIn(unpacked)) last = inner.offset;
  // Where the offsets are absolute, the last one is the outer one already, and the shift is 0.
  const shift = outer.offset - last;
  return (function* () {
    for (const inner of oldMessagesIn(unpacked)) {
      if (inner.attributes & CODEC) throw new AppError('undecodable', 'it is packed twice');
      const timestamp = outer.attributes & LOG_APPEND_TIME ? outer.timestamp : inner.timestamp;
      yield messageOf(range, inner.offset + shift, { ...inner, timestamp, headers: {} });
    }
  })();
}

function* oldMessagesIn(bytes: Buffer): Generator<OldMessage> {
  for (const cursor = new Cursor(bytes); cursor.left > 0; ) yield oldMessage(cursor);
}

function oldMessage(cursor: Cursor): OldMessage {
  const offset = cursor.int64();
  const message = new Cursor(cursor.take(cursor.int32()));
  message.skip(4);
  const magic = message.int8();
  const attributes = message.int8();
  const timestamp = magic === 0 ? -1 : Number(message.int64());
  const key = message.optional(message.int32());
  return { offset, attributes, timestamp, key, value: message.optional(message.int32()) };
}

function messageOf(
  { topic, partition }: ReadRange,
  offset: bigint,
  found: Pick<OldMessage, 'key' | 'value' | 'timestamp'> & { headers: Record<string, string> },
): BusMessage {
  const { key, value, headers, timestamp } = found;
  return {
    topic,
    partition,
    offset: String(offset),
    ...(key ? { key: key.toString() } : {}),
    value: value ?? Buffer.alloc(0),
    headers,
    // The producer gave no time: it is now.
    timestamp: timestamp < 0 ? Date.now() : timestamp,
  };
}

/** Reads bytes one after another; throws a RangeError at their end. */
class Cursor {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  skip(count: number): number {
    if (!(count >= 0 && count <= this.left)) throw new RangeError(`${count} of ${this.left} bytes`);
    this.#at += count;
    return this.#at - count;
  }
  take(count: number): Buffer {
    const at = this.skip(count);
    return this.#bytes.subarray(at, at + count);
  }
  /** Kafka's null is a length of -1. */
  optional(count: number): Buffer | undefined {
    return count === -1 ? undefined : this.take(count);
  }
  int8(): number {
    return this.#bytes.readInt8(this.skip(1));
  }
  int32(): number {
    return this.#bytes.readInt32BE(this.skip(4));
  }
  int64(): bigint {
    return this.#bytes.readBigInt64BE(this.skip(8));
  }
  /** A zigzag varint of up to 64 bits; exact up to 2^53. */
  varint(): number {
    let value = 0;
    for (let i = 0; i < 10; i += 1) {
      const byte = this.#bytes[this.skip(1)]!;
      value += (byte & 0x7f) * 2 ** (7 * i);
      if (byte < 0x80) return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
    }
    throw new RangeError('a number without an end');
  }
}
