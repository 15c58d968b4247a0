import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { deflateSync } from 'node:zlib';
import { type LumberjackFrame, readLumberjack } from '../../../../src/pipeline/sources/beats/frames.ts';
import { certificate, noOpenssl, scratch, startCollectors, until } from '../harness.ts';

/** The npm package `lumberjack-client`, which has no types. */
interface Client {
  log(data: object): void;
  socket?: Socket;
}
const LumberjackClient = createRequire(import.meta.url)('lumberjack-client') as new (
  options: object,
  tls?: boolean,
) => Client;

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
const events = (objects: object[]): Buffer =>
  Buffer.concat(
    objects.map((object, index) => {
      const json = Buffer.from(JSON.stringify(object));
      return Buffer.concat([Buffer.from('2J'), u32(index + 1), u32(json.length), json]);
    }),
  );
const window = (size: number): Buffer => Buffer.concat([Buffer.from('2W'), u32(size)]);
function packed(bytes: Buffer): Buffer {
  const zip = deflateSync(bytes);
  return Buffer.concat([Buffer.from('2C'), u32(zip.length), zip]);
}
async function* parts(...chunks: Buffer[]): AsyncGenerator<Buffer> {
  yield* chunks;
}
const event = (n: number, message = `line ${n}`) => ({
  '@timestamp': new Date(1_767_225_600_000 + n).toISOString(),
  message,
  host: { name: 'web-1' },
  log: { offset: n * 100, file: { path: '/var/log/order.log' } },
  fields: { team: '결제' },
});
/** What the other side has acknowledged so far, keep-alives (0) left out. */
function acknowledgements(socket: Socket): number[] {
  const seen: number[] = [];
  let rest = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    for (; rest.length >= 6; rest = rest.subarray(6))
      if (rest.readUInt32BE(2) > 0) seen.push(rest.readUInt32BE(2));
  });
  return seen;
}

test('frames: windows, events, compressed ones, wherever chunks are cut', async () => {
  const list = [event(1), event(2, '둘'), event(3)];
  const stream = Buffer.concat([window(3), events([list[0]!]), packed(events(list.slice(1))), window(1)]);
  for (let cut = 0; cut <= stream.length; cut += 7) {
    const frames: LumberjackFrame[] = [];
    for await (const frame of readLumberjack(parts(stream.subarray(0, cut), stream.subarray(cut)), 10_000))
      frames.push(frame);
    assert.deepEqual(
      frames.map((frame) => (frame.kind === 'window' ? frame.size : JSON.parse(frame.json).message)),
      [3, 'line 1', '둘', 'line 3', 1],
    );
  }
});

test('bytes behind the packed data, wherever they are cut: the frame ends with its length, whoever is silent then', async () => {
  const zip = Buffer.concat([deflateSync(events([event(1)])), Buffer.alloc(5_000, 7)]);
  const stream = Buffer.concat([window(1), Buffer.from('2C'), u32(zip.length), zip]);
  for (let cut = 1; cut < stream.length; cut += 61) {
    const silent = Promise.withResolvers<void>();
    const chunks = async function* (): AsyncGenerator<Buffer> {
      yield stream.subarray(0, cut);
      // The frames that have come are unpacked meanwhile.
      for (let turn = 0; turn < 20; turn += 1) await setImmediate();
      yield Buffer.concat([stream.subarray(cut), window(7)]);
      await silent.promise;
    };
    const seen: number[] = [];
    for await (const frame of readLumberjack(chunks(), 10_000)) {
      if (frame.kind !== 'window') continue;
      seen.push(frame.size);
      if (frame.size === 7) break;
    }
    silent.resolve();
    assert.deepEqual(seen, [1, 7], `cut at ${cut}`);
  }
});

test('frames that cannot be read or are too large end the connection', async () => {
  const bad = {
    malformed: [
      Buffer.from('1W'),
      Buffer.from('2X'),
      Buffer.concat([Buffer.from('2C'), u32(3), Buffer.from('abc')]),
    ],
    too_large: [
      Buffer.concat([Buffer.from('2J'), u32(1), u32(999_999)]),
      packed(events(Array.from({ length: 200 }, (_, n) => event(n, 'x'.repeat(700))))),
      window(4_000_000_000),
    ],
  };
  for (const [code, list] of Object.entries(bad))
    for (const bytes of list) {
      const reading = readLumberjack(parts(bytes), 1_024);
      await assert.rejects(
        async () => {
          for await (const frame of reading) assert.ok(frame);
        },
        { code },
      );
    }
});

test('a window is acknowledged when it is stored, not before; then it may come again and changes nothing', async () => {
  await using app = await startCollectors({ beats: { port: 0 } });
  const gate = Promise.withResolvers<void>();
  app.control.gate = gate.promise;
  const socket = connect(app.portOf('beats'), '127.0.0.1');
  const seen = acknowledgements(socket);
  const batch = Buffer.concat([window(3), packed(events([event(1), event(2), event(2)]))]);
  socket.write(batch);
  await until(() => /3 waiting/.test(app.collectors.health().beats!.detail), 'the window to wait');
  assert.deepEqual(seen, []);
  gate.resolve();
  await until(() => seen.length === 1, 'the acknowledgement');
  assert.deepEqual(seen, [3]);
  const ids = app.sink.records.map(({ id }) => id);
  assert.equal(new Set(ids).size, 3, 'equal events of one window are two records');
  socket.write(batch);
  await until(() => seen.length === 2, 'the second acknowledgement');
  assert.deepEqual(
    app.sink.records.slice(3).map(({ id }) => id),
    ids,
  );
  const [record] = app.sink.records;
  assert.equal(record?.service, 'order');
  assert.equal(record?.host, 'web-1');
  assert.equal(record?.line, 'line 1');
  assert.equal(record?.attributes['fields.team'], '결제');
  socket.end();
});

test('an event that is no JSON is counted and does not stop the others; several windows in one connection', async () => {
  await using app = await startCollectors({ beats: { port: 0 } });
  const socket = connect(app.portOf('beats'), '127.0.0.1');
  const seen = acknowledgements(socket);
  const broken = Buffer.concat([Buffer.from('2J'), u32(1), u32(3), Buffer.from('{x}')]);
  socket.write(Buffer.concat([window(2), broken, events([event(1)]), window(1), events([event(9)])]));
  await until(() => seen.length === 2, 'both acknowledgements');
  assert.equal(app.sink.records.length, 2);
  assert.deepEqual(await app.refused(), { malformed: 1 });
  socket.end();
});

test('lumberjack-client from npm: compressed batches, also over TLS', {
  skip: noOpenssl() ?? false,
}, async () => {
  using folder = scratch();
  const files = certificate(folder.path);
  for (const tls of [undefined, files]) {
    await using app = await startCollectors({ beats: { port: 0, ...(tls ? { tls } : {}) } });
    const ca = readFileSync(files.cert);
    const client = new LumberjackClient(
      { host: '127.0.0.1', port: app.portOf('beats'), ca, servername: 'localhost' },
      tls !== undefined,
    );
    for (let n = 1; n <= 200; n += 1) client.log(event(n));
    await until(() => app.sink.records.length === 200, '200 records');
    assert.equal(new Set(app.sink.records.map(({ id }) => id)).size, 200);
    // The client cannot be closed, and would connect again.
    const { socket } = client;
    socket?.removeAllListeners('close');
    socket?.destroy();
    if (socket) await once(socket, 'close');
  }
});
