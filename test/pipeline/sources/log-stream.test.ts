import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BusMessage } from '../../../src/backends/bus/bus.ts';
import { MAX_MESSAGE_BYTES, readLogMessage } from '../../../src/pipeline/sources/log-stream.ts';

const message = (value: string | Buffer): BusMessage => ({
  topic: 'log-stream',
  partition: 3,
  offset: '41',
  value: Buffer.from(value),
  headers: {},
  timestamp: 1_000,
});

test('a raw line, also one that begins with a bracket or holds Korean', () => {
  for (const text of [
    'plain words',
    '[error] 재고 없음',
    '한글만',
    '"GET / HTTP/1.1" 500 12',
    '{main} ERROR lost',
    '[{main}] ERROR lost',
    '4711',
  ]) {
    const [line, ...rest] = readLogMessage(message(text));
    assert.deepEqual(rest, []);
    assert.deepEqual(line, { text, source: 'log-stream', position: '3/41/0', hint: { timestamp: 1_000 } });
  }
});

test('one record object: fields are kept, a raw line inside it is the text', () => {
  const [object] = readLogMessage(message('{"level":"error","msg":"x"}'));
  assert.deepEqual(object!.fields, { level: 'error', msg: 'x' });
  assert.equal(object!.text, '{"level":"error","msg":"x"}');
  const [withLine] = readLogMessage(message('{"service":"a","line":"ERROR raw"}'));
  assert.equal(withLine!.text, 'ERROR raw');
  assert.equal(withLine!.fields!.service, 'a');
});

test('the batch envelope: positions count on', () => {
  const lines = readLogMessage(
    message('{"type":"application","timestamp":"2023-04-25T01:00:00Z","count":2,"data":["a",{"msg":"b"}]}'),
  );
  assert.deepEqual(
    lines.map(({ position }) => position),
    ['3/41/0', '3/41/1'],
  );
  assert.equal(lines[0]!.hint!.timestamp, Date.parse('2023-04-25T01:00:00Z'));
  assert.deepEqual(readLogMessage(message('{"type":"x","data":[]}')), []);
  const local = message('{"type":"x","timestamp":"2023-04-25T01:00:00","data":["a"]}');
  assert.equal(
    readLogMessage(local, 'Asia/Seoul')[0]!.hint!.timestamp,
    Date.parse('2023-04-24T16:00:00Z'),
    'a time without a zone is of the configured one',
  );
});

test('unreadable messages say why', () => {
  const cases: [string | Buffer, string][] = [
    [Buffer.from([0x41, 0xff]), 'malformed'],
    ['', 'malformed'],
    ['{"a":', 'malformed'],
    ['{"type":"x","count":3,"data":["a"]}', 'malformed'],
    ['{"type":"x","data":[1]}', 'malformed'],
    ['"a json string"', 'malformed'],
    ['[{"a":1}]', 'malformed'],
    [Buffer.alloc(MAX_MESSAGE_BYTES + 1, 'x'), 'too_large'],
  ];
  for (const [value, code] of cases)
    assert.throws(
      () => readLogMessage(message(value)),
      { name: 'AppError', code },
      String(value).slice(0, 40),
    );
});

test('an element of a batch is the text that was sent, however deep it nests', () => {
  const deep = `{ "msg" : "b", "context":${'['.repeat(100_000)}1${']'.repeat(100_000)} }`;
  const lines = readLogMessage(message(`{"type":"x","data":["a", ${deep}, "c"]}`));
  assert.deepEqual(
    lines.map(({ text }) => text),
    ['a', deep, 'c'],
  );
});

test('a record with a list `data` of its own is a record', () => {
  const text = '{"level":"error","message":"3 rows failed","data":[1,2,3]}';
  assert.deepEqual(
    readLogMessage(message(text)).map((line) => [line.text, line.fields]),
    [[text, JSON.parse(text)]],
  );
});

test('a record with a figure that JSON has no word for, or with the end of a C string', () => {
  const [line] = readLogMessage(message('{"msg":"slow","ms":NaN}\0'));
  assert.deepEqual(line!.fields, { msg: 'slow', ms: null });
});
