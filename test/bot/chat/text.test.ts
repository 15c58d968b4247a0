import assert from 'node:assert/strict';
import { test } from 'node:test';
import { boundary, chunks, cut, printable, share } from '../../../src/bot/chat/text.ts';
import { cutMark } from '../../../src/domain/log/record.ts';
import { random } from '../../fakes/hostile.ts';

test('control characters become visible, line ends one kind, broken text well-formed', () => {
  assert.equal(printable('a\u0000\u001b[31m\r\nb\rc\t\ud800\u202e'), 'a␀␛[31m\nb\nc\t\ufffd\ufffd');
});

test('a cut never goes through a surrogate pair, a jamo syllable or a joined emoji', () => {
  assert.equal(boundary('a😀', 2), 1);
  assert.equal(boundary('가\u1112\u1161\u11ab', 2), 1);
  assert.equal(boundary('x👨‍👩‍👧', 4), 1);
  const stacked = `e${'\u0301'.repeat(500)}`;
  assert.equal(boundary(stacked, 300), 300);
  const [, kept, left] = /^(.+) … \[\+(\d+)\]$/.exec(cut('가나다라'.repeat(100), 60))!;
  assert.equal(kept!.length + Number(left), 400);
  assert.match(cut(`${'x'.repeat(90)}${cutMark(900_000)}${'y'.repeat(90)}`, 80), /^x+ … \[\+900\d{3}\]$/);
  assert.equal(cut('abcdef', 3), 'abc');
});

test('random cuts stay within the limit and well-formed', () => {
  const next = random(1);
  const parts = ['a', '가', '😀', '👨‍👩‍👧', '\u1112\u1161\u11ab', 'e\u0301', ' ', '\n'];
  for (let round = 0; round < 2_000; round += 1) {
    const text = Array.from(
      { length: Math.floor(next() * 60) },
      () => parts[Math.floor(next() * parts.length)],
    ).join('');
    const limit = Math.floor(next() * 80);
    const short = cut(text, limit);
    assert.ok(short.length <= limit && short.isWellFormed());
    assert.equal(chunks(text, limit + 10).join(''), text);
  }
});

test('a budget is shared so that only the longest are cut', () => {
  assert.deepEqual(share([10, 500, 30, 500], 240), [10, 100, 30, 100]);
  assert.deepEqual(share([1, 2], 100), [1, 2]);
  assert.deepEqual(share([5, 5], -1), [0, 0]);
});
