import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ownFindings } from '../../../src/analysis/answer/own-findings.ts';
import { gatherEvidence } from '../../../src/analysis/evidence/evidence.ts';
import { readerOver } from '../../../src/analysis/logs/reader.ts';
import { findWindow } from '../../../src/analysis/logs/window.ts';
import { rankCauses } from '../../../src/analysis/ranking/rank.ts';
import { subjectsOf } from '../../../src/analysis/verify/subjects.ts';
import type { Finding } from '../../../src/analysis/verify/told.ts';
import type { LogRecord } from '../../../src/domain/log/record.ts';
import { NOON, record } from '../../fakes/incident-logs.ts';
import { answerWhy, mined } from '../harness.ts';

const WINDOW = { from: NOON + 1_200_000, to: NOON + 1_800_000 };

/** A hospital of thirty minutes, of which the last ten are asked about. */
const each = (step: number, from: number, to: number, of: (at: number, i: number) => LogRecord) => {
  const out: LogRecord[] = [];
  for (let second = from; second < to; second += step) out.push(of(NOON + second * 1_000, out.length));
  return out;
};
const rounds = (service: string): LogRecord[] =>
  each(4, 0, 1_800, (at, i) => record(at, service, 'info', `round ${i} of ${service} done`));
const calm = ['ward', 'lab', 'kitchen'].flatMap(rounds);
const spoilt = (step: number, from: number, to: number): LogRecord[] =>
  each(step, from, to, (at, i) => record(at + 300, 'lab', 'error', `sample ${i} spoilt: out of memory`));
const waiting = (step: number, from: number, to: number): LogRecord[] =>
  each(step, from, to, (at, i) =>
    record(at + 600, 'ward', 'error', `result ${i}: call to lab timed out after 900 ms`),
  );

async function findingsOf(records: LogRecord[], window = WINDOW): Promise<Finding[]> {
  const logs = readerOver(mined(records.toSorted((a, b) => a.timestamp - b.timestamp)));
  const span = (await findWindow(logs, { window }))!;
  const evidence = await gatherEvidence(logs, span);
  const ranking = rankCauses(evidence);
  const told = await ownFindings({ logs, evidence, ranking, subjects: subjectsOf(evidence, ranking) });
  return told.map(({ finding }) => finding);
}
const only = <T extends Finding['type']>(all: Finding[], type: T) =>
  all.filter((one) => one.type === type) as Extract<Finding, { type: T }>[];

test('what is new is told in the order in which it began, the first cause with its time', async () => {
  const all = await findingsOf([...calm, ...spoilt(10, 1_300, 1_800), ...waiting(5, 1_320, 1_800)]);
  const [course] = only(all, 'course');
  assert.deepEqual(
    course?.rows.map(({ of, first, count }) => [of.service, (first - NOON) / 1_000, count]),
    [
      ['lab', 1_300.3, 50],
      ['ward', 1_320.6, 96],
    ],
  );
  const [since] = only(all, 'since');
  assert.equal(since?.of.sort === 'message' && since.of.service, 'lab');
  assert.equal(since?.first, NOON + 1_300_300);
  assert.deepEqual(only(all, 'rise'), []);
  assert.deepEqual(
    only(all, 'unaffected').flatMap(({ services }) => services),
    ['kitchen'],
  );
});

test('what came before the window did not begin in it: it is told as a rise', async () => {
  const seldom = spoilt(100, 0, 1_200);
  const all = await findingsOf([
    ...calm,
    ...seldom,
    ...spoilt(10, 1_300, 1_800),
    ...waiting(5, 1_320, 1_800),
  ]);
  assert.deepEqual(only(all, 'course'), [], 'one row is no order');
  assert.deepEqual(only(all, 'since'), []);
  const [rise] = only(all, 'rise');
  assert.ok(rise && rise.of.sort === 'message');
  assert.equal(rise.of.service, 'lab');
  assert.equal(rise.now, 50);
  assert.equal(rise.before, seldom.filter(({ timestamp }) => timestamp >= WINDOW.from - 600_000).length);
});

test('one line long before the window is enough: nothing is said to have begun in it', async () => {
  const once = spoilt(1, 30, 31);
  assert.equal(once.length, 1);
  const all = await findingsOf([...calm, ...once, ...spoilt(10, 1_300, 1_800), ...waiting(5, 1_320, 1_800)]);
  assert.ok(!only(all, 'course').some(({ rows }) => rows.some(({ of }) => of.service === 'lab')));
  assert.deepEqual(
    only(all, 'since').filter(({ of }) => of.sort === 'message' && of.service === 'lab'),
    [],
  );
});

test('a rise below the double, or none, is told nowhere', async () => {
  for (const step of [10, 15, 20]) {
    const all = await findingsOf([
      ...calm,
      ...spoilt(20, 0, 1_200),
      ...spoilt(step, 1_200, 1_800),
      ...waiting(5, 1_320, 1_800),
    ]);
    const rises = only(all, 'rise').filter(({ of }) => of.sort === 'message' && of.service === 'lab');
    assert.equal(rises.length, step === 10 ? 1 : 0, `every ${step} s`);
    assert.ok(!only(all, 'course').some(({ rows }) => rows.some(({ of }) => of.service === 'lab')));
  }
});

test('of requests those are told that fail more than before, beside the busiest that do not', async () => {
  const asked = (endpoint: string, from: number, to: number, status: (at: number) => number): LogRecord[] =>
    each(2, from, to, (at) => {
      const code = status((at - NOON) / 1_000);
      const line = `${endpoint} ${code} 12ms`;
      const request = { endpoint, status: code, durationMs: 12 };
      return record(at, 'desk', code >= 500 ? 'error' : 'info', line, { request });
    });
  const all = await findingsOf([
    ...calm,
    ...asked('GET /beds', 0, 1_800, () => 200),
    ...asked('POST /meals', 0, 1_800, (second) => (second >= 1_400 ? 503 : 200)),
    ...asked('GET /bills', 0, 1_800, (second) => (second % 10 === 0 ? 500 : 200)),
  ]);
  const shares = only(all, 'share').map(({ of, part, all: requests, statuses }) => [
    of.sort === 'requests' && of.endpoint,
    part,
    requests,
    statuses,
  ]);
  assert.deepEqual(shares, [['POST /meals', 200, 300, [503]]]);
  assert.deepEqual(
    only(all, 'absence').map(({ of }) => of.sort === 'requests' && of.endpoint),
    ['GET /beds'],
  );
});

test('the sentences say "began" only of what is new, in both languages', async () => {
  const fresh = [...calm, ...spoilt(10, 1_300, 1_800), ...waiting(5, 1_320, 1_800)];
  const old = [...fresh, ...spoilt(100, 0, 1_200), ...waiting(100, 50, 1_200)];
  const sorted = (some: LogRecord[]) => mined(some.toSorted((a, b) => a.timestamp - b.timestamp));
  for (const language of ['en', 'ko'] as const) {
    const began = language === 'en' ? /began to fail|first failed|began/i : /시작/;
    const first = await answerWhy(sorted(fresh), { window: WINDOW, language });
    assert.match(first.explanation, began);
    const again = await answerWhy(sorted(old), { window: WINDOW, language });
    assert.doesNotMatch(again.explanation, began, again.explanation);
  }
});
