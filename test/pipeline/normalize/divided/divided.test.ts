import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LogRecord } from '../../../../src/domain/log/record.ts';
import { dividedHeader } from '../../../../src/pipeline/normalize/divided/divided.ts';
import { createShapes } from '../../../../src/pipeline/normalize/divided/shapes.ts';
import { emptyHeader } from '../../../../src/pipeline/normalize/header-parts.ts';
import { createNormalizer } from '../../../../src/pipeline/normalize/normalize.ts';
import { before, type Reference } from '../../../../src/pipeline/normalize/time/instant.ts';

const NOW = Date.UTC(2026, 10, 30, 20);
const TIME = Date.UTC(2026, 10, 30, 10);
const reader = () => {
  const normalize = createNormalizer({ timeZone: 'UTC', now: () => NOW });
  let position = 0;
  return (text: string): LogRecord =>
    normalize({ text, source: 'logs/hall.log', position: String(position++) });
};
const said = ({ timestamp, level, message, attributes }: LogRecord) => [
  timestamp,
  level,
  message,
  attributes.logger,
];

test('whatever sign closes a full time divides the parts behind it', () => {
  const marks = ';|,\t~#!^>=/*•→&%$@+\\§¦·※｜、│␟\u001f\u0001'.split('');
  for (const mark of [
    ...marks,
    ' ; ',
    ' ~ ',
    ' → ',
    ' • ',
    ' :: ',
    ' => ',
    ' / ',
    '||',
    ';;',
    '::',
    '##',
    '>>',
  ])
    for (const time of ['2026-11-30 10:00:00', '2026-11-30T10:00:00.000Z', '2026/11/30 10:00:00'])
      for (const level of ['WARN', 'W', 'warning', '경고'])
        assert.deepEqual(
          said(reader()([time, level, 'tray-4', 'door jammed'].join(mark))),
          [TIME, 'warn', 'door jammed', 'tray-4'],
          `${time}${mark}${level}`,
        );
});

