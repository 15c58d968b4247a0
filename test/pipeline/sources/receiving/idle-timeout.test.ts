import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { certificate, noOpenssl, scratch, startCollectors, until } from '../harness.ts';

const SOON = { endMs: 60, cutMs: 60 };

/** A sender that does not close its side by itself; `ended` and `closed` say what it has seen. */
function sender(port: number) {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  const seen = { ended: false, closed: false, bytes: 0 };
  socket.on('end', () => {
    seen.ended = true;
  });
  socket.on('close', () => {
    seen.closed = true;
  });
  socket.on('data', (bytes: Buffer) => {
    seen.bytes += bytes.length;
  });
  socket.on('error', () => {});
  return { socket, seen };
}
const texts = (app: Awaited<ReturnType<typeof startCollectors>>): string[] =>
  app.sink.records.map(({ line }) => line.replace('<13>', ''));

/** A Beats window of one event. */
function oneEvent(): Buffer {
  const json = Buffer.from(JSON.stringify({ '@timestamp': '2026-01-01T00:00:00Z', message: 'one' }));
  const head = Buffer.alloc(16);
  head.write('2W', 0);
  head.writeUInt32BE(1, 2);
  head.write('2J', 6);
  head.writeUInt32BE(1, 8);
  head.writeUInt32BE(json.length, 12);
  return Buffer.concat([head, json]);
}

test('syslog: a silent connection is told so first, and what still comes is taken', async () => {
  await using app = await startCollectors({ syslog: { tcp: { port: 0 } } }, { endMs: 60, cutMs: 60_000 });
  const { socket, seen } = sender(app.portOf('syslog tcp'));
  socket.write('<13>one\n<13>tw');
  await until(() => seen.ended, 'the end of the other side');
  // It goes on after the end, as many senders do.
  socket.write('o\n<13>three\n');
  await until(() => app.sink.records.length === 3, 'the lines after the end');
  assert.deepEqual(texts(app), ['one', 'two', 'three']);
  socket.end();
  await until(() => seen.closed, 'the connection to close');
});

test('syslog: who stays silent is cut, and half a line is not lost', async () => {
  await using app = await startCollectors({ syslog: { tcp: { port: 0 } } }, SOON);
  const { socket, seen } = sender(app.portOf('syslog tcp'));
  socket.write('<13>one\n<13>half');
  await until(() => app.sink.records.length === 2, 'half a line');
  assert.deepEqual(texts(app), ['one', 'half']);
  await until(() => /, 0 connections/.test(app.collectors.health()['syslog tcp']!.detail), 'the cut');
  socket.end();
  await until(() => seen.closed, 'the connection to close');
});

test('syslog over TLS: the same', { skip: noOpenssl() ?? false }, async () => {
  using folder = scratch();
  const files = certificate(folder.path);
  await using app = await startCollectors({ syslog: { tls: { port: 0, ...files } } }, SOON);
  const socket: Socket = connectTls({
    port: app.portOf('syslog tls'),
    host: '127.0.0.1',
    servername: 'localhost',
    ca: readFileSync(files.cert),
  });
  socket.on('data', () => {});
  socket.write('<13>one\n<13>half');
  await once(socket, 'close');
  await until(() => app.sink.records.length === 2, 'both lines');
});

test('beats: while a window is being stored its sender is not silent; one that says nothing is closed', async () => {
  await using app = await startCollectors({ beats: { port: 0 } }, SOON);
  const gate = Promise.withResolvers<void>();
  app.control.gate = gate.promise;
  const busy = sender(app.portOf('beats'));
  busy.socket.write(oneEvent());
  await until(() => /1 waiting/.test(app.collectors.health().beats!.detail), 'the window to wait');
  // Both of these connect later and are closed first.
  for (const bytes of [Buffer.alloc(0), oneEvent().subarray(0, 9)]) {
    const silent = sender(app.portOf('beats'));
    silent.socket.write(bytes);
    await until(() => silent.seen.ended, 'the silent one to be closed');
    silent.socket.end();
  }
  assert.deepEqual([busy.seen.ended, busy.seen.bytes], [false, 0]);
  gate.resolve();
  await until(() => busy.seen.bytes === 6, 'the acknowledgement');
  assert.equal(app.sink.records.length, 1);
  await until(() => busy.seen.ended, 'the end of a connection with nothing more to say');
  busy.socket.end();
});

test('OTLP: a connection that says nothing is closed, over HTTP and gRPC', async () => {
  await using app = await startCollectors({ otlp: { http: { port: 0 }, grpc: { port: 0 } } }, SOON);
  for (const name of ['otlp http', 'otlp grpc']) {
    const { socket, seen } = sender(app.portOf(name));
    await until(() => seen.ended || seen.closed, `${name} to close`);
    socket.destroy();
  }
});
