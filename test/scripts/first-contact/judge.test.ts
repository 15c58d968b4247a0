import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Truth } from '../../../scripts/eval/first-contact/case.ts';
import { figures, missesOf } from '../../../scripts/eval/first-contact/figures.ts';
import { judge } from '../../../scripts/eval/first-contact/judge.ts';
import { markdown } from '../../../scripts/eval/table.ts';

const TRUTH: Truth = {
  kind: 'a folder',
  broken: true,
  files: ['web.log', 'store.log'],
  culprit: ['store.log', 'disk'],
  problem: ['space|full'],
  lines: ['no space left'],
  from: '2026-05-01T10:00:00.000Z',
  to: '2026-05-01T10:20:00.000Z',
  counts: {
    lines: 120,
    entries: 100,
    problem_lines: 9,
    requests: 80,
    errors_5xx: 4,
    busiest: 'GET /items/:id',
    mean_ms: 50,
  },
  time_range: ['2026-05-01T09:00:00.000Z', '2026-05-01T11:00:00.000Z'],
  yearless: false,
  services: ['web', 'store'],
  note: '',
};
const HEALTHY: Truth = { ...TRUTH, broken: false, culprit: [], problem: [], lines: [], from: null, to: null };

const incident = (since: string, more: object = {}) => ({
  severity: 3,
  service: 'store',
  title: 'disk full',
  since,
  ...more,
});
const incidentsOf = (truth: Truth, ...incidents: object[]) =>
  judge(truth, { incidents, why: {}, summary: {} });

test('seen: the problem by its line, or by its words and service; from a minute before to ten minutes after', () => {
  assert.equal(incidentsOf(TRUTH, incident('2026-05-01T09:59:00Z')).seen, true);
  assert.equal(incidentsOf(TRUTH, incident('2026-05-01T10:10:00Z')).seen, true);
  assert.equal(incidentsOf(TRUTH, incident('2026-05-01T09:58:59Z')).seen, false);
  assert.equal(incidentsOf(TRUTH, incident('2026-05-01T10:10:01Z')).seen, false);
  assert.equal(incidentsOf(TRUTH, incident('2026-05-01T10:00:00Z', { service: 'web' })).seen, false);
  const byLine = { service: 'web', title: '?', evidence: [{ line: 'write: No space left' }] };
  assert.equal(incidentsOf(TRUTH, incident('2026-05-01T10:00:00Z', byLine)).seen, true);
  assert.equal(
    incidentsOf({ ...TRUTH, services: ['store'] }, incident('2026-05-01T10:00:00Z', { service: 'x' })).seen,
    true,
  );
});

test('seen without a look at the year, or at any time, where the log has none', () => {
  const elsewhen = incident('2024-05-01T10:00:00Z');
  assert.equal(incidentsOf(TRUTH, elsewhen).seen, false);
  assert.equal(incidentsOf({ ...TRUTH, yearless: true }, elsewhen).seen, true);
  assert.equal(incidentsOf({ ...TRUTH, from: null }, elsewhen).seen, true);
});

test('first: the most severe, and the earliest of those; the rest are counted', () => {
  const right = incident('2026-05-01T10:00:00Z');
  const wrong = incident('2026-05-01T09:30:00Z', { title: 'odd', severity: 2 });
  assert.deepEqual(
    [incidentsOf(TRUTH, wrong, right).first, incidentsOf(TRUTH, wrong, right).others],
    [true, 1],
  );
  assert.equal(incidentsOf(TRUTH, { ...wrong, severity: 3 }, right).first, false);
  assert.deepEqual(
    [incidentsOf(TRUTH).seen, incidentsOf(TRUTH).first, incidentsOf(TRUTH).others],
    [false, false, 0],
  );
});

