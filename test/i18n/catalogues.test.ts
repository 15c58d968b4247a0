import assert from 'node:assert/strict';
import { test } from 'node:test';
import { INCIDENT_STATES } from '../../src/domain/alert/incident.ts';
import { ERROR_CODES } from '../../src/domain/errors.ts';
import { ACTION_NAMES } from '../../src/domain/question/message.ts';
import { en } from '../../src/i18n/en.ts';
import { CATALOGUES, speech } from '../../src/i18n/format.ts';
import { ko } from '../../src/i18n/ko.ts';

test('every language has the same keys, of the same kind, and none is empty', () => {
  for (const [language, catalogue] of Object.entries(CATALOGUES)) {
    assert.deepEqual(Object.keys(catalogue).sort(), Object.keys(en).sort(), language);
    for (const [key, value] of Object.entries(catalogue)) {
      const original = en[key as keyof typeof en];
      assert.equal(typeof value, typeof original, `${language}.${key}`);
      if (typeof value === 'string') assert.ok(value.trim(), `${language}.${key}`);
      else if (typeof original === 'function')
        assert.equal(value.length, original.length, `${language}.${key}`);
    }
  }
});

test('every code, state, action and step that people meet has words', () => {
  for (const code of ERROR_CODES) assert.ok(en[`error.${code}`]);
  for (const state of INCIDENT_STATES) assert.ok(en[`state.${state}`]);
  for (const name of ACTION_NAMES) assert.ok(en[`button.${name}`]);
  for (const step of ['window', 'evidence', 'causes', 'model', 'verify'] as const)
    assert.ok(en[`step.${step}`]);
});

test('Korean sentences are polite throughout and have no English sentence left in them', () => {
  for (const [key, value] of Object.entries(ko)) {
    if (typeof value !== 'string' || key.startsWith('help.')) continue;
    for (const sentence of value.split(/(?<=[.…])\s/))
      if (/[가-힣]\.$/.test(sentence)) assert.match(sentence, /요\.$/, `${key}: ${sentence}`);
    assert.doesNotMatch(value.replace(/\/logs \S+|bongsu doctor|--\S+/g, ''), /[a-z]{3,} [a-z]{2,} /i, key);
  }
});

test('plurals, particles and durations', () => {
  assert.equal(en.times(1), '1 time');
  assert.equal(en.times(2), '2 times');
  assert.equal(en.healthBad(1), '1 part needs attention.');
  assert.match(ko['usage.unknown']('말', ['왜']), /“말”은 /);
  assert.match(ko['usage.unknown']('나', ['왜']), /“나”는 /);
  const spoken = speech('en', 'Asia/Seoul');
  assert.equal(spoken.duration(0), '0 s');
  assert.equal(spoken.duration(5_400_000), '1 h 30 min');
  assert.equal(spoken.duration(90_061_000), '1 day 1 h');
  assert.equal(speech('ko', 'Asia/Seoul').duration(7_200_000), '2시간');
});

test('times are those of the configured zone', () => {
  const at = Date.UTC(2026, 10, 21, 15, 4, 5);
  assert.match(speech('en', 'Asia/Seoul').time(at), /22 Nov 2026.*00:04:05/);
  assert.match(speech('ko', 'Asia/Seoul').time(at), /2026년 11월 22일.*00:04:05/);
  assert.match(speech('en', 'UTC').time(at), /15:04:05/);
  assert.equal(speech('en', 'UTC').time(Number.NaN), '–');
});
