import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kindWord, say } from '../../src/i18n/answers.ts';

test('a sentence is filled, with grouped numbers and the words that fit them', () => {
  assert.equal(say('en', 'summary.quiet', { records: 1_234_567 }), 'No failure found in 1,234,567 lines.');
  assert.equal(say('en', 'summary.quiet', { records: 1 }), 'No failure found in 1 line.');
  assert.equal(
    say('ko', 'summary.quiet', { records: 1_234_567 }),
    '로그 1,234,567줄에서 장애를 찾지 못했어요.',
  );
  assert.equal(say('en', 'root.none'), 'The logs hold no trace of a cause.');
  assert.equal(kindWord('ko', 'memory'), '메모리 부족');
});
