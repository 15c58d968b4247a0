import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createNormalizer } from '../../../../src/pipeline/normalize/normalize.ts';

const NOW = Date.UTC(2026, 10, 21, 12, 0, 0);
const AT = '2026-06-20T13:20:01';
/** A source of its own for each line: what is learned from one must not help another. */
const read = (text: string, timeZone = 'UTC') =>
  createNormalizer({ timeZone, now: () => NOW })({ text, source: 'x.log', position: '1' });
const time = (text: string, timeZone?: string): string =>
  new Date(read(text, timeZone).timestamp).toISOString().replace('.000Z', '').replace('Z', '');

test('forms of many programs', () => {
  const cases: [line: string, expected: string][] = [
    // Months by name, in any order and language.
    ['08Aug2026 13:20:01 INFO a', '2026-08-08T13:20:01'],
    ['2026-Jun-20 13:20:01.123456 <info> a', `${AT}.123`],
    ['2026 Jun 20 13:20:01 sw1 %ETHPORT-5-DOWN: a', AT],
    ['Jun 20 2026 13:20:01: %FW-4-106023: a', AT],
    ['*Jun 20 13:20:01.123: %LINK-3-UPDOWN: a', `${AT}.123`],
    ['20-JUN-26 01.20.01.123456 PM a', `${AT}.123`],
    ['20-JUN-2026 13:20:01 * establish * 0', AT],
    ['Saturday, June 20, 2026 1:20:01 PM a', AT],
    ['20. Juni 2026 13:20:01 a', AT],
    // Small words between the parts.
    ['20. Juni 2026 um 13:20:01 a', AT],
    ['20 de junio de 2026, 13:20:01 INFO a', AT],
    ['20 juin 2026 à 13:20:01 INFO a', AT],
    ['June 20, 2026 at 1:20:01 PM INFO a', AT],
    ['20 июня 2026 г. в 13:20:01 INFO a', AT],
    // The clock first, with its date right behind it.
    ['13:20:01 20.06.2026 INFO a', AT],
    ['13:20:01.123, 2026-06-20 INFO a', `${AT}.123`],
    ['01:20:01 PM 20 Jun 2026 INFO a', AT],
    ['13:20:01 20.06.26 INFO a', AT],
    ['13:20:01/20-06-2026 INFO a', AT],
    // A weekday between date and clock.
    ['20.06.2026 Sa 13:20:01 INFO a', AT],
    ['2026-06-20 (Sat) 13:20:01 INFO a', AT],
    ['20/06/2026, Cumartesi, 13:20:01 INFO a', AT],
    ['2026-06-20 토 13:20:01 INFO a', AT],
    // Other eras.
    ['令和8年6月20日 13時20分01秒 INFO a', AT],
    ['民國115年6月20日 13:20:01 INFO a', AT],
    ['20/06/2569 13:20:01 INFO a', AT],
    // Six digits with the day first, and hundredths behind fourteen.
    ['300526 132001 INFO a', '2026-05-30T13:20:01'],
    ['2026062013200112 INFO a', `${AT}.120`],
    ['20-Mai-2026 13:20:01.123 WARNUNG [main] a', '2026-05-20T13:20:01.123'],
    ['20 juin 2026 13:20:01 GRAVE a', AT],
    ['juin 20, 2026 1:20:01 PM shop.Pool take', AT],
    ['sáb 20 jun 2026 13:20:01 a', AT],
    ['20 июня 2026 13:20:01 a', AT],
    ['Okt 20 13:20:01 host app[1]: a', '2026-10-20T13:20:01'],
    ['Dez 20 13:20:01 host app[1]: a', '2025-12-20T13:20:01'],
    [' 9월 15 11:22:06 web01 order-api[2210]: a', '2026-09-15T11:22:06'],
    ['6月 20 13:20:01 web01 app[1]: a', AT],
    ['12-11월-2024 10:20:30.123 심각 [main] a', '2024-11-12T10:20:30.123'],
    ['11월 12, 2024 10:20:33 오전 a.B log', '2024-11-12T10:20:33'],
    ['11월 12, 2024 10:20:33 오후 a.B log', '2024-11-12T22:20:33'],
    ['2024-11-12 오전 10:20:34 [오류] a', '2024-11-12T10:20:34'],
    ['2026-06-20 PM 01:20:01 a', AT],
    ['2026/06/20 下午 1:20:01 错误 a', AT],
    ['2026年06月20日 13時20分01秒 警告 a', AT],
    ['2026년 06월 20일 13시 20분 01초 오류 a', AT],
    // Digits.
    ['06/20/2026 01:20:01 AM INFO a', '2026-06-20T01:20:01'],
    ['6/20/2026 1:20:01 PM: a', AT],
    ['20260620132001 a', AT],
    ['2026-171T13:20:01Z a', AT],
    ['1781961601.123456 web01 app[1]: a', `${AT}.123`],
    ['type=AVC msg=audit(1781961601.123:4711): avc: denied', `${AT}.123`],
    ['@400000006a36938b075bcd15 a', `${AT}.123`],
    ['F260620 13:20:01.123456 77 pool.cc:55] a', `${AT}.123`],
    ['[4711:0620/132001.123456:ERROR:gpu.cc(12)] a', `${AT}.123`],
    // Behind marks, and in brackets with other things.
    ['####<Jun 20, 2026 1:20:01 PM KST> <Error> <HTTP> a', '2026-06-20T04:20:01'],
    ['<Jun 20, 2026, 1:20:01,123 AM Korea Standard Time> <Error> <x> a', '2026-06-19T16:20:01.123'],
    ['####<2026. 6. 20. 오후 1시 20분 1초 KST> <Error> <x> a', '2026-06-20T04:20:01'],
    ['# Time: 260620 13:20:01', AT],
    ['# Time: 260620  1:20:01', '2026-06-20T01:20:01'],
    ['# Time: 2026-06-20T13:20:01.123456Z', `${AT}.123`],
    ['=ERROR REPORT==== 20-Jun-2026::13:20:01 ===', AT],
    ['*** 2026-06-20T13:20:01.123456+09:00 (db)', '2026-06-20T04:20:01.123'],
    ['[20-Jun-2026 13:20:01 Europe/Berlin] PHP Warning:  a', '2026-06-20T11:20:01'],
    // Zones.
    ['Sat 2026-06-20 13:20:01 KST web01 app[1]: a', '2026-06-20T04:20:01'],
    ['2026-06-20 13:20:01.123 CEST [123] FATAL:  a', '2026-06-20T11:20:01.123'],
    ['2026-06-20 13:20:01.123 EST [123] LOG:  a', '2026-06-20T18:20:01.123'],
    ['2026-06-20 13:20:01.123+09 [123] LOG:  a', '2026-06-20T04:20:01.123'],
    ['2026-06-20T13:20:01+09:00[Asia/Seoul] INFO a', '2026-06-20T04:20:01'],
    ['Sat Jun 20 2026 13:20:01 GMT+0900 (Korean Standard Time) a', '2026-06-20T04:20:01'],
    ['Jun 20 13:20:01.123 KST: %LINK-3-UPDOWN: a', '2026-06-20T04:20:01.123'],
  ];
  for (const [line, expected] of cases) assert.equal(time(line), expected, line);
  // An abbreviation of several countries is that of the zone that is set.
  assert.equal(time('2026-06-20 13:20:01 CST a', 'Asia/Shanghai'), '2026-06-20T05:20:01');
  assert.equal(time('2026-06-20 13:20:01 CST a', 'America/Chicago'), '2026-06-20T19:20:01');
});

