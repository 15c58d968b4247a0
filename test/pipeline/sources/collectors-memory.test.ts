import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { deflateSync, gzipSync } from 'node:zlib';
import { Client, credentials, type ServiceError, status } from '@grpc/grpc-js';
import { EXPORT, type LogsRequest, type LogsResponse } from '../../../src/pipeline/otlp/protocol.ts';
import { MAX_PARTS } from '../../../src/pipeline/sources/otlp/parts.ts';
import { scratch, startCollectors, until } from './harness.ts';
import { logsRequest } from './otlp/harness.ts';

/** Small, so that little data fills it. */
const WAITING = 1_048_576;
const LIMITS = { waitingBytes: WAITING, messageBytes: 65_536 };

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
const window = (size: number): Buffer => Buffer.concat([Buffer.from('2W'), u32(size)]);
const event = (sequence: number, message: string): Buffer => {
  const json = Buffer.from(JSON.stringify({ '@timestamp': '2026-01-01T00:00:00Z', message }));
  return Buffer.concat([Buffer.from('2J'), u32(sequence), u32(json.length), json]);
};
function packed(bytes: Buffer): Buffer {
  const zip = deflateSync(bytes, { level: 9 });
  return Buffer.concat([Buffer.from('2C'), u32(zip.length), zip]);
}
/** A window with one compressed frame of a few kilobytes, which unpacks to about 3.8 MB. */
const bomb = (events = 60): Buffer =>
  Buffer.concat([
    window(events),
    packed(
      Buffer.concat(Array.from({ length: events }, (_, n) => event(n + 1, `${n} ${'x'.repeat(63_000)}`))),
    ),
  ]);
function acknowledged(socket: Socket): number[] {
  const seen: number[] = [];
  let rest = Buffer.alloc(0);
  socket.on('error', () => {});
  socket.on('data', (chunk: Buffer) => {
    for (rest = Buffer.concat([rest, chunk]); rest.length >= 6; rest = rest.subarray(6))
      if (rest.readUInt32BE(2) > 0) seen.push(rest.readUInt32BE(2));
  });
  return seen;
}
const waitingBytes = (app: Awaited<ReturnType<typeof startCollectors>>): number =>
  app.collectors.waitingBytes();
const httpLogs = (port: number, body: Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) =>
  fetch(`http://127.0.0.1:${port}/v1/logs`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json', ...headers },
  });

test('frames that unpack to hundreds of times their size: no more is held than the budget, all of it is stored, once', async () => {
  await using app = await startCollectors({ beats: { port: 0 }, limits: LIMITS });
  const gate = Promise.withResolvers<void>();
  app.control.gate = gate.promise;
  let most = 0;
  const watch = setInterval(() => {
    most = Math.max(most, waitingBytes(app));
  }, 1);
  const sockets = Array.from({ length: 12 }, () => connect(app.portOf('beats'), '127.0.0.1'));
  const acks = sockets.map(acknowledged);
  for (const socket of sockets) socket.write(bomb());
  await until(() => waitingBytes(app) > WAITING / 4, 'the budget to fill');
  // While the store waits nothing is acknowledged.
  for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  assert.ok(waitingBytes(app) <= WAITING / 2, String(waitingBytes(app)));
  assert.deepEqual(acks.flat(), []);
  gate.resolve();
  await until(() => acks.every((seen) => seen.length === 1), 'every acknowledgement');
  clearInterval(watch);
  assert.ok(most <= WAITING, String(most));
  assert.equal(app.sink.records.length, 12 * 60);
  assert.equal(waitingBytes(app), 0);
  assert.deepEqual(await app.refused(), {});
  for (const socket of sockets) socket.destroy();
});

