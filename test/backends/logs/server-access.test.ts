import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createPlain } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { authorityOf, certificateFault } from '../../../src/backends/logs/server-access.ts';
import { certificate, noOpenssl } from '../../pipeline/sources/harness.ts';

const folder = mkdtempSync(join(tmpdir(), 'bongsu-ca-'));
after(() => rmSync(folder, { recursive: true, force: true }));

test('an authority is PEM text or a file with it; anything else is refused by name', () => {
  const pem = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
  assert.equal(authorityOf(pem), pem);
  const file = join(folder, 'some.pem');
  writeFileSync(file, pem);
  assert.equal(authorityOf(file), pem);
  assert.throws(() => authorityOf(join(folder, 'none.pem')), {
    code: 'config_invalid',
    message: /none\.pem/,
  });
  writeFileSync(file, 'no certificate');
  assert.throws(() => authorityOf(file), { code: 'config_invalid', message: /no PEM certificate in/ });
});

test('what is wrong with a certificate is found out', { skip: noOpenssl() ?? false }, async () => {
  const { cert, key } = certificate(folder);
  const server = createServer({ cert: readFileSync(cert), key: readFileSync(key) }).listen(0, '127.0.0.1');
  const plain = createPlain().listen(0, '127.0.0.1');
  await Promise.all([once(server, 'listening'), once(plain, 'listening')]);
  const at = (port: unknown, host = '127.0.0.1') => `https://${host}:${(port as AddressInfo).port}`;
  const url = at(server.address());
  assert.equal(await certificateFault({ url, ca: cert }), undefined);
  assert.equal(await certificateFault({ url: url.replace('https', 'http') }), undefined);
  assert.equal(await certificateFault({ url }), 'untrusted');
  assert.equal(await certificateFault({ url: at(server.address(), '127.0.0.2'), ca: cert }), undefined);
  assert.equal(await certificateFault({ url: at(plain.address()), ca: cert }), 'plain');
  const gone = at(server.address());
  server.close();
  plain.close();
  assert.equal(await certificateFault({ url: gone, ca: cert }), undefined);
});
