import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeywordFilter } from '../../src/masking/keyword-filter.ts';

test('keywords are found wherever they stand, in either size of letters, and nothing else is', () => {
  const filter = new KeywordFilter([
    ['pass', 1],
    ['passport', 2],
    ['pass', 3],
    [':aa', 4],
    ['비번', 5],
  ]);
  const found = (text: string): number[] => [...filter.find(text)].sort();
  assert.deepEqual(found('the PassPort'), [1, 2, 3]);
  assert.deepEqual(found('bypass'), [1, 3]);
  assert.deepEqual(found('x:Aa 비번'), [4, 5]);
  for (const text of ['', 'p', 'pas', 'pa ss', 'number']) assert.deepEqual(found(text), [], text);
});
