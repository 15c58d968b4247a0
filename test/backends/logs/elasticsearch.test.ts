import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openElasticLogs } from '../../../src/backends/logs/elasticsearch.ts';
import { RefusedRecords } from '../../../src/backends/logs/store.ts';
import { createLog } from '../../../src/log.ts';
import { record, T0 } from '../../contract/logs-reference.ts';
import { type FakeElastic, fakeElastic } from '../../fakes/elasticsearch.ts';

const log = createLog('silent');
const open = ({ url }: FakeElastic, index = 'bongsu-logs') => openElasticLogs({ url, index }, log);
const FOREIGN = { index_patterns: ['orders-*'], priority: 5, _meta: { owner: 'the shop' } };
const conflict = { type: 'document_parsing_exception', reason: 'failed to parse field [service]' };

test('opening, looking and asking change nothing in the cluster; the first write brings the template', async () => {
  await using elastic = await fakeElastic();
  await using store = await open(elastic);
  assert.equal((await store.health()).ok, true);
  await store.search({ text: 'x' });
  await store.counts({}, 'service');
  await store.histogram({ from: T0, to: T0 + 1_000 }, 1_000);
  await store.requests({});
  await store.extent();
  assert.deepEqual(elastic.changes, []);
  await store.write([record('a')]);
  await store.write([record('b')]);
  assert.deepEqual(elastic.changes, ['PUT /_index_template/bongsu-logs']);
  assert.equal(elastic.documents.size, 2);
});

test('the name of the template begins with bongsu, whatever the index is called', async () => {
  await using elastic = await fakeElastic();
  await using store = await open(elastic, 'shop-logs');
  await store.write([record('a')]);
  const [template] = elastic.templates;
  assert.equal(template!.name, 'bongsu-shop-logs');
  assert.deepEqual(template!.index_template.index_patterns, ['shop-logs']);
});

test('a template of others in the way is named, by health and by a write, and not touched', async () => {
  for (const [what, index, template] of [
    ['its own name', 'bongsu-logs', { name: 'bongsu-logs', index_template: FOREIGN }],
    ['no mark at all', 'bongsu-logs', { name: 'bongsu-logs', index_template: { index_patterns: ['q'] } }],
    [
      'a pattern that wins',
      'app-logs',
      { name: 'everything', index_template: { index_patterns: ['app-*'], priority: 500 } },
    ],
    [
      'the same priority',
      'app-logs',
      { name: 'twin', index_template: { index_patterns: ['x', '*p*-l*s'], priority: 201 } },
    ],
    [
      'a data stream',
      'app-logs',
      { name: 'streams', index_template: { index_patterns: '*', priority: 900, data_stream: {} } },
    ],
  ] as const) {
    await using elastic = await fakeElastic();
    elastic.templates = [structuredClone(template) as never];
    await using store = await open(elastic, index);
    const health = await store.health();
    assert.equal(health.ok, false, what);
    assert.match(health.detail, new RegExp(`"${template.name}"`), what);
    assert.match(health.mend ?? '', /logs\.index/, what);
    await assert.rejects(store.write([record('a')]), (error: Error & { code?: string }) => {
      assert.equal(error.code, 'config_invalid', what);
      assert.match(error.message, new RegExp(`"${template.name}".*logs\\.index`), what);
      return true;
    });
    assert.deepEqual(elastic.templates, [template], what);
    assert.deepEqual(elastic.changes, [], what);
    assert.equal(elastic.documents.size, 0, what);
  }
});

test('templates of others that do not concern the index, or yield to ours, are nothing to speak of', async () => {
  await using elastic = await fakeElastic();
  const others = [
    { name: 'orders', index_template: FOREIGN },
    { name: 'low', index_template: { index_patterns: ['*'], priority: 1 } },
    {
      name: 'near',
      index_template: { index_patterns: ['bongsu-logs-*', 'a*gs', 'bongsu-lo'], priority: 900 },
    },
  ];
  elastic.templates = structuredClone(others);
  await using store = await open(elastic);
  assert.equal((await store.health()).ok, true);
  await store.write([record('a')]);
  assert.deepEqual(elastic.templates.slice(0, 3), others);
  assert.equal(elastic.templates.length, 4);
});

test('a template of an earlier version is replaced, one of this or a later version is not', async () => {
  for (const [version, changes] of [
    [1, 1],
    [2, 0],
    [9, 0],
  ] as const) {
    await using elastic = await fakeElastic();
    const _meta = { description: 'Log records of Bongsu' };
    elastic.templates = [
      {
        name: 'bongsu-logs',
        index_template: { index_patterns: ['bongsu-logs'], priority: 200, version, _meta },
      },
    ];
    await using store = await open(elastic);
    assert.equal((await store.health()).ok, true);
    await store.write([record('a')]);
    assert.equal(elastic.changes.length, changes, `version ${version}`);
  }
});

