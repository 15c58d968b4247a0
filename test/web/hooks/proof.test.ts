import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HookForm } from '../../../src/config/hooks.ts';
import { isProven } from '../../../src/web/hooks/proof.ts';
import { NOW, SECRET, sign } from './harness.ts';

const BODY = '{"a":"이름"}';
const proves = (form: HookForm, headers: Record<string, string>, body = BODY): boolean =>
  isProven(form, SECRET, { headers, body: Buffer.from(body) }, NOW);
const basic = (pair: string): string => `Basic ${Buffer.from(pair).toString('base64')}`;

test('the secret itself, as a Bearer token or as the password of Basic authentication', () => {
  for (const authorization of [
    `Bearer ${SECRET}`,
    `bearer ${SECRET}`,
    basic(`bongsu:${SECRET}`),
    basic(`:${SECRET}`),
  ])
    assert.ok(proves('alertmanager', { authorization }), authorization);
  for (const authorization of [
    '',
    'Bearer ',
    `Bearer ${SECRET}x`,
    SECRET,
    basic(SECRET),
    basic(`${SECRET}:x`),
    `Digest ${SECRET}`,
  ])
    assert.ok(!proves('alertmanager', { authorization }), authorization);
});

test('a sender that signs proves it by its signature, and only over this very body', () => {
  const signed: [HookForm, Record<string, string>][] = [
    ['pagerduty', { 'x-pagerduty-signature': `v1=${'0'.repeat(64)}, v1=${sign(BODY)}` }],
    ['sentry', { 'sentry-hook-signature': sign(BODY) }],
    ['grafana', { 'x-grafana-alerting-signature': sign(BODY) }],
  ];
  for (const [form, headers] of signed) {
    assert.ok(proves(form, headers), form);
    assert.ok(!proves(form, headers, `${BODY} `), form);
    // A signature proves nothing where its sender does not sign like that.
    assert.ok(!proves('alertmanager', headers), form);
  }
  assert.ok(!proves('pagerduty', { 'x-pagerduty-signature': sign(BODY) }));
  assert.ok(!proves('pagerduty', { 'x-pagerduty-signature': `v0=${sign(BODY)}` }));
  assert.ok(!proves('sentry', { 'sentry-hook-signature': '' }));
});

test('a signed time must be of now', () => {
  const at = (seconds: number): Record<string, string> => {
    const time = String(NOW / 1_000 + seconds);
    return {
      'x-grafana-alerting-timestamp': time,
      'x-grafana-alerting-signature': sign(time, ':', BODY),
    };
  };
  assert.ok(proves('grafana', at(0)));
  assert.ok(proves('grafana', at(-200)));
  assert.ok(!proves('grafana', at(-400)));
  assert.ok(!proves('grafana', at(400)));
  assert.ok(!proves('grafana', { ...at(0), 'x-grafana-alerting-timestamp': 'now' }));
  assert.ok(!proves('grafana', { ...at(0), 'x-grafana-alerting-timestamp': String(NOW / 1_000 + 1) }));
});
