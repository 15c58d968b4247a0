import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { bongsu } from '../../harness.ts';

test('route --explain says for each anomaly which rule matched, why, and where it goes', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'bongsu-route-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const config = join(folder, 'config.json');
  const file = join(folder, 'anomalies.jsonl');
  const routes = [
    {
      name: 'payments',
      match: { service: 'pay*', severity: 4 },
      platform: 'slack',
      channel: 'C1',
      mention: ['here'],
    },
  ];
  await writeFile(config, JSON.stringify({ dataDir: 'data', routes }));
  const wire = { anomaly_status: 'critical', confidence: 0.9, detected_issues: ['down'], explanation: '' };
  const lines = [{ ...wire, service: 'payment' }, 'no anomaly', { ...wire, service: 'cart\u001b[31m' }];
  await writeFile(file, lines.map((line) => JSON.stringify(line)).join('\n'));
  const run = (...more: string[]) => bongsu(['route', '--explain', file, '--config', config, ...more]);
  const [plain, json] = await Promise.all([run(), run('--json')]);
  assert.equal(plain.code, 1, 'a line that is no anomaly is a failure');
  assert.match(plain.err, /line 2: \(top level\)/);
  assert.match(
    plain.out,
    /line 1: payment, critical, severity 5[^\n]*\n {2}✓ payments: service is pay\* \(payment\); severity is 4 or more\n {2}→ slack C1, calling here\n/,
  );
  assert.match(plain.out, /line 3[^\n]*\n {2}✗ payments: service is not pay\*/);
  assert.ok(!plain.out.includes('\u001b'));
  const [first] = json.out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.deepEqual(first.targets, [{ chat: 'slack', channel: 'C1', mention: ['here'] }]);
  assert.equal(first.rules[0].matched, true);
});
