import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openMemoryBus } from '../../src/backends/bus/memory.ts';
import { RefusedRecords } from '../../src/backends/logs/store.ts';
import { AppError } from '../../src/domain/errors.ts';
import type { LogRecord } from '../../src/domain/log/record.ts';
import type { SourceLine } from '../../src/domain/log/source-line.ts';
import type { RefusedLine } from '../../src/pipeline/sources/refused-records.ts';
import { memoryState } from '../fakes/state.ts';
import { linesOf, pipelineWithSink } from './harness.ts';

const ordinary = (n: number): string[] =>
  Array.from(
    { length: n },
    (_, i) =>
      `2026-01-01T00:${String(Math.floor(i / 60) % 60).padStart(2, '0')}:${String(i % 60).padStart(2, '0')}Z INFO served request ${i}`,
  );

test('lines become stored records with templates', async () => {
  const { pipeline, sink, metrics } = pipelineWithSink();
  const totals = await pipeline.run([
    linesOf(ordinary(2_500)),
    linesOf(['2026-01-01T01:00:00Z ERROR boom'], 'b.log'),
  ]);
  const { extent, ...counts } = totals;
  assert.deepEqual(counts, { lines: 2_501, templates: 2, anomalies: 0, errors: 1, services: ['app', 'b'] });
  assert.deepEqual(extent, {
    from: Math.min(...sink.records.map(({ timestamp }) => timestamp)),
    to: Math.max(...sink.records.map(({ timestamp }) => timestamp)),
  });
  assert.equal(sink.records.length, 2_501);
  assert.equal(sink.records[7]!.template!.pattern, 'served request <*>');
  assert.equal(sink.records.at(-1)!.service, 'b');
  assert.match(await metrics.registry.metrics(), /bongsu_records_total\{source="file"\} 2501/);
});

test('the taking of lines can be passed on alone, as collectors get it', async () => {
  const { pipeline, sink } = pipelineWithSink();
  const { take } = pipeline;
  await take([{ text: 'INFO one', source: 'syslog', position: '1' }], { source: 'syslog' });
  assert.equal(sink.records.length, 1);
});

test('a batch is pulled only when the one before is stored and its anomalies are published', async () => {
  const { pipeline, sink } = pipelineWithSink({
    detect: { warmup: 10, bucketMs: 10_000, warning: 0.6, critical: 0.85 },
  });
  const burst = Array.from({ length: 60 }, (_, i) => `2026-01-01T00:10:0${i % 10}Z ERROR pool dry ${i}`);
  async function* source(): AsyncGenerator<SourceLine[]> {
    yield linesOf(ordinary(600));
    assert.equal(sink.records.length, 600);
    yield linesOf(burst);
    assert.equal(sink.records.length, 660);
    assert.ok(sink.anomalies.length > 0);
  }
  const totals = await pipeline.run(source());
  assert.equal(totals.anomalies, sink.anomalies.length);
  assert.equal(sink.published[0]!.topic, 'log-anomalies');
  assert.equal(sink.published[0]!.message.key, 'app');
});

test('while the store or the bus is away nothing is lost and nothing twice', async () => {
  const { pipeline, sink } = pipelineWithSink({
    detect: { warmup: 10, bucketMs: 10_000, warning: 0.6, critical: 0.85 },
  });
  const failures = new Map([
    ['write', 2],
    ['publish', 1],
  ]);
  sink.fail = (what) => {
    const left = failures.get(what)!;
    if (left === 0) return;
    failures.set(what, left - 1);
    throw new AppError(what === 'write' ? 'unavailable' : 'timeout', 'away', { retryAfterMs: 5 });
  };
  const burst = Array.from({ length: 60 }, (_, i) => `2026-01-01T00:10:0${i % 10}Z ERROR pool dry ${i}`);
  await pipeline.run([linesOf(ordinary(600)), linesOf(burst, 'app.log.1')]);
  assert.equal(sink.records.length, 660);
  assert.equal(new Set(sink.anomalies.map(({ id }) => id)).size, sink.anomalies.length);
  assert.ok(sink.anomalies.length > 0);
});

