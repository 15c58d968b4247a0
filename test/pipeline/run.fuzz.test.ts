import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fuzzLines } from '../../scripts/fuzz/lines.ts';
import { recordedIncident } from '../../src/demo/recorded-incident.ts';
import { anomalyWire } from '../../src/domain/alert/anomaly.ts';
import { LEVELS, MAX_LINE } from '../../src/domain/log/record.ts';
import { inBatches, type SourceLine } from '../../src/domain/log/source-line.ts';
import { pipelineWithSink } from './harness.ts';

const PIECES = [
  '\u0000',
  '\u001b[31m',
  '"',
  '[',
  ']',
  '{',
  '}',
  '=',
  '<',
  '<34>1 ',
  '\\',
  '\ud83d',
  '\ufeff',
  '\u202e',
  '%',
  '오류',
  '2026-02-30T99:99:99Z',
  '999999999999999999999',
  '{"time":-1e300,"level":"오류","msg":"x"}',
  '{"ts":1e30,"msg":"x"}',
  '\n\tat a.b',
  ' '.repeat(300),
  'a='.repeat(200),
];

test('mutated lines: no exception, bounded records, valid anomalies', async () => {
  let state = 12_345;
  const random = (below: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % below;
  };
  const mutated: SourceLine[] = [];
  let nth = 0;
  for (const line of recordedIncident({ seed: 3, endsAt: Date.UTC(2026, 0, 1) })) {
    if (nth++ % 6 !== 0) continue;
    let { text } = line;
    for (let n = random(4); n > 0; n--) {
      const at = random(text.length + 1);
      const kind = random(3);
      if (kind === 0) text = text.slice(0, at) + PIECES[random(PIECES.length)] + text.slice(at);
      else if (kind === 1) text = text.slice(0, at) + text.slice(at + random(20));
      else text = text.slice(at) + text.slice(0, at);
    }
    mutated.push({ ...line, text, hint: random(10) === 0 ? { timestamp: Number.MAX_VALUE } : line.hint });
  }
  const { pipeline, sink } = pipelineWithSink();
  await pipeline.run(inBatches(mutated));
  assert.equal(sink.records.length, mutated.length);
  for (const [index, record] of sink.records.entries()) {
    assert.ok(Number.isSafeInteger(record.timestamp) && record.timestamp >= 0);
    assert.ok(record.line.length <= MAX_LINE && record.message.length <= MAX_LINE);
    assert.ok(LEVELS.includes(record.level) && record.service.length > 0 && record.template);
    assert.equal(record.line, mutated[index]!.text);
  }
  for (const anomaly of sink.anomalies) anomalyWire.parse(anomaly);
});

test('a small set of the mutations that test:fuzz makes', async () => {
  assert.match(await fuzzLines(4_000, 7), /^4000 lines of seed 7/);
});

// A regular expression that is not linear would take hours on these.
test('lines built to be slow are not', { timeout: 60_000 }, async () => {
  const long = (piece: string): string => piece.repeat(Math.ceil(MAX_LINE / piece.length));
  const texts = [
    'a.',
    'A',
    'aA.',
    '1:',
    ' a=',
    'a="',
    '[',
    '[[]',
    '<*>.',
    '"',
    "'",
    '1.',
    '-',
    '\\"',
    'x=1 ',
    'Error',
    ' Jan',
    '\u001b[',
    '0 ',
    '가1',
    '/a',
    'trace',
  ].map(long);
  const lines = texts.map((text, i) => ({
    text: `2026-01-01 00:00:00 ${text}`,
    source: 's',
    position: String(i),
  }));
  const { pipeline, sink } = pipelineWithSink();
  await pipeline.run([lines, lines.map((line, i) => ({ ...line, text: texts[i]! }))]);
  for (const { template } of sink.records) assert.ok(template!.pattern.length <= MAX_LINE);
});
