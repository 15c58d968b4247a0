import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { securityOf } from '../../../src/backends/bus/kafka-access.ts';
import { parseConfig } from '../../../src/config/config.ts';

const user = { username: 'u', password: 'pw-of-u' };
const PEM = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';

test('a password is sent by TLS unless that is switched off; an authority alone means TLS', () => {
  const sasl = { mechanism: 'plain' as const, ...user };
  assert.deepEqual(securityOf({}), {});
  assert.deepEqual(securityOf({ tls: true }), { ssl: true });
  assert.deepEqual(securityOf({ sasl }), { ssl: true, sasl });
  assert.deepEqual(securityOf({ sasl, tls: false }), { sasl });
  assert.deepEqual(securityOf({ ca: PEM }), { ssl: { ca: [PEM] } });
  assert.deepEqual(securityOf({ ca: PEM, cert: PEM, key: PEM, tls: true }), {
    ssl: { ca: [PEM], cert: PEM, key: PEM },
  });
  assert.throws(() => securityOf({ ca: '/nowhere/ca.pem' }), {
    code: 'config_invalid',
    message: /bus\.ca: \/nowhere\/ca\.pem/,
  });
  assert.throws(() => securityOf({ cert: '/nowhere/own.pem' }), /bus\.cert/);
});

test('the environment alone is enough for a managed Kafka, and a password is refused in the file', () => {
  const env = {
    KAFKA_BOOTSTRAP_SERVERS: 'a:9096,b:9096',
    KAFKA_SASL_MECHANISM: 'SCRAM-SHA-512',
    KAFKA_USERNAME: 'u',
    KAFKA_PASSWORD: 'pw-of-u',
  };
  assert.deepEqual(parseConfig({}, env).bus, {
    kind: 'kafka',
    brokers: ['a:9096', 'b:9096'],
    group: 'bongsu',
    sasl: { mechanism: 'scram-sha-512', ...user },
  });
  const bus = { kind: 'kafka', brokers: ['a:1'], sasl: { username: 'u', password: 'pw-of-u' } };
  assert.throws(() => parseConfig({ bus }), /bus\.sasl\.password: .*KAFKA_PASSWORD/);
  assert.throws(
    () => parseConfig({ bus: { kind: 'kafka', brokers: ['a:1'] } }, { KAFKA_USERNAME: 'u' }),
    /bus\.sasl\.password/,
  );
  assert.throws(
    () => parseConfig({}, { ...env, KAFKA_SASL_MECHANISM: 'OAUTHBEARER' }),
    /bus\.sasl\.tokenUrl: is needed/,
  );
  assert.throws(() => parseConfig({}, { ...env, KAFKA_SASL_MECHANISM: 'GSSAPI' }), /bus\.sasl\.mechanism/);
});

test('a token is asked for once until it ends, and what goes wrong is told without the secret', async () => {
  const asked: { authorization: string | undefined; body: string }[] = [];
  let reply: [status: number, body: string] = [200, '{"access_token":"t1","expires_in":3600}'];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    asked.push({ authorization: request.headers.authorization, body });
    response.writeHead(reply[0], { 'content-type': 'application/json' }).end(reply[1]);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  using closing = new DisposableStack();
  closing.defer(() => server.close());
  const tokenUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`;
  const tokens = () => {
    const { sasl } = securityOf({ sasl: { mechanism: 'oauthbearer', ...user, tokenUrl, scope: 'kafka' } });
    assert.ok(sasl && 'oauthBearerProvider' in sasl);
    return sasl.oauthBearerProvider as () => Promise<{ value: string }>;
  };
  const give = tokens();
  assert.deepEqual(await Promise.all([await give(), await give()]), [{ value: 't1' }, { value: 't1' }]);
  assert.equal(asked.length, 1);
  assert.equal(asked[0]!.body, 'grant_type=client_credentials&scope=kafka');
  assert.equal(asked[0]!.authorization, `Basic ${Buffer.from('u:pw-of-u').toString('base64')}`);
  for (const [status, body, code] of [
    [401, '{}', 'unauthorized'],
    [503, '', 'unavailable'],
    [200, 'no json', 'unavailable'],
    [200, '{"token":"x"}', 'unavailable'],
  ] as const) {
    reply = [status, body];
    await assert.rejects(tokens()(), (error: Error & { code: string }) => {
      assert.equal(error.code, code);
      assert.doesNotMatch(error.message, /pw-of-u/);
      return true;
    });
  }
  reply = [200, '{"access_token":"t2","expires_in":30}'];
  const short = tokens();
  await short();
  const before = asked.length;
  await short();
  assert.equal(asked.length, before + 1);
});
