import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AlertModel, AlertSignal } from '../../../src/domain/alert/alert-model.ts';
import { suppressionReason, type Vote } from '../../../src/domain/alert/suppression.ts';

const DAY = 86_400_000;
const HOUR = 3_600_000;
const START = Date.UTC(2026, 0, 5);
const NOW = START + 40 * DAY;
const model: AlertModel = { weights: {}, bias: -3, slope: 1, offset: 0, quietBelow: 0.5 };

/** Votes from the day given on, two a day, at these hours in turn. */
const votes = (count: number, from: number, hours: readonly number[], said: Partial<Vote> = {}): Vote[] =>
  Array.from({ length: count }, (_, index) => ({
    incident: `i-${from}-${index}`,
    at: START + from * DAY + Math.floor(index / 2) * DAY + hours[index % hours.length]! * HOUR + index,
    critical: false,
    real: false,
    ...said,
  }));
const AROUND_THE_CLOCK = [2, 10, 18, 6, 14, 22];
const alert = (hour: number, status: AlertSignal['status'] = 'warning'): AlertSignal => ({
  service: 'mail',
  template: 't1',
  wording: '',
  issues: [],
  pattern: 'backup skipped',
  detector: 'rate',
  status,
  severity: status === 'critical' ? 4 : 2,
  confidence: 0.9,
  at: NOW + hour * HOUR,
});
const likeness = (said: Vote[], signal: AlertSignal, by = model): string =>
  suppressionReason(by, said, signal)?.likeness ?? 'told';

test('eight false alarms of a kind silence it, seven do not', () => {
  assert.equal(likeness(votes(8, 0, AROUND_THE_CLOCK), alert(12)), 'family');
  assert.equal(likeness(votes(7, 0, AROUND_THE_CLOCK), alert(12)), 'told');
  assert.equal(likeness([], alert(12)), 'told');
});

test('what is worse than anything that was judged is told, however often the mild ones were false', () => {
  assert.equal(likeness(votes(40, 0, AROUND_THE_CLOCK), alert(12, 'critical')), 'told');
  assert.equal(likeness(votes(8, 0, AROUND_THE_CLOCK, { critical: true }), alert(12)), 'family');
});

test('what was only judged at night says nothing about the day', () => {
  const nights = votes(40, 0, [1, 2, 3, 4]);
  assert.equal(likeness(nights, alert(2.5)), 'family');
  for (const hour of [0, 5, 9, 15, 21]) assert.equal(likeness(nights, alert(hour)), 'told', `${hour}:00`);
});

test('each real one asks for half as many more, all later', () => {
  const real = votes(1, 9, [12], { real: true });
  const after = (count: number): Vote[] => [
    ...votes(10, 0, AROUND_THE_CLOCK),
    ...real,
    ...votes(count, 10, AROUND_THE_CLOCK),
  ];
  assert.equal(likeness(after(11), alert(12)), 'told');
  assert.equal(likeness(after(12), alert(12)), 'family');
  assert.deepEqual(suppressionReason(model, after(12), alert(12)), {
    likeness: 'family',
    rejected: 12,
    needed: 12,
    real: 1,
    chance: 1 / (1 + Math.exp(3)),
  });
});

test('a kind that is real when critical, or by day, is silenced where it is not', () => {
  const mild = [
    ...votes(12, 0, AROUND_THE_CLOCK),
    ...votes(6, 6, AROUND_THE_CLOCK, { critical: true, real: true }),
  ];
  assert.equal(likeness(mild, alert(12)), 'severity');
  assert.equal(likeness(mild, alert(12, 'critical')), 'told');
  const nights = [...votes(12, 0, [1, 2, 3, 4]), ...votes(6, 6, [10, 13, 16], { real: true })];
  assert.equal(likeness(nights, alert(2.5)), 'hours');
  assert.equal(likeness(nights, alert(12)), 'told');
});

test('votes of long ago count no more; a likely real one is told whatever was said', () => {
  const said = votes(8, 0, AROUND_THE_CLOCK);
  assert.equal(likeness(said, { ...alert(12), at: NOW + 90 * DAY }), 'told');
  assert.equal(likeness(said, alert(12), { ...model, bias: 1 }), 'told');
});

test('the worst severity is always told, and what is graver than anything that was called false', () => {
  const said = votes(40, 0, AROUND_THE_CLOCK, { critical: true, severity: 4 });
  assert.equal(likeness(said, { ...alert(12, 'critical'), severity: 4 }), 'family');
  assert.equal(likeness(said, { ...alert(12, 'critical'), severity: 5 }), 'told');
  const worst = votes(40, 0, AROUND_THE_CLOCK, { critical: true, severity: 5 });
  assert.equal(likeness(worst, { ...alert(12, 'critical'), severity: 5 }), 'told');
  const mild = votes(40, 0, AROUND_THE_CLOCK, { severity: 2 });
  assert.equal(likeness(mild, { ...alert(12), severity: 2 }), 'family');
  assert.equal(likeness(mild, { ...alert(12), severity: 3 }), 'told');
});

test('an issue that no false alarm of the family had is told', () => {
  const said = votes(8, 0, AROUND_THE_CLOCK, { issues: ['a', 'b'] });
  assert.equal(likeness(said, { ...alert(12), issues: ['a'] }), 'family');
  assert.equal(likeness(said, { ...alert(12), issues: ['a', 'b'] }), 'family');
  assert.equal(likeness(said, { ...alert(12), issues: ['a', 'c'] }), 'told');
  assert.equal(likeness(votes(8, 0, AROUND_THE_CLOCK), { ...alert(12), issues: ['a'] }), 'told');
});