/** Refuses records, as a store does whose mapping does not fit them. */
const refusing =
  (bad: (line: string) => boolean) =>
  (what: string, records: LogRecord[]): void => {
    const refused = what === 'write' ? records.filter(({ line }) => bad(line)) : [];
    if (refused.length > 0)
      throw new RefusedRecords(refused.map(({ id }) => ({ id, reason: 'no field takes it' })));
  };

test('a line the store cannot take is kept aside alone, counted and told with its reason', async () => {
  const kept: RefusedLine[] = [];
  const refused = { add: async (lines: readonly RefusedLine[]) => kept.push(...lines) * 0 };
  const { pipeline, sink, metrics } = pipelineWithSink({ refused });
  sink.fail = refusing((line) => line.includes('poison'));
  const lines = ordinary(9_000);
  for (const index of [77, 5_000, 8_999]) lines[index] += ' poison';
  const totals = await pipeline.run([linesOf(lines)]);
  assert.equal(sink.records.length, 8_997);
  assert.deepEqual([totals.lines, totals.refused, totals.reason], [9_000, 3, 'no field takes it']);
  assert.deepEqual(
    kept.map(({ line }) => [line.text, line.position]),
    [77, 5_000, 8_999].map((index) => [lines[index], String(index + 1)]),
  );
  assert.match(await metrics.registry.metrics(), /bongsu_records_refused_total\{source="file"\} 3/);
  assert.match(await metrics.registry.metrics(), /bongsu_records_total\{source="file"\} 8997/);
});

test('a damaged store refuses no line: what was not stored is not done with', async () => {
  const { pipeline, sink } = pipelineWithSink();
  sink.fail = () => {
    throw new AppError('malformed', 'the file is damaged');
  };
  await assert.rejects(pipeline.run([linesOf(ordinary(3))]), { code: 'malformed' });
});

test('a source without an end waits while a person has to mend the store, and loses nothing', async () => {
  for (const code of ['storage_full', 'unauthorized', 'config_invalid', 'malformed'] as const) {
    const { pipeline, sink } = pipelineWithSink();
    let failures = 2;
    sink.fail = (what) => {
      if (what !== 'write' || failures === 0) return;
      failures -= 1;
      throw new AppError(code, 'mend me', { retryAfterMs: 1 });
    };
    await pipeline.take(linesOf(ordinary(3)), { source: 'beats' });
    assert.equal(sink.records.length, 3, code);
  }
});

test('lines of a topic that the store refuses go to its dead letters, byte for byte', async () => {
  await using bus = openMemoryBus();
  const { pipeline, sink, metrics } = pipelineWithSink({ bus });
  sink.fail = refusing((line) => line.includes('poison'));
  const dead: { value: string; headers: Record<string, string> }[] = [];
  await using _dead = await bus.subscribe(
    'log-stream.dlq',
    { group: 't', from: 'earliest' },
    async (batch) => {
      for (const { value, headers } of batch) dead.push({ value: value.toString(), headers });
    },
  );
  await using _consumer = await pipeline.consume({ group: 'p' });
  const element = '{ "msg":"poison in a batch",\t"n": 12345678901234567890, "data":[1, "]"] }';
  await bus.publish('log-stream', [
    { value: '2026-01-01T00:00:00Z ERROR poison raw\r\n', key: 'k', headers: { team: 'a' } },
    { value: '2026-01-01T00:00:00Z ERROR good raw' },
    { value: '{"msg": "poison record"}' },
    { value: `{"type":"x","data":["good one", ${element}, "poison \\"text\\"", {"msg":"good two"}]}` },
  ]);
  while (sink.records.length < 3 || dead.length < 4) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.deepEqual(dead.map(({ value }) => value).sort(), [
    '2026-01-01T00:00:00Z ERROR poison raw\r\n',
    'poison "text"',
    '{ "msg":"poison in a batch",\t"n": 12345678901234567890, "data":[1, "]"] }',
    '{"msg": "poison record"}',
  ]);
  const raw = dead.find(({ value }) => value.includes('raw'))!;
  assert.equal(raw.headers.team, 'a');
  assert.equal(raw.headers['bongsu-topic'], 'log-stream');
  assert.equal(raw.headers['bongsu-error'], 'malformed: no field takes it');
  assert.equal(dead.find(({ value }) => value.includes('text'))!.headers['bongsu-element'], '2');
  assert.deepEqual(sink.records.map(({ message }) => message).sort(), ['good one', 'good raw', 'good two']);
  assert.match(await metrics.registry.metrics(), /bongsu_dead_letters_total\{topic="log-stream"\} 4/);
});

