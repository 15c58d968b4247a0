import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mostCost } from '../../../src/analysis/model/estimate.ts';

test('an estimate is that of the dearest model and of the longest prompt; without a model it is nothing', () => {
  assert.deepEqual(mostCost([]), { usd: 0, tokens: 0 });
  const own = { contextTokens: 32_000, price: { prompt: 0, completion: 0 } };
  const dear = { contextTokens: 4_000, price: { prompt: 10, completion: 50 } };
  assert.deepEqual(mostCost([own]), { usd: 0, tokens: 9_700 });
  assert.deepEqual(mostCost([dear, own]), { usd: 0.1, tokens: 9_700 });
});
