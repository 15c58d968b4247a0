import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { inspect } from 'node:util';
import { openElasticLogs } from '../../src/backends/logs/elasticsearch.ts';
import { createLog } from '../../src/log.ts';
import { eventually, runApp } from '../acceptance/harness.ts';
import { logStoreContract } from '../contract/logs.ts';
import { randomRecords, record, T0 } from '../contract/logs-reference.ts';
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

  /** One request of the administrator of the cluster. */
  const api = async (method: string, path: string, body?: unknown): Promise<Record<string, unknown>> => {
    const response = await fetch(`${server.url}${path}`, {
      method,
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    return (await response.json()) as Record<string, unknown>;
  };

  test('templates and indices of others stay as they are, whoever asks or writes, and are named', async () => {
    const theirs = {
      index_patterns: ['orders-*'],
      priority: 3,
      template: { settings: { number_of_shards: 2 } },
    };
    const [taken, covered, index] = [fresh(), fresh(), fresh()];
    await api('PUT', `/_index_template/${taken}`, theirs);
    await api('PUT', '/_index_template/wide', { index_patterns: [`${covered}*`], priority: 900 });
    await api('PUT', `/${index}`, { mappings: { properties: { message: { type: 'integer' } } } });
    await api('PUT', '/orders-made', { aliases: { [`${index}-alias`]: {} } });
    const before = await api('GET', '/_index_template');
    const mapping = await api('GET', `/${index}`);
    for (const [name, by] of [
      [taken, taken],
      [covered, 'wide'],
      [index, index],
      [`${index}-alias`, 'orders-made'],
    ] as const) {
      await using store = await openElasticLogs({ url: server.url, index: name }, log);
      // An index without any field finds nothing; one with others cannot be asked.
      const isThere = name === index;
      if (isThere) await assert.rejects(store.search({ text: 'x' }), new RegExp(`index "${by}"`));
      else assert.equal((await store.search({ text: 'x' })).total, 0);
      const health = await store.health();
      assert.equal(health.ok, false, name);
      assert.match(health.detail, new RegExp(`"${by}"`));
      await assert.rejects(store.write([record('a')]), new RegExp(`"${by}"`));
    }
    assert.deepEqual(await api('GET', '/_index_template'), before);
    assert.deepEqual(await api('GET', `/${index}`), mapping);
    assert.equal((await api('GET', `/${index}/_count`)).count, 0);
    await api('DELETE', '/_index_template/wide');
  });

  test('what an earlier version made is ours: its template gives way, its index goes on', async () => {
    const index = `shop-${fresh()}`;
    const old = {
      index_patterns: [index],
      priority: 200,
      version: 1,
      _meta: { description: 'Log records of Bongsu' },
      template: {
        mappings: {
          dynamic: false,
          _source: { excludes: ['grams'] },
          properties: { '@timestamp': { type: 'date' }, grams: { type: 'text', analyzer: 'whitespace' } },
        },
      },
    };
    await api('PUT', `/_index_template/${index}`, old);
    await api('PUT', `/${index}`);
    await using store = await openElasticLogs({ url: server.url, index }, log);
    assert.equal((await store.health()).ok, true);
    await store.write([record('a')]);
    assert.equal((await store.health()).ok, true);
    assert.equal((await api('GET', `/${index}/_count`)).count, 1);
    await api('DELETE', `/${index}`);
    await store.write([record('b')]);
    assert.match(JSON.stringify(await api('GET', `/${index}/_mapping`)), /"_meta":\{"description"/);
    assert.equal((await store.search({ services: [record('b').service] })).total, 1);
  });

  test('two processes that write first at the same time both write, on one template', async () => {
    const index = fresh();
    const stores = await Promise.all([1, 2, 3].map(() => openElasticLogs({ url: server.url, index }, log)));
    await Promise.all(stores.map((store, n) => store.write([record(`r${n}`)])));
    assert.equal((await stores[0]!.extent())?.records, 3);
    for (const store of stores) await store[Symbol.asyncDispose]();
  });

  test('lines with a field the mapping does not take: on the dead-letter topic, in a file beside the store, in health', async () => {
    const index = fresh();
    await api('PUT', `/${index}`, {
      mappings: {
        _meta: { description: 'Log records of Bongsu' },
        dynamic: false,
        properties: {
          '@timestamp': { type: 'date' },
          attributes: { properties: { shelf: { type: 'integer' } } },
        },
      },
    });
    const line = (n: number, shelf: unknown): string =>
      JSON.stringify({ time: '2026-01-01T00:00:00Z', level: 'info', msg: `shelf moved ${n}`, shelf });
    const [good, bad] = [line(1, 7), line(2, 'top \u2028 left')];
    await using running = await runApp({ raw: { logs: { kind: 'elasticsearch', url: server.url, index } } });
    const { bus, logs } = running.app.backends;
    const dead: string[] = [];
    await using _ = await bus.subscribe('log-stream.dlq', { group: 't', from: 'earliest' }, async (batch) => {
      for (const { value } of batch) dead.push(value.toString());
    });
    await bus.publish('log-stream', [{ value: good }, { value: bad }]);
    await eventually('the dead letter', async () => (dead.length > 0 ? true : undefined));
    await eventually('the good line', async () => ((await logs.extent())?.records === 1 ? true : undefined));
    assert.deepEqual(dead, [bad]);
    const totals = await running.app.pipeline!.run([
      [good, bad].map((text, n) => ({ text, source: 'a.log', position: String(n) })),
    ]);
    assert.deepEqual([totals.lines, totals.refused], [2, 1]);
    const kept = readFileSync(join(running.dataDir, 'logs.refused'), 'utf8');
    assert.equal(JSON.parse(kept).text, bad);
    const told = await eventually('health', async () => {
      const { backends } = (await running.person.health()).body as { backends: Record<string, unknown> };
      return backends['dead letters'] ? backends : undefined;
    });
    assert.match(
      JSON.stringify(told['dead letters']),
      /log-stream: 1 message\(s\).*document_parsing_exception/,
    );
    assert.match(JSON.stringify(told['refused lines']), /refused 1 line\(s\)/);
  });

  test('what is wrong with the index refuses no line: it waits, health says why, and it is stored after', async () => {
    const settings = (persistent: object) => api('PUT', '/_cluster/settings', { persistent });
    const block = (index: string, on: true | null) =>
      api('PUT', `/${index}/_settings`, { 'index.blocks.read_only_allow_delete': on });
    for (const [what, breaks, mends] of [
      ['closed', (index) => api('POST', `/${index}/_close`), (index) => api('POST', `/${index}/_open`)],
      ['over its watermark', (index) => block(index, true), (index) => block(index, null)],
      [
        'gone, and no room for another',
        async (index) => {
          await api('DELETE', `/${index}`);
          await settings({ 'cluster.max_shards_per_node': 1 });
        },
        () => settings({ 'cluster.max_shards_per_node': null }),
      ],
    ] as [string, (index: string) => Promise<unknown>, (index: string) => Promise<unknown>][]) {
      const index = fresh();
      await using store = await openElasticLogs({ url: server.url, index }, log);
      await store.write([record('a')]);
      await breaks(index);
      await assert.rejects(
        store.write([record('b')]),
        ({ code }) => code === 'config_invalid' || code === 'storage_full',
        what,
      );
      assert.equal((await store.health()).ok, false, what);
      await mends(index);
      await eventually(what, async () => store.write([record('b')]).then(() => true));
      assert.equal((await store.health()).ok, true, what);
      assert.deepEqual(
        (await store.get(['b'])).map(({ id }) => id),
        ['b'],
        what,
      );
    }
    const index = fresh();
    await settings({ 'action.auto_create_index': 'false' });
    await using store = await openElasticLogs({ url: server.url, index }, log);
    await store.write([record('a')]);
    assert.equal((await store.search({})).total, 1);
    assert.match(JSON.stringify(await api('GET', `/${index}/_mapping`)), /Log records of Bongsu/);
    await settings({ 'action.auto_create_index': null });
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