test('a batch of which the store refuses very many lines is put aside whole, once', async () => {
  await using bus = openMemoryBus();
  const { pipeline, sink } = pipelineWithSink({ bus });
  sink.fail = refusing((line) => line.includes('poison'));
  const dead: { value: string; error: string }[] = [];
  await using _dead = await bus.subscribe(
    'log-stream.dlq',
    { group: 't', from: 'earliest' },
    async (batch) => {
      for (const { value, headers } of batch)
        dead.push({ value: value.toString(), error: headers['bongsu-error']! });
    },
  );
  await using _consumer = await pipeline.consume({ group: 'p' });
  const data = Array.from({ length: 20_000 }, (_, n) => (n === 9 ? 'good' : `poison ${n}`));
  const value = ` ${JSON.stringify({ type: 'x', data })}`;
  await bus.publish('log-stream', [{ value }]);
  while (sink.records.length < 1 || dead.length < 1) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.deepEqual(dead, [
    { value, error: 'malformed: 19999 of 20000 elements of a batch; the first: no field takes it' },
  ]);
});

test('of a batch with elements that cannot be read the others are taken', async () => {
  await using bus = openMemoryBus();
  const { pipeline, sink } = pipelineWithSink({ bus });
  const dead: string[] = [];
  await using _dead = await bus.subscribe(
    'log-stream.dlq',
    { group: 't', from: 'earliest' },
    async (batch) => {
      for (const { value, headers } of batch) dead.push(`${headers['bongsu-element']}: ${value}`);
    },
  );
  await using _consumer = await pipeline.consume({ group: 'p' });
  await bus.publish('log-stream', [
    { value: '{"type":"x","timestamp":null,"count":"5","data":["one", null, [ 1,2 ], 7, {"msg":"two"}]}' },
  ]);
  while (sink.records.length < 2 || dead.length < 3) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.deepEqual(dead.sort(), ['1: null', '2: [ 1,2 ]', '3: 7']);
  assert.deepEqual(sink.records.map(({ message }) => message).sort(), ['one', 'two']);
  assert.equal(new Set(sink.records.map(({ id }) => id)).size, 2);
});

test('a full disk ends a run that ends; an abort stops it, also while it waits', async () => {
  const full = pipelineWithSink();
  full.sink.fail = () => {
    throw new AppError('storage_full', 'no space');
  };
  await assert.rejects(full.pipeline.run([linesOf(['a'])]), { code: 'storage_full' });
  const away = pipelineWithSink();
  const stop = new AbortController();
  away.sink.fail = () => {
    setImmediate(() => stop.abort());
    throw new AppError('unavailable', 'away', { retryAfterMs: 60_000 });
  };
  await assert.rejects(away.pipeline.run([linesOf(['a'])], { signal: stop.signal }), { code: 'stopped' });
});

