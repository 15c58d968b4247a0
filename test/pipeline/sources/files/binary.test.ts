import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { binaryKind } from '../../../../src/pipeline/sources/files/binary.ts';
import { dir, put, read } from './harness.ts';

const png = Buffer.concat([Buffer.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10]), Buffer.alloc(500, 7)]);

test('images, archives, databases and programs are told by their first bytes', () => {
  const tar = Buffer.alloc(512, 97);
  tar.write('ustar', 257);
  for (const [bytes, kind] of [
    [png, 'image'],
    [tar, 'archive'],
    [Buffer.from('PK\u0003\u0004xyz'), 'archive'],
    [Buffer.from('SQLite format 3\u0000'), 'database'],
    [Buffer.from('%PDF-1.7'), 'document'],
    [Buffer.from('7f454c46020101', 'hex'), 'program'],
    [Buffer.from(Array.from({ length: 200 }, (_, n) => n % 32)), 'binary'],
  ] as const)
    assert.equal(binaryKind(bytes), kind);
});

test('random bytes are no text', () => {
  let seed = 7;
  const bytes = Uint8Array.from({ length: 4_096 }, () => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
    return (seed >> 16) & 255;
  });
  bytes[0] = 65;
  assert.equal(binaryKind(bytes), 'binary');
});

test('text in any encoding is none of them, also with colours or behind the zeros of a truncated file', () => {
  for (const bytes of [
    Buffer.from('plain words\n'),
    Buffer.from('\u001b[31mERROR\u001b[0m\tred\r\n'),
    Buffer.from('주문 실패\n'),
    Buffer.from('bed6b9ae20bdc7c6d00a', 'hex'),
    Buffer.from('\ufeffwide', 'utf16le'),
    Buffer.concat([Buffer.alloc(4_096), Buffer.from('Dec 17 05:19:07 host app: up\n')]),
    Buffer.from('one \0 in a line\n'),
    Buffer.alloc(0),
  ])
    assert.equal(binaryKind(bytes), undefined, bytes.toString('latin1').slice(0, 40));
});

test('what is no text is told and left out; alone it is an error', async () => {
  await put('mixed/shop.log', '2026-11-24 06:00:00 INFO up');
  await put('mixed/chart.png', png);
  await put('mixed/packed.png.gz', gzipSync(png));
  const left: string[] = [];
  const lines = await read([join(dir, 'mixed')], { onBinary: (path, kind) => left.push(`${path} ${kind}`) });
  assert.deepEqual(
    lines.map(({ text }) => text),
    ['2026-11-24 06:00:00 INFO up'],
  );
  assert.deepEqual(left.map((path) => path.replace(`${join(dir, 'mixed')}/`, '')).toSorted(), [
    'chart.png image',
    'packed.png.gz image',
  ]);
  await assert.rejects(read([join(dir, 'mixed/chart.png')]), { code: 'malformed' });
});

test('zstd is unpacked by its first bytes', async () => {
  const path = await put('shop.log.zst', zstdCompressSync(Buffer.from('one\ntwo\n')));
  assert.deepEqual(
    (await read([path])).map(({ text }) => text),
    ['one', 'two'],
  );
});
