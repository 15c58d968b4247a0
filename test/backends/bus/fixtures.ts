import { createRequire } from 'node:module';
import { crc32, gzipSync, zstdCompressSync } from 'node:zlib';
import { compressFrameSync } from 'lz4-napi';
import { compressSync } from 'snappy';

const require = createRequire(import.meta.url);
const crc32c = require('kafkajs/src/protocol/recordBatch/crc32C/crc32C') as (bytes: Buffer) => number;

export interface Made {
  value: string | Buffer | null;
  key?: string | null;
  headers?: [name: string, value: string | null][];
  /** Its place in the batch, where that is not its turn. */
  delta?: number;
}

/** How each codec packs, by its number. Snappy is one bare block, as of librdkafka. */
export const PACK: Record<number, (bytes: Buffer) => Buffer> = {
  0: (bytes) => bytes,
  1: (bytes) => gzipSync(bytes),
  2: (bytes) => compressSync(bytes),
  3: (bytes) => compressFrameSync(bytes),
  4: (bytes) => zstdCompressSync(bytes),
};

/** Snappy as Java producers frame it: blocks of `size` bytes, each with its length before it. */
export function xerial(bytes: Buffer, size = 32 * 1024): Buffer {
  const parts: Buffer[] = [
    Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1]),
  ];
  for (let at = 0; at < bytes.length; at += size) {
    const block = compressSync(bytes.subarray(at, at + size));
    parts.push(int32(block.length), block);
  }
  return Buffer.concat(parts);
}

export function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}
export function int64(value: number | bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(value));
  return bytes;
}
/** A zigzag varint. */
export function varint(value: number): Buffer {
  const out: number[] = [];
  let left = value < 0 ? -2 * value - 1 : 2 * value;
  for (; left >= 0x80; left = Math.floor(left / 0x80)) out.push((left % 0x80) | 0x80);
  return Buffer.from([...out, left]);
}
const sized = (value: string | Buffer | null | undefined): Buffer => {
  if (value === null || value === undefined) return varint(-1);
  const bytes = Buffer.from(value as string);
  return Buffer.concat([varint(bytes.length), bytes]);
};

export function record({ key, value, headers = [], delta }: Made, turn: number): Buffer {
  const body = Buffer.concat([
    Buffer.from([0]),
    varint(turn),
    varint(delta ?? turn),
    sized(key),
    sized(value),
    varint(headers.length),
    ...headers.flatMap(([name, of]) => [sized(name), sized(of)]),
  ]);
  return Buffer.concat([varint(body.length), body]);
}

export interface BatchOptions {
  base?: number;
  codec?: number;
  /** Instead of the codec's own packing. */
  pack?: (bytes: Buffer) => Buffer;
  /** Further bits of the attributes. */
  flags?: number;
  magic?: number;
  count?: number;
  lastDelta?: number;
  producerId?: number;
  /** What lies unpacked in it, instead of the records. */
  body?: Buffer;
}

/** A record batch (message format 2) as a broker sends it, with a checksum that is right. */
export function batch(records: (string | Made)[], options: BatchOptions = {}): Buffer {
  const made = records.map((one) => (typeof one === 'string' ? { value: one } : one));
  const { base = 0, codec = 0, flags = 0, magic = 2, producerId = -1 } = options;
  const pack = options.pack ?? PACK[codec] ?? PACK[0]!;
  const body = options.body ?? Buffer.concat(made.map(record));
  const rest = Buffer.concat([
    Buffer.from([0, codec | flags]),
    int32(options.lastDelta ?? Math.max(0, made.length - 1)),
    int64(1_774_745_640_000),
    int64(1_774_745_700_000),
    int64(producerId),
    Buffer.from([0, 0]),
    int32(-1),
    int32(options.count ?? made.length),
    pack(body),
  ]);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32c(rest));
  const counted = Buffer.concat([int32(0), Buffer.from([magic]), sum, rest]);
  return Buffer.concat([int64(base), int32(counted.length), counted]);
}

/** A message of the formats before Kafka 0.11. */
export function oldMessage(
  offset: number,
  value: Buffer | string | null,
  { magic = 1, codec = 0 }: { magic?: 0 | 1; codec?: number } = {},
): Buffer {
  const bytes =
    value === null
      ? int32(-1)
      : Buffer.concat([int32(Buffer.from(value as string).length), Buffer.from(value as string)]);
  const rest = Buffer.concat([
    Buffer.from([magic, codec]),
    magic === 1 ? int64(1_774_745_640_000) : Buffer.alloc(0),
    int32(-1),
    bytes,
  ]);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(rest));
  return Buffer.concat([int64(offset), int32(rest.length + 4), sum, rest]);
}

/** The same bytes with one of them changed. */
export function spoiled(bytes: Buffer, at: number): Buffer<ArrayBuffer> {
  const copy = Buffer.from(bytes);
  copy[at]! ^= 0x5a;
  return copy;
}
