import assert from 'node:assert/strict';
import { test } from 'node:test';
import { namesKind, patternId, wordingId, wordingOf } from '../../../src/domain/alert/wording.ts';

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

test('a number that tells what happened is not one of how much', () => {
  for (const [one, other] of [
    ['worker exited with code 1', 'worker exited with code 137'],
    ['process exited with 1', 'process exited with 139'],
    ['exit status 1', 'exit status 137'],
    ['killed by signal 9', 'killed by signal 11'],
    ['write failed: errno=28', 'write failed: errno=5'],
    ['error 1045 (28000)', 'error 1317 (70100)'],
    ['SQLSTATE: 42P01', 'SQLSTATE: 57P01'],
    ['error code: 0xC0000005', 'error code: 0xC0000374'],
    ['"GET /" HTTP/1.1 404', '"GET /" HTTP/1.1 503'],
    ['upstream responded with 404', 'upstream responded with 503'],
    ['status_code=429', 'status_code=500'],
    ['종료 코드 1', '종료 코드 137'],
    ['응답 코드: 404', '응답 코드: 500'],
  ] as const)
    assert.notEqual(wordingOf(one), wordingOf(other), one);
  for (const [one, other] of [
    ['upstream returned 502', 'upstream returned 503'],
    ['HTTP/1.1 500', 'HTTP/2 504'],
    ['status code is 500', 'status code is 503'],
    ['query returned 12 rows', 'query returned 4096 rows'],
    ['오류 5건', '오류 12건'],
    ['code 12:30:01 expired', 'code 12:30:09 expired'],
    ['error 10.0.0.7:53 unreachable', 'error 10.0.0.9:53 unreachable'],
    ['HTTP/1.1 200 in 1.5 s', 'HTTP/1.1 200 in 2.5 s'],
    ['5 errors of 100 calls', '6 errors of 90 calls'],
    ['disk 91% full', 'disk 97% full'],
  ] as const)
    assert.equal(wordingOf(one), wordingOf(other), one);
});

test('a template names a kind by its words, not by its places', () => {
  for (const pattern of ['', '<*>', '<:NUM:> <*>', '[<*>] 42 {0}'])
    assert.equal(namesKind({ pattern }), false, pattern);
  for (const pattern of ['backup skipped', '결제 <*> 실패', '<*> down'])
    assert.equal(namesKind({ pattern }), true, pattern);
  assert.equal(namesKind(undefined), false);
  assert.equal(patternId('job <*> failed on <NUM>'), patternId('job <ID> failed on <*>'));
  assert.ok(!namesKind({ pattern: '<'.repeat(500_000) }));
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
