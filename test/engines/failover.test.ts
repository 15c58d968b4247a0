import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Redis } from 'ioredis';
import { openBullQueue } from '../../src/backends/queue/bullmq.ts';
import { openRedisState } from '../../src/backends/state/redis.ts';
import type { Anomaly } from '../../src/domain/alert/anomaly.ts';
import { createLog } from '../../src/log.ts';
import { buttonsOf, eventually, type Running, runApp, textOf } from '../acceptance/harness.ts';
import { payload, report } from '../contract/queue-jobs.ts';
import { openRelay, type Relay } from './servers/relay.ts';
import { available, type Server, startRedis } from './servers.ts';

const log = createLog(process.env.TEST_LOG_LEVEL ?? 'silent');
const portOf = ({ url }: Server): number => Number(new URL(url).port);
/** What a job may take: its lock has to run out, and to be found so, where the word of its end was lost. */
const JOB_MS = 60_000;
/** What an alert may take after the roles were swapped. */
const FAILOVER_MS = 15_000;

/** Two servers behind one address; `other` follows the one that leads. */
interface Pair extends AsyncDisposable {
  relay: Relay;
  url: string;
  /** Waits until the replica has all that was written before the call: the rest would be lost with its primary. */
  passedOn(): Promise<void>;
  /** Swaps the roles: the address leads to the new primary, the old one is its replica, and old connections stay open. */
  swap(options?: { address?: 'at once' | 'later' }): Promise<void>;
  /** The old primary hangs: its connections stay open, also new ones are taken, and nothing answers. */
  freeze(): Promise<void>;
  /** The old primary vanishes without a word to its connections; the other one leads. */
  vanish(): Promise<void>;
}