test('what only resembles a time is none', () => {
  const present = new Date(NOW).toISOString().replace('.000Z', '');
  for (const line of [
    'version 2026.06.20 of 1.2.3',
    'release 20.06.2026 is out',
    'order 20260620132001777 was paid',
    '20269920132001 is an order',
    'took 13:20 minutes',
    'ratio 10:20 is wrong',
    '12 May flowers',
    'pool 12 has 2026 entries at 13:20:01',
    'march 12 soldiers 10:20:01',
    '[12.5] is the load',
    '[0.123] GET / took long',
    '# Time: unknown',
    '=ERROR REPORT==== soon ===',
    '-- part 12 of 20 --',
    '@4000 users',
    'call(1781961601.123) failed',
    '심각 12 개 10:20:01',
  ])
    assert.equal(time(line), present, line);
  // A word in capitals after a time is no zone, nor is half of a word.
  assert.equal(read('2026-06-20 13:20:01 CAST a').message, 'CAST a');
  assert.equal(time('2026-06-20 13:20:01 ESTABLISHED a'), AT);
  assert.equal(time('2026-06-20 13:20:01 -12 items'), AT);
  assert.equal(time('2026-06-20 13:20:01 AMber light'), AT);
});

test('the time of a line is that of its header, not a date in its message', () => {
  for (const line of [
    '2026-06-20 13:20:01 INFO restored backup of 2019-01-01 00:00:00',
    '2026-06-20T13:20:01Z certificate expired on Jan 5 10:00:00 2020 GMT',
    'Jun 20 13:20:01 host app[1]: 2019-01-01 00:00:00 was the last run',
    '[2026-06-20 13:20:01] {"from":"2019-01-01T00:00:00Z"}',
  ])
    assert.equal(time(line), AT, line);
});

test('levels of other languages', () => {
  for (const [line, level] of [
    ['20-Mai-2026 13:20:01.123 SCHWERWIEGEND [main] a', 'error'],
    ['20 juin 2026 13:20:01 AVERTISSEMENT a', 'warn'],
    ['2026/06/20 13:20:01 エラー a', 'error'],
    ['2026/06/20 13:20:01 严重 a', 'error'],
    ['情報: a', 'info'],
    // A plain word in small letters
    ['2026-06-20 13:20:01 grave a', 'info'],
  ])
    assert.equal(read(line!).level, level, line);
});
