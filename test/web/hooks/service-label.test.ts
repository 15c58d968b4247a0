import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConfig } from '../../../src/config/config.ts';
import { hostIn, serviceIn } from '../../../src/web/hooks/service-label.ts';

const NAMES = parseConfig({}).hooks.serviceLabels;
const inLabels = (labels: Record<string, string>) => serviceIn(new Map(Object.entries(labels)), NAMES);

test('the first label of the list that is there names the service', () => {
  assert.equal(inLabels({ job: 'scrape', app: 'checkout' }), 'checkout');
  assert.equal(inLabels({ job: 'node', service: ' ' }), 'node');
  assert.equal(inLabels({ team: 'shop' }), undefined);
  assert.equal(serviceIn(new Map([['team', 'shop']]), ['team']), 'shop');
});

test('a pod is named by its owner', () => {
  for (const [pod, owner] of [
    ['checkout-7d9f8c6b5b-x2k4q', 'checkout'],
    ['checkout-api-7d9f8c6b5b-x2k4q', 'checkout-api'],
    ['logs-x2k4q', 'logs'],
    ['db-0', 'db'],
    ['checkout', 'checkout'],
    // Words, which have vowels, are no random endings.
    ['checkout-proxy', 'checkout-proxy'],
    ['image-store', 'image-store'],
  ])
    assert.equal(inLabels({ pod: pod!, job: 'kube-state-metrics' }), owner);
});

test('the machine is another matter', () => {
  assert.equal(hostIn(new Map([['instance', '10.0.0.3:9100']])), '10.0.0.3:9100');
});
