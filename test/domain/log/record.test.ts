import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cutText, originalLength } from '../../../src/domain/log/record.ts';

test('cutting says how much is missing and never splits a character', () => {
  assert.equal(cutText('짧다', 10), '짧다');
  const cut = cutText('😀'.repeat(100), 40);
  const [, head, left, tail] = /^(.+) …\[\+(\d+) chars\]… (.+)$/.exec(cut)!;
  assert.ok(cut.length <= 40 && cut.isWellFormed(), cut);
  assert.equal(head!.length + Number(left) + tail!.length, 200);
  const twice = cutText(`${'a'.repeat(30)}${cutText('b'.repeat(5_000), 60)}${'c'.repeat(30)}`, 50);
  assert.equal(originalLength(twice), 5_060);
  assert.ok(twice.startsWith('aaa') && twice.endsWith('ccc'));
});
