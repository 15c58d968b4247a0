import { promisify } from 'node:util';
import { gunzip, zstdDecompress } from 'node:zlib';
import { AppError } from '../../domain/errors.ts';

/** The most that one record batch may unpack to: four times the largest message of topics that this program creates. */
const MAX_UNPACKED_BYTES = 64 * 1024 * 1024;

const unzip = promisify(gunzip);
const unzstd = promisify(zstdDecompress);

/** Kafka's codecs by their number in a batch (the low three bits of its attributes). 0 is none. */
const CODECS: Record<number, { name: string; unpack: (bytes: Buffer, limit: number) => Promise<Buffer> }> = {
  1: { name: 'gzip', unpack: (bytes, limit) => unzip(bytes, { maxOutputLength: limit }) },
  2: { name: 'snappy', unpack: unpackSnappy },
  3: { name: 'lz4', unpack: unpackLz4 },
  4: { name: 'zstd', unpack: (bytes, limit) => unzstd(bytes, { maxOutputLength: limit }) },
};

/**
 * Unpacks the records of a batch, outside the event loop, and never more than `limit` bytes.
 * @param codec 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd
 * @throws AppError `undecodable` for another codec, for broken bytes, and for more than `limit` bytes
 */
export async function unpack(codec: number, bytes: Buffer, limit = MAX_UNPACKED_BYTES): Promise<Buffer> {
  if (codec === 0) return bytes;
  const known = CODECS[codec];
  if (!known) throw new AppError('undecodable', `compression codec ${codec} is not known`);
  try {
    return await known.unpack(bytes, limit);
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    if ((cause as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE') throw tooMuch(known.name, limit);
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new AppError('undecodable', `${known.name} cannot be unpacked: ${why}`, { cause });
  }
}

const tooMuch = (name: string, limit: number): AppError =>
  new AppError('undecodable', `${name} unpacks to more than ${limit} bytes`);
const broken = (name: string, why: string): AppError =>
  new AppError('undecodable', `${name} cannot be unpacked: ${why}`);

/** Java producers put blocks of snappy into a frame of their own (xerial); librdkafka and others send a single block. */
const XERIAL = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
/** The magic and two versions. */
const XERIAL_HEADER_BYTES = 16;

async function unpackSnappy(bytes: Buffer, limit: number): Promise<Buffer> {
  const { uncompress } = await import('snappy');
  const blocks = bytes.subarray(0, XERIAL.length).equals(XERIAL) ? xerialBlocks(bytes) : [bytes];
  let total = 0;
  for (const block of blocks) total += snappyLength(block);
  if (total > limit) throw tooMuch('snappy', limit);
  const parts: Buffer[] = [];
  for (const block of blocks) parts.push((await uncompress(block, { asBuffer: true })) as Buffer);
  return parts.length === 1 ? parts[0]! : Buffer.concat(parts, total);
}

/** The blocks of a xerial frame. The header comes again where several streams were written one after another. */
function xerialBlocks(bytes: Buffer): Buffer[] {
  const blocks: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    if (bytes.subarray(at, at + XERIAL.length).equals(XERIAL)) {
      at += XERIAL_HEADER_BYTES;
      continue;
    }
    const length = at + 4 <= bytes.length ? bytes.readInt32BE(at) : -1;
    at += 4;
    if (length <= 0 || at + length > bytes.length) throw broken('snappy', 'a block is cut off');
    blocks.push(bytes.subarray(at, at + length));
    at += length;
  }
  return blocks;
}

/** The unpacked length: a varint at the beginning of a block of snappy. */
function snappyLength(block: Buffer): number {
  let length = 0;
  for (let i = 0; i < 5 && i < block.length; i += 1) {
    length += (block[i]! & 0x7f) * 2 ** (7 * i);
    if (block[i]! < 0x80) return length;
  }
  throw broken('snappy', 'it has no length');
}

async function unpackLz4(bytes: Buffer, limit: number): Promise<Buffer> {
  const { bound, end } = measureLz4(bytes);
  if (bound > limit) throw tooMuch('lz4', limit);
  const { decompressFrame } = await import('lz4-napi');
  // Only this frame: the library would go on with a second one, which was not measured.
  return decompressFrame(bytes.subarray(0, end));
}

const LZ4_MAGIC = 0x184d2204;
/** The most that one byte of an LZ4 block can stand for. */
const LZ4_RATIO = 255;

/** The most bytes that an LZ4 frame can unpack to, by the sizes of its blocks, and where it ends. The library has no limit. */
function measureLz4(bytes: Buffer): { bound: number; end: number } {
  if (bytes.length < 7 || bytes.readUInt32LE(0) !== LZ4_MAGIC) throw broken('lz4', 'it is no LZ4 frame');
  const flags = bytes[4]!;
  const bytesIf = (flag: number, count: number): number => (flags & flag ? count : 0);
  const [dictionaryId, contentSum, contentSize, blockSum] = [
    bytesIf(0x01, 4),
    bytesIf(0x04, 4),
    bytesIf(0x08, 8),
    bytesIf(0x10, 4),
  ];
  const largest = 2 ** (8 + 2 * ((bytes[5]! >> 4) & 0x07));
  let bound = 0;
  let at = 6 + contentSize + dictionaryId + 1;
  for (;;) {
    if (at + 4 > bytes.length) throw broken('lz4', 'it has no end mark');
    const word = bytes.readUInt32LE(at);
    at += 4;
    if (word === 0) return { bound, end: at + contentSum };
    const size = word & 0x7fff_ffff;
    // The highest bit says that the block is not packed.
    bound += word >= 0x8000_0000 ? size : Math.min(largest, size * LZ4_RATIO);
    at += size + blockSum;
  }
}
