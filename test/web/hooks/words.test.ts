import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isOverWord, isStateWord, severityOf } from '../../../src/web/hooks/words.ts';

test('words for a severity, however they are written; without one somebody wants to be told', () => {
  for (const [word, severity] of [
    ['critical', 5],
    ['P1', 5],
    ['SEV-1', 5],
    ['error', 4],
    ['High', 4],
    [' Warning ', 3],
    ['p4', 2],
    ['info', 1],
    ['none', 1],
    ['purple', 4],
    [undefined, 4],
    ['x'.repeat(100_000), 4],
  ] as const)
    assert.equal(severityOf(word), severity, word?.slice(0, 20));
});

test('words for a state', () => {
  for (const word of ['resolved', 'OK', 'Closed']) assert.ok(isOverWord(word) && isStateWord(word));
  for (const word of ['firing', 'alerting', 'triggered']) assert.ok(!isOverWord(word) && isStateWord(word));
  assert.ok(!isStateWord('deployment'));
});
