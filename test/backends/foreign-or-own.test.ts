import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openForeign } from '../../src/backends/open.ts';
import { parseConfig } from '../../src/config/config.ts';
import { createLog } from '../../src/log.ts';
import { fakeElastic } from '../fakes/elasticsearch.ts';

const log = createLog('silent');
const THEIRS = { mappings: { properties: { message: { type: 'text' } } } };
const OURS = { mappings: { _meta: { description: 'Log records of Bongsu' }, properties: {} } };

/** Whether the configured logs are taken for an index of others. */
async function isForeign(logs: object): Promise<boolean> {
  await using opened = await openForeign(parseConfig({ logs }), log);
  return opened !== undefined;
}

test('a name is one of others if there is such an index and we have not made it; a pattern always is', async () => {
  await using server = await fakeElastic();
  Object.assign(server.indices, { theirs: THEIRS, ours: OURS });
  const at = (index: string, more: object = {}) =>
    isForeign({ kind: 'elasticsearch', url: server.url, index, ...more });
  assert.equal(await at('theirs'), true);
  assert.equal(await at('ours'), false);
  assert.equal(await at('nobody'), false);
  for (const pattern of ['filebeat-*', 'a,b']) assert.equal(await at(pattern), true, pattern);
  assert.equal(await at('nobody', { fields: { text: 'story' } }), true);
  assert.equal(await isForeign({ kind: 'opensearch', url: 'http://127.0.0.1:1', index: 'x' }), true);
  assert.equal(await isForeign({ kind: 'sqlite' }), false);
  assert.deepEqual(server.changes, []);
});

test('while the server is away a plain name is taken for ours, which writes nothing before the first record', async () => {
  assert.equal(await isForeign({ kind: 'elasticsearch', url: 'http://127.0.0.1:1', index: 'theirs' }), false);
  assert.equal(await isForeign({ kind: 'elasticsearch', url: 'http://127.0.0.1:1', index: 'their*' }), true);
});
