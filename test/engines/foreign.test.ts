import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Client } from '@elastic/elasticsearch';
import { openForeignElasticsearch } from '../../src/backends/logs/foreign/elasticsearch-index.ts';
import type { ForeignIndex } from '../../src/backends/logs/foreign/foreign-index.ts';
import { openForeignOpenSearch } from '../../src/backends/logs/foreign/opensearch-index.ts';
import type { LogStore } from '../../src/backends/logs/store.ts';
import { parseConfig } from '../../src/config/config.ts';
import { createLog } from '../../src/log.ts';
import { openBackends } from '../../src/stores.ts';
import { eventually, runApp } from '../acceptance/harness.ts';
import { foreignIndexContract } from '../contract/foreign-index.ts';
import { type IndexedDocument, sameAnswers } from '../contract/same-answers.ts';
import type { SecuredSearch } from './servers/search.ts';
import {
  available,
  type Server,
  startElasticsearch,
  startOpenSearch,
  startSecuredElasticsearch,
} from './servers.ts';

const log = createLog('silent');
const folder = mkdtempSync(join(tmpdir(), 'bongsu-foreign-'));
after(() => rmSync(folder, { recursive: true, force: true }));
let names = 0;

/** One request of the administrator of a cluster without users. */
async function api(
  url: string,
  method: string,
  path: string,
  body?: unknown,
): Promise<Record<string, unknown>> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const response = await fetch(`${url}${path}`, {
    method,
    ...(body === undefined ? {} : { body: text, headers: { 'content-type': 'application/json' } }),
  });
  return (await response.json()) as Record<string, unknown>;
}

const bulk = (documents: IndexedDocument[]): string =>
  documents
    .map(({ id, source }) => `${JSON.stringify({ create: { _id: id } })}\n${JSON.stringify(source)}\n`)
    .join('');

/** Puts documents into a new index as a shipper would, with a mapping that nobody of ours made. */
async function indexed(url: string, documents: IndexedDocument[]): Promise<string> {
  const name = `filebeat-8.19.0-${names++}`;
  await api(url, 'PUT', `/${name}`, { mappings: { properties: { '@timestamp': { type: 'date' } } } });
  for (let start = 0; start < documents.length; start += 5_000) {
    const reply = await api(url, 'POST', `/${name}/_bulk`, bulk(documents.slice(start, start + 5_000)));
    assert.equal(reply.errors, false);
  }
  await api(url, 'POST', `/${name}/_refresh`);
  return name;
}

/** The configured store, with its data folder; what it holds is disposed with it. */
async function store(logs: object, env: Record<string, string> = {}): Promise<LogStore> {
  const dataDir = mkdtempSync(join(folder, 'data-'));
  const config = parseConfig({ logs, dataDir, models: [], timeZone: 'UTC' }, env);
  const backends = await openBackends(config, log, { models: [] });
  const { logs: opened } = backends;
  return {
    write: (records) => opened.write(records),
    search: (filter, how) => opened.search(filter, how),
    get: (ids) => opened.get(ids),
    scan: (filter, how) => opened.scan(filter, how),
    histogram: (filter, bucketMs) => opened.histogram(filter, bucketMs),
    counts: (filter, by, limit) => opened.counts(filter, by, limit),
    requests: (filter) => opened.requests(filter),
    extent: () => opened.extent(),
    health: () => opened.health(),
    [Symbol.asyncDispose]: () => backends[Symbol.asyncDispose](),
  };
}

const minuteAgo = (n: number): string => new Date(Date.now() - 60_000 + n).toISOString();

