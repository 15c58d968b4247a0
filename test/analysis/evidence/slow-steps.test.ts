import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readerOver } from '../../../src/analysis/logs/reader.ts';
import type { LogRecord } from '../../../src/domain/log/record.ts';
import { MINUTE } from '../../../src/domain/time/units.ts';
import { NOON, record } from '../../fakes/incident-logs.ts';
import { analyst, answerWhy, drain, mined, whyQuestion } from '../harness.ts';

const LENGTH = 120;
/** Requests for two endpoints, two of each a minute; a single 500 every forty minutes. */
const requests = (flourMs: (minute: number) => number): LogRecord[] =>
  Array.from({ length: 4 * LENGTH }, (_, i) => {
    const minute = Math.floor(i / 4);
    const endpoint = i % 2 === 0 ? 'GET /flour' : 'GET /bran';
    const durationMs = endpoint === 'GET /flour' ? flourMs(minute) + (i % 7) : 30 + (i % 11);
    const status = i % 160 === 3 ? 500 : 200;
    const text = `"${endpoint} HTTP/1.1" ${status} ${durationMs}`;
    return record(NOON + i * 15_000, 'mill', 'info', text, { request: { endpoint, status, durationMs } });
  });

test('response times that rose without an error are the cause, with the figures of now and before', async () => {
  const slow = mined(requests((minute) => (minute >= 80 ? 8_200 : 40)));
  const answer = await answerWhy(slow);
  assert.equal(answer.causes[0]?.service, 'mill');
  assert.match(
    answer.causes[0]!.cause,
    /^slow: GET \/flour 8\.2 s \(usually 4\d ms\); \d+ of its own lines say so\.$/,
  );
  assert.match(answer.causes[0]!.evidence[0]!.line, /GET \/flour/);
  assert.notEqual(answer.verdict, 'confirmed');
  const ko = analyst({ logs: readerOver(slow) }).ask(whyQuestion('ko'), { useModel: false });
  assert.match((await drain(ko)).answer.causes[0]!.cause, /^느려짐: GET \/flour 8\.2초\(평소 4\d밀리초\)/);
});

test('response times that vary as ever, or that are slow all the time, are none', async () => {
  const varied = await answerWhy(mined(requests((minute) => (minute % 9 === 0 ? 300 : 90 + (minute % 40)))));
  assert.equal(varied.verdict, 'inconclusive');
  assert.doesNotMatch(varied.causes[0]?.cause ?? '', /^slow/);
  const always = await answerWhy(mined(requests(() => 8_200)));
  assert.doesNotMatch(always.causes[0]?.cause ?? '', /^slow/);
});

test('a message that names its own time is a step as well', async () => {
  const lines = Array.from({ length: 360 }, (_, i) =>
    record(
      NOON + i * 20_000,
      'mill',
      'info',
      `sack ${i} ground in ${i >= 240 && i < 300 ? 4_000 : 20 + (i % 9)} ms`,
    ),
  );
  const answer = await answerWhy(mined(lines));
  assert.match(answer.causes[0]?.cause ?? '', /^slow: 4 s \(usually 2\d ms\)/);
  assert.ok(NOON + 80 * MINUTE <= Date.parse(answer.evidence[0]!.timestamp));
});
