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
    [path, 'unknown'],
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

/** Lines as other programs encode them. */
const ENCODED: [encoding: string, hex: string, text: string][] = [
  ['windows-1252', '46656eea747265206665726de96520e0203530b020937894', 'Fenêtre fermée à 50° “x”'],
  ['windows-1252', '4772f6df6520fc62657273636872697474656e', 'Größe überschritten'],
  ['windows-1252', 'c46e646572756e67206e69636874206df6676c696368', 'Änderung nicht möglich'],
  [
    'shift_jis',
    '4552524f522090da91b182c98eb8947382b582dc82b582bd2074696d656f7574',
    'ERROR 接続に失敗しました timeout',
  ],
  ['euc-jp', 'c0dcc2b3a4cbbcbac7d4a4b7a4dea4b7a4bf', '接続に失敗しました'],
  ['gb18030', 'c1acbdd3cafdbeddbfe2caa7b0dca3acd5fdd4dad6d8cad4', '连接数据库失败，正在重试'],
  ['big5', 'b8eaaec6ae77b373bd75a5a2b1d1a141adabb8d5a4a4', '資料庫連線失敗，重試中'],
  ['cp949', 'c0e7b0ed20bcadbaf1bdba20bfacb0e120bdc7c6d0', '재고 서비스 연결 실패'],
  ['cp949', '4552524f522094ee20bef8c0bd', 'ERROR 뷁 없음'],
];

test('the character set of a source is told by the script that its lines give', () => {
  for (const [encoding, hex, text] of ENCODED) {
    const told: string[] = [];
    const decode = createLineDecoder((one) => told.push(one));
    assert.deepEqual([decode(Buffer.from(hex, 'hex')), told], [text, [encoding]], text);
  }
  // What is in no character set is said, and stays visible.
  const told: string[] = [];
  const decode = createLineDecoder((one) => told.push(one));
  assert.equal(decode(Buffer.from('616263ff82ff', 'hex')), 'abc\ufffd\ufffd\ufffd');
  assert.deepEqual(told, ['unknown']);
});

test('UTF-16 without a byte order mark', async () => {
  for (const big of [false, true]) {
    const bytes = Buffer.from('ERROR 결제 실패\r\nINFO ok\n', 'utf16le');
    const path = await put(`unmarked-${big}.log`, big ? bytes.swap16() : bytes);
    assert.deepEqual(
      (await read([path])).map(({ text }) => text),
      ['ERROR 결제 실패', 'INFO ok'],
    );
  }
});

test('zeros of a truncated file are no part of its lines', async () => {
  const path = await put('zeros.log', `${'\0'.repeat(300_000)}Dec 17 05:19:07 web1 app[1]: a\n\0\0b c\0d\n`);
  assert.deepEqual(
    (await read([path], { joinTraces: false })).map(({ text }) => text),
    ['Dec 17 05:19:07 web1 app[1]: a', 'b c\0d'],
  );
  assert.equal(createLineDecoder()(Buffer.from('\0\0\0a')), 'a');
});
