import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freshFailures } from '../../../src/analysis/logs/fresh-failures.ts';
import { readerOver } from '../../../src/analysis/logs/reader.ts';
import { findWindow } from '../../../src/analysis/logs/window.ts';
import type { Level, LogRecord } from '../../../src/domain/log/record.ts';
import { MINUTE } from '../../../src/domain/time/units.ts';
import { NOON, record } from '../../fakes/incident-logs.ts';

const HOURS = { from: NOON, to: NOON + 120 * MINUTE };
const every = (minutes: number, level: Level, message: (i: number) => string, from = 0): LogRecord[] =>
  Array.from({ length: Math.floor((120 - from) / minutes) }, (_, i) =>
    record(NOON + (from + i * minutes) * MINUTE, 'mill', level, message(i)),
  );
const calm = every(0.25, 'info', (i) => `sack ${i} ground`);
const fresh = async (more: LogRecord[]) => freshFailures(readerOver([...calm, ...more]), {}, HOURS);

test('what fails anew is found whatever its level; what always fails, at the same rate, is not', async () => {
  const once = await fresh([record(NOON + 80 * MINUTE, 'mill', 'info', 'stone 4 exited with code 137')]);
  assert.deepEqual(once.moments, [{ at: NOON + 80 * MINUTE, grave: true }]);
  const ended = await fresh([record(NOON + 80 * MINUTE, 'mill', 'info', 'stone 4 exited with code 0')]);
  assert.deepEqual(ended.moments, [], 'the number is what tells');
  const always = await fresh(every(4, 'error', (i) => `sack ${i} has no label`));
  assert.deepEqual([always.moments, always.templateIds], [[], []]);
  const many = await fresh(every(0.2, 'warn', (i) => `belt slips, ${i} turns lost`, 90));
  assert.equal(many.templateIds.length, 1);
  const more = await fresh([
    ...every(4, 'error', (i) => `sack ${i} has no label`),
    ...Array.from({ length: 60 }, (_, i) =>
      record(NOON + 60 * MINUTE + i * 5_000, 'mill', 'error', `sack ${i + 900} has no label`),
    ),
  ]);
  assert.equal(more.templateIds.length + Math.min(1, more.moments.length), 1, 'it rose');
});

test('an alarm that is cleared is no failure, though set and cleared look alike', async () => {
  const { moments } = await fresh([
    record(NOON + 60 * MINUTE, 'mill', 'warn', 'storage limit alarm set on bin 3'),
    record(NOON + 90 * MINUTE, 'mill', 'warn', 'storage limit alarm cleared on bin 3'),
  ]);
  assert.deepEqual(moments, [{ at: NOON + 60 * MINUTE, grave: true }]);
});

test('the window is where a failure is new, not where the usual errors peak', async () => {
  const usual = every(1, 'error', (i) => `sack ${i} has no label`);
  const peak = Array.from({ length: 4 }, (_, i) =>
    record(NOON + 110 * MINUTE + i * 1_000, 'mill', 'error', `sack ${i + 900} has no label`),
  );
  const killed = record(NOON + 40 * MINUTE, 'mill', 'info', 'out of memory: killed process 12 (grinder)');
  const span = await findWindow(readerOver([...calm, ...usual, ...peak, killed]), {}, HOURS.to);
  assert.equal(span?.found, 'burst');
  assert.ok(span.window.from <= killed.timestamp && killed.timestamp < span.window.to);
  assert.ok(span.window.to < NOON + 60 * MINUTE);
});

test('the end of a build after a long silence is new, too', async () => {
  const build = Array.from({ length: 60 }, (_, i) =>
    record(NOON + i * 10_000, 'build', 'info', `part ${i} compiled`),
  );
  const warning = record(NOON + 10 * MINUTE, 'build', 'info', 'warning: unused part `error`');
  const killed = record(NOON + 25 * MINUTE, 'build', 'info', 'Killed');
  const code = record(NOON + 25 * MINUTE + 9_000, 'build', 'error', 'ended with exit code 137');
  const span = await findWindow(readerOver([...build, warning, killed, code]), {}, HOURS.to);
  assert.ok(span && span.window.from <= killed.timestamp && code.timestamp < span.window.to);
});