test('consumes the topic in its three shapes; what cannot be read goes to the dead letters, the rest goes on', async () => {
  await using bus = openMemoryBus();
  const { pipeline, sink, metrics } = pipelineWithSink({ bus });
  const dead: { value: string; headers: Record<string, string> }[] = [];
  await using _dead = await bus.subscribe(
    'log-stream.dlq',
    { group: 't', from: 'earliest' },
    async (batch) => {
      for (const { value, headers } of batch) dead.push({ value: value.toString('latin1'), headers });
    },
  );
  await using _consumer = await pipeline.consume({ group: 'p' });
  const bad = [
    Buffer.from([0xff, 0xfe, 0x41]),
    Buffer.from('{"data":[1]}'),
    Buffer.from('{not json'),
    Buffer.from(''),
  ];
  await bus.publish('log-stream', [
    { value: '2026-01-01T00:00:00Z ERROR raw line' },
    {
      value: JSON.stringify({ time: '2026-01-01T00:00:01Z', level: 'warn', service: 'order', msg: 'record' }),
    },
    ...bad.map((value) => ({ value })),
    {
      value: JSON.stringify({
        type: 'application',
        timestamp: '2023-04-25T01:00:00',
        count: 2,
        data: ['plain in a batch', { service: 'cart', message: 'object in a batch' }],
      }),
    },
  ]);
  while (sink.records.length < 4 || dead.length < 4) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.deepEqual(sink.records.map(({ message }) => message).sort(), [
    'object in a batch',
    'plain in a batch',
    'raw line',
    'record',
  ]);
  const inBatch = sink.records.find(({ message }) => message === 'plain in a batch')!;
  assert.equal(new Date(inBatch.timestamp).getUTCFullYear(), 2023);
  assert.deepEqual(
    dead.map(({ value }) => value).sort(),
    bad.map((value) => value.toString('latin1')).sort(),
  );
  assert.match(dead[0]!.headers['bongsu-error']!, /^malformed: /);
  assert.match(await metrics.registry.metrics(), /bongsu_dead_letters_total\{topic="log-stream"\} 4/);
});

test('templates survive a restart with their ids', async () => {
  const before = pipelineWithSink();
  await before.pipeline.run([linesOf(ordinary(10))]);
  const after = pipelineWithSink();
  after.pipeline.restore(JSON.parse(JSON.stringify(before.pipeline.save())));
  await after.pipeline.run([linesOf(ordinary(10))]);
  assert.equal(after.sink.records[0]!.template!.id, before.sink.records[0]!.template!.id);
});

const dry = (count: number) => Array.from({ length: count }, () => '2026-01-01T00:10:05Z ERROR pool dry');

test('what the detectors have learned survives a restart: nothing is announced anew', async () => {
  const state = memoryState();
  const before = pipelineWithSink({ state });
  const living = await before.pipeline.startTimers();
  await before.pipeline.run([linesOf([...ordinary(600), ...dry(60)])]);
  assert.ok(before.sink.anomalies.length > 0);
  await living[Symbol.asyncDispose]();
  const after = pipelineWithSink({ state });
  await using _living = await after.pipeline.startTimers();
  await after.pipeline.take(linesOf(dry(20)), { source: 'tail' });
  assert.deepEqual(after.sink.anomalies, []);
  // Without what was learned it would be warming up; with it, another bucket is published.
  await after.pipeline.run([linesOf(dry(60).map((line) => line.replace('10:05', '11:05')))]);
  assert.ok(after.sink.anomalies.length > 0);
});

test('a file that is read again is no news, whatever was learned meanwhile; another file of its service is', async () => {
  const state = memoryState();
  const file = [...ordinary(600), ...dry(60)];
  const idsOf = async (lines: string[], path: string): Promise<string[]> => {
    const { pipeline, sink } = pipelineWithSink({ state });
    const living = await pipeline.startTimers();
    await pipeline.run([linesOf(lines, path)]);
    await living[Symbol.asyncDispose]();
    return sink.anomalies.map(({ id }) => id);
  };
  const first = await idsOf(file, 'a.log');
  assert.ok(first.length > 0);
  assert.deepEqual(await idsOf(file, 'a.log'), first);
  assert.deepEqual(await idsOf(file, 'copy/a.log'), first);
  const other = await idsOf(
    file.map((line) => line.replace('pool dry', 'disk full')),
    'b.log',
  );
  assert.ok(other.length > 0);
  assert.ok(other.every((id) => !first.includes(id)));
});

test('a damaged state is begun anew and written again', async () => {
  const state = memoryState();
  await state.commit({
    put: [{ kind: 'detector', id: 'learned/bongsu/local', value: { format: 1, data: 'H4sIAAAA' } }],
  });
  const { pipeline } = pipelineWithSink({ state });
  const living = await pipeline.startTimers();
  assert.equal((await pipeline.run([linesOf(ordinary(5))])).lines, 5);
  await living[Symbol.asyncDispose]();
  assert.equal((await state.get('detector', 'learned/bongsu/local'))!.version, 2);
});