test('healthy: every incident is one too many, and a claimed cause is told', () => {
  const verdict = judge(HEALTHY, {
    incidents: [incident('2026-05-01T10:00:00Z')],
    why: { verdict: 'likely' },
    summary: {},
  });
  assert.deepEqual(
    [verdict.others, verdict.seen, verdict.likely, verdict.confirmed, verdict.why],
    [1, undefined, true, false, undefined],
  );
});

test('why: the first cause has the culprit, words of the problem, and a line of proof', () => {
  const why = (cause: object, more: object = {}) =>
    judge(TRUTH, { incidents: [], why: { causes: [cause], ...more }, summary: {} });
  const good = { service: 'Store', cause: 'disk full', evidence: [{ line: 'no space left on device' }] };
  assert.deepEqual([why(good).why, why(good).proof], [true, true]);
  assert.equal(why({ ...good, service: 'web' }).why, false);
  assert.equal(why({ ...good, cause: 'errors' }).why, false);
  assert.equal(why({ ...good, cause: 'errors' }, { root_cause: 'out of space' }).why, true);
  assert.equal(why({ ...good, evidence: ['slow'] }).proof, false);
  assert.deepEqual([judge(TRUTH, { incidents: [], why: undefined, summary: undefined }).why], [false]);
});

test('range and counts are those of the log', () => {
  const summary = {
    course: { bucket_ms: 60_000, buckets: [{ at: '2026-05-01T09:00:00Z' }, { at: '2026-05-01T10:59:00Z' }] },
    counts: { lines: 110, requests: 80, errors_5xx: 4, busiest: 'GET /items/17', mean_ms: 50.9 },
  };
  const verdict = judge(TRUTH, { incidents: [], why: {}, summary });
  assert.equal(verdict.range, true);
  assert.deepEqual(verdict.counts, {
    lines: true,
    requests: true,
    errors_5xx: true,
    busiest: true,
    mean_ms: true,
  });
  const off = {
    course: { bucket_ms: 60_000, buckets: [{ at: '2026-05-01T09:05:00Z' }, { at: '2026-05-01T11:00:00Z' }] },
    counts: { lines: 121, requests: 81, errors_5xx: 4, mean_ms: 51.1 },
  };
  const wrong = judge(TRUTH, { incidents: [], why: {}, summary: off });
  assert.equal(wrong.range, false);
  assert.deepEqual(wrong.counts, {
    lines: false,
    requests: false,
    errors_5xx: false,
    busiest: false,
    mean_ms: false,
  });
  assert.equal(judge({ ...TRUTH, time_range: null }, { incidents: [], why: {}, summary }).range, undefined);
});

test('the figures stand group beside group, and family by family', () => {
  const good = {
    name: 'a',
    family: 'a',
    broken: true,
    seen: true,
    first: true,
    others: 0,
    why: true,
    proof: true,
    range: true,
    counts: { lines: true },
  };
  const bad = { ...good, seen: false, first: false, others: 2, proof: false };
  const quiet = {
    name: 'a-healthy',
    family: 'a',
    broken: false,
    others: 0,
    confirmed: false,
    likely: true,
    range: true,
    counts: {},
  };
  assert.deepEqual(missesOf({ ...good }), []);
  assert.deepEqual(missesOf(bad), ['not seen', '2 other', 'proof']);
  assert.deepEqual(missesOf(quiet), ['likely']);
  const [all, tuned, held] = figures(
    [
      { name: 'tuned', cases: [good, quiet] },
      { name: 'held', cases: [bad] },
    ],
    5,
  ).map(markdown);
  assert.match(all!, /seed 5/);
  assert.match(
    all!,
    /problem seen, begin within 10 minutes: tuned \| 1 \|.*\n\| problem seen, begin within 10 minutes: held \| 0 \|/,
  );
  assert.doesNotMatch(all!, /incidents on a healthy case, mean: held/);
  assert.match(tuned!, /\| a \| 0\.50 \|.*healthy: likely/);
  assert.match(held!, /\| a \| 0 \|.*broken: not seen, 2 other, proof/);
});
