import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jsonLines } from '../../../../src/pipeline/sources/files/json-values.ts';

const isRecord = (field: string): boolean => field === 'time' || field === 'msg';

async function linesOf(text: string, isDocument = true, chunk = 7): Promise<string[]> {
  async function* chunks() {
    const bytes = Buffer.from(text);
    // The shape is told by the first chunk, which has all of a small file.
    yield bytes.subarray(0, 64);
    for (let at = 64; at < bytes.length; at += chunk) yield bytes.subarray(at, at + chunk);
  }
  const out: Uint8Array[] = [];
  for await (const part of jsonLines(chunks(), isDocument, isRecord)) out.push(Buffer.from(part));
  return Buffer.concat(out).toString('utf8').split('\n');
}
const objects = async (text: string, isDocument?: boolean): Promise<unknown[]> =>
  (await linesOf(text, isDocument)).filter((line) => line !== '').map((line) => JSON.parse(line));

const RECORDS = [
  { time: 1, msg: 'a ] } , "b" \\', list: [{ x: 1 }, { x: 2 }] },
  { time: 2, msg: '주문 실패' },
];

test('a list of objects, in one line or in many, is one object a line', async () => {
  assert.deepEqual(await objects(JSON.stringify(RECORDS), false), RECORDS);
  assert.deepEqual(await objects(JSON.stringify(RECORDS, null, 2), false), RECORDS);
  assert.deepEqual(await objects(`\ufeff${JSON.stringify(RECORDS)}`), RECORDS);
});

test('the list of an envelope, and objects over several lines', async () => {
  assert.deepEqual(
    await objects(JSON.stringify({ next: 'x', count: 2, events: RECORDS, more: [{ y: 1 }] })),
    RECORDS,
  );
  assert.deepEqual(
    await objects(RECORDS.map((record) => JSON.stringify(record, null, 2)).join('\n')),
    RECORDS,
  );
});

test('lines of objects, a record with a list, and what is no JSON pass as they are', async () => {
  for (const text of [
    RECORDS.map((record) => JSON.stringify(record)).join('\n'),
    JSON.stringify({ time: 3, spans: [{ x: 1 }, { x: 2 }] }),
    '[2026-11-24 06:00:00] {"x": 1}\n[2026-11-24 06:00:01] up',
    '[ { not json',
  ]) {
    const lines = await linesOf(text, false);
    assert.equal(lines.join('\n'), text);
  }
});

test('nothing is lost behind a document, or where one only seems to begin', async () => {
  const log = Array.from({ length: 40 }, (_, second) => `2026-11-24 06:00:${second + 10} ERROR down`).join(
    '\n',
  );
  for (const [text, lines] of [
    [`[{"x": 1}] started\n${log}`, `{"x": 1}\n started\n${log}`],
    [`[{"x": 1}, started\n${log}`, `{"x": 1}\nstarted\n${log}`],
    [`{"id": 1, "items": [{"x": 1}], "n": "]}"}\n${log}`, `{"x": 1}\n\n${log}`],
    [`{\n "x": 1\n}\n${log}`, `{  "x": 1 }\n${log}`],
    [`[{"x": \n${log}`, `{"x": \n${log}`],
  ])
    for (const chunk of [1, 7, 10_000]) assert.equal((await linesOf(text!, true, chunk)).join('\n'), lines);
});

test('an object that never ends is text: its lines stay lines, and only a megabyte is held', async () => {
  let held = 0;
  async function* chunks() {
    yield Buffer.from('[{"x": [\n');
    for (let i = 0; i < 400; i++) {
      const chunk = Buffer.from('2026-11-24 06:00:10 ERROR down\n'.repeat(300));
      held += chunk.length;
      yield chunk;
    }
  }
  let most = 0;
  let lines = 0;
  for await (const part of jsonLines(chunks(), true, isRecord)) {
    most = Math.max(most, held);
    held -= part.length;
    lines += Buffer.from(part).toString('utf8').split('\n').length - 1;
  }
  assert.equal(lines, 120_001);
  assert.ok(most < 1_100_000, String(most));
});
