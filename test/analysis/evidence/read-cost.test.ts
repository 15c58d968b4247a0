import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withCourses } from '../../../src/analysis/evidence/courses.ts';
import { withLife } from '../../../src/analysis/evidence/life.ts';
import { novelStretch } from '../../../src/analysis/logs/novel-stretch.ts';
import { type LogReader, readerOver } from '../../../src/analysis/logs/reader.ts';
import type { LogRecord } from '../../../src/domain/log/record.ts';
import { NOON, record } from '../../fakes/incident-logs.ts';
import { analysed, mined } from '../harness.ts';

/** A reader that counts what it is asked. */
function counting(records: readonly LogRecord[]) {
  const logs = readerOver(records);
  const asked = { counts: 0, histogram: 0, search: 0 };
  const counted: LogReader = {
    ...logs,
    counts: (...of) => {
      asked.counts += 1;
      return logs.counts(...of);
    },
    histogram: (...of) => {
      asked.histogram += 1;
      return logs.histogram(...of);
    },
    search: (...of) => {
      asked.search += 1;
      return logs.search(...of);
    },
  };
  return { counted, asked };
}

const REASONS = ['ka', 'lo', 'mi', 'nu', 'pe', 'ri', 'so', 'tu', 'va', 'ze'];
/** A harbour: one message whose reason, in a field, is ever another one, all along and more of it in the last five minutes. */
function harbour(): LogRecord[] {
  const out: LogRecord[] = [];
  for (let second = 0; second < 2_400; second += 1) {
    const at = NOON + second * 1_000;
    out.push(record(at, 'quay', 'info', `crate ${second} set down`));
    out.push(record(at + 100, 'crane', 'info', `hook ${second} let go`));
    if (second % 60 > 0 && second < 2_100) continue;
    const reason = `no berth for ${REASONS[second % 10]}-${REASONS[(second >> 3) % 10]}: crane refused the connection`;
    out.push(record(at + 200, 'pilot', 'error', 'ship turned away', { attributes: { error: reason } }));
  }
  return mined(out);
}

test('the store is asked as often however many groups the lines of one message make', async () => {
  const records = harbour();
  const { evidence, span } = await analysed(records);
  const failures = evidence.failures.filter(({ service }) => service === 'pilot');
  assert.ok(failures.length > 20, `${failures.length} groups`);
  const { counted, asked } = counting(records);
  const marked = await withCourses(failures, counted, span);
  assert.deepEqual(asked, { counts: 0, histogram: 2, search: 1 });
  assert.ok(marked.every(({ course }) => course && course.past > 1));
});

test('whether those live who are said to be away costs two questions for each', async () => {
  const records = harbour();
  const { evidence, span } = await analysed(records);
  const { counted, asked } = counting(records);
  const services = [{ key: 'crane', label: 'crane', count: 1, errors: 0, first: 0, last: 0 }];
  const failures = evidence.failures.filter(({ targets }) => targets.length > 0);
  assert.ok(failures.length > 20);
  await withLife(failures, { logs: counted, span, services, directory: evidence.directory });
  assert.deepEqual(asked, { counts: 1, histogram: 1, search: 0 });
});

test('thousands of templates cost a bounded number of questions', async () => {
  const letters = 'abcdefghij';
  const word = (of: number): string => [...String(of)].map((digit) => letters[Number(digit)]).join('');
  const records = Array.from({ length: 6_000 }, (_, i) =>
    record(NOON + i * 100, 'post', 'error', `letter ${word(i % 3_000)} was lost`),
  );
  const { counted, asked } = counting(mined(records));
  await novelStretch(counted, {}, { from: NOON, to: NOON + 600_000 }, 5_000);
  assert.equal(asked.counts, 2);
  assert.ok(asked.histogram <= 81, `${asked.histogram} histograms`);
  assert.ok(asked.search <= 80, `${asked.search} searches`);
});

test('who no longer waits for the answer stops it', async () => {
  const records = harbour();
  const { evidence, span } = await analysed(records);
  const { counted, asked } = counting(records);
  const signal = AbortSignal.abort(new Error('gone'));
  await assert.rejects(withCourses(evidence.failures, counted, span, signal), /gone/);
  const scene = { logs: counted, span, services: [], directory: evidence.directory, signal };
  await assert.rejects(withLife(evidence.failures, scene), /gone/);
  assert.deepEqual(asked, { counts: 0, histogram: 1, search: 0 });
});
