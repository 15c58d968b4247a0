import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { inspect } from 'node:util';
import { Redis } from 'ioredis';
import { openBullQueue } from '../../src/backends/queue/bullmq.ts';
import { openRedisState } from '../../src/backends/state/redis.ts';
import { parseConfig } from '../../src/config/config.ts';
import { createLog } from '../../src/log.ts';
import { stateStoreContract } from '../contract/state.ts';
import { available, type Server, startRedis } from './servers.ts';

const log = createLog('silent');

describe('Redis as state store', { skip: available('redis') ?? false }, () => {
  let server: Server;
  let prefixes = 0;
  const open = (prefix = `test${prefixes++}:`) => openRedisState({ url: server.url, prefix }, log);
  before(async () => {
    server = await startRedis();
  });
  after(() => server?.[Symbol.asyncDispose]());

  stateStoreContract('redis', () => open());

  test('two connections see one store; another prefix is another store', async () => {
    await using one = await open('shared:');
    await using two = await open('shared:');
    await using other = await open('other:');
    const results = await Promise.all(
      [one, two].map((store) =>
        store.commit({ once: [{ kind: 'seen', id: 'e' }], put: [{ kind: 'fact', id: 'a', value: 1 }] }),
      ),
    );
    assert.deepEqual(results.sort(), ['done', 'duplicate']);
    assert.equal((await two.get('fact', 'a'))?.version, 1);
    assert.equal(await other.get('fact', 'a'), undefined);
  });

  test('expired documents leave nothing behind in the server', async () => {
    await using store = await open('expiry:');
    await store.commit({ once: [{ kind: 'seen', id: 'e', ttlMs: 1 }], put: [] });
    while ((await store.count('seen')) > 0);
    const client = new Redis(server.url);
    try {
      const keys = await client.keys('expiry:*');
      assert.deepEqual(
        keys.filter((key) => !key.startsWith('expiry:commit:')),
        [],
      );
      for (const key of keys) assert.ok((await client.pttl(key)) > 0);
    } finally {
      client.disconnect();
    }
  });

  test('the server is killed again and again: every commit that resolved is there, none happened twice', async () => {
    await using store = await open('crash:');
    let resolved = 0;
    let stopping = false;
    const working = (async () => {
      for (let n = 0; !stopping; n++) {
        for (;;) {
          try {
            const result = await store.commit({
              once: [{ kind: 'seen', id: `e${n}` }],
              put: [{ kind: 'fact', id: 'n', value: n }],
            });
            // A duplicate means that an attempt which seemed to fail had arrived.
            assert.notEqual(result, 'conflict');
            resolved += 1;
            break;
          } catch (error) {
            assert.match((error as { code: string }).code, /^(unavailable|timeout)$/);
          }
        }
      }
    })();
    for (let round = 0; round < 3; round++) {
      const before = resolved;
      while (resolved < before + 50) await new Promise((resolve) => setTimeout(resolve, 5));
      await server.restart();
    }
    stopping = true;
    await working;
    assert.equal(await store.count('seen'), resolved);
    const { value, version } = (await store.get('fact', 'n'))!;
    assert.equal(value, resolved - 1);
    assert.equal(version, resolved);
  });

  test('connections that break in the middle: a commit is carried out exactly once', async () => {
    await using store = await open('broken:');
    const client = new Redis(server.url);
    try {
      const commits = Array.from({ length: 300 }, async (_, n) => {
        await new Promise((resolve) => setTimeout(resolve, n));
        return store.commit({ put: [{ kind: 'fact', id: 'n', value: n }] });
      });
      for (let n = 0; n < 8; n++) {
        await client.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
        await new Promise((resolve) => setTimeout(resolve, 40));
      }
      assert.deepEqual(new Set(await Promise.all(commits)), new Set(['done']));
      assert.equal((await store.get('fact', 'n'))?.version, 300);
    } finally {
      client.disconnect();
    }
  });

  test('a server that hangs: `timeout`; one that comes back: work goes on', async () => {
    await using store = await open('hang:');
    await store.commit({ put: [{ kind: 'fact', id: 'a', value: 1 }] });
    server.pause();
    try {
      await assert.rejects(store.get('fact', 'a'), { name: 'AppError', code: 'timeout', retryable: true });
      assert.equal((await store.health()).ok, false);
    } finally {
      server.resume();
    }
    assert.equal((await store.get('fact', 'a'))?.value, 1);
  });

  test('no memory left: storage_full and nothing half-written', async () => {
    await using store = await open('full:');
    const client = new Redis(server.url);
    try {
      await client.config('SET', 'maxmemory', '1mb');
      const commit = store.commit({ once: [{ kind: 'seen', id: 'e' }] });
      await assert.rejects(commit, { name: 'AppError', code: 'storage_full', retryable: false });
      await client.config('SET', 'maxmemory', '0');
      assert.equal(await store.commit({ once: [{ kind: 'seen', id: 'e' }] }), 'done');
    } finally {
      await client.config('SET', 'maxmemory', '0');
      client.disconnect();
    }
  });

  test('a closed store says so', async () => {
    const store = await open();
    const commit = store.commit({ put: [{ kind: 'fact', id: 'a', value: 1 }] });
    await commit;
    await store[Symbol.asyncDispose]();
    await assert.rejects(store.get('fact', 'a'), { name: 'AppError', code: 'stopped' });
  });

  test('a wrong password: `unauthorized`, and the words hold none', async () => {
    const client = new Redis(server.url);
    try {
      await client.config('SET', 'requirepass', 'right-one');
      const url = server.url.replace('redis://', 'redis://:hunter2secret@');
      await using store = await openRedisState({ url, prefix: 'x:' }, log);
      const health = await store.health();
      assert.equal(health.ok, false);
      assert.match(health.mend ?? '', /REDIS_URL/);
      await assert.rejects(store.get('fact', 'a'), (error: Error & { code?: string }) => {
        assert.equal(error.code, 'unauthorized');
        assert.doesNotMatch(inspect(error, { depth: 9 }) + JSON.stringify(health), /hunter2/);
        return true;
      });
    } finally {
      await client.config('SET', 'requirepass', '');
      client.disconnect();
    }
  });
});

