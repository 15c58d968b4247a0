import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostileShapes } from '../../scripts/bench/hostile-shapes.ts';
import { cutText } from '../../src/domain/log/record.ts';
import { createDetector } from '../../src/pipeline/detect/detector.ts';
import { createMiner } from '../../src/pipeline/mining/miner.ts';
import { createNormalizer, serviceOfSource } from '../../src/pipeline/normalize/normalize.ts';
import { syslogLine } from '../../src/pipeline/sources/syslog/message.ts';

const AT = Date.UTC(2026, 10, 21);

test('lines made to cost much go all the way, and their text is kept', () => {
  const normalize = createNormalizer({ timeZone: 'UTC', now: () => AT });
  const miner = createMiner();
  const detector = createDetector({
    warmup: 0,
    bucketMs: 10_000,
    warning: 0.6,
    critical: 0.85,
    language: 'en',
    timeZone: 'UTC',
  });
  let position = 0;
  for (const { name, text } of hostileShapes()) {
    position += 1;
    // A part of the pairs of characters; all of them are in the bench.
    if (name.startsWith('pair') && position % 8 !== 0) continue;
    const line = syslogLine(text, { sender: '10.0.0.1', position: String(position), receivedAt: AT });
    const record = normalize(line);
    assert.equal(record.line, cutText(text), name);
    record.template = miner.add(record.message).template;
    detector.add([record]);
  }
  assert.ok(position > 200);
});

test('the ends of a file name are taken off one by one, however many', () => {
  const ends = '.0000-0000-0000-00000000-'.repeat(10);
  assert.equal(typeof serviceOfSource(`_00000000T0${ends}\u0000.0`), 'string');
  for (const [name, service] of [
    ['logs/inventory-api.2026-11-21.log.1.gz', 'inventory-api'],
    ['cart.log.20261121-0500', 'cart'],
    ['cart-2026-11-21T0500.jsonl', 'cart'],
    [`cart${'.00000000'.repeat(25)}`, 'cart'],
    [`cart.x${'.00000000'.repeat(25)}!`, `cart.x${'.00000000'.repeat(25)}!`.slice(0, 200)],
  ] as const)
    assert.equal(serviceOfSource(name), service);
});

test('control sequences of every kind are no part of a message, and hide none of it', () => {
  const normalize = createNormalizer({ timeZone: 'UTC', now: () => AT });
  const messageOf = (text: string) => normalize({ text, source: 'a', position: text }).message;
  for (const [text, message] of [
    ['\u001b[31mdisk full\u001b[0m', 'disk full'],
    ['\u009b31mdisk full\u009b0m', 'disk full'],
    ['\u001bPq\u001b\\disk full', 'disk full'],
    ['\u001b_x\u001b\\disk \u009dy\u009cfull', 'disk full'],
    ['\u001b]disk full', 'disk full'],
    ['\u001b]'.repeat(30_000), ''],
  ] as const)
    assert.equal(messageOf(text), message);
});

test('an object nested deeper than any stack is a record all the same', () => {
  const normalize = createNormalizer({ timeZone: 'UTC', now: () => AT });
  for (const [open, close] of [
    ['{"a":', '}'],
    ['[', ']'],
    ['{"a":[', ']}'],
  ] as const) {
    const text = `{"level":"error","msg":"no disk","more":${open.repeat(7_000)}1${close.repeat(7_000)}}`;
    const record = normalize({ text, source: 'a', position: open });
    assert.ok(record.message === 'no disk', open);
    assert.equal(record.level, 'error');
  }
});
