import assert from 'node:assert/strict';
import {
  appendFileSync,
  copyFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkedState } from '../../../../src/backends/state/checked.ts';
import { openSqliteState } from '../../../../src/backends/state/sqlite.ts';
import { parseConfig } from '../../../../src/config/config.ts';
import { originalLength } from '../../../../src/domain/log/record.ts';
import type { SourceLine } from '../../../../src/domain/log/source-line.ts';
import { createLog } from '../../../../src/log.ts';
import { createMetrics } from '../../../../src/metrics.ts';
import { followFiles } from '../../../../src/pipeline/sources/follow/follow.ts';
import { createBudget } from '../../../../src/pipeline/sources/receiving/budget.ts';
import { Intake } from '../../../../src/pipeline/sources/receiving/intake.ts';
import { Rejections } from '../../../../src/pipeline/sources/receiving/rejections.ts';
import { scratch, until } from '../harness.ts';

/**
 * Follows `globs`, looking often, with the positions in `folder`. `fail` makes storing fail, like a crash before it.
 */
async function following(
  folder: string,
  globs: string[],
  options: { fail?: () => boolean; maxFiles?: number } = {},
) {
  const log = createLog('silent');
  const { limits } = parseConfig({}).collect;
  const state = checkedState(await openSqliteState({ file: join(folder, 'state.db') }, log), log);
  const taken: SourceLine[] = [];
  const intake = new Intake(async (lines) => {
    if (options.fail?.()) throw new Error('the store is gone');
    taken.push(...lines);
  });
  const rejections = new Rejections({
    listener: 'files',
    linesPerSecond: limits.linesPerSecond,
    metrics: createMetrics(),
    log,
  });
  const listener = followFiles(
    { globs, state, pollMs: 10, ...(options.maxFiles ? { maxFiles: options.maxFiles } : {}) },
    { intake, share: createBudget(limits.waitingBytes).share(), rejections, limits, log },
  );
  return {
    taken,
    texts: () => taken.map(({ text }) => text),
    health: () => listener.health(),
    async [Symbol.asyncDispose]() {
      listener.quiesce();
      await intake.close(1_000);
      await listener[Symbol.asyncDispose]();
      await state[Symbol.asyncDispose]();
    },
  };
}
const lines = (from: number, to: number): string =>
  Array.from({ length: to - from + 1 }, (_, n) => `2026-01-01T00:00:00Z line ${from + n}\n`).join('');
const numbers = (texts: string[]): number[] => texts.map((text) => Number(text.split(' ').at(-1)));
const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1);

test('what is there, what is appended, new files of a glob, and stack traces as one event', async () => {
  using folder = scratch();
  const [a, b] = [join(folder.path, 'a.log'), join(folder.path, 'b.log')];
  writeFileSync(a, lines(1, 3));
  await using app = await following(folder.path, [join(folder.path, '*.log')]);
  await until(() => app.taken.length === 3, 'what is there');
  appendFileSync(a, '2026-01-01T00:00:01Z ERROR broken\n    at one\n');
  appendFileSync(a, '    at two\n2026-01-01T00:00:02Z half a li');
  writeFileSync(b, lines(1, 1));
  await until(() => app.taken.length === 5, 'the trace and the new file');
  assert.ok(app.texts().includes('2026-01-01T00:00:01Z ERROR broken\n    at one\n    at two'));
  appendFileSync(a, 'ne\n');
  await until(() => app.texts().includes('2026-01-01T00:00:02Z half a line'), 'the rest of the line');
  assert.match(app.health().detail, /2 followed/);
});

test('a folder stands for the files in it', async () => {
  using folder = scratch();
  using logs = scratch();
  writeFileSync(join(logs.path, 'one.log'), lines(1, 2));
  await using app = await following(folder.path, [logs.path]);
  await until(() => app.taken.length === 2, 'the file of the folder');
});

test('renamed away: the rest of the old file comes first, equal lines of old and new file are two', async () => {
  using folder = scratch();
  const path = join(folder.path, 'app.log');
  writeFileSync(path, lines(1, 2));
  await using app = await following(folder.path, [join(folder.path, 'app.log*')]);
  await until(() => app.taken.length === 2, 'the first lines');
  renameSync(path, `${path}.1`);
  appendFileSync(`${path}.1`, lines(3, 4));
  writeFileSync(path, lines(1, 2));
  await until(() => app.taken.length === 6, 'both files');
  assert.deepEqual(numbers(app.texts()), [1, 2, 3, 4, 1, 2]);
  assert.equal(new Set(app.taken.map(({ position }) => position)).size, 6);
});

test('copied and truncated: the new lines are read from the start', async () => {
  using folder = scratch();
  const path = join(folder.path, 'app.log');
  writeFileSync(path, lines(1, 5));
  await using app = await following(folder.path, [path]);
  await until(() => app.taken.length === 5, 'the first lines');
  copyFileSync(path, join(folder.path, 'app.old'));
  truncateSync(path, 0);
  appendFileSync(path, lines(6, 7));
  await until(() => app.taken.length === 7, 'the lines after truncation');
  assert.deepEqual(numbers(app.texts()), upTo(7));
});

test('a restart goes on where the last safe line ended, also when the file was rotated meanwhile', async () => {
  using folder = scratch();
  const path = join(folder.path, 'app.log');
  writeFileSync(path, lines(1, 1_000));
  const first = await following(folder.path, [path]);
  await until(() => first.taken.length === 1_000, 'the first run');
  await first[Symbol.asyncDispose]();
  appendFileSync(path, lines(1_001, 1_500));
  renameSync(path, `${path}.1`);
  writeFileSync(path, lines(1_501, 1_600));
  await using second = await following(folder.path, [path]);
  await until(() => second.taken.length >= 600, 'the second run');
  assert.deepEqual(numbers([...first.texts(), ...second.texts()]), upTo(1_600));
});

