import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isElsewhere, replyCode } from '../../src/backends/redis-primary.ts';
import { openRedisState } from '../../src/backends/state/redis.ts';
import type { DocumentCommit } from '../../src/backends/state/store.ts';
import { createLog } from '../../src/log.ts';
import { type Answer, bulk, fakeRedis, primary } from '../fakes/redis.ts';

const log = createLog('silent');
const put: DocumentCommit = { put: [{ kind: 'fact', id: 'a', value: 1 }] };
const serving: Answer = ([name]) => (name?.toLowerCase() === 'info' ? primary() : bulk('done'));
/** A server that says it is well and refuses every script. */
const refusing =
  (reply: string): Answer =>
  ([name]) =>
    name?.toLowerCase() === 'info' ? primary() : `-${reply}\r\n`;

const ELSEWHERE = [
  "READONLY You can't write against a read only replica. script: 5ab4, on @user_script:5.",
  "READONLY You can't write against a read only replica.",
  'LOADING Redis is loading the dataset in memory',
  "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
  'UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)',
  'NOREPLICAS Not enough good replicas to write.',
  // As servers before 7, and forks of them, answer for a script.
  "ERR Error running script (call to f_5ab4): @user_script:12: @user_script: 12: -READONLY You can't write against a read only replica.",
  "EXECABORT Transaction discarded because of: READONLY You can't write against a read only replica.",
];

describe('a server that is not the primary (any more)', () => {
  for (const reply of ELSEWHERE)
    test(`“${reply.slice(0, 60)}…”: the connection is made anew and the commit carried out on it`, async () => {
      assert.ok(isElsewhere(new Error(reply)));
      await using redis = await fakeRedis(refusing(reply), serving);
      await using store = await openRedisState({ url: redis.url, prefix: 'x:' }, log);
      assert.equal(await store.commit(put), 'done');
      assert.equal(redis.connections(), 2);
    });

  test('what any server would refuse ends no connection', async () => {
    for (const reply of [
      "OOM command not allowed when used memory > 'maxmemory'.",
      'MISCONF Errors writing to the AOF file: No space left on device',
      "NOPERM this user has no permissions to run the 'eval' command",
      // A word of the table that is no code.
      "ERR unknown command 'READONLY', with args beginning with: ",
      'WRONGTYPE Operation against a key holding the wrong kind of value: READONLY x',
    ]) {
      assert.equal(isElsewhere(new Error(reply)), false, reply);
      await using redis = await fakeRedis(refusing(reply), serving);
      await using store = await openRedisState({ url: redis.url, prefix: 'x:' }, log);
      await assert.rejects(store.commit(put), { name: 'AppError' }, reply);
      assert.equal(redis.connections(), 1, reply);
    }
  });

  test('the code is the first word, or the one that is carried', () => {
    assert.equal(replyCode(new Error('OOM command not allowed')), 'OOM');
    assert.equal(replyCode(new Error('ERR syntax error')), 'ERR');
    assert.equal(
      replyCode(new Error('ERR Error running script (call to f_1): @x: 1: -OOM command not')),
      'OOM',
    );
    assert.equal(replyCode(new Error('BUSY')), 'BUSY');
    assert.equal(replyCode(new Error('')), '');
  });

  for (const [what, info] of [
    ['a replica', 'role:slave\r\nmaster_link_status:down'],
    ['a server that loads', 'role:master\r\nloading:1'],
  ] as const)
    test(`${what} that still answers questions is left, though nothing was written`, async () => {
      const stale: Answer = ([name]) =>
        name?.toLowerCase() === 'info' ? bulk(`# x\r\n${info}\r\n`) : '*0\r\n';
      await using redis = await fakeRedis(stale, stale, ([name]) =>
        name?.toLowerCase() === 'info' ? primary() : `*3\r\n${bulk('"new"')}${bulk('1')}${bulk('0')}`,
      );
      await using store = await openRedisState({ url: redis.url, prefix: 'x:' }, log);
      while ((await store.get('fact', 'a').catch(() => undefined))?.value !== 'new');
      assert.equal(redis.connections(), 3);
    });

  test('a connection whose peer is gone without a word is given up after one command', async () => {
    await using redis = await fakeRedis(
      ([name]) => (name?.toLowerCase() === 'info' ? primary() : undefined),
      serving,
    );
    await using store = await openRedisState({ url: redis.url, prefix: 'x:' }, log);
    // Whether the first one is still carried out in time or not, the next is.
    await store.commit(put).catch((error) => assert.equal(error.code, 'timeout'));
    assert.equal(await store.commit(put), 'done');
    assert.equal(redis.connections(), 2);
  });
});
