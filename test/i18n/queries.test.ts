import assert from 'node:assert/strict';
import { test } from 'node:test';
import { queries } from '../../src/i18n/ko/queries.ts';

test('a Korean sentence ends as the amount before it asks for', () => {
  const most = (amount: string): string =>
    queries['ranked.most']({ count: '3', what: '서비스', name: 'cart', amount });
  assert.equal(most('12줄'), '서비스 3개 중 가장 많은 것은 cart, 12줄이에요');
  assert.equal(most('12 %'), '서비스 3개 중 가장 많은 것은 cart, 12 %예요');
  const slowest = (amount: string): string =>
    queries['ranked.slowest']({ count: '3', what: '서비스', name: 'cart', amount });
  assert.equal(slowest('평균 2.3초'), '서비스 3개 중 가장 느린 것은 cart, 평균 2.3초예요');
  assert.equal(slowest('평균 2분'), '서비스 3개 중 가장 느린 것은 cart, 평균 2분이에요');
});