test('no server at the start: opens, says so, throws `unavailable`', async () => {
  await using store = await openRedisState({ url: 'redis://127.0.0.1:9', prefix: 'x:' }, log);
  const outcomes = await Promise.allSettled([
    store.get('fact', 'a'),
    store.list('fact'),
    store.count('fact'),
    store.commit({}),
  ]);
  for (const outcome of outcomes)
    assert.equal(outcome.status === 'rejected' && outcome.reason.code, 'unavailable');
  const health = await store.health();
  assert.equal(health.ok, false);
  assert.match(health.mend ?? '', /REDIS_URL/);
});

test('a Redis with TLS and a user: state and queue work, and what is in the way is named', {
  skip: available('redis') ?? false,
}, async () => {
  await using server = await startRedis({ secured: true });
  const ca = join(server.dir, 'ca.pem');
  const env = { REDIS_URL: server.url, REDIS_CA: ca };
  const config = parseConfig({ models: [], dataDir: server.dir }, env);
  assert.ok(config.state.kind === 'redis' && config.queue.kind === 'redis');
  {
    await using store = await openRedisState(config.state, log);
    await store.commit({ put: [{ kind: 'fact', id: 'a', value: 1 }] });
    assert.equal((await store.get('fact', 'a'))?.value, 1);
    await using queue = await openBullQueue(config.queue, log);
    await queue.add('collect', { day: '2026-01-05' } as never);
    assert.equal((await queue.counts()).waiting, 1);
    assert.equal((await store.health()).ok, true);
  }
  for (const [url, authority, says] of [
    [server.url, undefined, /authority that this system does not know.*REDIS_CA/s],
    [server.url.replace('wick-and-oil', 'another'), ca, /user and password/],
  ] as const) {
    await using store = await openRedisState({ ...config.state, url, ca: authority }, log);
    const { ok, detail, mend } = await store.health();
    assert.equal(ok, false);
    assert.match(`${detail} ${mend}`, says);
    assert.doesNotMatch(`${detail} ${mend}`, /wick|another/);
  }
  await assert.rejects(openRedisState({ ...config.state, ca: '/nowhere.pem' }, log), {
    code: 'config_invalid',
    message: /state\.ca/,
  });
});
