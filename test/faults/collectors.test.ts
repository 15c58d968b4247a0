import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createWriteStream, mkdirSync, renameSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { deflateSync } from 'node:zlib';
import { OTLPLogExporter as GrpcExporter } from '@opentelemetry/exporter-logs-otlp-grpc';
import { OTLPLogExporter as JsonExporter } from '@opentelemetry/exporter-logs-otlp-http';
import { OTLPLogExporter as ProtoExporter } from '@opentelemetry/exporter-logs-otlp-proto';
import {
  LoggerProvider,
  type LogRecordExporter,
  type LogRecordProcessor,
  type ReadableLogRecord,
} from '@opentelemetry/sdk-logs';
import { type CollectorProcess, collectorProcess, freePort } from './collector.ts';

/** Kill -9 under load, so often for each collector; `BONGSU_FAULT_ROUNDS` for more. */
const ROUNDS = Number(process.env.BONGSU_FAULT_ROUNDS ?? 2);
const BATCH = 500;
const LINE = /^(?:line|\d{4}-\S+ line) \d+$/;

/**
 * Sends batch after batch until each of them was acknowledged once, while the process is killed at moments that differ
 * from round to round.
 * @param send resolves when a batch is acknowledged, rejects when it is not known whether it is; it comes again then
 */
async function underFire(
  app: CollectorProcess,
  send: (first: number) => Promise<void>,
): Promise<{ acknowledged: number }> {
  let acknowledged = 0;
  for (let round = 0; round <= ROUNDS; round += 1) {
    await app.start();
    const last = round === ROUNDS;
    let alive = true;
    const shot = last
      ? undefined
      : sleep(150 + 211 * round).then(async () => {
          alive = false;
          await app.kill();
        });
    const goal = acknowledged + 5 * BATCH;
    while (alive && (!last || acknowledged < goal)) {
      try {
        await send(acknowledged);
        acknowledged += BATCH;
      } catch {
        // Not acknowledged: the same batch comes again, to the next process if need be.
        await sleep(20);
      }
    }
    await shot;
  }
  await app.kill();
  return { acknowledged };
}

/** Every acknowledged line once, and nothing else twice. */
async function check(app: CollectorProcess, acknowledged: number): Promise<void> {
  const counts = await app.stored(LINE);
  assert.ok(acknowledged > 0);
  for (let n = 0; n < acknowledged; n += 1) assert.equal(counts.get(`line ${n}`), 1, `line ${n}`);
  for (const [line, count] of counts) assert.equal(count, 1, line);
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** One window over a connection of its own; resolves when all of it is acknowledged. */
async function lumberjack(port: number, first: number): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  socket.setTimeout(20_000, () => socket.destroy(new Error('timeout')));
  try {
    await once(socket, 'connect');
    const frames = Array.from({ length: BATCH }, (_, index) => {
      const time = new Date(1_767_225_600_000 + first + index).toISOString();
      const json = Buffer.from(JSON.stringify({ '@timestamp': time, message: `line ${first + index}` }));
      return Buffer.concat([Buffer.from('2J'), u32(index + 1), u32(json.length), json]);
    });
    const zip = deflateSync(Buffer.concat(frames));
    socket.write(Buffer.concat([Buffer.from('2W'), u32(BATCH), Buffer.from('2C'), u32(zip.length), zip]));
    let rest = Buffer.alloc(0);
    for await (const chunk of socket) {
      rest = Buffer.concat([rest, chunk as Buffer]);
      for (; rest.length >= 6; rest = rest.subarray(6)) if (rest.readUInt32BE(2) === BATCH) return;
    }
    throw new Error('the connection ended without an acknowledgement');
  } finally {
    socket.destroy();
  }
}

test('kill -9: Beats', async () => {
  const port = await freePort();
  await using app = await collectorProcess({ beats: { port } });
  const { acknowledged } = await underFire(app, (first) => lumberjack(port, first));
  await check(app, acknowledged);
});

