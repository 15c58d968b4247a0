import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLineDecoder } from '../../../../src/pipeline/sources/files/encoding.ts';
import { splitLines } from '../../../../src/pipeline/sources/files/lines.ts';
import { put, read } from './harness.ts';

/** `결제 실패` in CP949. */
const KOREAN = Buffer.from('b0e1c1a620bdc7c6d0', 'hex');

test('Korean in CP949 is read as such, line by line, and said once for each source', async () => {
  const lines = (text: Buffer) =>
    Buffer.concat([
      Buffer.from('2026-11-21 15:04:05 INFO 시작\n'),
      ...Array.from({ length: 3 }, () => Buffer.concat([Buffer.from('ERROR '), text, Buffer.from('\r\n')])),
      Buffer.from('plain\nbroken \xff\xff.', 'latin1'),
    ]);
  const told: [string, string][] = [];
  const path = await put('korean.log', lines(KOREAN));
  const csv = await put(
    'korean.csv',
    Buffer.concat([Buffer.from('level,message\n'), Buffer.from('ERROR,'), KOREAN]),
  );
  const onEncoding = (source: string, encoding: string) => told.push([source, encoding]);
  assert.deepEqual(
    (await read([path], { joinTraces: false, onEncoding })).map(({ text }) => text),
    [
      '2026-11-21 15:04:05 INFO 시작',
      'ERROR 결제 실패',
      'ERROR 결제 실패',
      'ERROR 결제 실패',
      'plain',
      'broken \ufffd\ufffd.',
    ],
  );
  assert.equal((await read([csv], { onEncoding }))[0]?.fields?.message, '결제 실패');
  assert.deepEqual(told, [
    [path, 'cp949'],
    [csv, 'cp949'],
  ]);
});

test('UTF-16 with a byte order mark', async () => {
  const little = Buffer.from('\ufeff시작\r\nERROR 결제 실패\n', 'utf16le');
  const big = Buffer.from(little).swap16();
  for (const [content, name] of [
    [little, 'utf-16le'],
    [big, 'utf-16be'],
  ] as const) {
    const told: string[] = [];
    const path = await put(`${name}.log`, content);
    const lines = await read([path], { onEncoding: (_, encoding) => told.push(encoding) });
    assert.deepEqual([lines.map(({ text }) => text), told], [['시작', 'ERROR 결제 실패'], [name]]);
  }
});

test('characters are whole wherever a chunk ends, in each encoding', async () => {
  const utf8 = Buffer.from('\ufeff첫 줄 🙂\n둘째 줄\n');
  const cp949 = Buffer.concat([KOREAN, Buffer.from('\n'), KOREAN]);
  const utf16 = Buffer.from('\ufeff첫 줄 🙂\n둘째 줄', 'utf16le');
  for (const [bytes, lines] of [
    [utf8, ['첫 줄 🙂', '둘째 줄']],
    [cp949, ['결제 실패', '결제 실패']],
    [utf16, ['첫 줄 🙂', '둘째 줄']],
  ] as const)
    for (const step of [1, 2, 3, 5, 7]) {
      async function* chunks() {
        for (let at = 0; at < bytes.length; at += step) yield bytes.subarray(at, at + step);
      }
      const out: string[] = [];
      for await (const batch of splitLines(chunks())) out.push(...batch.map(({ text }) => text));
      assert.deepEqual(out, lines, `steps of ${step}`);
    }
});

test('the byte order mark of UTF-8 is no part of the first line, however its lines are read', () => {
  const decode = createLineDecoder();
  const mark = Buffer.from([0xef, 0xbb, 0xbf]);
  assert.equal(decode(Buffer.concat([mark, Buffer.from('{"msg":"a"}')])), '{"msg":"a"}');
  assert.equal(decode(Buffer.concat([mark, Buffer.from('b')])), '\ufeffb', 'only of the first');
});