test('room is given back however a connection ends', async () => {
  await using app = await startCollectors({
    beats: { port: 0 },
    otlp: { http: { port: 0 } },
    syslog: { tcp: { port: 0 } },
    limits: LIMITS,
  });
  const whole = bomb();
  const broken = Buffer.from(whole);
  broken.fill(0xff, broken.length - 200);
  const endings: [string, (socket: Socket) => void][] = [
    ['in the middle of a packed frame', (socket) => socket.end(whole.subarray(0, whole.length / 2))],
    [
      'in the middle of an event',
      (socket) => socket.end(Buffer.concat([window(2), event(1, 'a').subarray(0, 20)])),
    ],
    ['reset', (socket) => socket.write(whole, () => socket.resetAndDestroy())],
    ['with a packed frame that cannot be unpacked', (socket) => socket.write(broken)],
    [
      'with an event that is too long',
      (socket) => socket.write(Buffer.concat([window(1), Buffer.from('2J'), u32(1), u32(99_999_999)])),
    ],
    [
      'with a packed frame in a packed frame',
      (socket) => socket.write(Buffer.concat([window(1), packed(packed(event(1, 'a')))])),
    ],
    [
      'with bytes behind the packed data, and a good event',
      (socket) => {
        const zip = Buffer.concat([deflateSync(event(1, 'behind')), Buffer.alloc(100_000, 7)]);
        socket.end(Buffer.concat([window(2), Buffer.from('2C'), u32(zip.length), zip, event(2, 'good')]));
      },
    ],
  ];
  for (const [how, end] of endings)
    for (let again = 0; again < 3; again += 1) {
      const socket = connect(app.portOf('beats'), '127.0.0.1');
      socket.on('error', () => {});
      socket.resume();
      end(socket);
      await once(socket, 'close');
      await until(() => waitingBytes(app) === 0, how);
    }
  assert.ok(
    app.taken.some(({ text }) => text === 'good'),
    'what follows the packed data is read',
  );
  // Larger than what one collector may hold: it gets through alone, as far as it can be read.
  const bombs = gzipSync(Buffer.alloc(900_000, 'x'));
  assert.equal((await httpLogs(app.portOf('otlp http'), bombs, { 'content-encoding': 'gzip' })).status, 400);
  assert.equal((await httpLogs(app.portOf('otlp http'), Buffer.from('{x'))).status, 400);
  assert.equal(
    (await httpLogs(app.portOf('otlp http'), Buffer.from('{}'), { 'content-encoding': 'gzip' })).status,
    400,
  );
  const half = connect(app.portOf('otlp http'), '127.0.0.1');
  half.write(
    'POST /v1/logs HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 9999\r\n\r\n{"a":',
  );
  await until(() => waitingBytes(app) > 0, 'half a body');
  half.destroy();
  await until(() => waitingBytes(app) === 0, 'half a body to be given back');
});

test('OTLP over HTTP: a body that unpacks beyond the room is stopped on the way and asked to come again', async () => {
  await using app = await startCollectors({ otlp: { http: { port: 0 } }, limits: LIMITS });
  const port = app.portOf('otlp http');
  const gzip = { 'content-encoding': 'gzip' };
  const gate = Promise.withResolvers<void>();
  app.control.gate = gate.promise;
  const first = httpLogs(port, gzipSync(JSON.stringify(logsRequest(3, 'a'.repeat(60_000)))), gzip);
  await until(() => waitingBytes(app) > 300_000, 'the first to wait for the store');
  const second = await httpLogs(port, gzipSync(JSON.stringify(logsRequest(3, 'b'.repeat(60_000)))), gzip);
  assert.equal(second.status, 503);
  assert.ok(Number(second.headers.get('retry-after')) >= 1);
  gate.resolve();
  assert.equal((await first).status, 200);
  assert.equal(waitingBytes(app), 0);
  assert.equal(
    (await httpLogs(port, gzipSync(JSON.stringify(logsRequest(3, 'b'.repeat(60_000)))), gzip)).status,
    200,
  );
  assert.equal(app.sink.records.length, 6);
  assert.deepEqual(await app.refused(), { overflow: 1 });
});

/** A request of empty records, two bytes each, as protobuf. */
function empties(records: number): Buffer {
  const wrapped = (tag: number, bytes: Buffer): Buffer => {
    const length: number[] = [];
    for (let left = bytes.length; ; left >>>= 7) {
      length.push(left > 127 ? (left & 127) | 128 : left);
      if (left <= 127) break;
    }
    return Buffer.concat([Buffer.from([tag, ...length]), bytes]);
  };
  return wrapped(0x0a, wrapped(0x12, Buffer.alloc(records * 2, Buffer.from([0x12, 0]))));
}