test('the forms of divided headers', () => {
  const cases: [line: string, level: string, message: string, more?: Partial<LogRecord>][] = [
    // Other orders, and columns before the time.
    ['2026-11-30 10:00:00;pump;WARN;door jammed', 'warn', 'door jammed', { service: 'pump' }],
    ['tray-4,WARN,2026-11-30 10:00:00,door jammed', 'warn', 'door jammed'],
    ['WARN\ttray-4\t2026-11-30 10:00:00\tdoor jammed', 'warn', 'door jammed'],
    ['B3 => W => 2026-11-30 10:00:00 => low: 5 %', 'warn', 'low: 5 %'],
    ['WARN;tray-4;door jammed;2026-11-30 10:00:00', 'warn', 'door jammed'],
    ['|2026-11-30 10:00:00|W|tray-4|door jammed', 'warn', 'door jammed'],
    ['E / 2026-11-30 10:00:00 / oven / cannot reach 10.0.0.8', 'error', 'cannot reach 10.0.0.8'],
    // An epoch next to a level.
    ['1796032800000;W;tray-4;door jammed', 'warn', 'door jammed'],
    ['tray-4|W|1796032800|door jammed', 'warn', 'door jammed'],
    ['1796032800.000~pump~WARN~door jammed', 'warn', 'door jammed', { service: 'pump' }],
    ['1796032800000000000#WARN#pump#door jammed', 'warn', 'door jammed', { service: 'pump' }],
    // Quotes and brackets.
    ['"2026-11-30 10:00:00","WARN","tray-4","door, and lid, jammed"', 'warn', 'door, and lid, jammed'],
    ['"2026-11-30 10:00:00";"pump";"WARN";"jammed"', 'warn', 'jammed'],
    ["'2026-11-30 10:00:00' 'WARN' 'pump' door jammed", 'warn', 'door jammed', { service: 'pump' }],
    ['{2026-11-30 10:00:00} {W} {pump} door jammed', 'warn', 'door jammed', { service: 'pump' }],
    ['<2026-11-30 10:00:00><W><pump> door jammed', 'warn', 'door jammed', { service: 'pump' }],
    ['(2026-11-30 10:00:00)(WARN)(pump) door jammed', 'warn', 'door jammed', { service: 'pump' }],
    ['【2026-11-30 10:00:00】【警告】【pump】door jammed', 'warn', 'door jammed', { service: 'pump' }],
    ['«2026-11-30 10:00:00» WARN door jammed', 'warn', 'door jammed'],
    ['[2026-11-30 10:00:00];W;pump;door jammed', 'warn', 'door jammed', { service: 'pump' }],
    // A level that only a space closes, and one joined to the time.
    ['2026-11-30T10:00:00Z/W door jammed', 'warn', 'door jammed'],
    // Names of columns within them.
    ['zeit=2026-11-30 10:00:00;stufe=WARN;ort=tray-4;door jammed', 'warn', 'door jammed'],
    ['T:2026-11-30 10:00:00|L:WARN|U:tray-4|door jammed', 'warn', 'door jammed'],
    ['stamp=2026-11-30T10:00:00Z sev=W unit=tray-4 said="door jammed"', 'warn', 'door jammed'],
    // Empty columns, filled columns, columns behind the message, objects behind it.
    ['2026-11-30 10:00:00;;WARN;;pump;door jammed', 'warn', 'door jammed', { service: 'pump' }],
    ['2026-11-30 10:00:00; WARN  ;pump  ;door jammed', 'warn', 'door jammed', { service: 'pump' }],
    ['2026-11-30 10:00:00;WARN;tray-4;door jammed;17;no', 'warn', 'door jammed;17;no'],
    ['2026-11-30T10:00:00Z\tWARN\tmain\trun/door.go:12\tjammed\t{"a":1}', 'warn', 'jammed\t{"a":1}'],
    // What is pairs to its end says itself what it is.
    ['2026-11-30 10:00:00|WARN|door=4|jam=3', 'warn', 'door=4|jam=3'],
  ];
  for (const [line, level, message, more = {}] of cases) {
    const record = reader()(line);
    assert.deepEqual([record.timestamp, record.level, record.message], [TIME, level, message], line);
    for (const [key, value] of Object.entries(more))
      assert.equal(record[key as keyof LogRecord], value, line);
  }
});

test('a number in the form of an epoch counts once nearly all lines have it in the same place', () => {
  const read = reader();
  const records = Array.from({ length: 10 }, (_, at) =>
    read(`179603280${at};lane-${at % 3};cycle ${at} ends`),
  );
  assert.deepEqual(said(records.at(-1)!), [TIME + 9_000, 'info', 'cycle 9 ends', 'lane-0']);
  const words = reader();
  for (let at = 0; at < 40; at++) {
    const text = at % 3 ? `the lane ${at} is free` : `1796032800;${at} is the order`;
    assert.equal(words(text).timestamp, NOW, text);
    assert.equal(words(text).message, text);
  }
});

test('columns of digits are a severity only where most are calm, as syslog counts them', () => {
  const levels = (values: string): string[] => {
    const read = reader();
    return [...values.repeat(10)].map(
      (value) => read(`2026-11-30 10:00:00;${value};line-2;is done now`).level,
    );
  };
  assert.deepEqual(levels('66654').slice(-5), ['info', 'info', 'info', 'info', 'warn']);
  assert.deepEqual(new Set(levels('00112')), new Set(['info']));
});

test('a column of few texts is none of the message, even when it has several words', () => {
  const read = reader();
  let last: LogRecord | undefined;
  for (let at = 0; at < 40; at++)
    last = read(`2026-11-30 10:00:00;WARN;tray ${at % 2};retry ${at} of the upload is late`);
  assert.equal(last!.message, 'retry 39 of the upload is late');
});

