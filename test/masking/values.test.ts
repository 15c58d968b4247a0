import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isSecretValue, isStandIn, looksSecret, valueAt } from '../../src/masking/values.ts';

test('a value ends where another field, a quote or the text begins or ends', () => {
  for (const [text, value] of [
    ['tide72 next=1', 'tide72'],
    ['"tide 72", next', 'tide 72'],
    ['tide72,next=1', 'tide72'],
    ['tide,72!x', 'tide,72!x'],
    ['tide72)', 'tide72'],
    ['tide72&b=1', 'tide72'],
    ["'tide''72'", 'tide'],
    ['tide72.', 'tide72'],
    [String.raw`\"tide72\",\"b\"`, 'tide72'],
    ['[tide72]', 'tide72'],
  ] as const)
    assert.equal(valueAt(text, 0)?.text, value, text);
  assert.equal(valueAt('[PASSWORD_1] x', 0), undefined);
  assert.equal(valueAt('', 0), undefined);
});

test('what stands for a value is none', () => {
  for (const text of ['****', '$TIDE', '<password>', '[redacted]', '{{ tide }}', '$1', '%s', 'xxxx'])
    assert.ok(isStandIn(text), text);
  for (const text of ['harbor!Tug73', 'tide']) assert.ok(!isStandIn(text), text);
});

test('a password looks like one by letters with digits or signs, and by no form of other things', () => {
  for (const text of ['harbor!Tug73', 'Tide#2026spring', 'p4ssT1de'])
    assert.ok(looksSecret(text, false), text);
  for (const text of [
    'tide',
    'harbor.service',
    '/srv/tide',
    '10.0.0.3',
    'v2.31.4',
    'ORA-01017',
    'tide-7',
    'quay@example.com',
    'Harbor.java:12',
    '2026-11-30T10:00:00Z',
    '250ms',
  ])
    assert.ok(!looksSecret(text, false), text);
  assert.ok(looksSecret('tide42', true), 'a word with a number where a password stands');
});

test('what a name leads to is judged by the name', () => {
  const value = (text: string, quoted = false) => ({ start: 0, end: text.length, text, quoted });
  assert.ok(isSecretValue(value('tide'), 'password', false));
  assert.ok(!isSecretValue(value('null'), 'password', false));
  assert.ok(!isSecretValue(value('tide'), 'token', false));
  assert.ok(isSecretValue(value('tide82hq'), 'token', false));
  assert.ok(isSecretValue(value('4921'), 'code', false));
  assert.ok(!isSecretValue(value('불일치'), 'password', true));
});
