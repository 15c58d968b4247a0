import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createNormalizer } from '../../../../src/pipeline/normalize/normalize.ts';
import { before } from '../../../../src/pipeline/normalize/time/instant.ts';
import { timeOf } from '../../../../src/pipeline/normalize/time/timestamp.ts';

const NOW = Date.UTC(2026, 10, 21, 12, 0, 0);
const normalize = createNormalizer({ timeZone: 'Asia/Seoul', now: () => NOW });
const read = (text: string, source = 'logs/shop.log') => normalize({ text, source, position: '1' });
const at = (iso: string): number => Date.parse(iso);

test('times of many forms', () => {
  const afternoon = at('2026-11-21T06:04:05Z');
  const cases: [string, number][] = [
    ['2026-11-21T15:04:05+09:00 INFO a', afternoon],
    ['2026-11-21T06:04:05.000Z INFO a', afternoon],
    ['2026-11-21 15:04:05,123 INFO a', afternoon + 123],
    ['2026-11-21 15:04:05.123456 INFO a', afternoon + 123],
    ['2026/11/21 15:04:05 INFO a', afternoon],
    ['[GIN] 2026/11/21 - 15:04:05 | 200 | a', afternoon],
    ['[2026-11-21 15:04:05 +0900] INFO a', afternoon],
    ['Nov 21 15:04:05 host app[1]: a', afternoon],
    ['Nov  1 15:04:05 host app[1]: a', at('2026-11-01T06:04:05Z')],
    ['Dec 24 15:04:05 host app[1]: a', at('2025-12-24T06:04:05Z')],
    ['[Sat Nov 21 15:04:05 2026] [error] a', afternoon],
    ['[21/Nov/2026:15:04:05 +0900] a', afternoon],
    ['1:M 21 Nov 2026 15:04:05.123 * a', afternoon + 123],
    ['Sat, 21 Nov 2026 06:04:05 GMT a', afternoon],
    ['11-21 15:04:05.123 100 200 I Tag: a', afternoon + 123],
    ['261121 150405 12 INFO a.B: c', afternoon],
    ['20261121T060405Z INFO a', afternoon],
    ['1795241045 INFO a', afternoon],
    ['1795241045123 INFO a', afternoon + 123],
    ['1795241045.5 INFO a', afternoon + 500],
    ['2026년 11월 21일 오후 3시 4분 5초 정보 a', afternoon],
    ['2026년 11월 21일 오후 3시 4분 정보 a', at('2026-11-21T06:04:00Z')],
    ['2026년 11월 21일 오전 12시 4분 정보 a', at('2026-11-20T15:04:00Z')],
    ['2026. 11. 21. 오후 3:04:05 정보 a', afternoon],
    ['2026년 11월 21일 (토) 15:04:05 정보 a', afternoon],
    ['20261121-15:04:05:123|Steps|42|a', afternoon + 123],
    ['20261121-15:4:5:7|Steps|42|a', afternoon + 7],
    ['20261121-0:4:5:123|Steps|42|a', at('2026-11-20T15:04:05.123Z')],
    ['{"t":{"$date":"2026-11-21T06:04:05.123+00:00"},"s":"W","msg":"a"}', afternoon + 123],
    ['26/11/21 15:04:05 INFO a', afternoon],
    ['26-11-21 15:04:05 경고 - a', afternoon],
    ['11/21/26 15:04:05 INFO a', afternoon],
    ['11/21/2026 3:04:05 PM INFO a', afternoon],
    ['11/21/2026 12:04:05 AM INFO a', at('2026-11-20T15:04:05Z')],
    ['21.11.2026 15:04:05 INFO a', afternoon],
    ['21-11-2026 15:04:05 INFO a', afternoon],
    ['21-Nov-2026 15:04:05.123 INFO a', afternoon + 123],
    ['Nov 21, 2026 3:04:05 PM INFO a', afternoon],
    ['Sat Nov 21 15:04:05 KST 2026 INFO a', afternoon],
    ['2026-11-21 15:04 INFO a', at('2026-11-21T06:04:00Z')],
    ['2026-11-21-15.04.05.123 INFO a', afternoon + 123],
    ['2026-11-21T03:04:05-03:00 INFO a', afternoon],
    ['15:04:05.123 [main] INFO a', afternoon + 123],
    ['E1121 15:04:05.123456   77 pool.go:55] a', afternoon + 123],
    ['W20261121 15:04:05.123456   77 pool.cc:55] a', afternoon + 123],
    ['1795241045123456 INFO a', afternoon + 123],
    ['1795241045123456789 INFO a', afternoon + 123],
    ['4711 node-7 disk state 1795241045 1 a', afternoon],
  ];
  for (const [line, expected] of cases)
    assert.equal(new Date(read(line).timestamp).toISOString(), new Date(expected).toISOString(), line);
});

test('time fields of structured records, seconds to nanoseconds', () => {
  for (const value of [1795241045, 1795241045000, 1795241045000000, 1795241045000000000, '1795241045'])
    assert.equal(timeOf(value, 'UTC', before(NOW)), 1795241045000, String(value));
  assert.equal(timeOf('not a time', 'UTC', before(NOW)), undefined);
  assert.equal(timeOf('2026-13-41 99:99:99', 'UTC', before(NOW)), undefined);
});

test('a zone with summer time', () => {
  const berlin = createNormalizer({ timeZone: 'Europe/Berlin', now: () => NOW });
  const time = (text: string) => berlin({ text, source: 'a', position: '1' }).timestamp;
  assert.equal(time('2026-07-01 12:00:00 INFO a'), at('2026-07-01T10:00:00Z'));
  assert.equal(time('2026-12-01 12:00:00 INFO a'), at('2026-12-01T11:00:00Z'));
});

test('a line without a time takes the one before it in its source', () => {
  const fresh = createNormalizer({ timeZone: 'UTC', now: () => NOW });
  fresh({ text: '2026-11-21T01:02:03Z INFO a', source: 'x', position: '1' });
  assert.equal(fresh({ text: 'no time', source: 'x', position: '2' }).timestamp, at('2026-11-21T01:02:03Z'));
  assert.equal(fresh({ text: 'no time', source: 'y', position: '1' }).timestamp, NOW);
});

test('a number of the form of an epoch counts as the time where the source always has one in that column', () => {
  const fresh = createNormalizer({ timeZone: 'UTC', now: () => NOW });
  const message = (text: string) => fresh({ text, source: 'table', position: '1' }).message;
  assert.equal(message('session opened 1795241045 by ann'), 'session opened 1795241045 by ann');
  for (let i = 0; i < 20; i += 1) message(`node${i} disk state 1795241045 1 full`);
  assert.equal(message('nodeA disk state 1795241046 1 full again'), 'full again');
});
