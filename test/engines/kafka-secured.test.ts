import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import kafkajs, { Kafka, logLevel } from 'kafkajs';
import { openKafkaBus } from '../../src/backends/bus/kafka.ts';
import type { KafkaAccess } from '../../src/backends/bus/kafka-access.ts';
import { parseConfig } from '../../src/config/config.ts';
import { healthIn } from '../../src/i18n/health.ts';
import { createLog } from '../../src/log.ts';
import { eventually } from '../acceptance/harness.ts';
import { busContract } from '../contract/bus.ts';
import { javaProducer } from './servers/producers.ts';
import { type SecuredKafka, startSecuredKafka } from './servers/secured-kafka.ts';
import { available } from './servers.ts';

const log = createLog('silent');
const MECHANISMS = ['plain', 'scram-sha-256', 'scram-sha-512'] as const;

describe('a Kafka with TLS and SASL', { skip: available('kafka') ?? false }, () => {
  let server: SecuredKafka;
  let groups = 0;
  before(async () => {
    server = await startSecuredKafka([
      'authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'allow.everyone.if.no.acl.found=true',
      'super.users=User:ANONYMOUS',
    ]);
  });
  after(() => server?.[Symbol.asyncDispose]());
  const open = (brokers: string[], access: KafkaAccess) =>
    openKafkaBus({ brokers, group: `secured-${groups++}`, ...access }, log);
  const sasl = (mechanism: (typeof MECHANISMS)[number], over: object = {}): KafkaAccess => ({
    ca: server.ca,
    sasl: { mechanism, ...server.user, ...over },
  });

  /** Sends a message through the bus and takes it back. */
  async function passes(brokers: string[], access: KafkaAccess): Promise<void> {
    await using bus = await open(brokers, access);
    const topic = `passes-${groups}`;
    const seen: string[] = [];
    await using _ = await bus.subscribe(topic, { group: 'g', from: 'earliest' }, async (batch) => {
      seen.push(...batch.map(({ value }) => value.toString()));
    });
    await bus.publish(topic, [{ key: 'k', value: 'through' }]);
    await eventually('the message', async () => (seen.includes('through') ? true : undefined), 30_000);
    assert.equal((await bus.health()).ok, true);
  }

  busContract('kafka', {
    open: () =>
      openKafkaBus(
        { brokers: server.sasl['scram-sha-512'], group: 'contract', ...sasl('scram-sha-512') },
        log,
      ),
    reopen: async (bus) => {
      await bus[Symbol.asyncDispose]();
      return openKafkaBus(
        { brokers: server.sasl['scram-sha-512'], group: 'contract', ...sasl('scram-sha-512') },
        log,
      );
    },
    sendBare: (topic) => javaProducer({ brokers: server.open, topic, codec: 'none', lines: [''] }),
  });

  for (const mechanism of MECHANISMS)
    test(`${mechanism}: messages pass, by the environment alone`, async () => {
      const { bus } = parseConfig(
        {},
        {
          KAFKA_BOOTSTRAP_SERVERS: server.sasl[mechanism].join(','),
          KAFKA_SASL_MECHANISM: mechanism.toUpperCase(),
          KAFKA_USERNAME: server.user.username,
          KAFKA_PASSWORD: server.user.password,
          KAFKA_CA: server.ca,
        },
      );
      assert.ok(bus.kind === 'kafka');
      await passes([...bus.brokers], bus);
    });

  test('a certificate of our own: messages pass with it, and not without', async () => {
    await passes(server.mutual, { ca: server.ca, cert: server.ca, key: server.key });
    await using bus = await open(server.mutual, { ca: server.ca });
    assert.equal((await bus.health()).ok, false);
  });

  test('tokens of an OAuth server, and what that server refuses', async () => {
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const asked: string[] = [];
    let status = 200;
    const tokens = createServer((request, response) => {
      asked.push(String(request.headers.authorization));
      const now = Math.floor(Date.now() / 1_000);
      const token = `${part({ alg: 'none' })}.${part({ sub: 'bongsu', iat: now, exp: now + 600 })}.`;
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ access_token: token, token_type: 'bearer', expires_in: 600 }));
    }).listen(0, '127.0.0.1');
    await once(tokens, 'listening');
    using closing = new DisposableStack();
    closing.defer(() => tokens.close());
    const access: KafkaAccess = {
      ca: server.ca,
      sasl: {
        mechanism: 'oauthbearer',
        ...{ username: 'client', password: 'client-secret' },
        tokenUrl: `http://127.0.0.1:${(tokens.address() as AddressInfo).port}/token`,
      },
    };
    await passes(server.sasl.oauthbearer, access);
    assert.equal(asked[0], `Basic ${Buffer.from('client:client-secret').toString('base64')}`);
    status = 401;
    await using bus = await open(server.sasl.oauthbearer, access);
    const health = await bus.health();
    assert.equal(health.ok, false);
    assert.doesNotMatch(JSON.stringify(health), /client-secret/);
  });

  test('what is in the way is named, in both languages, and no password with it', async () => {
    for (const [what, brokers, access, says, mends] of [
      [
        'a wrong password',
        server.sasl.plain,
        sasl('plain', { password: 'wrong-word' }),
        /authentic/i,
        /KAFKA_PASSWORD/,
      ],
      [
        'a wrong one with SCRAM',
        server.sasl['scram-sha-256'],
        sasl('scram-sha-256', { password: 'wrong-word' }),
        /authentic/i,
        /KAFKA_PASSWORD/,
      ],
      [
        'another mechanism',
        server.sasl['scram-sha-256'],
        sasl('plain'),
        /mechanism/i,
        /KAFKA_SASL_MECHANISM/,
      ],
      [
        'an unknown authority',
        server.sasl.plain,
        { ...sasl('plain'), ca: undefined },
        /authority that this system/,
        /KAFKA_CA/,
      ],
      ['no TLS where it is needed', server.sasl.plain, {}, /speaks TLS only/, /bus\.tls/],
      ['TLS where there is none', server.open, { ca: server.ca }, /does not speak TLS/, /bus\.tls to false/],
    ] as [string, string[], KafkaAccess, RegExp, RegExp][]) {
      await using bus = await open(brokers, access);
      const health = await bus.health();
      assert.equal(health.ok, false, what);
      assert.match(health.detail, says, what);
      assert.match(health.mend!, mends, what);
      assert.notEqual(healthIn('ko', health).mend, health.mend, what);
      assert.doesNotMatch(JSON.stringify(health), /wrong-word|beam-at-night/, what);
    }
  });

  test('a right that is missing is named with its topic or group', async () => {
    const kafka = new Kafka({ brokers: server.open, logLevel: logLevel.NOTHING });
    const admin = kafka.admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic: 'closed', numPartitions: 1 }], waitForLeaders: true });
    const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs;
    await admin.createAcls({
      acl: [
        {
          resourceType: AclResourceTypes.TOPIC,
          resourceName: 'closed',
          resourcePatternType: ResourcePatternTypes.LITERAL,
          principal: `User:${server.user.username}`,
          host: '*',
          operation: AclOperationTypes.ALL,
          permissionType: AclPermissionTypes.DENY,
        },
      ],
    });
    await admin.disconnect();
    await using bus = await open(server.sasl.plain, sasl('plain'));
    await assert.rejects(bus.publish('closed', [{ value: 'x' }]), { code: 'forbidden', message: /[Tt]opic/ });
    await using _ = await bus.subscribe('closed', { group: 'g', from: 'earliest' }, async () => {});
    const health = await eventually(
      'health',
      async () => {
        const found = await bus.health();
        return found.ok ? undefined : found;
      },
      30_000,
    );
    assert.match(health.detail, /closed \(.*[Nn]ot authorized/);
  });
});
