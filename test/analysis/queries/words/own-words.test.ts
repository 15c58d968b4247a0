import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ownWord } from '../../../../src/analysis/queries/words/own-words.ts';

const WORDS = new Set([
  'order',
  'rejected',
  'retrying',
  'charge',
  'charged',
  'username',
  '정산을',
  'connection',
]);

test('a word is one of the logs in another form of it too', () => {
  const told: [string, string | undefined][] = [
    ['Order', 'order'],
    ['orders', 'order'],
    ['rejections', 'rejected'],
    ['retries', undefined],
    ['charges', 'charge'],
    ['charging', 'charg'],
    ['users', undefined],
    ['정산', '정산'],
    ['커넥션', 'connection'],
    ['고객', undefined],
  ];
  for (const [word, expected] of told) assert.equal(ownWord(word, WORDS), expected, word);
});
