import { createRequire } from 'node:module';
import { crc32 } from 'node:zlib';
import { AppError } from '../../domain/errors.ts';

/**
 * One record batch as the broker sent it, still packed. In the message formats before Kafka 0.11: one message, which may
 * hold others.
 */
export interface Frame {
  bytes: Buffer;
  /** The message format: 0 and 1 are the old ones, 2 is the record batch. */
  magic: number;
  /** Its first offset; in the old formats its last one. */
  base: bigint;
  /** Its last offset, where that can be believed. */
  last: bigint | undefined;
  /** Why it cannot be read. Whether it can be unpacked turns out later. */
  fault?: AppError;
}

/** Offset and length: the length counts what follows them. */
const PREFIX_BYTES = 12;
/** Where the magic (the number of the format) ends: at the same place in all formats. */
const MAGIC_END = 17;
/** By format: an old message without key and value, and a record batch up to its first record. */
const HEADER_BYTES: Record<number, number> = { 0: 26, 1: 34, 2: 61 };

/** Where the fields of a record batch begin. */
export const BATCH = {
  crc: 17,
  attributes: 21,
  lastOffsetDelta: 23,
  firstTimestamp: 27,
  maxTimestamp: 35,
  producerId: 43,
  count: 57,
  records: 61,
} as const;

const require = createRequire(import.meta.url);
const crc32c = require('kafkajs/src/protocol/recordBatch/crc32C/crc32C') as (bytes: Buffer) => number;

const undecodable = (why: string): AppError => new AppError('undecodable', why);

/**
 * Cuts a record set (what a broker sends of one partition) into its frames and checks them, without unpacking.
 *
 * A frame that is cut off at the end is left out, as it comes whole with the next fetch. Where it is the first frame it
 * will never come whole, so it is given with a fault. After a frame with a fault only a sound frame that follows at once
 * is believed; otherwise reading ends there, and the broker finds the next frame when it is asked for its offset.
 */
export function framesOf(set: Buffer): Frame[] {
  const frames: Frame[] = [];
  for (let at = 0; at < set.length; ) {
    const rest = set.subarray(at);
    const length = rest.length < PREFIX_BYTES ? 0 : rest.readInt32BE(8);
    const size = PREFIX_BYTES + length;
    const cut = rest.length < MAGIC_END || (length > 0 && size > rest.length);
    const before = frames.at(-1);
    if (cut && before) break;
    const frame = cut || size < MAGIC_END ? frameOf(rest, size) : frameOf(rest.subarray(0, size), size);
    if (before?.fault) {
      if (frame.fault || frame.base <= before.base) break;
      before.last = frame.base - 1n;
    }
    frames.push(frame);
    at += frame.bytes.length;
  }
  return frames;
}

/** @param size as the frame itself says */
function frameOf(bytes: Buffer, size: number): Frame {
  const magic = bytes.length < MAGIC_END ? -1 : bytes.readInt8(MAGIC_END - 1);
  const base = bytes.length < PREFIX_BYTES ? 0n : bytes.readBigInt64BE(0);
  const fault = faultOf(bytes, size, magic);
  return {
    bytes,
    magic,
    base,
    last: lastOf(bytes, magic, base, fault !== undefined),
    ...(fault ? { fault } : {}),
  };
}

function faultOf(bytes: Buffer, size: number, magic: number): AppError | undefined {
  if (bytes.length < MAGIC_END || size > bytes.length)
    return undecodable(`cut off: ${bytes.length} of ${Math.max(size, MAGIC_END)} bytes`);
  if (size < MAGIC_END) return undecodable(`says it is ${size} bytes long`);
  const header = HEADER_BYTES[magic];
  if (header === undefined) return undecodable(`message format ${magic} is not known`);
  if (size < header) return undecodable(`says it is ${size} bytes long`);
  if (magic === 2 && bytes.readInt32BE(BATCH.lastOffsetDelta) < 0)
    return undecodable('it ends before it begins');
  const [told, found] =
    magic === 2
      ? [bytes.readUInt32BE(BATCH.crc), crc32c(bytes.subarray(BATCH.attributes))]
      : [bytes.readUInt32BE(PREFIX_BYTES), crc32(bytes.subarray(MAGIC_END - 1))];
  return told === found ? undefined : undecodable('its checksum is wrong');
}

/** The last offset. In a frame with a fault it is believed only where two fields say the same. */
function lastOf(bytes: Buffer, magic: number, base: bigint, doubtful: boolean): bigint | undefined {
  if (magic === 0 || magic === 1) return doubtful ? undefined : base;
  if (bytes.length < BATCH.records) return undefined;
  const delta = bytes.readInt32BE(BATCH.lastOffsetDelta);
  if (doubtful && delta !== bytes.readInt32BE(BATCH.count) - 1) return undefined;
  return delta < 0 ? undefined : base + BigInt(delta);
}
