import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readerOver } from '../../../src/analysis/logs/reader.ts';
import { findWindow } from '../../../src/analysis/logs/window.ts';
import { MINUTE } from '../../../src/domain/time/units.ts';
import { healthyLogs, NOON, poolIncident, record } from '../../fakes/incident-logs.ts';
import { analysed, answerWhy } from '../harness.ts';

test('the window is the burst of errors, compared with the time before it', async () => {
  const { span } = await analysed(poolIncident());
  assert.equal(span.found, 'burst');
  assert.ok(
    Math.abs(span.window.from - (NOON + 12 * MINUTE)) < MINUTE,
    new Date(span.window.from).toISOString(),
  );
  assert.ok(span.window.to > NOON + 19 * MINUTE);
  assert.ok(span.baseline && span.baseline.to === span.window.from);
});

test('a burst is found in days of logs', async () => {
  const quiet = Array.from({ length: 2_000 }, (_, i) =>
    record(NOON - 20 * 3_600_000 + i * 36_000, 'orders', i % 400 === 0 ? 'error' : 'info', `tick ${i}`),
  );
  const { span } = await analysed([...quiet, ...poolIncident()]);
  assert.equal(span.found, 'burst');
  assert.ok(span.window.from > NOON + 10 * MINUTE && span.window.from < NOON + 13 * MINUTE);
});

test('without a burst the window is everything, up to an hour', async () => {
  const { span, ranking } = await analysed(healthyLogs());
  assert.equal(span.found, 'all');
  assert.equal(ranking.verdict, 'inconclusive');
  const { explanation } = await answerWhy(healthyLogs());
  assert.match(
    explanation,
    /No line tells of a failure[\s\S]*Looked for: errors/,
    'it says what was looked for',
  );
});

test('an empty store has no window', async () => {
  assert.equal(await findWindow(readerOver([]), {}), undefined);
});
