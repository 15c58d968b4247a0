import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { AppError } from '../../../src/domain/errors.ts';
import { createLog } from '../../../src/log.ts';
import { openRefusedFile, type RefusedLine } from '../../../src/pipeline/sources/refused-records.ts';
import { scratch } from './harness.ts';

const log = createLog('silent');
const refused = (text: string, fields?: Record<string, unknown>): RefusedLine => ({
  line: { text, source: 'beats', position: '1', ...(fields ? { fields } : {}) },
  reason: new AppError('malformed', 'too deep'),
});

test('nothing refused is no file; what is refused lies in it verbatim, for its owner only', async () => {
  using folder = scratch();
  const path = join(folder.path, 'data', 'logs.refused');
  const file = openRefusedFile({ path, log });
  assert.equal(await file.health(), undefined);
  assert.ok(!existsSync(path));
  const texts = ['ERROR 한글 "quoted"', 'two\nlines', '\u001b[31m\ud800 broken', ''];
  await Promise.all(texts.map((text) => file.add([refused(text, { n: 1 })])));
  const rows = readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((row) => JSON.parse(row));
  assert.deepEqual(
    rows.map(({ text }) => text),
    texts,
  );
  assert.deepEqual(rows[0].fields, { n: 1 });
  assert.equal(statSync(path).mode & 0o777, 0o600);
  const health = (await openRefusedFile({ path, log }).health())!;
  assert.equal(health.ok, false);
  assert.match(health.detail, /refused 4 line\(s\)/);
  rmSync(path);
  assert.equal(await file.health(), undefined);
});

test('a file of wider rights is narrowed before more goes into it', async () => {
  using folder = scratch();
  const path = join(folder.path, 'logs.refused');
  writeFileSync(path, '');
  chmodSync(path, 0o644);
  await openRefusedFile({ path, log }).add([refused('x')]);
  assert.equal(statSync(path).mode & 0o777, 0o600);
});

test('it grows no further than its limit, whoever writes, and says what it could not keep', async () => {
  using folder = scratch();
  const path = join(folder.path, 'logs.refused');
  const file = openRefusedFile({ path, maxBytes: 1_000, log });
  const lines = Array.from({ length: 50 }, (_, n) => refused(`line ${n} ${'x'.repeat(40)}`));
  const left = await file.add(lines);
  assert.ok(left > 0 && left < 50);
  assert.ok(statSync(path).size <= 1_000);
  assert.equal(readFileSync(path, 'utf8').trimEnd().split('\n').length, 50 - left);
  assert.equal(await openRefusedFile({ path, maxBytes: 1_000, log }).add(lines.slice(0, 3)), 3);
  assert.match((await file.health())!.detail, new RegExp(`refused ${50 - left} line\\(s\\).*${left} more`));
});

test('where it cannot be written the lines are counted, and nothing stops', async () => {
  using folder = scratch();
  const path = join(folder.path, 'logs.refused');
  mkdirSync(path);
  const file = openRefusedFile({ path, log });
  assert.equal(await file.add([refused('x'), refused('y')]), 2);
  assert.match((await file.health())!.detail, /2 more/);
});

test('fields that nest too deep to be written cost nothing of the others', async () => {
  using folder = scratch();
  const path = join(folder.path, 'logs.refused');
  const deep = JSON.parse(`${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`);
  const file = openRefusedFile({ path, log });
  assert.equal(await file.add([refused('one'), refused('two', { deep, n: 1 }), refused('three')]), 0);
  const rows = readFileSync(path, 'utf8').trimEnd().split('\n');
  assert.deepEqual(
    rows.map((row) => JSON.parse(row).text),
    ['one', 'two', 'three'],
  );
  assert.match(JSON.parse(rows[1]!).fieldsCut, /^\{"deep":\{"a":/);
});

test('lines are counted on while the file grows, and anew when another takes its place', async () => {
  using folder = scratch();
  const path = join(folder.path, 'logs.refused');
  const file = openRefusedFile({ path, log });
  for (const [add, count] of [
    [1, 1],
    [3, 4],
    [200, 204],
  ] as const) {
    await file.add(Array.from({ length: add }, () => refused(`줄 ${'x'.repeat(500)}`)));
    assert.match((await file.health())!.detail, new RegExp(`refused ${count} line\\(s\\)`));
  }
  rmSync(path);
  await file.add([refused('anew')]);
  assert.match((await file.health())!.detail, /refused 1 line\(s\)/);
});