test('after a restart events are told apart as they were before it', async () => {
  using folder = scratch();
  const path = join(folder.path, 'app.log');
  writeFileSync(path, lines(1, 20));
  const first = await following(folder.path, [path]);
  await until(() => first.taken.length === 20, 'the first run');
  await first[Symbol.asyncDispose]();
  appendFileSync(path, `${lines(21, 21)}SELECT 1\nFROM orders\n${lines(22, 23)}`);
  await using second = await following(folder.path, [path]);
  await until(() => second.taken.length >= 3, 'the second run');
  assert.deepEqual(second.texts(), [
    `${lines(21, 21)}SELECT 1\nFROM orders`,
    lines(22, 22).trimEnd(),
    lines(23, 23).trimEnd(),
  ]);
});

test('what was not safe is read again with the same positions', async () => {
  using folder = scratch();
  const path = join(folder.path, 'app.log');
  writeFileSync(path, lines(1, 30_000));
  let batches = 0;
  const first = await following(folder.path, [path], {
    fail: () => {
      batches += 1;
      return batches > 2;
    },
  });
  await until(() => batches > 2, 'the failure');
  await first[Symbol.asyncDispose]();
  assert.ok(first.taken.length > 0 && first.taken.length < 30_000);
  await using second = await following(folder.path, [path]);
  await until(() => second.texts().at(-1)?.endsWith(' 30000') ?? false, 'the last line');
  const all = new Map([...first.taken, ...second.taken].map(({ position, text }) => [position, text]));
  assert.deepEqual(numbers([...all.values()]), upTo(30_000));
});

test('lines of bytes that are no text, very long lines and carriage returns', async () => {
  using folder = scratch();
  const path = join(folder.path, 'app.log');
  writeFileSync(
    path,
    Buffer.concat([Buffer.from([0xff, 0xfe, 10]), Buffer.from('one\r\n'), Buffer.from('가'.repeat(200_000))]),
  );
  await using app = await following(folder.path, [path]);
  await until(() => app.taken.length === 2, 'the short lines');
  appendFileSync(path, ' tail😀\r\nlast\nend\n');
  await until(() => app.taken.length === 5, 'all lines');
  assert.equal(app.texts()[1], 'one');
  assert.match(app.texts()[2]!, /^가+ …\[\+\d+ chars\]… 가+ tail😀$/u);
  assert.ok(Math.abs(originalLength(app.texts()[2]!) - 200_007) <= 1);
  assert.ok(app.texts()[2]!.length <= 16_384);
});

test('a followed file in CP949', async () => {
  using folder = scratch();
  const path = join(folder.path, 'app.log');
  writeFileSync(path, Buffer.from('4552524f5220b0e1c1a620bdc7c6d00a6f6b0a', 'hex'));
  await using app = await following(folder.path, [path]);
  await until(() => app.taken.length === 2, 'both lines');
  assert.deepEqual(app.texts(), ['ERROR 결제 실패', 'ok']);
});

test('a deleted file is read to its end and let go; another one under its name is read from the start', async () => {
  using folder = scratch();
  const path = join(folder.path, 'app.log');
  writeFileSync(path, `${lines(1, 2)}2026-01-01T00:00:00Z line 3`);
  await using app = await following(folder.path, [join(folder.path, '*.log')]);
  await until(() => app.taken.length >= 2, 'the whole lines');
  rmSync(path);
  await until(() => app.health().detail.startsWith('0 followed'), 'the file to be let go');
  assert.deepEqual(numbers(app.texts()), upTo(3));
  writeFileSync(path, lines(4, 5));
  await until(() => app.taken.length === 5, 'the new file');
  assert.deepEqual(numbers(app.texts()), upTo(5));
});

test('more files than are followed: it is said how many are not read, until there is room for them', async () => {
  using folder = scratch();
  using logs = scratch();
  for (let n = 1; n <= 5; n += 1) writeFileSync(join(logs.path, `${n}.log`), lines(n, n));
  await using app = await following(folder.path, [logs.path, join(logs.path, '*.log')], { maxFiles: 3 });
  await until(() => !app.health().ok, 'health to say so');
  assert.match(app.health().detail, /^2 files are not read: 3 are followed/);
  await until(() => app.taken.length === 3, 'those that are followed');
  const read = numbers(app.texts());
  for (const n of read) unlinkSync(join(logs.path, `${n}.log`));
  await until(() => app.taken.length === 5, 'the others');
  assert.deepEqual(numbers(app.texts()).sort(), upTo(5));
  await until(() => app.health().ok, 'all to be well');
});

test('a position that cannot be read does not keep a file from being read', async () => {
  using folder = scratch();
  const path = join(folder.path, 'a.log');
  writeFileSync(path, 'one\ntwo\n');
  const { dev, ino } = statSync(path);
  const documents = await openSqliteState({ file: join(folder.path, 'state.db') }, createLog('silent'));
  for (const id of [`path:${path}`, `file:${dev}:${ino}`])
    await documents.commit({ put: [{ kind: 'file-position', id, value: { offset: 'far' } }] });
  await documents[Symbol.asyncDispose]();
  await using app = await following(folder.path, [path]);
  await until(() => app.taken.length === 2, 'both lines');
  assert.deepEqual(app.texts(), ['one', 'two']);
});
