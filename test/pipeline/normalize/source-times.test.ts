import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SourceTimes } from '../../../src/domain/log/source-line.ts';
import { createNormalizer } from '../../../src/pipeline/normalize/normalize.ts';
import { datesIn, learnTimes } from '../../../src/pipeline/normalize/source-times.ts';

const PRESENT = Date.UTC(2026, 10, 30);

/** The times that a normalizer gives lines after what was learned from them. */
function timesOf(texts: string[], known: SourceTimes = {}): string[] {
  const times: SourceTimes = { before: PRESENT, ...known };
  const lines = texts.map((text, index) => ({ text, source: 'a', position: `${index}`, hint: { times } }));
  learnTimes(lines, 'UTC', times);
  const normalize = createNormalizer({ timeZone: 'UTC', now: () => PRESENT });
  return lines.map((line) => new Date(normalize(line).timestamp).toISOString().slice(0, 19));
}

test('a clock alone takes its day from the full dates of its source', () => {
  assert.deepEqual(timesOf(['cache 23:59:59.50 INFO ==> starting', '2024-06-18 00:00:01.000 INFO ready']), [
    '2024-06-17T23:59:59',
    '2024-06-18T00:00:01',
  ]);
  assert.deepEqual(timesOf(['2024-06-17 23:59:00 INFO up', '23:59:30 INFO a', '00:00:10 INFO b']), [
    '2024-06-17T23:59:00',
    '2024-06-17T23:59:30',
    '2024-06-18T00:00:10',
  ]);
});

test('a header line dates the lines below it', () => {
  assert.deepEqual(
    timesOf([
      '-- Logs begin at Sun 2020-09-13 11:18:07 UTC, end at Tue 2020-09-15 11:23:40 UTC. --',
      'Sep 15 11:22:01 web1 sshd[812]: closed',
      'Dec 31 23:59:59 web1 sshd[812]: closed',
      'Jan  1 00:00:00 web1 sshd[812]: closed',
    ]).slice(1),
    ['2020-09-15T11:22:01', '2020-12-31T23:59:59', '2021-01-01T00:00:00'],
  );
  assert.deepEqual(timesOf(['*** session of 2023-04-05 ***', '10:00:00 INFO a']).slice(1), [
    '2023-04-05T10:00:00',
  ]);
  // A number of a version is no date.
  assert.deepEqual(datesIn('service 2023.04 of build 20230405.1 (1.2.3)', 'UTC'), []);
});

test('without any date it is the end of the source', () => {
  const before = Date.UTC(2022, 2, 5, 8);
  assert.deepEqual(timesOf(['07:30:00 INFO a', 'Mar  5 07:40:00 h a[1]: b'], { before }), [
    '2022-03-05T07:30:00',
    '2022-03-05T07:40:00',
  ]);
  assert.deepEqual(timesOf(['nothing here', 'nor here'], { before }), [
    '2022-03-05T08:00:00',
    '2022-03-05T08:00:00',
  ]);
});

test('a number over 12 anywhere tells the order of all dates of the source', () => {
  assert.deepEqual(timesOf(['05/06/2026 10:00:00 INFO a', '13/06/2026 10:00:00 INFO b']), [
    '2026-06-05T10:00:00',
    '2026-06-13T10:00:00',
  ]);
  assert.deepEqual(timesOf(['05/06/2026 10:00:00 INFO a', '05/13/2026 10:00:00 INFO b']), [
    '2026-05-06T10:00:00',
    '2026-05-13T10:00:00',
  ]);
  // Two days that follow each other, and a day just before the end of the source.
  assert.deepEqual(timesOf(['05/06/2026 23:59:00 INFO a', '06/06/2026 00:01:00 INFO b']), [
    '2026-06-05T23:59:00',
    '2026-06-06T00:01:00',
  ]);
  const before = Date.UTC(2026, 5, 5, 12);
  assert.deepEqual(timesOf(['05/06/2026 10:00:00 INFO a'], { before }), ['2026-06-05T10:00:00']);
  assert.deepEqual(timesOf(['05/06/2026 10:00:00 INFO a'], { before: Date.UTC(2026, 4, 6, 12) }), [
    '2026-05-06T10:00:00',
  ]);
});

test('clocks that pass midnight several times end where the source ends', () => {
  const texts = ['22:00:00 a', '23:00:00 b', '01:00:00 c', '21:30:00 d', '02:00:00 e'];
  assert.deepEqual(timesOf(texts, { before: Date.UTC(2026, 5, 20, 2, 1) }), [
    '2026-06-18T22:00:00',
    '2026-06-18T23:00:00',
    '2026-06-19T01:00:00',
    '2026-06-19T21:30:00',
    '2026-06-20T02:00:00',
  ]);
});

test('seconds since the machine started, counted from its clock or back from the end of the source', () => {
  const boot = (clock: string) => [
    '[    0.000000] Linux version 6.1.0 (build@host) #1 SMP Fri Jun 5 10:00:00 UTC 2026',
    '[    1.500000] pci 0000:00:00.0: found',
    `[    2.000000] rtc_cmos 00:00: ${clock}`,
    '[ 3600.250000] Out of memory: Killed process 4711 (java)',
  ];
  const before = Date.UTC(2026, 5, 21);
  assert.deepEqual(
    timesOf(boot('setting system clock to 2026-06-20T13:00:02 UTC (1781960402)'), { before }),
    ['2026-06-20T13:00:00', '2026-06-20T13:00:01', '2026-06-20T13:00:02', '2026-06-20T14:00:00'],
  );
  const lines = boot('alarms up to one day').slice(1);
  assert.deepEqual(timesOf(lines, { before: Date.UTC(2026, 5, 20, 14) }), [
    '2026-06-20T13:00:01',
    '2026-06-20T13:00:01',
    '2026-06-20T14:00:00',
  ]);
  // Another start goes on after the first one.
  assert.deepEqual(
    timesOf([...lines, '[    0.500000] again', '[    1.500000] and on'], {
      before: Date.UTC(2026, 5, 20, 14),
    })
      .map((time) => time.slice(11))
      .slice(2),
    ['13:59:59', '13:59:59', '14:00:00'],
  );
  // Durations in brackets are no seconds since a start.
  const durations = ['[0.912000] GET /a', '[0.120000] GET /b', '[0.400000] GET /c', '[0.031000] GET /d'];
  assert.deepEqual(new Set(timesOf(durations, { before })), new Set(['2026-06-21T00:00:00']));
});
