import assert from 'node:assert/strict';
import { utimes } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { MAX_LINE, originalLength } from '../../../../src/domain/log/record.ts';
import type { SourceLine } from '../../../../src/domain/log/source-line.ts';
import { createNormalizer } from '../../../../src/pipeline/normalize/normalize.ts';
import { dir, put, read } from './harness.ts';

test('lines with numbers; CRLF, a missing last newline, blank lines, a byte order mark', async () => {
  const path = await put('a.log', '\ufeffone\r\n\r\ntwo\n  \nthree');
  const lines = await read([path], { joinTraces: false });
  assert.deepEqual(
    lines.map(({ text, position }) => [position, text]),
    [
      ['1', 'one'],
      ['3', 'two'],
      ['5', 'three'],
    ],
  );
  assert.deepEqual(new Set(lines.map(({ source }) => source)), new Set([path]));
});

test('gzip, and the same lines as from the plain file', async () => {
  const text = Array.from({ length: 5_000 }, (_, i) => `line ${i} 한글 ${'x'.repeat(i % 200)}`).join('\n');
  const plain = await read([await put('same.log', text)]);
  const zipped = await read([await put('same2.log.gz', gzipSync(text))]);
  assert.equal(plain.length, 5_000);
  assert.deepEqual(
    zipped.map(({ text }) => text),
    plain.map(({ text }) => text),
  );
});

test('gzip is told by its first bytes as well as by its name; what is only called so is refused', async () => {
  const lines = await read([await put('zipped.log', gzipSync('one\ntwo')), await put('tiny.log', 'x')]);
  assert.deepEqual(
    lines.map(({ text }) => text),
    ['one', 'two', 'x'],
  );
  await assert.rejects(read([await put('not.log.gz', 'plain')]), { code: 'malformed' });
});

test('a glob that no shell has expanded, and a name that only looks like one', async () => {
  await put('glob/b.log', 'b');
  await put('glob/a.log', 'a');
  await put('glob/[c].log', 'c');
  const texts = async (path: string) => (await read([join(dir, path)])).map(({ text }) => text).sort();
  assert.deepEqual(await texts('glob/?.log'), ['a', 'b']);
  assert.deepEqual(await texts('glob/[c].log'), ['c']);
  await assert.rejects(read([join(dir, 'glob/*.txt')]), { code: 'not_found' });
});

test('a file is one source by whatever path it is read', async () => {
  const path = await put('here/a.log', 'x');
  const [line] = await read([relative(process.cwd(), path)]);
  const [again] = await read([join(dir, 'here', '..', 'here', 'a.log')]);
  assert.deepEqual([line?.source, again?.source], [path, path]);
});

test('a folder: rotated files oldest first, hidden files left out, subfolders too', async () => {
  await put('rot/app.log', 'c');
  await put('rot/app.log.1', 'b');
  await put('rot/app.log.2.gz', gzipSync('a'));
  await put('rot/.hidden', 'x');
  await put('rot/sub/z.log', 'd');
  assert.deepEqual(
    (await read([join(dir, 'rot')])).map(({ text }) => text),
    ['a', 'b', 'c', 'd'],
  );
});

test('several files come together in time order', async () => {
  const line = (i: number, word: string) =>
    `${new Date(Date.UTC(2026, 0, 1) + i * 1_000).toISOString()} INFO ${word} ${i}`;
  const a = Array.from({ length: 5_000 }, (_, i) => line(i, 'a')).join('\n');
  const b = Array.from({ length: 5_000 }, (_, i) => line(i, 'b')).join('\n');
  const lines = await read([await put('m/a.log', a), await put('m/b.log', b)]);
  assert.equal(lines.length, 10_000);
  // Each file begins before the other is read to its end, and keeps its own order.
  const firstB = lines.findIndex(({ text }) => text.includes(' b '));
  assert.ok(firstB <= 100, String(firstB));
  let behind = 0;
  const numbers = lines.map(({ position }) => Number(position));
  for (const [i, number] of numbers.entries())
    behind = Math.max(behind, Math.max(...numbers.slice(Math.max(0, i - 200), i + 1)) - number);
  assert.ok(behind <= 100, String(behind));
  const onlyA = lines.filter(({ text }) => text.includes(' a ')).map(({ position }) => Number(position));
  assert.deepEqual(
    onlyA,
    [...onlyA].sort((x, y) => x - y),
  );
});

test('a file that writes slowly does not leave the others behind', async () => {
  const begin = Date.UTC(2026, 0, 1);
  const file = (word: string, seconds: number) =>
    Array.from(
      { length: 3_600 / seconds },
      (_, i) => `${new Date(begin + i * seconds * 1_000).toISOString()} INFO ${word} ${i}`,
    ).join('\n');
  const lines = await read([
    await put('s/busy.log', file('busy', 1)),
    await put('s/slow.log', file('slow', 9)),
  ]);
  assert.equal(lines.length, 4_000);
  let newest = 0;
  let behind = 0;
  for (const { text } of lines) {
    const at = Date.parse(text.slice(0, 24));
    newest = Math.max(newest, at);
    behind = Math.max(behind, newest - at);
  }
  assert.ok(behind <= 60_000, `${behind} ms`);
});

