import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createPlain } from 'node:http';
import { createServer } from 'node:https';
import { type AddressInfo, createServer as createSocketServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { certificateFault, pemOf, speaksTls } from '../../src/backends/certificate.ts';
import { certificate, noOpenssl } from '../pipeline/sources/harness.ts';

const folder = mkdtempSync(join(tmpdir(), 'bongsu-ca-'));
after(() => rmSync(folder, { recursive: true, force: true }));

test('an authority is PEM text or a file with it; anything else is refused by name', () => {
  const pem = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
  assert.equal(pemOf(pem, 'logs.ca'), pem);
  const file = join(folder, 'some.pem');
  writeFileSync(file, pem);
  assert.equal(pemOf(file, 'logs.ca'), pem);
  assert.throws(() => pemOf(join(folder, 'none.pem'), 'logs.ca'), {
    code: 'config_invalid',
    message: /logs\.ca: .*none\.pem/,
  });
  writeFileSync(file, 'no certificate');
  assert.throws(() => pemOf(file, 'logs.ca'), { code: 'config_invalid', message: /logs\.ca: no PEM in/ });
});

test('what is wrong with a certificate is found out', { skip: noOpenssl() ?? false }, async () => {
  const { cert, key } = certificate(folder);
  const server = createServer({ cert: readFileSync(cert), key: readFileSync(key) }).listen(0, '127.0.0.1');
  const plain = createPlain().listen(0, '127.0.0.1');
  await Promise.all([once(server, 'listening'), once(plain, 'listening')]);
  const portOf = (one: { address(): unknown }): number => (one.address() as AddressInfo).port;
  const port = portOf(server);
  const ca = readFileSync(cert, 'utf8');
  const host = '127.0.0.1';
  assert.equal(await certificateFault({ host, port, ca }), undefined);
  assert.equal(await certificateFault({ host: 'localhost', port, ca }), undefined);
  assert.equal(await certificateFault({ host, port }), 'untrusted');
  assert.equal(await certificateFault({ host, port: portOf(plain), ca }), 'plain');
  assert.deepEqual(
    [await speaksTls({ host, port }), await speaksTls({ host, port: portOf(plain) })],
    [true, false],
  );
  // Another protocol hangs up.
  const other = createSocketServer((socket) => socket.once('data', () => socket.resetAndDestroy()));
  other.listen(0, '127.0.0.1');
  await once(other, 'listening');
  assert.equal(await certificateFault({ host, port: portOf(other), ca }), 'plain');
  other.close();
  server.close();
  plain.close();
  assert.equal(await certificateFault({ host, port, ca }), undefined);
  assert.equal(await speaksTls({ host, port }), false);
});