test('OTLP over HTTP: bodies that stall give their room to others after a while', async (t) => {
  await using app = await startCollectors({ otlp: { http: { port: 0 } }, limits: LIMITS });
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() });
  const closed: number[] = [];
  const stalled = Array.from({ length: 6 }, (_, n) => {
    const socket = connect(app.portOf('otlp http'), '127.0.0.1');
    socket.on('error', () => {});
    socket.once('close', () => closed.push(n));
    socket.write(
      `POST /v1/logs HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 999999\r\n\r\n${'x'.repeat(80_000)}`,
    );
    return socket;
  });
  await until(() => waitingBytes(app) === 6 * 80_000, 'the stalled bodies');
  const honest = Buffer.from(JSON.stringify(logsRequest(1, 'z'.repeat(60_000))));
  assert.equal((await httpLogs(app.portOf('otlp http'), honest)).status, 503, 'they may still come');
  t.mock.timers.tick(11_000);
  assert.equal((await httpLogs(app.portOf('otlp http'), honest)).status, 200);
  assert.equal(app.sink.records.length, 1);
  await until(() => closed.length > 0, 'one of them to be cut');
  assert.ok(closed.length < 3, 'no more than was needed');
  for (const socket of stalled) socket.destroy();
  await until(() => waitingBytes(app) === 0, 'all to be given back');
});

test('OTLP: a request of millions of empty values is refused before it is decoded, however it comes', async (t) => {
  await using app = await startCollectors({ otlp: { grpc: { port: 0 }, http: { port: 0 } } });
  const port = app.portOf('otlp http');
  const gzip = { 'content-encoding': 'gzip' };
  const proto = { 'content-type': 'application/x-protobuf' };
  const many = empties(MAX_PARTS + 1);
  assert.equal((await httpLogs(port, Buffer.from(many), proto)).status, 413);
  assert.equal((await httpLogs(port, gzipSync(many), { ...proto, ...gzip })).status, 413);
  const json = (what: string): Buffer<ArrayBuffer> =>
    Buffer.from(`{"resourceLogs":[${what.repeat(MAX_PARTS)}{}]}`);
  for (const what of ['{},', '[],', '0,'])
    assert.equal((await httpLogs(port, gzipSync(json(what)), gzip)).status, 413, what);
  const client = new Client(`127.0.0.1:${app.portOf('otlp grpc')}`, credentials.createInsecure());
  t.after(() => client.close());
  const refused = await new Promise<ServiceError | null>((done) => {
    client.makeUnaryRequest(
      EXPORT.path,
      () => many,
      EXPORT.responseDeserialize,
      {},
      (error) => done(error),
    );
  });
  assert.equal(refused?.code, status.INVALID_ARGUMENT);
  assert.equal(waitingBytes(app), 0);
  assert.deepEqual(await app.refused(), { too_large: 6 });
  // Text may contain any number of commas and braces.
  const text = logsRequest(1, '{,"[\\'.repeat(150_000));
  assert.equal((await httpLogs(port, Buffer.from(JSON.stringify(text)))).status, 200);
  assert.equal((await httpLogs(port, Buffer.from(EXPORT.requestSerialize(text)), proto)).status, 200);
});

