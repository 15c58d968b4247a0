import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LANGUAGES } from '../../src/domain/question/question.ts';
import { HOUR, MINUTE, SECOND, WEEK } from '../../src/domain/time/units.ts';
import { CATALOGUES } from '../../src/i18n/catalogues.ts';
import { axisFormat } from '../../src/i18n/dates.ts';
import { inFull } from '../../src/i18n/durations.ts';
import { speech } from '../../src/i18n/format.ts';
import { ordinal, particle, plural } from '../../src/i18n/grammar.ts';
import { figure, gigabytes, number, percent, percentChange, score, usd } from '../../src/i18n/numbers.ts';

test('plurals, ordinals and particles', () => {
  assert.equal(plural(1, 'line'), 'line');
  assert.equal(plural(0, 'line'), 'lines');
  assert.equal(plural(2, 'was', 'were'), 'were');
  assert.deepEqual(
    [1, 2, 3, 4, 11, 12, 13, 21, 112].map(ordinal).join(' '),
    '1st 2nd 3rd 4th 11th 12th 13th 21st 112th',
  );
  assert.equal(particle('말', '은', '는'), '은');
  assert.equal(particle('나', '은', '는'), '는');
  assert.equal(particle('log', '은', '는'), '은(는)');
  const { en, ko } = CATALOGUES;
  assert.equal(en.chat.times(1), '1 time');
  assert.equal(en.chat.times(2), '2 times');
  assert.equal(en.chat.healthBad(1), '1 part needs attention.');
  assert.match(ko.chat['usage.duration']('말'), /“말”은 /);
  assert.match(ko.chat['usage.duration']('나'), /“나”는 /);
});

test('durations in the two largest units, in one unit and in full', () => {
  const [english, korean] = [speech('en', 'Asia/Seoul'), speech('ko', 'Asia/Seoul')];
  assert.equal(english.duration(0), '0 s');
  assert.equal(english.duration(5_400_000), '1 h 30 min');
  assert.equal(english.duration(90_061_000), '1 day 1 h');
  assert.equal(korean.duration(7_200_000), '2시간');
  assert.equal(korean.duration(90_061_000), '1일 1시간');
  assert.equal(english.roughly(90), '90 ms');
  assert.equal(english.roughly(1_500), '1.5 s');
  assert.equal(english.roughly(80 * MINUTE), '80 min');
  assert.equal(english.roughly(7_200_000), '2 h');
  assert.equal(korean.roughly(90), '90밀리초');
  assert.equal(korean.roughly(7_200_000), '2시간');
  assert.equal(inFull(SECOND, 'en'), '1 second');
  assert.equal(inFull(5 * MINUTE, 'en'), '5 minutes');
  assert.equal(inFull(WEEK, 'en'), '7 days');
  assert.equal(inFull(HOUR, 'ko'), '1시간');
});

test('numbers are grouped and short', () => {
  assert.equal(number(1_234_567.89), '1,234,567.9');
  assert.equal(figure(3.146), '3.15');
  assert.equal(figure(31.46), '31.5');
  assert.equal(percent(0.876), '88 %');
  assert.equal(percent(0.876_54, 1), '87.7 %');
  assert.deepEqual([0.123, -0.03, 0].map(percentChange), ['+12 %', '−3 %', '±0 %']);
  assert.equal(score(-0.123), '−0.12');
  assert.deepEqual(
    [0, 0.0031, 0.25, 12].map((amount) => usd(amount)),
    ['$0.00', '$0.0031', '$0.25', '$12.00'],
  );
  assert.equal(usd(0.25, 4), '$0.2500');
  assert.equal(gigabytes(12_000), '11.7');
  for (const language of LANGUAGES) assert.equal(speech(language, 'UTC').number(1_234.56), '1,234.6');
});

test('times are those of the configured zone', () => {
  const at = Date.UTC(2026, 10, 21, 15, 4, 5);
  assert.match(speech('en', 'Asia/Seoul').time(at), /22 Nov 2026.*00:04:05/);
  assert.match(speech('ko', 'Asia/Seoul').time(at), /2026년 11월 22일.*00:04:05/);
  assert.match(speech('en', 'UTC').time(at), /15:04:05/);
  assert.equal(speech('en', 'UTC').time(Number.NaN), '–');
  const { day, clock, dayAndClock } = speech('ko', 'Asia/Seoul');
  assert.deepEqual([day(at), clock(at), dayAndClock(at)], ['2026-11-22', '00:04:05', '2026-11-22 00:04:05']);
  assert.equal(speech('en', 'Asia/Seoul').weekday('2026-11-22'), 'Sun 22 Nov');
  assert.equal(speech('ko', 'UTC').weekday('2026-11-22'), '11월 22일 (일)');
});

test('the axis of a chart shows seconds or days where they tell something', () => {
  const at = Date.UTC(2026, 10, 21, 15, 4, 5);
  assert.equal(axisFormat(MINUTE, 'en', 'UTC')(at), '15:04:05');
  assert.equal(axisFormat(HOUR, 'en', 'UTC')(at), '15:04');
  assert.match(axisFormat(WEEK, 'en', 'UTC')(at), /21\/11.*15:04/);
});