/** What both kinds of server have to do. */
function onServer(kind: 'elasticsearch' | 'opensearch', start: () => Promise<Server>): void {
  describe(`an index of others on ${kind}`, { skip: available(kind) ?? false }, () => {
    let server: Server;
    before(async () => {
      server = await start();
    });
    after(() => server?.[Symbol.asyncDispose]());
    const open = (name: string): ForeignIndex => {
      const options = { url: server.url, index: name };
      return kind === 'opensearch'
        ? openForeignOpenSearch(options, log)
        : openForeignElasticsearch(options, log);
    };

    foreignIndexContract(kind, async (documents) => open(await indexed(server.url, documents)));
    sameAnswers(kind, async (documents) =>
      store({ kind, url: server.url, index: `${await indexed(server.url, documents)}*` }),
    );

    test('nothing in the cluster is made or changed, whoever asks or writes', async () => {
      const name = await indexed(server.url, [
        { id: 'a', source: { '@timestamp': minuteAgo(0), message: 'crane 4 is stuck', service: 'harbour' } },
      ]);
      const state = async () =>
        JSON.stringify([
          await api(server.url, 'GET', '/_index_template'),
          await api(server.url, 'GET', `/${name}`),
          Object.keys(await api(server.url, 'GET', '/_all/_settings')),
          await api(server.url, 'GET', `/${name}/_count`),
        ]);
      const beforeAll = await state();
      await using logs = await store({ kind, url: server.url, index: name });
      assert.equal((await logs.search({ text: 'crane' })).total, 1);
      const [found] = (await logs.search({})).records;
      await logs.write([{ ...found!, id: 'ours', line: 'a line of our own' }]);
      assert.equal((await logs.search({ text: 'our own' })).total, 1);
      assert.equal((await logs.health()).ok, true);
      assert.equal(await state(), beforeAll);
    });

    test('an alias by its name; an index that is not there; fields that are named', async () => {
      const name = await indexed(server.url, [
        { id: 'a', source: { happened: minuteAgo(0), story: 'ferry late', '@timestamp': minuteAgo(5) } },
      ]);
      await api(server.url, 'POST', '/_aliases', {
        actions: [{ add: { index: name, alias: `${kind}-logs` } }],
      });
      await using logs = await store({
        ...{ kind, url: server.url, index: `${kind}-logs` },
        fields: { time: 'happened', text: 'story' },
      });
      assert.equal((await logs.search({})).records[0]!.line, 'ferry late');
      assert.match((await logs.health()).detail, /time happened, text story/);
      await using none = await store({ kind, url: server.url, index: 'nobody-*' });
      assert.deepEqual(await none.search({}), { records: [], total: 0 });
      assert.match((await none.health()).detail, /no document in nobody-\*/);
      await using wrong = await store({
        kind,
        url: server.url,
        index: `${name},`,
        fields: { time: 'story' },
      });
      await assert.rejects(wrong.search({}), {
        code: 'config_invalid',
        message: /logs\.fields\.time: story is of the type/,
      });
    });

    const noStreams =
      kind === 'elasticsearch' ? 'this distribution of Elasticsearch has no data streams' : false;
    test('a data stream, by its name and by a pattern', { skip: noStreams }, async () => {
      await api(server.url, 'PUT', '/_index_template/streams', {
        ...{ index_patterns: ['logs-*-*'], data_stream: {}, priority: 300 },
      });
      const document = { '@timestamp': minuteAgo(0), message: 'lift 2 stopped', service: { name: 'lift' } };
      for (const _ of [1, 2]) {
        await api(server.url, 'POST', '/logs-lift-default/_doc?refresh=true', document);
        await api(server.url, 'POST', '/logs-lift-default/_rollover');
      }
      for (const index of ['logs-lift-default', 'logs-*-*']) {
        await using logs = await store({ kind, url: server.url, index });
        assert.equal((await logs.search({ services: ['lift'] })).total, 2, index);
        assert.match((await logs.health()).detail, /2 documents in 3 indices/);
      }
    });

    test('what comes new to it opens an incident, and is answered', async () => {
      const calm = Array.from({ length: 600 }, (_, n) => ({
        id: `calm-${n}`,
        source: {
          '@timestamp': new Date(Date.now() - 600_000 + n * 1_000).toISOString(),
          message: `INFO ticket ${n} printed`,
          service: { name: 'kiosk' },
        },
      }));
      const name = await indexed(server.url, calm);
      await using running = await runApp({ raw: { logs: { kind, url: server.url, index: `${name}*` } } });
      await eventually('the calm lines', async () =>
        (await running.app.backends.logs.extent())?.records === 600 ? true : undefined,
      );
      const failing = Array.from({ length: 80 }, (_, n) => ({
        id: `bad-${n}`,
        source: {
          '@timestamp': new Date().toISOString(),
          message: `FATAL printer drum ${n} broke: no paper path`,
          service: { name: 'kiosk' },
        },
      }));
      await api(server.url, 'POST', `/${name}/_bulk?refresh=true`, bulk(failing));
      await running.person.sees(/kiosk/, { timeoutMs: 60_000 });
      const { logs } = running.app.backends;
      assert.equal((await logs.search({ levels: ['fatal'] })).total, 80);
      // What was read for questions and what was watched have one id for one message.
      assert.equal((await logs.counts({ services: ['kiosk'], levels: ['fatal'] }, 'template')).length, 1);
      assert.equal((await logs.counts({ services: ['kiosk'], levels: ['info'] }, 'template')).length, 1);
    });
  });
}

