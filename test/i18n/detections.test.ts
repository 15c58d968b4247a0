import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WORDS } from '../../src/i18n/detections.ts';

test('both languages have the same sentences', () => {
  assert.deepEqual(Object.keys(WORDS.ko).sort(), Object.keys(WORDS.en).sort());
});

test('every sentence of both languages can be said', () => {
  for (const words of Object.values(WORDS)) {
    assert.match(words.duration(90), /90/);
    assert.match(words.duration(7_200_000), /2/);
    for (const [name, sentence] of Object.entries(words)) {
      const text =
        typeof sentence === 'string'
          ? sentence
          : (sentence as (...values: (string | number)[]) => string)(...Array<number>(8).fill(3));
      assert.ok(text.length > 0 && !text.includes('undefined'), `${name}: ${text}`);
    }
  }
});
