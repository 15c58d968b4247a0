import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createNormalizer } from '../../../../src/pipeline/normalize/normalize.ts';
import { put, read } from './harness.ts';

test('CSV with a header: quoted commas and newlines, missing values, a guess for the message', async () => {
  const path = await put(
    't.csv',
    'Date,Time,Level,Content\n2026-01-01,00:00:01,ERROR,"a, ""b""\nsecond line"\n2026-01-01,00:00:02,,plain\n',
  );
  const lines = await read([path]);
  assert.deepEqual(
    lines.map(({ position }) => position),
    ['2', '4'],
  );
  assert.deepEqual(lines[0]!.fields, {
    timestamp: '2026-01-01 00:00:01',
    Level: 'ERROR',
    Content: 'a, "b"\nsecond line',
  });
  assert.equal(lines[1]!.text, '2026-01-01,00:00:02,,plain');
  assert.equal(lines[1]!.fields!.Level, undefined);
  const guessed = await read([
    await put('g.csv', 'time,host,what\n2026-01-01T00:00:00Z,h1,the disk is full again\n'),
  ]);
  assert.equal(guessed[0]!.fields!.message, 'the disk is full again');
  const headerless = await read([await put('n.csv', 'a,b\nc,d\n')]);
  assert.deepEqual(
    headerless.map(({ text, fields }) => [text, fields]),
    [
      ['a,b', undefined],
      ['c,d', undefined],
    ],
  );
});

test('CSV: what the columns were taken for is told, also where the message has no name that says so', async () => {
  const path = await put(
    'orders.csv',
    'when,ts,lvl,note,n\nx,2026-01-01T00:00:00Z,warn,"the longest, in words",3\n',
  );
  const told: unknown[] = [];
  await read([path], { onColumns: (file, columns) => told.push([file, columns]) });
  assert.deepEqual(told, [
    [
      path,
      [
        { column: 'when', meaning: 'attribute' },
        { column: 'ts', meaning: 'timestamp' },
        { column: 'lvl', meaning: 'level' },
        { column: 'note', meaning: 'message' },
        { column: 'n', meaning: 'attribute' },
      ],
    ],
  ]);
});

test('CSV between semicolons, tabs or bars, with the names Korean systems give their columns', async () => {
  for (const delimiter of [';', '\t', '|', ',']) {
    const row = (...cells: string[]) => cells.join(delimiter);
    const path = await put(
      delimiter === '\t' ? 'korean.tsv' : 'columns.csv',
      [
        row('발생 일시', '등급', '시스템', '서버명', '로그'),
        row('2026-11-21 15:04:05', '심각', '결제', 'web-1', `"실패 ${delimiter} 3건"`),
      ].join('\r\n'),
    );
    const [line] = await read([path]);
    const record = createNormalizer({ timeZone: 'UTC' })(line!);
    assert.deepEqual(
      [new Date(record.timestamp).toISOString(), record.level, record.service, record.host, record.message],
      ['2026-11-21T15:04:05.000Z', 'fatal', '결제', 'web-1', `실패 ${delimiter} 3건`],
      delimiter,
    );
  }
});

test('CSV: that no column is recognised is told, and the rows are plain lines', async () => {
  const path = await put('unknown.csv', 'a;b\n1;2\n');
  const told: unknown[] = [];
  const lines = await read([path], { onColumns: (file, columns) => told.push([file, columns]) });
  assert.deepEqual(told, [[path, []]]);
  assert.deepEqual(
    lines.map(({ text }) => text),
    ['a;b', '1;2'],
  );
});

test('CSV: a quote that is opened and not closed ends its row, and what follows is read', async () => {
  const open = `"${'a\n'.repeat(20_000)}`;
  const path = await put('open.csv', `time,level,message\n2026-01-01T00:00:00Z,error,${open}`);
  const lines = await read([path]);
  assert.equal(
    lines
      .map(({ text }) => text.replaceAll('\n', ''))
      .join('')
      .match(/a/g)!.length,
    20_000,
  );
  assert.ok(lines[0]!.text.length >= 16_384 && lines[0]!.text.length < 16_500);
  // A thousand lines are no header.
  const header = await read([await put('names.csv', `"${'time\n'.repeat(1_000)}",level\nx,y\n`)]);
  assert.ok(header.length > 1);
});

test('CSV: a row over many lines has the cells it would have in one', async () => {
  const cell = Array.from({ length: 500 }, (_, i) => `line ${i}, "${'q'.repeat(i % 5)}";`).join('\n');
  const path = await put(
    'many.csv',
    `time;level;message\n2026-01-01T00:00:00Z;error;"${cell.replaceAll('"', '""')}"\n2026-01-01T00:00:01Z;warn;b\n`,
  );
  const lines = await read([path]);
  assert.deepEqual(
    lines.map(({ fields }) => fields?.message),
    [cell, 'b'],
  );
});