async function openPair(): Promise<Pair> {
  const stack = new AsyncDisposableStack();
  let primary = stack.use(await startRedis());
  let other = stack.use(await startRedis());
  const relay = stack.use(await openRelay(portOf(primary)));
  const ask = async (server: Server, ...command: [string, ...string[]]): Promise<unknown> => {
    const client = new Redis(server.url);
    try {
      return await client.call(...command);
    } finally {
      client.disconnect();
    }
  };
  const passedOn = async (): Promise<void> => {
    const leader = String(await ask(primary, 'INFO', 'replication'));
    const sent = Number(/master_repl_offset:(\d+)/.exec(leader)?.[1]);
    await eventually('the replica has every write', async () => {
      const replica = String(await ask(other, 'INFO', 'replication'));
      return Number(/slave_repl_offset:(\d+)/.exec(replica)?.[1]) >= sent ? true : undefined;
    });
  };
  /** As `FAILOVER` does it: the leader takes no writes until the replica has all that it acknowledged. */
  const handOver = async (): Promise<void> => {
    await ask(primary, 'CLIENT', 'PAUSE', '5000', 'WRITE');
    await passedOn();
  };
  const follow = async (): Promise<void> => {
    await ask(other, 'REPLICAOF', '127.0.0.1', String(portOf(primary)));
    await eventually('the replica has caught up', async () =>
      String(await ask(other, 'INFO', 'replication')).includes('master_link_status:up') ? true : undefined,
    );
  };
  await follow();
  return {
    relay,
    url: `redis://127.0.0.1:${relay.port}`,
    passedOn,
    async swap({ address = 'at once' } = {}) {
      await handOver();
      [primary, other] = [other, primary];
      await ask(primary, 'REPLICAOF', 'NO', 'ONE');
      if (address === 'at once') relay.pointTo(portOf(primary));
      await follow();
      await ask(other, 'CLIENT', 'UNPAUSE');
      relay.pointTo(portOf(primary));
    },
    async freeze() {
      [primary, other] = [other, primary];
      other.pause();
      await ask(primary, 'REPLICAOF', 'NO', 'ONE');
      // Who connects at once still meets the one that hangs.
      setTimeout(() => relay.pointTo(portOf(primary)), 1_000);
    },
    async vanish() {
      [primary, other] = [other, primary];
      await ask(primary, 'REPLICAOF', 'NO', 'ONE');
      relay.pointTo(portOf(primary));
      relay.silence();
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

const alert = (id: string, service: string): string =>
  JSON.stringify({
    id,
    anomaly_status: 'critical',
    confidence: 0.95,
    detected_issues: [`${service} cannot reach its disk`],
    explanation: `${service} fails`,
    service,
    severity: 4,
    detected_at: new Date().toISOString(),
  } satisfies Partial<Record<keyof Anomaly, unknown>>);

/** How many threads tell of the service. */
const threadsOf = async ({ person }: Running, service: string): Promise<number> =>
  (await person.messages()).filter(
    ({ message }) =>
      textOf(message).includes(service) && buttonsOf(message).some(({ name }) => name === 'resolve'),
  ).length;

describe('Redis fails over behind one address', { skip: available('redis') ?? false }, () => {
  for (const [how, change] of [
    ['the roles are swapped', (pair: Pair) => pair.swap()],
    ['the roles are swapped, the address follows later', (pair: Pair) => pair.swap({ address: 'later' })],
    [
      'the roles are swapped there and back',
      async (pair: Pair) => {
        await pair.swap();
        await pair.swap();
      },
    ],
    ['the primary hangs', (pair: Pair) => pair.freeze()],
    ['the primary vanishes without a word', (pair: Pair) => pair.vanish()],
  ] as const) {
    test(`${how}: the alert is in its thread in time, once`, async () => {
      await using pair = await openPair();
      await using running = await runApp({
        raw: { state: { kind: 'redis', url: pair.url }, queue: { kind: 'redis', url: pair.url } },
      });
      const publish = (service: string): Promise<void> =>
        running.app.backends.bus.publish('log-anomalies', [
          { key: service, value: alert(`a-${service}`, service) },
        ]);
      const told = (service: string, ms: number): Promise<true> =>
        eventually(
          `a thread of ${service}`,
          async () => ((await threadsOf(running, service)) ? true : undefined),
          ms,
        );
      await publish('before');
      await told('before', 30_000);
      await change(pair);
      await publish('afterwards');
      await told('afterwards', FAILOVER_MS);
      await eventually('health', async () =>
        (await running.person.health()).status === 200 ? true : undefined,
      );
      assert.deepEqual([await threadsOf(running, 'before'), await threadsOf(running, 'afterwards')], [1, 1]);
    });

    test(`${how}: of a storm that goes on meanwhile every alert is told, once`, async () => {
      await using pair = await openPair();
      await using running = await runApp({
        raw: { state: { kind: 'redis', url: pair.url }, queue: { kind: 'redis', url: pair.url } },
      });
      const names = Array.from(
        { length: 40 },
        (_, n) => `svc${String.fromCharCode(97 + (n % 20))}${n < 20 ? 'x' : 'y'}`,
      );
      const publish = (some: readonly string[]): Promise<void> =>
        running.app.backends.bus.publish(
          'log-anomalies',
          some.map((service) => ({ key: service, value: alert(`a-${service}`, service) })),
        );
      await publish(names.slice(0, 10));
      const changing = change(pair);
      for (let from = 10; from < names.length; from += 10) await publish(names.slice(from, from + 10));
      await changing;
      await eventually(
        'all of them',
        async () => {
          const texts = (await running.person.messages()).map(({ message }) => textOf(message));
          return names.every((name) => texts.some((text) => text.includes(name))) ? true : undefined;
        },
        4 * FAILOVER_MS,
      );
      const threads = await Promise.all(names.map((name) => threadsOf(running, name)));
      assert.ok(
        threads.every((count) => count <= 1),
        threads.join(),
      );
    });

    test(`${how}: a commit is carried out on the new primary`, async () => {
      await using pair = await openPair();
      await using store = await openRedisState({ url: pair.url, prefix: 'x:' }, log);
      await store.commit({ put: [{ kind: 'fact', id: 'a', value: 1 }] });
      await change(pair);
      await eventually(
        'a commit',
        async () =>
          (await store.commit({ put: [{ kind: 'fact', id: 'a', value: 2 }] })) === 'done' ? true : undefined,
        FAILOVER_MS,
      );
      assert.equal((await store.get('fact', 'a'))?.value, 2);
    });

    test(`${how}: the end of a job that ran meanwhile is told once, and the next one is taken up`, async () => {
      await using pair = await openPair();
      await using queue = await openBullQueue({ kind: 'redis', url: pair.url, prefix: 'q' }, log);
      const runs: string[] = [];
      const ends: string[] = [];
      const goOn = Promise.withResolvers<void>();
      await using _watch = await queue.watch(({ id, state }) => {
        if (state === 'done') ends.push(id);
      });
      await using _work = await queue.work('analyze', async (_, { id }) => {
        runs.push(id);
        if (id === 'long') await goOn.promise;
        return report;
      });
      await queue.add('analyze', payload, { id: 'long' });
      await eventually('it runs', async () => (runs.length ? true : undefined));
      await pair.passedOn();
      await change(pair);
      goOn.resolve();
      // The first call after it, as a person's press would be.
      await queue.add('analyze', payload, { id: 'next' });
      await eventually('both ended', async () => (ends.length >= 2 ? true : undefined), JOB_MS);
      assert.deepEqual([...ends].sort(), ['long', 'next']);
      // Whose end got lost with the old primary is done again, like that of a worker that died.
      assert.deepEqual([...new Set(runs)].sort(), ['long', 'next']);
    });
  }
});
