import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fitsGlob } from '../../../src/domain/text/glob.ts';

test('globs fit whole names, and are no regular expressions', () => {
  for (const [glob, name, fits] of [
    ['pay*', 'payment', true],
    ['pay*', 'prepay', false],
    ['*', '', true],
    ['a?c', 'abc', true],
    ['a.c', 'abc', false],
    ['(a+)+$', '(a+)+$', true],
    ['PAY', 'pay', true],
    ['*-api', 'payment-api', true],
    ['***b', 'aab', true],
  ] as const)
    assert.equal(fitsGlob(glob, name), fits, `${glob} ${name}`);
});

test('a glob of many stars is matched piece by piece, each where it comes first', () => {
  for (const [glob, name, fits] of [
    ['*a*b*', 'xxaxxbxx', true],
    ['*a*b*', 'xxbxxaxx', false],
    ['a*a', 'a', false],
    ['a*a', 'aa', true],
    ['ab*ba', 'aba', false],
    ['*ab?d*d', 'abcabxdd', true],
    ['?*?', 'x', false],
    ['*', '', true],
    ['', '', true],
    ['*.log*.gz', 'a.log.1.GZ', true],
    ['한*오류*', '한글 오류\n둘째 줄', true],
    // Of degree ten, and without an end to fit.
    [`${'*a'.repeat(10)}*b`, 'a'.repeat(60_000), false],
  ] as const)
    assert.equal(fitsGlob(glob, name), fits, glob);
});

test('patterns of an Elasticsearch index template', () => {
  for (const [glob, name, fits] of [
    ['bongsu-logs', 'bongsu-logs', true],
    ['bongsu-logs', 'bongsu-logs-2', false],
    ['bongsu-*', 'bongsu-logs', true],
    ['*-logs', 'bongsu-logs', true],
    ['b*-l*s', 'bongsu-logs', true],
    ['bongsu-logs*', 'bongsu-log', false],
    ['logs-*-*', 'logs-nginx', false],
  ] as const)
    assert.equal(fitsGlob(glob, name), fits, `${glob} ${name}`);
});
