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
  assert.match(
    nothing!,
    / 40 of 2,599 lines have no time: problems over time cannot be looked for in them\.$/,
  );
  assert.match(reportLines({ ...report, notes }, [], ko)[1]!, /2,599줄 가운데 40줄은 시각이 없어서/);
  assert.match(reportLines({ ...report, notes, errors: 3 }, [], en)[1]!, /^No incident.* 40 of 2,599 lines/);
  assert.doesNotMatch(reportLines(report, [], en)[1]!, /have no time/);
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
  assert.match(reportLines({ ...undated, errors: 240 }, [], ko)[1]!, /240줄.*날짜와 시각을 쓰게/);
  // Without failures it is said what could not be looked for, and what to do; never that nothing is wrong.
  for (const spoken of [en, ko])
    for (const errors of [0, 3, undefined])
      assert.doesNotMatch(
        reportLines({ ...undated, ...(errors === undefined ? {} : { errors }) }, [], spoken).join(' '),
        /Nothing wrong|No incident found|Looked for|문제를 찾지 못|장애는 찾지 못|살펴봤어요/,
      );
  assert.match(
    reportLines({ ...undated, errors: 0 }, [], en)[1]!,
    /^No time was found in any of the 2,599 lines, so problems over time cannot be looked for.*Have the program write date and time/,
  );
  assert.match(
    reportLines({ ...undated, errors: 0 }, [], ko)[1]!,
    /^로그 2,599줄에서 시각을 찾지 못해서.*날짜와 시각/,
  );
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
  assert.match(named('orders'), /the worst: orders: connection pool [^:]+: “pool exhausted” \(5\/5/);
  assert.match(
    named('stock'),
    /the worst: orders: 503 on \/pay – stock: connection pool [^:]+: “pool exhausted” \(/,
  );
});
