import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cleanHypothesis } from '../../../src/analysis/verify/hypothesis.ts';

const KNOWN = [
  'window 2026-11-30T13:00:00Z: 90 lines',
  'services: S1 harbor 40 lines, S2 tide 50 lines',
  'M1 S1 harbor: pool exhausted after 30 s, waiting for tide',
  'restart the crane of harbor now and then look at tide',
].join('\n');
const clean = (text: string): string | undefined => cleanHypothesis(text, KNOWN, ['harbor', 'tide']);

test('a guess about services of the evidence is shown as it is, in both languages', () => {
  for (const text of [
    'Slow answers of tide may have kept the pool of harbor busy.',
    'Perhaps tide holds connections that harbor waits for.',
    'tide의 응답이 느려서 harbor의 연결이 모자랐을 수 있어요.',
    'harbor가 연결을 오래 잡고 있었던 것 같아요.',
  ])
    assert.equal(clean(text), text);
});

test('what is no guess, or says more than one, is left out as a whole', () => {
  for (const text of [
    // Said as a fact.
    'tide is the cause.',
    'The pool of harbor may be too small. tide is broken.',
    'tide가 원인이에요.',
    // Names and numbers that the evidence lacks.
    'Perhaps harbor-db-7 waits for tide.',
    'tide may have waited 95s for harbor.',
    'Perhaps OrderService keeps tide busy.',
    // Nobody of the evidence.
    'It may be the network.',
    // Links, commands, mentions, markup.
    'tide may be healed at https://tide.example.com/fix.',
    'Perhaps run kubectl delete pod tide.',
    'Perhaps you could delete all data of tide.',
    'tide might have to be wiped.',
    'All data of tide should perhaps go.',
    'Perhaps nobody needs to look at tide.',
    'tide의 데이터를 지워야 할 수도 있어요.',
    'tide는 그대로 두면 될 것 같으니 확인할 필요가 없을 수 있어요.',
    'tide may need @everyone to look.',
    'Perhaps **tide** waits for harbor.',
    'tide may want `rm -rf`.',
    // Instructions, also in Korean.
    'Please restart tide; it may help harbor.',
    'tide를 재시작해 주세요. harbor 문제일 수 있어요.',
    // A log line said again.
    'restart the crane of harbor and look at tide',
    // Too long.
    `tide may wait for ${'harbor and '.repeat(20)}harbor.`,
    '',
  ])
    assert.equal(clean(text), undefined, text);
});

test('hostile text is judged at once', () => {
  for (const piece of ['tide ', '<@', 'may ', '한글', '. ', '\n', '\u202e'])
    assert.equal(clean(piece.repeat(100_000)), undefined);
});
