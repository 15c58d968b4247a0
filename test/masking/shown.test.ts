import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shownTo } from '../../src/masking/shown.ts';

const SECRET = ['qwerty', '91827'].join('!');

test('every text of some data is masked, ids, numbers and names of fields stay', () => {
  const data = {
    id: '31aceab94d',
    at: 5,
    password: 'x',
    lines: [`a password=${SECRET}`, 'b'],
    cause: { text: `token ${SECRET}`, ok: true, none: null, at: new Date(0) },
  };
  assert.deepEqual(shownTo('secrets', data), {
    id: '31aceab94d',
    at: 5,
    password: 'x',
    lines: ['a password=[redacted]', 'b'],
    cause: { text: 'token [redacted]', ok: true, none: null, at: new Date(0) },
  });
  assert.equal(shownTo('none', data), data);
});

test('what is kept is left as it is wherever it stands', () => {
  const text = 'see http://203.0.113.9/a, not 203.0.113.9';
  assert.equal(shownTo('all', text, { keep: 'http://203.0.113.9' }), 'see http://203.0.113.9/a, not [ip]');
});
