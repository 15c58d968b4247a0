import assert from 'node:assert/strict';
import { test } from 'node:test';
import kafkajs, { Kafka, logLevel } from 'kafkajs';
import { eventually, runApp } from '../acceptance/harness.ts';
import { startKafka } from './servers.ts';

const anomaly = (service: string): string =>
  JSON.stringify({
    anomaly_status: 'critical',
    confidence: 0.9,
    detected_issues: ['no space left'],
    explanation: `${service} cannot write`,
    service,
  });

/** A broker where nobody may make a topic, with the two topics that are needed. */
async function withoutRights() {
  const server = await startKafka({
    settings: [
      'auto.create.topics.enable=false',
      'authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'allow.everyone.if.no.acl.found=true',
    ],
  });
  const kafka = new Kafka({ brokers: server.brokers, logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  for (const topic of ['log-stream', 'log-anomalies'])
    await admin.createTopics({ topics: [{ topic, numPartitions: 1 }], waitForLeaders: true });
  // The first question about a group lets the broker make the topic of the offsets.
  await admin.fetchOffsets({ groupId: 'any', topics: ['log-stream'] });
  const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs;
  const { ALL, CREATE, CLUSTER_ACTION, ALTER, DESCRIBE, IDEMPOTENT_WRITE } = AclOperationTypes;
  const { ALLOW, DENY } = AclPermissionTypes;
  const rule = (
    resourceType: kafkajs.AclResourceTypes,
    resourceName: string,
    operation: kafkajs.AclOperationTypes,
    permissionType: kafkajs.AclPermissionTypes,
  ) => ({
    resourceType,
    resourceName,
    resourcePatternType: ResourcePatternTypes.LITERAL,
    principal: 'User:ANONYMOUS',
    host: '*',
    operation,
    permissionType,
  });
  const { CLUSTER, TOPIC } = AclResourceTypes;
  const denied = [rule(CLUSTER, 'kafka-cluster', CREATE, DENY), rule(TOPIC, '*', CREATE, DENY)];
  // The broker is anonymous, too.
  const ofTheBroker = [CLUSTER_ACTION, ALTER, DESCRIBE, IDEMPOTENT_WRITE];
  await admin.createAcls({
    acl: [
      ...ofTheBroker.map((operation) => rule(CLUSTER, 'kafka-cluster', operation, ALLOW)),
      rule(CLUSTER, 'kafka-cluster', CREATE, ALLOW),
      rule(TOPIC, '*', ALL, ALLOW),
      ...denied,
    ],
  });
  const producer = kafka.producer();
  await producer.connect();
  return {
    brokers: server.brokers,
    send: (values: string[]) =>
      producer.send({ topic: 'log-anomalies', messages: values.map((value) => ({ value })) }),
    /** What lets topics be made after all. */
    allow: () => admin.deleteAcls({ filters: denied }),
    admin,
    async [Symbol.asyncDispose]() {
      await producer.disconnect();
      await admin.disconnect();
      await server[Symbol.asyncDispose]();
    },
  };
}

test('a client that may make no topic is well, says what is missing, and goes on when it is there', async () => {
  await using server = await withoutRights();
  await using running = await runApp({ raw: { bus: { kind: 'kafka', brokers: server.brokers } } });
  const bus = () => running.app.backends.bus.health();
  await server.send([anomaly('db-one')]);
  await running.person.sees(/db-one/);
  const idle = await eventually('what is missing', async () => {
    const health = await bus();
    return health.detail.includes('log-anomalies.dlq') ? health : undefined;
  });
  assert.equal(idle.ok, true, idle.detail);
  // Nothing is lost: the message waits for the topic, and health is red with its place.
  await server.send(['not json', anomaly('db-two')]);
  await eventually(
    'held back',
    async () => {
      const health = await bus();
      return !health.ok && /log-anomalies/.test(health.detail) ? health : undefined;
    },
    // Each try asks the broker for a few seconds.
    120_000,
  );
  await server.allow();
  await server.admin.createTopics({
    topics: [{ topic: 'log-anomalies.dlq', numPartitions: 1 }],
    waitForLeaders: true,
  });
  await running.person.sees(/db-two/, { timeoutMs: 60_000 });
});