test('stack traces join their event, in Java, Python and JavaScript', async () => {
  const text = [
    '2026-01-01 00:00:00 ERROR failed',
    'java.lang.IllegalStateException: pool',
    '\tat com.shop.A.b(A.java:1)',
    'Caused by: java.sql.SQLException: x',
    '\t... 12 more',
    '2026-01-01 00:00:01 ERROR crashed',
    'Traceback (most recent call last):',
    '  File "a.py", line 1, in <module>',
    'ValueError: bad',
    '2026-01-01 00:00:02 INFO next',
    'TypeError: x is undefined',
    '    at run (/app/a.js:1:1)',
    '2026-01-01 00:00:03 INFO last',
  ].join('\n');
  const lines = await read([await put('trace.log', text)]);
  assert.deepEqual(
    lines.map(({ position, text }) => [position, text.split('\n').length]),
    [
      ['1', 5],
      ['6', 4],
      ['10', 1],
      ['11', 2],
      ['13', 1],
    ],
  );
  assert.equal((await read([join(dir, 'trace.log')], { joinTraces: false })).length, 13);
});

test('a line of many megabytes is cut with a mark; invalid UTF-8 and NUL bytes pass', async () => {
  const huge = Buffer.concat([
    Buffer.alloc(3_000_000, 'x'),
    Buffer.from(' the end'),
    Buffer.from('\nbad \xff\xfe byte\nnul \0 byte\n', 'latin1'),
  ]);
  const lines = await read([await put('huge.log', huge)], { joinTraces: false });
  assert.equal(lines.length, 3);
  assert.equal(lines[0]!.text.length, MAX_LINE);
  assert.match(lines[0]!.text, /^x+ …\[\+\d+ chars\]… x+ the end$/);
  assert.equal(originalLength(lines[0]!.text), 3_000_008);
  assert.equal(lines[1]!.text, 'bad \ufffd\ufffd byte');
  assert.equal(lines[2]!.text, 'nul \0 byte');
});

test('a long stack trace stays one event that keeps its last cause', async () => {
  const frames = Array.from(
    { length: 300 },
    (_, i) => `\tat shop.orders.step${i}.Handler.call(Handler.java:${i})`,
  );
  const trace = `2026-01-01T00:00:00Z ERROR [orders] request failed\njava.lang.IllegalStateException: no order\n${frames.join('\n')}\nCaused by: java.net.ConnectException: Connection refused: /10.0.0.5:5432\n\tat java.base/sun.nio.ch.Net.connect(Net.java:1)`;
  const [event, ...more] = await read([await put('trace.log', `${trace}\n`)]);
  assert.equal(more.length, 0);
  const record = createNormalizer({ timeZone: 'UTC' })(event!);
  assert.ok(record.message.length > 10_000 && record.message.length <= MAX_LINE);
  for (const text of [record.line, record.message])
    assert.match(text, /Caused by: java\.net\.ConnectException: Connection refused/);
});

test('progress reaches the size on disk', async () => {
  const text = 'some line\n'.repeat(100_000);
  const path = await put('p.log', text);
  let last: [number, number] = [0, 0];
  let calls = 0;
  await read([path], {
    onProgress(done, total) {
      assert.ok(done >= last[0]);
      last = [done, total];
      calls += 1;
    },
  });
  assert.deepEqual(last, [text.length, text.length]);
  assert.ok(calls > 1);
});

test('what cannot be read is named', async () => {
  await assert.rejects(read([join(dir, 'missing.log')]), { name: 'AppError', code: 'not_found' });
  await assert.rejects(read([await put('broken.gz', 'not gzip at all')]), {
    name: 'AppError',
    code: 'malformed',
  });
});

test('files whose lines have no date take it from the others, else from their last change', async () => {
  const clockOnly = '10:00:01 [INFO] web: a\n10:00:02 [INFO] web: b\n';
  const web = await put('dateless/web.log', clockOnly);
  const db = await put('dateless/db.log', '2024-06-17 10:00:00 INFO up\n2024-06-17 10:00:03 INFO ok\n');
  await utimes(web, new Date('2025-01-01T10:30:00Z'), new Date('2025-01-01T10:30:00Z'));
  const days = (lines: SourceLine[]) => {
    const normalize = createNormalizer({ timeZone: 'UTC' });
    return lines.map((line) => new Date(normalize(line).timestamp).toISOString());
  };
  assert.deepEqual(days((await read([web, db])).filter(({ text }) => text.includes('web'))), [
    '2024-06-17T10:00:01.000Z',
    '2024-06-17T10:00:02.000Z',
  ]);
  assert.equal(days(await read([web]))[0], '2025-01-01T10:00:01.000Z');
  // gzip keeps the time of what it packed; without one it is that of the packed file.
  const packed = gzipSync(clockOnly);
  packed.writeUInt32LE(Date.UTC(2023, 2, 4, 12) / 1_000, 4);
  assert.equal(days(await read([await put('dateless/old.log.gz', packed)]))[0], '2023-03-04T10:00:01.000Z');
  packed.writeUInt32LE(0, 4);
  const later = await put('dateless/plain.log.gz', packed);
  await utimes(later, new Date('2025-02-01T10:30:00Z'), new Date('2025-02-01T10:30:00Z'));
  assert.equal(days(await read([later]))[0], '2025-02-01T10:00:01.000Z');
});