test('what only looks divided is left alone', () => {
  const lines = [
    'ready, 2026-11-30 10:00:00, again',
    'next=2027-11-30 10:00:00, job=backup',
    'valid,2028-11-30 10:00:00,until then',
    '1790000000-22 is a phone',
    '10:00:00/5 done',
    "SELECT '2026-11-30 10:00:00', 'ERROR', 'x'",
    'box;1796032800;is gone',
  ];
  for (const line of lines) {
    const record = reader()(line);
    assert.deepEqual([record.timestamp, record.message], [NOW, line]);
  }
  // Behind a time that a space closes, a sign may begin the message.
  for (const message of [
    '/api/orders failed',
    '* Connected * 5',
    '> GET /a > 200',
    '# comment # two',
    '$ ls',
  ])
    assert.deepEqual(said(reader()(`2026-11-30 10:00:00 ${message}`)).slice(0, 3), [
      TIME,
      message.includes('failed') ? 'error' : 'info',
      message,
    ]);
});

test('a number in the column behind the time is no fraction', () => {
  for (const [id, fraction] of [
    ['4711', 0],
    ['47', 0],
    ['4', 0],
    ['47110', 0],
    ['471', 471],
    ['471100', 471],
  ] as const) {
    const record = reader()(`2026-11-30 10:00:00,${id},alice came home`);
    assert.equal(record.timestamp, TIME + fraction, id);
    if (!fraction) assert.ok(JSON.stringify([record.message, record.attributes]).includes(id), id);
  }
  assert.equal(reader()('2026-11-30 10:00:00,47 door jammed').timestamp, TIME + 470);
});

test('without a level, at most one name is taken off, and nothing is lost', () => {
  const cases: [columns: string, level: string, message: string][] = [
    ['shop TimeoutError payment gw-1', 'error', 'TimeoutError payment gw-1'],
    ['TimeoutError payment gw-1', 'error', 'TimeoutError payment gw-1'],
    ['10.0.0.7 GET /cart 204 12', 'info', 'GET /cart 204 12'],
    ['shop payment_gateway timeout bob', 'warn', 'payment_gateway timeout bob'],
    ['kernel oom-killer postgres', 'info', 'oom-killer postgres'],
    ['shop 4711 alice bob', 'info', '4711 alice bob'],
    // With a level: what is before it, and one name, a thread or a place in the source behind it.
    ['WARN shop payment timeout bob', 'warn', 'payment timeout bob'],
    ['shop gw-1 WARN payment timeout bob', 'warn', 'timeout bob'],
    ['WARN main run/door.go:12 jammed', 'warn', 'jammed'],
    ['WARN shop 500 12', 'warn', '500 12'],
  ];
  for (const mark of ['\t', '|', ';'])
    for (const [columns, level, message] of cases) {
      const read = reader();
      const text = columns.replaceAll(' ', mark);
      // However many such lines have come.
      for (let at = 0; at < 20; at++) {
        const record = read(`2026-11-30T10:00:00Z${mark}${text}`);
        assert.deepEqual(
          [record.timestamp, record.level, record.message],
          [TIME, level, message.replaceAll(' ', mark)],
          text,
        );
        const said = JSON.stringify([record.message, record.service, record.attributes, record.level]);
        for (const part of columns.split(' '))
          assert.ok(said.toLowerCase().includes(part.toLowerCase()), `${part} of ${text}: ${said}`);
      }
    }
});

test('parts before the message that have no place of their own are kept as columns', () => {
  const read = reader();
  let last: LogRecord | undefined;
  for (let at = 0; at < 40; at++)
    last = read(`2026-11-30 10:00:00;WARN;pump;tray-${at % 3};B${at % 7};retry ${at} of the upload`);
  assert.equal(last!.message, 'retry 39 of the upload');
  assert.deepEqual(last!.attributes, { logger: 'pump', columns: 'tray-0;B4' });
  const record = reader()('shop;WARN;tray-4;door jammed;2026-11-30 10:00:00');
  assert.deepEqual([record.message, record.attributes.columns], ['door jammed', 'shop;WARN;tray-4']);
});

