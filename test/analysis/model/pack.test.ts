import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gatherEvidence } from '../../../src/analysis/evidence/evidence.ts';
import { Lexicon } from '../../../src/analysis/lexicon/lexicon.ts';
import { readerOver } from '../../../src/analysis/logs/reader.ts';
import { findWindow } from '../../../src/analysis/logs/window.ts';
import {
  estimateTokens,
  foldStack,
  packEvidence,
  packLines,
  packText,
} from '../../../src/analysis/model/pack.ts';
import { rankCauses } from '../../../src/analysis/ranking/rank.ts';
import { poolIncident } from '../../fakes/incident-logs.ts';
import { stepsOf } from '../../fakes/regexp-steps.ts';

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
    assert.ok(estimateTokens(packLines(build, budget)) <= budget, `${budget}`);
    assert.ok(estimateTokens(packText('x'.repeat(100_000), budget)) <= budget, `one long line, ${budget}`);
  }
});

test('a text that fits is kept whole', () => {
  assert.equal(packText('a\nb\r\nc', 100), 'a\nb\nc');
});

test('a complaint about many files does not crowd out another one, nor the count at the end', () => {
  const name = (i: number): string => [...String(i)].map((digit) => 'abcdefghij'[Number(digit)]).join('');
  const pack = packLines(
    [
      "src/first.ts:1:1: error: package 'left' is not installed",
      ...Array.from({ length: 400 }, (_, i) => `src/${name(i)}/part.ts:7:1: error: no member '${name(i)}'`),
      ...Array.from({ length: 400 }, (_, i) => `compiling unit ${i}`),
      'lint.....................Failed',
      '401 errors in 401 files',
      ...Array.from({ length: 400 }, (_, i) => `cleaning up ${i}`),
    ],
    100,
  );
  assert.ok(pack.includes("package 'left'"), pack);
  assert.ok(pack.includes('lint.....................Failed'), pack);
  assert.ok(pack.includes('401 errors'), pack);
});

test('of two lines that tell as much the shorter goes first', () => {
  const calm = Array.from({ length: 300 }, (_, i) => `step ${i}`);
  const long = `error: ${'the parser met a thing it does not know '.repeat(8)}`;
  const pack = packLines([...calm, 'error: short and plain', ...calm, long, ...calm], 90);
  assert.ok(pack.includes('short and plain'), pack);
});

test('inside a run of lines a time is said again only when a second has passed', () => {
  const calm = Array.from({ length: 300 }, (_, i) => `2026-03-01T11:00:00.${i + 100}Z step ${i}`);
  const pack = packLines(
    [
      ...calm,
      '2026-03-01T12:00:00.100Z panic: it broke',
      '2026-03-01T12:00:00.200Z error: first detail',
      '2026-03-01T12:00:01.000Z error: second detail',
    ],
    60,
  );
  assert.match(
    pack,
    /\n2026-03-01T12:00:00\.100Z panic: it broke\nerror: first detail\n2026-03-01T12:00:01\.000Z error: second detail$/,
  );
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
    assert.ok(estimateTokens(packEvidence(evidence, ranking, budget)) <= budget, `${budget}`);
  const pack = packEvidence(evidence, ranking, 2_000);
  assert.match(pack, /^window 2026-03-01T12:1/);
  assert.ok(pack.includes('cause 1: S1 orders-db-proxy'));
  assert.ok(pack.includes('connection pool exhausted'));
  // Each thing that a claim can be about stands with its id.
  for (const id of [/failing: M1 S\d+ \S+ /, /services: S\d+ /, /endpoints: R1 /]) assert.match(pack, id);
});

test('a joined stack trace keeps its head, its causes and two frames of each, the rest is counted', () => {
  const frames = (n: number) =>
    Array.from({ length: n }, (_, i) => `\tat com.acme.A.m${i}(A.java:${i})`).join('\n');
  const folded = foldStack(
    `java.lang.IllegalStateException: no price\n${frames(30)}\nCaused by: java.io.IOException: closed\n${frames(3)}`,
  );
  assert.deepEqual(folded.split('\n'), [
    'java.lang.IllegalStateException: no price',
    '\tat com.acme.A.m0(A.java:0)',
    '\tat com.acme.A.m1(A.java:1)',
    '\t… 28 frames',
    'Caused by: java.io.IOException: closed',
    '\tat com.acme.A.m0(A.java:0)',
    '\tat com.acme.A.m1(A.java:1)',
    '\t… 1 frame',
  ]);
});

test('lines of dots, as progress is shown, are searched in linear work', () => {
  const dots = Array.from({ length: 300 }, (_, n) => `${'.'.repeat(1_990)}${n}`);
  assert.match(packLines([...dots, 'test_login .....Failed'], 100), /test_login \.+Failed/);
  const lexicon = new Lexicon('pack-signals');
  for (const section of lexicon.sections) {
    const steps = (count: number): number => stepsOf(lexicon.pattern(section), '.'.repeat(count));
    // Four times the dots: cubic work would be 64 times as much.
    assert.ok(steps(800) <= 5 * steps(200), section);
  }
});
