import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wordingId, wordingOf } from '../../src/domain/wording.ts';

test('texts that differ in figures and ids alone say the same', () => {
  for (const [one, other] of [
    ['3 connections refused in 10 s', '41 connections refused in 7 s'],
    ['Pod payments-7f9c-x2 restarted', 'pod payments-81ac-q9 restarted'],
    ['10초에 8건이 나왔어요', '30초에 120건이 나왔어요'],
    ['took 12.5ms at 2026-11-30T10:00:00Z', 'took 3ms at 2026-12-01T11:30:59Z'],
    ['worker7 is stuck', 'worker12 is stuck'],
  ] as const)
    assert.equal(wordingOf(one), wordingOf(other), one);
});

test('other words, other codes and another order say something else', () => {
  for (const [one, other] of [
    ['disk failure', 'disk full'],
    ['ORA-00600 raised', 'ORA-01555 raised'],
    ['E1001', 'E2002'],
    ['a waits for b', 'b waits for a'],
    ['db1 is down', 'web1 is down'],
    ['연결 실패', '재시도 실패'],
  ] as const)
    assert.notEqual(wordingOf(one), wordingOf(other), one);
});

test('a text without a word says nothing, and is like no other', () => {
  for (const text of ['', '   ', '42', '0x1f 2026-11-30', '1-a2', '!!! --- ...'])
    assert.equal(wordingOf(text), '', text);
  assert.equal(wordingId(['', '17']), '');
  assert.notEqual(wordingId(['a b', 'c']), wordingId(['a', 'b c']));
});

test('the longest names are read whole', () => {
  const long = 'a'.repeat(500_000);
  assert.equal(wordingOf(`${long}1`), `${long}#`);
  assert.equal(wordingOf(`${'1'.repeat(500_000)}x`), '#x');
  assert.equal(wordingOf(`${'-1a'.repeat(200_000)}`).replaceAll(/[#-]/g, ''), '');
  assert.equal(wordingOf('a '.repeat(200_000)).length, 399_999);
});
