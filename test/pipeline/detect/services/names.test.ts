import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createServiceNames } from '../../../../src/pipeline/detect/services/names.ts';

test('names: services that lines blame, not those that asked', () => {
  const names = createServiceNames();
  for (const service of ['order', 'inventory-service', 'payment', 'checkout-api', '재고', 'unknown'])
    names.add(service);
  const named = (...lines: string[]) => names.namedIn(lines, 'order');
  assert.deepEqual(named('call to http://inventory-service:8080/stock timed out'), ['inventory-service']);
  assert.deepEqual(named('upstream=inventory status=503'), ['inventory-service']);
  assert.deepEqual(named('inventory-service-7d9f8b-x2x refused the connection'), ['inventory-service']);
  assert.deepEqual(named('재고 서비스 응답 없음'), ['재고']);
  assert.deepEqual(named('request from payment failed: pool is dry'), []);
  assert.deepEqual(named('order failed'), []);
  assert.deepEqual(named('payment down', 'payment down', 'checkout down'), ['payment', 'checkout-api']);
});
