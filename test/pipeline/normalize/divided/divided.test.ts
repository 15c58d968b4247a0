import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LogRecord } from '../../../../src/domain/log/record.ts';
import { createNormalizer } from '../../../../src/pipeline/normalize/normalize.ts';

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
    ['2026-11-30 10:00:00;pump;W;door jammed', 'warn', 'door jammed', { service: 'pump' }],
    ['tray-4,WARN,2026-11-30 10:00:00,door jammed', 'warn', 'door jammed'],
    ['WARN\ttray-4\t2026-11-30 10:00:00\tdoor jammed', 'warn', 'door jammed'],
    ['B3 => W => 2026-11-30 10:00:00 => low: 5 %', 'warn', 'low: 5 %'],
    ['W;tray-4;door jammed;2026-11-30 10:00:00', 'warn', 'door jammed'],
    ['|2026-11-30 10:00:00|W|tray-4|door jammed', 'warn', 'door jammed'],
    ['E / 2026-11-30 10:00:00 / oven / cannot reach 10.0.0.8', 'error', 'cannot reach 10.0.0.8'],
    // An epoch next to a level.
    ['1796032800000;W;tray-4;door jammed', 'warn', 'door jammed'],
    ['W|tray-4|1796032800|door jammed', 'warn', 'door jammed'],
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
    // Letters that are levels in a column only.
    ['2026-11-30 10:00:00,C,pump,door jammed', 'fatal', 'door jammed', { service: 'pump' }],
    ['2026-11-30 10:00:00,N,pump,door open', 'info', 'door open', { service: 'pump' }],
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
