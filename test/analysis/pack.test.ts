import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gatherEvidence } from '../../src/analysis/evidence.ts';
import { packEvidence, packLines, packText, tokensOf } from '../../src/analysis/pack.ts';
import { rankCauses } from '../../src/analysis/rank.ts';
import { readerOver } from '../../src/analysis/reader.ts';
import { findWindow } from '../../src/analysis/window.ts';
import { poolIncident } from '../fakes/incident-logs.ts';

const build = [
  ...Array.from(
    { length: 3_000 },
    (_, i) => `2026-03-01T12:00:${String(i % 60).padStart(2, '0')}Z compiling unit ${i}`,
  ),
  'src/cart/total.ts(41,7): error TS2322: Type string is not assignable to type number.',
  '    const total: number = sum(items);',
  '          ~~~~~',
  ...Array.from({ length: 500 }, (_, i) => `2026-03-01T12:01:00Z WARN retry ${i}`),
  'Found 1 error.',
  'Process exited with code 2',
];

test('keeps the failure and what stands around it, in order, with gaps counted', () => {
  const pack = packLines(build, 200);
  assert.ok(pack.includes('error TS2322'));
  assert.ok(pack.includes('~~~~~'));
  assert.ok(pack.includes('exited with code 2'));
  assert.match(pack, /… \d+ lines/);
  assert.ok(pack.indexOf('TS2322') < pack.indexOf('Found 1 error'));
});

test('never over the budget, whatever it is', () => {
  for (const budget of [0, 1, 5, 50, 500, 5_000, 50_000]) {
    assert.ok(tokensOf(packLines(build, budget)) <= budget, `${budget}`);
    assert.ok(tokensOf(packText('x'.repeat(100_000), budget)) <= budget, `one long line, ${budget}`);
  }
});

test('a text that fits is kept whole', () => {
  assert.equal(packText('a\nb\r\nc', 100), 'a\nb\nc');
});

test('colours go, credentials are hidden', () => {
  const pack = packText('\u001b[31mERROR\u001b[0m login password=hunter22 failed', 100);
  assert.equal(pack, 'ERROR login password=[redacted] failed');
});

test('the evidence pack begins with figures and the first cause, and fits', async () => {
  const reader = readerOver(poolIncident());
  const span = (await findWindow(reader, {}))!;
  const evidence = await gatherEvidence(reader, span);
  const ranking = rankCauses(evidence);
  for (const budget of [100, 300, 1_000, 6_000])
    assert.ok(tokensOf(packEvidence(evidence, ranking, budget)) <= budget, `${budget}`);
  const pack = packEvidence(evidence, ranking, 2_000);
  assert.match(pack, /^window 2026-03-01T12:1/);
  assert.ok(pack.includes('cause 1: orders-db-proxy'));
  assert.ok(pack.includes('connection pool exhausted'));
});
