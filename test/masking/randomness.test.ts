import assert from 'node:assert/strict';
import { test } from 'node:test';
import { entropyOf, isRandom } from '../../src/masking/randomness.ts';

test('entropy is in bits a character', () => {
  assert.equal(entropyOf('aaaa'), 0);
  assert.equal(entropyOf('abcd'), 2);
  assert.equal(entropyOf('aabb'), 1);
});

test('what was drawn by chance is told from words, numbers and hashes', () => {
  for (const text of ['x7Kq2mP9vT4wZ1nB', 'q7w2k9x4m1z8r5t3', 'AB9XK2LM7QZ4WT1P'])
    assert.ok(isRandom(text), text);
  for (const text of [
    'deploymentConfiguration',
    'orderService2',
    '9f8e7d6c5b4a3f2e',
    '20261130130000',
    'ConnectionPoolTimeout',
  ])
    assert.ok(!isRandom(text), text);
});
