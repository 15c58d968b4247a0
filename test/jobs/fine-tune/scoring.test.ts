import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rouge } from '../../../src/jobs/fine-tune/scoring.ts';

test('ROUGE-1 over words and pairs of Hangul syllables', () => {
  assert.equal(rouge('the disk is full', 'the disk is full'), 1);
  assert.equal(rouge('the disk', 'the disk is full'), 2 / 3);
  assert.equal(rouge('nothing alike', 'disk full'), 0);
  assert.ok(rouge('인증서가 만료되었습니다', '인증서 만료') > 0.3);
});