test('an index of others takes no record of ours: each is refused with its name; one of ours goes on', async () => {
  for (const [index, mappings, ours] of [
    ['bongsu-logs', { properties: { message: { type: 'integer' } } }, false],
    ['bongsu-logs', {}, false],
    ['bongsu-logs', { _meta: { description: 'Orders' } }, false],
    ['bongsu-logs', { _meta: { description: 'Log records of Bongsu' } }, true],
    ['bongsu-logs', { _source: { excludes: ['grams'] }, properties: { grams: { type: 'text' } } }, true],
  ] as const) {
    await using elastic = await fakeElastic();
    elastic.indices[index] = { mappings };
    await using store = await open(elastic);
    assert.equal((await store.health()).ok, ours, JSON.stringify(mappings));
    const write = store.write([record('a'), record('b')]);
    if (ours) {
      await write;
      continue;
    }
    await assert.rejects(write, (error) => {
      assert.ok(error instanceof RefusedRecords);
      assert.deepEqual(
        error.refused.map(({ id }) => id),
        ['a', 'b'],
      );
      assert.match(error.message, /index "bongsu-logs"/);
      return true;
    });
    assert.equal(elastic.documents.size, 0);
    assert.deepEqual(elastic.changes, []);
  }
});

test('who may not look at templates still asks, is well, and writes where the index is there', async () => {
  await using elastic = await fakeElastic();
  elastic.templateStatus = 403;
  elastic.indices['bongsu-logs'] = { mappings: { _meta: { description: 'Log records of Bongsu' } } };
  await using store = await open(elastic);
  assert.equal((await store.health()).ok, true);
  await store.write([record('a')]);
  await using absent = await open(elastic, 'bongsu-other');
  await assert.rejects(absent.write([record('a')]), { code: 'unauthorized' });
});

test('all documents that are refused are named, without their text; the others are stored when written again', async () => {
  await using elastic = await fakeElastic();
  elastic.refuse = ({ service }) =>
    service === 'bad'
      ? { ...conflict, reason: `${conflict.reason}. Preview of field's value: 'hunter2'` }
      : undefined;
  await using store = await open(elastic);
  const records = Array.from({ length: 2_500 }, (_, n) =>
    record(`r${n}`, n % 1_000 === 7 ? { service: 'bad' } : {}),
  );
  await assert.rejects(store.write(records), (error) => {
    assert.ok(error instanceof RefusedRecords);
    assert.deepEqual(error.refused.map(({ id }) => id).sort(), ['r1007', 'r2007', 'r7']);
    assert.match(error.message, /document_parsing_exception: failed to parse field \[service\]/);
    assert.doesNotMatch(error.message, /hunter2/);
    return true;
  });
  await store.write(records.filter(({ service }) => service !== 'bad'));
  assert.equal(elastic.documents.size, 2_497);
});

test('what is wrong with the index or the server is no fault of the records: told in health until a write succeeds', async () => {
  for (const [error, mend] of [
    [{ type: 'index_closed_exception' }, /whether it is open/],
    [{ type: 'validation_exception' }, /may make it/],
    [{ type: 'cluster_block_exception', status: 403 }, /remove the block/],
    [{ type: 'security_exception', status: 403 }, /user and password/],
    [{ type: 'something_new', status: 404 }, /logs\.index/],
  ] as const) {
    await using elastic = await fakeElastic();
    elastic.refuse = () => ({ reason: 'not now', ...error });
    await using store = await open(elastic);
    await assert.rejects(
      store.write([record('a')]),
      ({ code }) => code === 'config_invalid' || code === 'storage_full' || code === 'unauthorized',
    );
    const told = await store.health();
    assert.equal(told.ok, false, error.type);
    assert.match(told.mend ?? '', mend);
    elastic.refuse = () => undefined;
    await store.write([record('a')]);
    assert.equal((await store.health()).ok, true);
    // What a record is refused for is no trouble of the store.
    elastic.refuse = () => conflict;
    await assert.rejects(store.write([record('b')]), RefusedRecords);
    assert.equal((await store.health()).ok, true);
  }
});

test('a server that answers otherwise than Elasticsearch takes no line for a bad one', async () => {
  await using other = await fakeElastic();
  await using store = await open(other);
  await store.write([record('a')]);
  for (const status of [400, 404, 405]) {
    other.bulkStatus = status;
    await assert.rejects(store.write([record('b')]), { code: 'config_invalid' });
  }
});

test('where the cluster makes no index by itself it is made with its template, also when it was removed', async () => {
  await using elastic = await fakeElastic();
  elastic.refuse = () =>
    elastic.indices['bongsu-logs']
      ? undefined
      : { type: 'index_not_found_exception', reason: 'no such index', status: 404 };
  await using store = await open(elastic);
  await store.write([record('a')]);
  assert.deepEqual(elastic.changes, ['PUT /_index_template/bongsu-logs', 'PUT /bongsu-logs']);
  elastic.indices = {};
  elastic.templates = [];
  await store.write([record('b')]);
  assert.equal(elastic.documents.size, 2);
  assert.deepEqual(elastic.changes.slice(2), ['PUT /_index_template/bongsu-logs', 'PUT /bongsu-logs']);
});

test('a request that is too large is sent in parts; a record too large for any is refused alone', async () => {
  await using elastic = await fakeElastic();
  await using store = await open(elastic);
  elastic.bulkLimit = 20_000;
  const records = Array.from({ length: 500 }, (_, n) => record(`r${n}`));
  await store.write(records);
  assert.equal(elastic.documents.size, 500);
  const huge = record('huge', { line: 'x'.repeat(16_000), message: 'x'.repeat(16_000) });
  await assert.rejects(store.write([record('a'), huge, record('b')]), (error) => {
    assert.ok(error instanceof RefusedRecords);
    assert.deepEqual(error.refused, [{ id: 'huge', reason: 'refused (larger than a request may be)' }]);
    return true;
  });
  assert.equal(elastic.documents.size, 502);
});
