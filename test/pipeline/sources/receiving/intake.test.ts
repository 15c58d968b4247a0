import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '../../../../src/domain/errors.ts';
import type { SourceLine } from '../../../../src/domain/log/source-line.ts';
import { Intake } from '../../../../src/pipeline/sources/receiving/intake.ts';

const lines = (...texts: string[]): SourceLine[] =>
  texts.map((text, index) => ({ text, source: 's', position: String(index) }));

test('what waits goes together, in order; full until there is room; a failure reaches only its own', async () => {
  const gate = Promise.withResolvers<void>();
  const batches: string[][] = [];
  const intake = new Intake(async (batch) => {
    await gate.promise;
    if (batch.some(({ text }) => text === 'bad')) throw new AppError('malformed', 'bad');
    batches.push(batch.map(({ text }) => text));
  }, 4);
  const first = intake.add(lines('a'));
  await Promise.resolve();
  const more = [intake.add(lines('b', 'c')), intake.add(lines('d'))];
  assert.equal(intake.full(), true);
  let room = false;
  const waiting = intake.room().then(() => {
    room = true;
  });
  await Promise.resolve();
  assert.equal(room, false);
  gate.resolve();
  await Promise.all([first, ...more, waiting]);
  assert.deepEqual(batches, [['a'], ['b', 'c', 'd']]);
  await assert.rejects(intake.add(lines('bad')), { code: 'malformed' });
  await intake.add(lines('e'));
  assert.equal(intake.pending, 0);
  assert.equal(intake.stored, 5);
  await intake.close(100);
  await assert.rejects(intake.add(lines('f')), { code: 'stopped' });
});
