import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FailureGroup } from '../../../src/analysis/evidence/failure-groups.ts';
import { withLastWords } from '../../../src/analysis/evidence/last-words.ts';
import type { ServiceFacts } from '../../../src/analysis/evidence/services.ts';
import type { Level } from '../../../src/domain/log/record.ts';
import { NOON, record } from '../../fakes/incident-logs.ts';

const facts = (service: string, last: number): ServiceFacts => ({
  service,
  count: 100,
  errors: 1,
  before: 100,
  first: NOON,
  last: NOON + last * 1_000,
});
const words = (text: string, over: { level?: Level; last?: number; count?: number } = {}): FailureGroup => {
  const { level = 'fatal', last = 300, count = 1 } = over;
  const at = NOON + last * 1_000;
  const lines = [record(at, 'crane', level, text)];
  return { service: 'crane', kind: 'error', count, first: at, last: at, lines } as unknown as FailureGroup;
};
const LAST = 'cannot open the winch, exiting';
const ended = (group: FailureGroup, ...services: ServiceFacts[]): boolean =>
  withLastWords([group], services)[0]!.ended === true;

test('who says that it ends, and then writes nothing while others go on, has ended', () => {
  for (const text of [
    LAST,
    'unable to continue without a winch',
    'giving up after 3 tries',
    '윈치를 열 수 없어 종료합니다',
  ])
    assert.ok(ended(words(text), facts('crane', 300), facts('quay', 600)), text);
  assert.ok(ended(words(LAST, { level: 'error' }), facts('crane', 305), facts('quay', 600)));
});

test('who goes on writing has not ended, nor where all logs end then', () => {
  assert.ok(!ended(words(LAST), facts('crane', 590), facts('quay', 600)));
  assert.ok(!ended(words(LAST, { last: 280 }), facts('crane', 300), facts('quay', 600)));
  assert.ok(!ended(words(LAST), facts('crane', 300), facts('quay', 315)));
  assert.ok(!ended(words(LAST), facts('crane', 300)));
});

test('an order from outside, other words, a calm level and many such lines are no last words', () => {
  for (const text of ['received SIGTERM, shutting down', 'hook 7 is bent'])
    assert.ok(!ended(words(text), facts('crane', 300), facts('quay', 600)), text);
  assert.ok(!ended(words(LAST, { level: 'info' }), facts('crane', 300), facts('quay', 600)));
  assert.ok(!ended(words(LAST, { count: 6 }), facts('crane', 300), facts('quay', 600)));
});