test('OTLP over gRPC: what there is no room for is not read, is told so, and takes nothing with it', async (t) => {
  await using app = await startCollectors({ otlp: { grpc: { port: 0 } }, limits: LIMITS });
  const client = new Client(`127.0.0.1:${app.portOf('otlp grpc')}`, credentials.createInsecure());
  t.after(() => client.close());
  const send = (request: LogsRequest): Promise<ServiceError | undefined> =>
    new Promise((done) => {
      client.makeUnaryRequest<LogsRequest, LogsResponse>(
        EXPORT.path,
        (value) => Buffer.from(EXPORT.requestSerialize(value)),
        EXPORT.responseDeserialize,
        request,
        (error) => done(error ?? undefined),
      );
    });
  const gate = Promise.withResolvers<void>();
  app.control.gate = gate.promise;
  const first = send(logsRequest(4, 'a'.repeat(50_000)));
  await until(() => app.collectors.health()['otlp grpc']!.detail.includes('4 waiting'), 'the first to wait');
  const second = await send(logsRequest(4, 'b'.repeat(50_000)));
  assert.equal(second?.code, status.RESOURCE_EXHAUSTED);
  assert.equal(second.metadata.get('grpc-status-details-bin').length, 1, 'with a time to come again');
  gate.resolve();
  assert.equal(await first, undefined);
  assert.equal(await send(logsRequest(4, 'b'.repeat(50_000))), undefined);
  await Promise.all(
    Array.from({ length: 20 }, (_, n) =>
      send(logsRequest(1, `many ${n}`)).then((error) => assert.equal(error, undefined)),
    ),
  );
  assert.equal(waitingBytes(app), 0);
  assert.equal(app.sink.records.length, 28);
});

test('a flood of Beats does not cost another door its lines: syslog and files', async () => {
  using folder = scratch();
  const file = join(folder.path, 'a.log');
  await using app = await startCollectors({
    beats: { port: 0 },
    syslog: { tcp: { port: 0 } },
    files: [file],
    limits: LIMITS,
  });
  const gate = Promise.withResolvers<void>();
  app.control.gate = gate.promise;
  const flood = Array.from({ length: 6 }, () => connect(app.portOf('beats'), '127.0.0.1'));
  const acks = flood.map(acknowledged);
  for (const socket of flood) socket.write(bomb());
  await until(() => waitingBytes(app) > WAITING / 4, 'the flood');
  writeFileSync(file, Array.from({ length: 3_000 }, (_, n) => `file ${n} ${'y'.repeat(300)}\n`).join(''));
  const syslog = connect(app.portOf('syslog tcp'), '127.0.0.1');
  syslog.end(Array.from({ length: 3_000 }, (_, n) => `<13>tcp ${n} ${'z'.repeat(300)}\n`).join(''));
  await until(() => waitingBytes(app) > WAITING / 2, 'others to have room beside the flood');
  assert.ok(waitingBytes(app) <= WAITING);
  gate.resolve();
  await until(() => acks.every((seen) => seen.length === 1), 'the flood to be stored');
  const count = (start: string): number =>
    new Set(app.taken.filter(({ text }) => text.includes(start)).map(({ text }) => text)).size;
  await until(() => count('tcp ') === 3_000 && count('file ') >= 2_999, 'every line of the others');
  assert.deepEqual(await app.refused(), {});
  for (const socket of flood) socket.destroy();
});

test('syslog: messages that come slowly and are long are held within the budget too, and all of them arrive', async () => {
  for (const [form, head, tail] of [
    ['with octet counts', `${200_000 + 4} <13>`, ''],
    ['with line ends', '<13>', '\n'],
  ] as const) {
    await using app = await startCollectors({
      syslog: { tcp: { port: 0 } },
      limits: { waitingBytes: WAITING, messageBytes: 262_144 },
    });
    const sockets = Array.from({ length: 8 }, () => connect(app.portOf('syslog tcp'), '127.0.0.1'));
    for (const [n, socket] of sockets.entries()) socket.write(`${head}${n} ${'x'.repeat(149_998)}`);
    await until(() => waitingBytes(app) > WAITING / 4, `${form}: room to be taken`);
    for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    assert.ok(waitingBytes(app) <= WAITING / 2, String(waitingBytes(app)));
    // A sender of little is not held up by them.
    const small = connect(app.portOf('syslog tcp'), '127.0.0.1');
    small.write('<13>small\n');
    for (const socket of sockets) socket.end(`${'y'.repeat(50_000)}${tail}`);
    await until(() => app.taken.length === 9, `${form}: every message`);
    const long = app.taken.map(({ text }) => text).filter((text) => text.includes('xy'));
    assert.equal(new Set(long).size, 8);
    await until(() => waitingBytes(app) === 0, 'all to be given back');
    assert.deepEqual(await app.refused(), {});
    small.destroy();
  }
});
