import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { inspect } from 'node:util';
import { openElasticLogs } from '../../src/backends/logs/elasticsearch.ts';
import { createLog } from '../../src/log.ts';
import { randomRecords, record, T0 } from '../contract/logs.model.ts';
import { logStoreContract } from '../contract/logs.ts';
import { available, type Server, startElasticsearch } from './servers.ts';

const log = createLog('silent');

describe('Elasticsearch', { skip: available('elasticsearch') ?? false }, () => {
  let server: Server;
  let indices = 0;
  const fresh = () => `bongsu-test-${indices++}`;
  before(async () => {
    server = await startElasticsearch();
  });
  after(() => server?.[Symbol.asyncDispose]());

  logStoreContract('elasticsearch', () => openElasticLogs({ url: server.url, index: fresh() }, log));

  test('a record the server refuses is named; writes beside it are not hurt', async () => {
    await using store = await openElasticLogs({ url: server.url, index: fresh() }, log);
    const bad = record('bad', { request: { endpoint: '/', status: 1e12 } });
    const outcomes = await Promise.allSettled([
      store.write([record('first')]),
      store.write([record('a')]),
      store.write([bad]),
      store.write([record('b')]),
    ]);
    assert.deepEqual(
      outcomes.map((outcome) => (outcome.status === 'rejected' ? outcome.reason.code : 'written')),
      ['written', 'written', 'malformed', 'written'],
    );
    assert.match(String((outcomes[2] as PromiseRejectedResult).reason), /"bad"/);
    assert.equal((await store.search({})).total, 3);
  });

  test('more records than one request carries', async () => {
    await using store = await openElasticLogs({ url: server.url, index: fresh() }, log);
    const records = randomRecords(4_500, 9);
    await store.write(records);
    assert.equal((await store.extent())?.records, 4_500);
    const inOrder = records.toSorted((a, b) => a.timestamp - b.timestamp).map(({ id }) => id);
    const scanned: string[] = [];
    for await (const batch of store.scan({})) scanned.push(...batch.map(({ id }) => id));
    assert.deepEqual(scanned, inOrder);
  });

  test('the server is killed between and during writes: nothing accepted is lost or doubled', async () => {
    await using store = await openElasticLogs({ url: server.url, index: fresh() }, log);
    const records = randomRecords(2_000, 3);
    await store.write(records.slice(0, 1_000));
    await server.kill();
    const health = await store.health();
    assert.equal(health.ok, false);
    assert.match(health.mend ?? '', /ELASTICSEARCH_URL/);
    await assert.rejects(store.search({}), { name: 'AppError', code: 'unavailable' });
    await assert.rejects(store.write(records.slice(1_000)), { name: 'AppError', code: 'unavailable' });
    await server.restart();
    await store.write(records);
    assert.equal((await store.extent())?.records, 2_000);
    assert.equal((await store.search({ text: 'step' })).total, 2_000);
  });
});

test('no server at the start: opens, says so, throws `unavailable`, keeps no secret in its words', async () => {
  const url = 'http://elastic:hunter2secret@127.0.0.1:9';
  await using store = await openElasticLogs({ url, index: 'x' }, log);
  const health = await store.health();
  assert.equal(health.ok, false);
  assert.doesNotMatch(JSON.stringify(health), /hunter2/);
  for (const call of [
    () => store.search({}),
    () => store.get(['a']),
    () => store.histogram({ from: T0, to: T0 + 1 }, 1),
    () => store.extent(),
    () => store.write([record('a')]),
  ])
    await assert.rejects(call, (error: Error & { code?: string }) => {
      assert.equal(error.code, 'unavailable');
      assert.doesNotMatch(inspect(error, { depth: 9 }), /hunter2/);
      return true;
    });
});
