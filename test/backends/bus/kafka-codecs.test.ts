import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { unpack } from '../../../src/backends/bus/kafka-codecs.ts';
import { AppError } from '../../../src/domain/errors.ts';
import { int32, PACK, xerial } from './fixtures.ts';

const TEXT = Buffer.from('payment-api: upstream db-7 timed out after 3 000 ms 시간 초과\n'.repeat(3_000));
const refused = (why: RegExp) => (error: unknown) =>
  error instanceof AppError && error.code === 'undecodable' && !error.retryable && why.test(error.message);

for (const codec of [0, 1, 2, 3, 4])
  test(`codec ${codec} is unpacked, also what is empty`, async () => {
    assert.ok((await unpack(codec, PACK[codec]!(TEXT))).equals(TEXT));
    assert.equal((await unpack(codec, PACK[codec]!(Buffer.alloc(0)))).length, 0);
  });

test('snappy in the frame of Java producers: one block, several, and one stream behind another', async () => {
  assert.ok((await unpack(2, xerial(TEXT.subarray(0, 100)))).equals(TEXT.subarray(0, 100)));
  assert.ok((await unpack(2, xerial(TEXT))).equals(TEXT));
  const twice = Buffer.concat([xerial(TEXT), xerial(TEXT)]);
  assert.ok((await unpack(2, twice)).equals(Buffer.concat([TEXT, TEXT])));
});

/** An LZ4 frame of two blocks, whose second one only points back into the first. */
function linkedFrame(): Buffer {
  const little = (value: number): Buffer => Buffer.from([value, 0, 0, 0]);
  const first = Buffer.concat([Buffer.from([0xf0, 1]), Buffer.from('the first block.')]);
  // Two literals, a match of 16 bytes 18 back, and five literals, which a block has to end with.
  const second = Buffer.from([0x2c, 0x3a, 0x20, 18, 0, 0x50, ...Buffer.from('!!end')]);
  const blocks = [first, second].flatMap((block) => [little(block.length), block]);
  // Version 1 with linked blocks, of at most 64 KB, and the checksum of these two bytes.
  return Buffer.concat([Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x40, 0x40, 0xc0]), ...blocks, little(0)]);
}

test('lz4 with blocks that point back into the ones before', async () => {
  assert.equal((await unpack(3, linkedFrame())).toString(), 'the first block.: the first block.!!end');
});

test('what is cut off, spoiled or of another kind is undecodable, whatever the codec', async () => {
  for (const codec of [1, 2, 3, 4]) {
    const packed = PACK[codec]!(TEXT);
    for (const keep of [0, 1, 5, packed.length >> 1, packed.length - 1])
      await assert.rejects(unpack(codec, packed.subarray(0, keep)), refused(/./), `${codec}, ${keep} bytes`);
    await assert.rejects(
      unpack(codec, Buffer.from('2026-03-29 plain text, not packed at all')),
      refused(/./),
    );
  }
  await assert.rejects(unpack(2, xerial(TEXT).subarray(0, 40)), refused(/cut off/));
  await assert.rejects(unpack(2, Buffer.concat([xerial(TEXT), int32(-5)])), refused(/cut off/));
});

test('a codec nobody knows is named', async () => {
  for (const codec of [5, 6, 7])
    await assert.rejects(unpack(codec, TEXT), refused(new RegExp(`codec ${codec} `)));
});

test('a decompression bomb is refused, by the size it says or the size it gets to', async () => {
  const zeros = Buffer.alloc(4 * 1024 * 1024);
  const limit = 1024 * 1024;
  for (const codec of [1, 2, 3, 4])
    await assert.rejects(
      unpack(codec, PACK[codec]!(zeros), limit),
      refused(/more than 1048576 bytes/),
      `codec ${codec}`,
    );
  await assert.rejects(unpack(2, xerial(zeros), limit), refused(/more than/));
  // The limit of a batch, with a few KB that stand for 128 MB.
  const huge = Buffer.alloc(128 * 1024 * 1024);
  await assert.rejects(unpack(1, gzipSync(huge)), refused(/more than/));
  await assert.rejects(unpack(4, zstdCompressSync(huge)), refused(/more than/));
  // Says 4 GB in five bytes.
  await assert.rejects(unpack(2, Buffer.from([0xff, 0xff, 0xff, 0xff, 0x0f, 0])), refused(/more than/));
  // A second frame behind a small one is not unpacked unmeasured.
  const behind = Buffer.concat([PACK[3]!(Buffer.from('small')), PACK[3]!(zeros)]);
  assert.equal((await unpack(3, behind, limit)).toString(), 'small');
});

test('an lz4 frame that says it holds more than there is takes no memory for it', async () => {
  const frame = Buffer.concat([
    Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x68, 0x40]),
    Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f, 0]),
    Buffer.from([0, 0, 0, 0]),
  ]);
  const before = process.memoryUsage().rss;
  await unpack(3, frame).catch((error) => assert.ok(refused(/./)(error)));
  assert.ok(process.memoryUsage().rss - before < 100 * 1024 * 1024);
});
