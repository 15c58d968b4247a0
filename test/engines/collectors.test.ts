// The collectors with senders that nobody here wrote.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { certificate, scratch, startCollectors, until } from '../pipeline/sources/harness.ts';
import { layout } from './provision.layout.ts';
import { freePort } from './servers/launch.ts';
import { startRsyslog } from './servers/senders.ts';
import { available } from './servers.ts';

const run = promisify(execFile);

test('rsyslog: UDP, TCP with both framings, TLS', { skip: available('rsyslog') ?? false }, async () => {
  using folder = scratch();
  const files = certificate(folder.path);
  await using app = await startCollectors({
    syslog: { udp: { port: 0 }, tcp: { port: 0 }, tls: { port: 0, ...files } },
  });
  const port = await freePort();
  const forward = (options: string) =>
    `action(type="omfwd" target="127.0.0.1" template="RSYSLOG_SyslogProtocol23Format" ${options})`;
  const tcp = app.portOf('syslog tcp');
  const rules = [
    forward(`port="${app.portOf('syslog udp')}" protocol="udp"`),
    forward(`port="${tcp}" protocol="tcp" TCP_Framing="traditional"`),
    forward(`port="${tcp}" protocol="tcp" TCP_Framing="octet-counted"`),
    forward(
      `port="${app.portOf('syslog tls')}" protocol="tcp" StreamDriver="ossl" StreamDriverMode="1" StreamDriverAuthMode="anon"`,
    ),
  ];
  await using server = await startRsyslog({ port, ca: files.cert, rules });
  assert.ok(server.alive());
  for (let n = 0; n < 20; n += 1)
    await run('logger', [
      '-n',
      '127.0.0.1',
      '-P',
      String(port),
      '-T',
      '-t',
      'shop',
      '-p',
      'local0.warning',
      `주문 ${n} 지연`,
    ]);
  await until(() => app.sink.records.length >= 80, '20 lines by four ways');
  const messages = app.sink.records.map(({ message }) => message);
  for (let n = 0; n < 20; n += 1)
    assert.equal(messages.filter((message) => message === `주문 ${n} 지연`).length, 4, `line ${n}`);
  for (const record of app.sink.records) {
    assert.equal(record.service, 'shop');
    assert.equal(record.level, 'warn');
  }
});

test('go-lumber: every window is acknowledged when it is stored, once', {
  skip: available('lumber') ?? false,
}, async () => {
  await using app = await startCollectors({ beats: { port: 0 } });
  const address = `127.0.0.1:${app.portOf('beats')}`;
  const sender = join(layout.lumber(), 'lumber');
  const { stdout } = await run(sender, ['-address', address, '-events', '5000', '-window', '500']);
  assert.equal(stdout.trim(), '5000');
  assert.equal(app.sink.records.length, 5_000);
  // A sender that starts again and sends the same: the ids say that it is the same.
  await run(sender, ['-address', address, '-events', '5000', '-window', '100']);
  assert.equal(new Set(app.sink.records.map(({ id }) => id)).size, 5_000);
  const record = app.sink.records.at(-1)!;
  assert.equal(record.host, 'beat-1');
  assert.equal(record.service, 'order');
});

test('telemetrygen: gRPC and HTTP', { skip: available('telemetrygen') ?? false }, async () => {
  await using app = await startCollectors({ otlp: { grpc: { port: 0 }, http: { port: 0 } } });
  const send = (name: string, more: string[]) =>
    run(join(layout.telemetrygen(), 'telemetrygen'), [
      ...['logs', '--otlp-insecure', '--logs', '500', '--rate', '0', '--workers', '2'],
      ...['--otlp-endpoint', `127.0.0.1:${app.portOf(name)}`, '--body', '재고 부족', ...more],
    ]);
  await send('otlp grpc', []);
  assert.equal(app.sink.records.length, 1_000);
  await send('otlp http', ['--otlp-http']);
  assert.equal(app.sink.records.length, 2_000);
  assert.equal(app.sink.records[0]?.message, '재고 부족');
  assert.equal(app.sink.records[0]?.service, 'telemetrygen');
  assert.deepEqual(await app.refused(), {});
});

test('logger after a restart of the listener: rsyslog keeps what it could not send', {
  skip: available('rsyslog') ?? false,
}, async () => {
  const listen = await freePort();
  const port = await freePort();
  await using server = await startRsyslog({
    port,
    rules: [
      `action(type="omfwd" target="127.0.0.1" port="${listen}" protocol="tcp" TCP_Framing="octet-counted" template="RSYSLOG_SyslogProtocol23Format" action.resumeRetryCount="-1" action.resumeInterval="1" queue.type="LinkedList")`,
    ],
  });
  assert.ok(server.alive());
  const log = (text: string) =>
    run('logger', ['-n', '127.0.0.1', '-P', String(port), '-T', '-t', 'shop', text]);
  await log('while nobody listens');
  await using app = await startCollectors({ syslog: { tcp: { port: listen } } });
  await log('while someone does');
  await until(() => app.sink.records.length >= 2, 'both lines');
  const messages = app.sink.records.map(({ message }) => message);
  assert.ok(messages.includes('while nobody listens') && messages.includes('while someone does'));
});