/** Records as the OpenTelemetry SDK makes them. */
function otelRecords(first: number): ReadableLogRecord[] {
  const records: ReadableLogRecord[] = [];
  const keep: LogRecordProcessor = {
    onEmit: (record) => void records.push(record),
    forceFlush: async () => undefined,
    shutdown: async () => undefined,
  };
  const provider = new LoggerProvider({ processors: [keep] });
  const logger = provider.getLogger('load');
  for (let n = first; n < first + BATCH; n += 1)
    logger.emit({ body: `line ${n}`, timestamp: 1_767_225_600_000 + n, severityNumber: 9 });
  return records;
}

async function otelExport(exporter: LogRecordExporter, records: ReadableLogRecord[]): Promise<void> {
  const result = await new Promise<{ code: number; error?: Error }>((resolve) =>
    exporter.export(records, resolve),
  );
  if (result.code !== 0) throw result.error ?? new Error('not exported');
}

for (const protocol of ['grpc', 'protobuf', 'json'] as const)
  test(`kill -9: OTLP ${protocol}, OpenTelemetry's exporter`, async () => {
    const port = await freePort();
    await using app = await collectorProcess({ otlp: { [protocol === 'grpc' ? 'grpc' : 'http']: { port } } });
    const url = `http://127.0.0.1:${port}${protocol === 'grpc' ? '' : '/v1/logs'}`;
    const options = { url, timeoutMillis: 3_000 };
    const exporter =
      protocol === 'grpc'
        ? new GrpcExporter(options)
        : protocol === 'json'
          ? new JsonExporter(options)
          : new ProtoExporter(options);
    // Made once: what comes again has the same observed times.
    const made = new Map<number, ReadableLogRecord[]>();
    const { acknowledged } = await underFire(app, async (first) => {
      const records = made.get(first) ?? otelRecords(first);
      made.set(first, records);
      await otelExport(exporter, records);
      made.delete(first);
    });
    await exporter.shutdown();
    await check(app, acknowledged);
  });

test('kill -9: a followed file that is written and rotated meanwhile', async () => {
  await using app = await collectorProcess({ files: ['logs/*.log'] });
  mkdirSync(join(app.dir, 'logs'));
  const file = join(app.dir, 'logs', 'load.log');
  let sent = 0;
  let out = createWriteStream(file, { flags: 'a' });
  const write = async (count: number): Promise<void> => {
    let text = '';
    for (let n = 0; n < count; n += 1) {
      text += `2026-01-01T00:00:00Z line ${sent}\n`;
      sent += 1;
    }
    if (!out.write(text)) await once(out, 'drain');
  };
  for (let round = 0; round <= ROUNDS; round += 1) {
    await app.start();
    const until = Date.now() + 300 + 250 * round;
    while (Date.now() < until) {
      await write(200);
      await sleep(5);
    }
    if (round === 1) {
      renameSync(file, join(app.dir, 'logs', 'load.log.1'));
      out.end();
      out = createWriteStream(file, { flags: 'a' });
    }
    if (round < ROUNDS) await app.kill();
  }
  out.end();
  await once(out, 'close');
  let counts = await app.stored(LINE);
  for (const start = Date.now(); counts.size < sent && Date.now() - start < 90_000; await sleep(500))
    counts = await app.stored(LINE);
  assert.equal(counts.size, sent);
  for (const [line, count] of counts) assert.equal(count, 1, line);
});

test('kill -9: syslog over TCP, which knows no acknowledgement: nothing twice, nothing made up', async () => {
  const port = await freePort();
  await using app = await collectorProcess({ syslog: { tcp: { port } } });
  let sent = 0;
  for (let round = 0; round <= ROUNDS; round += 1) {
    await app.start();
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => socket.destroy());
    await once(socket, 'connect');
    const until = Date.now() + 300;
    while (Date.now() < until && !socket.destroyed) {
      let text = '';
      for (let n = 0; n < 100; n += 1) {
        text += `2026-01-01T00:00:00Z line ${sent}\n`;
        sent += 1;
      }
      socket.write(text);
      await sleep(2);
    }
    await app.kill();
    socket.destroy();
  }
  const counts = await app.stored(LINE);
  assert.ok(counts.size > 0 && counts.size <= sent);
  for (const [line, count] of counts) {
    assert.equal(count, 1, line);
    assert.ok(Number(line.split(' ').at(-1)) < sent);
  }
});
