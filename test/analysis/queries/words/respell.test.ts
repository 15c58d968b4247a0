import assert from 'node:assert/strict';
import { test } from 'node:test';
import { respelled } from '../../../../src/analysis/queries/words/respell.ts';

const OWN = { services: ['inventory', 'cart'], words: new Set(['serach', 'pool', 'exhausted']) };

test('slips are mended, in both languages', () => {
  const told: [string, string][] = [
    ['how mnay erorrs since 2pm', 'how many errors since 2pm'],
    ['lastest eror', 'latest error'],
    ['slowset endpont yestreday', 'slowest endpoint yesterday'],
    ['경고 있엇나요?', '경고 있었나요?'],
    ['어재 애러 몇건이엿어', '어제 애러 몇건이 였어'],
  ];
  for (const [typed, expected] of told) assert.equal(respelled(typed, OWN), expected, typed);
});

test('words of the logs, names, quotes and words of their own stay as they are', () => {
  for (const text of [
    'serach errors',
    'inventory pool exhausted',
    'lines with "erorr"',
    'how many form errors',
    'is traffic falling',
    'GET /api/ordres 503',
  ])
    assert.equal(respelled(text, OWN), text, text);
});

test('Korean words that were written as one are taken apart', () => {
  const told: [string, string][] = [
    ['에러난 서비스', '에러 난 서비스'],
    ['inventory에러 언제부터', 'inventory 에러 언제부터'],
    ['오늘에러몇건이야', '오늘 에러 몇건이야'],
    ['요청수는', '요청 건수는'],
    ['지난 한시간동안', '지난 한 시간 동안'],
  ];
  for (const [typed, expected] of told) assert.equal(respelled(typed, OWN), expected, typed);
});

test('what stands on both sides of a stroke are words, and a unit behind it is a rate', () => {
  assert.equal(respelled('reqs/min', OWN), 'reqs per minute');
  assert.equal(respelled('errors/warnings today', OWN), 'errors warnings today');
  assert.equal(respelled('errors of /api/orders', OWN), 'errors of /api/orders');
  assert.equal(respelled('404s yesterday vs today', OWN), '404s today vs yesterday');
  assert.equal(respelled('오늘이랑 어제 요청 비교해줘', OWN), '오늘 어제와 요청 비교해줘');
  assert.equal(respelled('에러 있었던 거 아니죠?', OWN), '에러 있었던?');
});

test('a long text without spaces is no word, and takes no longer for it', () => {
  const long = '에러'.repeat(5_000);
  assert.equal(respelled(long, OWN), long);
});
