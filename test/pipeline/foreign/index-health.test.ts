import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '../../../src/domain/errors.ts';
import { healthIn } from '../../../src/i18n/health.ts';
import { indexHealth } from '../../../src/pipeline/foreign/index-health.ts';
import { createIndexReading } from '../../../src/pipeline/foreign/index-lines.ts';
import { newestSpan } from '../../../src/pipeline/foreign/newest-span.ts';
import { type FakeIndex, fakeIndex } from '../../fakes/foreign-index.ts';

const documents = [1, 2, 3].map((n) => ({
  id: `d${n}`,
  source: { '@timestamp': `2026-01-05T09:0${n}:00Z`, message: `valve ${n} is open`, 'log.level': 'info' },
}));

async function health(index: FakeIndex, limit = 10) {
  const reading = createIndexReading(index, {});
  const found = await indexHealth(index, reading, async () => {
    const known = await reading();
    return known && newestSpan(index, known.map.time, limit);
  });
  return { ...found, korean: healthIn('ko', found) };
}

test('what is read, by which fields, and how much of it, in both languages', async () => {
  const { ok, detail, korean } = await health(fakeIndex(documents), 2);
  assert.equal(ok, true);
  assert.match(detail, /search\.example:9200: reads app-\* as it is, 3 documents in 1 index, writes nothing/);
  assert.match(detail, /time @timestamp, text message, level log\.level/);
  assert.match(detail, /looks at the newest 2/);
  assert.match(korean.detail, /있는 그대로 읽어요.*문서 3건.*최근 2건/);
});

test('documents without a time are told', async () => {
  const index = fakeIndex([...documents, { id: 'x', source: { message: 'nobody knows when' } }]);
  const { ok, detail, korean } = await health(index);
  assert.equal(ok, true);
  assert.match(detail, /1 more document has no @timestamp and is left out/);
  assert.match(korean.detail, /@timestamp이\(가\) 없는 문서 1건/);
});

test('each right is tried, and the one that is missing is named', async () => {
  for (const [step, says] of [
    ['fields', /list the fields of app-\*/],
    ['extent', /search app-\*/],
    ['read', /open a point in time on app-\*/],
  ] as const) {
    const index = fakeIndex(documents);
    index.fails[step] = new AppError('unauthorized', 'no');
    const { ok, detail, mend, korean } = await health(index);
    assert.equal(ok, false);
    assert.match(detail, says);
    assert.match(mend!, /privilege "read" on app-\*/);
    assert.match(korean.mend!, /"read" 권한/);
  }
});

test('what is wrong with the name, the fields, the certificate and the server', async () => {
  assert.match((await health(fakeIndex())).detail, /no document in app-\*/);
  const nothing = fakeIndex([{ id: 'a', source: { n: 1 } }]);
  const fields = await health(nothing);
  assert.match(fields.detail, /no field tells when/);
  assert.match(fields.mend!, /logs\.fields/);
  const away = fakeIndex(documents);
  away.fails.fields = new AppError('unavailable', 'Elasticsearch at search.example:9200 cannot be reached');
  assert.match((await health(away)).mend!, /start the server at search\.example:9200/);
  for (const fault of ['untrusted', 'name', 'expired', 'plain'] as const) {
    away.fault = fault;
    const { detail, mend, korean } = await health(away);
    assert.match(detail, /certificate|TLS/);
    assert.match(mend!, /logs\.ca/);
    assert.notEqual(korean.detail, detail);
  }
});
