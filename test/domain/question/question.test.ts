import assert from 'node:assert/strict';
import { test } from 'node:test';
import { languageOf, parseDuration } from '../../../src/domain/question/question.ts';

const minute = 60_000;
for (const [text, expected] of [
  ['30m', 30 * minute],
  ['1h30m', 90 * minute],
  ['2시간', 120 * minute],
  ['1시간 30분', 90 * minute],
  ['1.5h', 90 * minute],
  ['7d', 7 * 1440 * minute],
] as const)
  test(`${text} is a duration`, () => assert.equal(parseDuration(text), expected));
for (const text of ['', 'm', '10', '-5m', '0s', '91d', '1h banana', '9999999999999999h'])
  test(`"${text}" is no duration`, () => assert.equal(parseDuration(text), undefined));

test('the script shows the language', () => {
  assert.equal(languageOf('왜 느려요?', 'en'), 'ko');
  assert.equal(languageOf('why slow', 'ko'), 'en');
  assert.equal(languageOf('30m', 'ko'), 'ko');
});
