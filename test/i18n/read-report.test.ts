import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openIncident } from '../../src/domain/alert/incident.ts';
import type { ReadReport } from '../../src/domain/log/read-report.ts';
import { speech } from '../../src/i18n/format.ts';
import { reportLines } from '../../src/i18n/read-report.ts';
import { anomaly } from '../bot/fixtures.ts';

const en = speech('en', 'UTC');
const ko = speech('ko', 'Asia/Seoul');
const at = (text: string): number => Date.parse(text);
const report: ReadReport = {
  files: 1,
  lines: 2_599,
  extent: { from: at('2026-05-03T07:00:10Z'), to: at('2026-05-03T08:23:59Z') },
  services: ['orders'],
  notes: [],
};
const window = { from: '2026-05-03T07:40:02Z', to: '2026-05-03T08:00:00Z' };
const finding = openIncident(
  'i1',
  anomaly('orders', { window, detected_issues: ['cannot reach db'], severity: 4 }),
);

test('says what was read, and the worst of what was found', () => {
  assert.deepEqual(reportLines(report, [finding, finding], en), [
    'Read 2,599 lines of 1 file, 2026-05-03 07:00–08:23, service orders.',
    '2 findings; the worst: orders: cannot reach db (4/5, since 07:40:02).',
  ]);
  const [head, found] = reportLines(report, [finding], ko);
  assert.equal(head, '파일 1개에서 로그 2,599줄을 읽었어요 (2026-05-03 16:00–17:23, 서비스 orders).');
  assert.match(found!, /^문제 1건을 찾았어요\..*16:40:02부터/);
});

test('today needs no date, several days have both, and many services are few names', () => {
  const now = Date.now();
  const today = { from: now - 1, to: now };
  assert.doesNotMatch(
    reportLines({ ...report, extent: today }, [], en)[0]!,
    /\d{4}-\d\d-\d\d \d\d:\d\d:\d\d–/,
  );
  const days = { from: at('2026-05-03T23:00:00Z'), to: at('2026-05-04T01:00:00Z') };
  const services = ['a', 'b', 'c', 'd', 'e'];
  assert.equal(
    reportLines({ ...report, extent: days, services }, [], en)[0],
    'Read 2,599 lines of 1 file, 2026-05-03 23:00 – 2026-05-04 01:00, services a, b, c and 2 more.',
  );
});

test('where nothing is wrong it says what was looked for; what could not be read is named with its reason', () => {
  const notes: ReadReport['notes'] = [
    { path: 'a.log', what: 'empty' },
    { path: 'b.log', what: 'undated', lines: 40 },
    { path: 'c.log', what: 'encoding', detail: 'cp949' },
    { path: 'd.bin', what: 'binary' },
  ];
  const [, nothing, ...said] = reportLines({ ...report, notes }, [], en);
  assert.match(nothing!, /^Nothing wrong found\. Looked for: failures/);
  assert.deepEqual(
    said.map((line) => line.split(':')[0]),
    ['a.log', 'b.log', 'c.log', 'd.bin'],
  );
  assert.match(said[1]!, /no time found in its 40 lines/);
  assert.match(said[2]!, /read as CP949/);
  assert.deepEqual(reportLines({ files: 1, lines: 0, services: [], notes: [] }, [], en), [
    'Read 0 lines of 1 file.',
    'No log line was found.',
  ]);
});

test('names and texts from the logs are prepared for where they are shown', () => {
  const hostile = openIncident('i2', anomaly('\u001b[31m', { detected_issues: ['\u001b[2J'], window }));
  const said = reportLines({ ...report, services: ['\u001b'] }, [hostile], en, (text) =>
    text.replaceAll('\u001b', 'ESC'),
  );
  assert.ok(said.every((line) => !line.includes('\u001b')));
});

test('where no line has a time, failures are counted and not called nothing', () => {
  const { extent: _, ...undated } = report;
  assert.match(reportLines({ ...undated, errors: 240 }, [], en)[1]!, /^240 lines tell of a failure\./);
  assert.match(reportLines({ ...undated, errors: 240 }, [], ko)[1]!, /240줄/);
  assert.match(reportLines({ ...undated, errors: 0 }, [], en)[1]!, /^Nothing wrong found/);
  assert.match(
    reportLines({ ...report, errors: 3 }, [], en)[1]!,
    /^No incident found\. The log has 3 error lines/,
  );
});

test('the worst is named by its cause, and by what was noticed too where another service is the cause', () => {
  const cause = {
    kind: 'pool',
    text: 'pool exhausted',
    verdict: 'likely',
    confidence: 0.9,
    evidence: [],
  } as const;
  const own = { ...openIncident('i1', anomaly('orders', { detected_issues: ['503 on /pay'], window })) };
  const named = (service: string): string =>
    reportLines(report, [{ ...own, rootCause: { ...cause, evidence: [], service } }], en)[1]!;
  assert.match(named('orders'), /the worst: orders: connection pool [^:]+: pool exhausted \(5\/5/);
  assert.match(
    named('stock'),
    /the worst: orders: 503 on \/pay – stock: connection pool [^:]+: pool exhausted \(/,
  );
});