test('letters and small words are a level only in a column of levels', () => {
  const fill = (line: string, at: number) =>
    line.replace(/\{(.*?)\}/g, (_, list: string) => list.split(' ')[at % list.split(' ').length]!);
  for (const line of [
    '2026-11-30 10:00:05,4711,alice,{F M},Seoul office visited',
    '2026-11-30 10:00:05;sensor-1;25.3;{C F};room 4 measured',
    '2026-11-30T10:00:05Z\tgrade\t{A B C D E F}\tmath\tbob passed',
    '2026-11-30T10:00:05Z\tgrade\tC\tmath\tbob passed',
    '12,2026-11-30 10:00:05,A,blue shirt sold',
    '2026-11-30T10:00:05Z\tshop\talert\tsent\tto\tbob',
    '2026-11-30 10:00:05;lamp;{T F};state was read',
    '2026-11-30 10:00:05;lamp;{fail pass};state was read',
    '2026-11-30 10:00:05;bob,I saw it',
  ]) {
    const read = reader();
    for (let at = 0; at < 40; at++) assert.equal(read(fill(line, at)).level, 'info', line);
  }
  for (const [line, levels] of [
    ['2026-11-30 10:00:00;pump;{W I I I F};door jammed', ['warn', 'info', 'info', 'info', 'fatal']],
    ['{W N N C},tray-4,2026-11-30 10:00:00,door jammed', ['warn', 'info', 'info', 'fatal']],
    ['2026-11-30 10:00:00,{C N D},pump,door jammed', ['fatal', 'info', 'debug']],
    ['2026-11-30 10:00:00\tpump\t{notice alert info}\tdoor jammed', ['info', 'fatal', 'info']],
    ['{2026-11-30 10:00:00} {{I I W F}} {pump} door jammed', ['info', 'info', 'warn', 'fatal']],
    ['1796032800;{I W F};pump;door jammed', ['info', 'warn', 'fatal']],
  ] as const) {
    const read = reader();
    const text = (at: number) =>
      line.replace(/\{([^{}]* [^{}0-9]*)\}/, (_, list: string) => list.split(' ')[at % levels.length]!);
    for (let at = 0; at < 40; at++) {
      const record = read(text(at).replace('1796032800', String(1_796_032_800 + at)));
      if (at < 9) continue;
      assert.deepEqual([record.level, record.message], [levels[at % levels.length], 'door jammed'], text(at));
    }
  }
});

test('an id in the form of an epoch is no time', () => {
  const leap = (at: number) => 1_100_000_000 + ((Math.imul(at + 1, 0x9e3779b1) >>> 0) % 600_000_000);
  const lines: ((at: number) => string)[] = [
    (at) => `account,${leap(at)},closed by user`,
    (at) => `account,${leap(at)}${100 + at},closed by user`,
    () => 'order;1764316002;stored;x',
    (at) => `call from,${leap(at)},ended`,
    (at) => `${leap(at)};alice;came home`,
  ];
  for (const line of lines) {
    const read = reader();
    for (let at = 0; at < 60; at++) assert.equal(read(line(at)).timestamp, NOW, line(at));
  }
  // Numbers that only grow, in lines that have come just now.
  const readAll = (first: number): boolean[] => {
    const now: Reference = { ...before(NOW), side: 'arrived' };
    const setting = { zone: 'UTC', now, shapes: createShapes(), source: 'shop', usual: false };
    return Array.from(
      { length: 20 },
      (_, at) => dividedHeader(`order;${first + at};stored;x`, 0, emptyHeader(), setting) >= 0,
    );
  };
  assert.ok(!readAll(1_764_316_002).includes(true));
  assert.deepEqual(readAll(NOW / 1_000 - 60).slice(6, 9), [false, true, true]);
});
