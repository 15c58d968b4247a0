import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { test } from 'node:test';
import { parseConfig } from '../../../src/config/config.ts';
import { startCollectors, until } from './harness.ts';

test('everything is off unless it is in the configuration; a password is none of the file', async () => {
  const { collect, send } = parseConfig({});
  assert.deepEqual(collect.files, []);
  assert.equal(
    collect.syslog ?? collect.beats ?? collect.otlp ?? send.mqtt ?? send.syslog ?? send.otlp,
    undefined,
  );
  assert.equal(parseConfig({ collect: { beats: {} } }).collect.beats?.host, '127.0.0.1');
  const mqtt = { url: 'mqtt://broker' };
  assert.equal(parseConfig({ send: { mqtt } }, { MQTT_PASSWORD: 'x' }).send.mqtt?.password, 'x');
  for (const secret of [{ ...mqtt, password: 'x' }, { url: 'mqtt://me:x@broker' }])
    assert.throws(() => parseConfig({ send: { mqtt: secret } }), { code: 'config_invalid' });
  await assert.rejects(startCollectors({ beats: { port: 0, tls: { cert: '/none', key: '/none' } } }), {
    code: 'config_invalid',
  });
});

test('an address that is taken shows in health and is bound when it is free', async () => {
  const other = createServer();
  other.listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as { port: number };
  await using app = await startCollectors({ syslog: { tcp: { port } } });
  assert.equal(app.collectors.health()['syslog tcp']!.ok, false);
  await new Promise((resolve) => other.close(resolve));
  await until(() => app.collectors.health()['syslog tcp']!.ok, 'the port to be bound');
  const socket = connect(port, '127.0.0.1');
  socket.end('<13>here\n');
  await until(() => app.sink.records.length === 1, 'the line');
});