onServer('elasticsearch', () => startElasticsearch());
onServer('opensearch', () => startOpenSearch());

describe('an Elasticsearch with users and TLS', { skip: available('elasticsearch') ?? false }, () => {
  let server: SecuredSearch;
  before(async () => {
    server = await startSecuredElasticsearch();
    const admin = new Client({
      node: server.url,
      auth: server.admin,
      tls: { ca: readFileSync(server.ca, 'utf8') },
    });
    const operations = [1, 2, 3].flatMap((n) => [
      { create: { _id: `d${n}` } },
      { '@timestamp': minuteAgo(n), message: `gate ${n} is shut`, service: { name: 'lock' } },
    ]);
    await admin.bulk({ index: 'filebeat-canal', operations, refresh: true });
    await admin.index({
      index: 'payroll',
      document: { '@timestamp': minuteAgo(0), message: 'secret' },
      refresh: true,
    });
    await admin.close();
  });
  after(() => server?.[Symbol.asyncDispose]());
  const url = ({ username, password } = server.reader): string =>
    server.url.replace('//', `//${username}:${password}@`);

  test('a user that may only read is enough, by the password, the authority and nothing else', async () => {
    for (const index of ['filebeat-*', 'filebeat-canal']) {
      const env = { ELASTICSEARCH_URL: url(), ELASTICSEARCH_CA: server.ca };
      await using logs = await store({ kind: 'elasticsearch', url: 'http://x', index }, env);
      assert.equal((await logs.search({ services: ['lock'] })).total, 3, index);
      const health = await logs.health();
      assert.equal(health.ok, true);
      assert.doesNotMatch(JSON.stringify(health), new RegExp(server.reader.password));
    }
  });

  test('what is missing is named: a right, the password, the authority', async () => {
    const ask = async (index: string, address: string, ca: string | undefined) => {
      const env = { ELASTICSEARCH_URL: address, ...(ca ? { ELASTICSEARCH_CA: ca } : {}) };
      await using logs = await store({ kind: 'elasticsearch', url: 'http://x', index }, env);
      const health = await logs.health();
      assert.equal(health.ok, false);
      assert.doesNotMatch(JSON.stringify(health), new RegExp(server.reader.password));
      return `${health.detail} ${health.mend}`;
    };
    assert.match(
      await ask('payroll*', url(), server.ca),
      /fields of payroll\*.*"read" on payroll\*|no document in payroll/,
    );
    const wrong = url({ username: 'reader', password: 'wrong-one' });
    assert.match(await ask('filebeat-*', wrong, server.ca), /fields of filebeat-\*.*ELASTICSEARCH_URL/);
    assert.match(
      await ask('filebeat-*', url(), undefined),
      /authority that this system does not know.*logs\.ca/,
    );
    const other = join(folder, 'other.pem');
    writeFileSync(other, 'nothing');
    await assert.rejects(store({ kind: 'elasticsearch', url: 'https://x', index: 'a*', ca: other }), {
      code: 'config_invalid',
      message: /logs\.ca: no PEM/,
    });
  });
});
