import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FAILURE_KINDS } from '../../src/domain/log/failure-kind.ts';
import { say, WORDS } from '../../src/i18n/answers.ts';

const places = (text: string): string[] => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]!).sort();

test('both languages have the same sentences with the same places', () => {
  assert.deepEqual(Object.keys(WORDS.ko).sort(), Object.keys(WORDS.en).sort());
  for (const [key, text] of Object.entries(WORDS.en)) {
    const korean = WORDS.ko[key as keyof typeof WORDS.en];
    assert.deepEqual([...new Set(places(korean))], [...new Set(places(text))], key);
    if (key !== 'times' && !key.startsWith('summary.why')) assert.match(korean, /[가-힣]/, key);
    assert.doesNotMatch(text, /[가-힣]/, key);
    // One register with the bot's and the page's words: 해요체.
    assert.doesNotMatch(korean, /니다|하세요|십시오/, key);
  }
});

test('every kind of failure has a name and an advice', () => {
  for (const kind of FAILURE_KINDS) {
    assert.ok(WORDS.en[`kind.${kind}`]);
    assert.ok(WORDS.en[`solution.${kind}`]);
  }
});

test('numbers are grouped', () => {
  assert.match(say('en', 'summary.quiet', { records: 1234567 }), /1,234,567/);
});
