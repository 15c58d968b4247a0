import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { openMirrorCache } from '../../../src/backends/logs/foreign/sqlite-mirror-cache.ts';
import { AppError } from '../../../src/domain/errors.ts';
import { createLog } from '../../../src/log.ts';
import { createIndexReading } from '../../../src/pipeline/foreign/index-lines.ts';
import { Mirror, type MirrorOptions } from '../../../src/pipeline/foreign/mirror.ts';
import { createMiner } from '../../../src/pipeline/mining/miner.ts';
import { createNormalizer } from '../../../src/pipeline/normalize/normalize.ts';
import { foreignIndexContract } from '../../contract/foreign-index.ts';
import { logStoreContract } from '../../contract/logs.ts';
import { record } from '../../contract/logs-reference.ts';
import { sameAnswers } from '../../contract/same-answers.ts';
import { type FakeIndex, fakeIndex } from '../../fakes/foreign-index.ts';

const log = createLog('silent');
const folder = await mkdtemp(join(tmpdir(), 'bongsu-mirror-'));
after(() => rm(folder, { recursive: true, force: true }));
let files = 0;
const fresh = () => join(folder, `mirror-${files++}.sqlite`);

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const T0 = Date.UTC(2026, 0, 5, 9, 0, 0);

/** A line a second of a service; each is a document. */
const lines = (count: number, from = T0, service = 'lathe', first = 0) =>
  Array.from({ length: count }, (_, n) => ({
    id: `d${first + n}`,
    source: {
      '@timestamp': new Date(from + n * 1_000).toISOString(),
      message: n % 10 === 0 ? `spindle ${n} is too hot` : `part ${n} is done`,
      level: n % 10 === 0 ? 'ERROR' : 'INFO',
      service,
    },
  }));

async function mirrorOf(index: FakeIndex, over: Partial<MirrorOptions> & { file?: string } = {}) {
  const { file = fresh(), ...options } = over;
  const normalize = createNormalizer({ timeZone: 'UTC' });
  const miner = createMiner();
  return new Mirror({
    foreign: index,
    cache: await openMirrorCache({ file }, log),
    reading: createIndexReading(index, {}),
    toRecord: (line) => {
      const made = normalize(line);
      made.template = miner.add(made.message).template;
      return made;
    },
    most: 100_000,
    log,
    ...options,
  });
}

// Over an empty index it is a store of its own: what others write to it is there.
logStoreContract('mirror of an empty index', async () => {
  const mirror = await mirrorOf(fakeIndex());
  const { health } = mirror;
  // An index without documents is told as one that may be misspelt.
  mirror.health = async () => ({ ...(await health.call(mirror)), ok: true });
  return mirror;
});

foreignIndexContract('in memory', async (documents) => fakeIndex(documents));

sameAnswers('mirror', (documents) => mirrorOf(fakeIndex(documents)));

test('every question sees the index as it is: counts, texts, times, templates', async () => {
  await using mirror = await mirrorOf(fakeIndex(lines(600)));
  assert.deepEqual(await mirror.extent(), { from: T0, to: T0 + 599_001, records: 600 });
  const found = await mirror.search({ levels: ['error'] }, { limit: 2 });
  assert.equal(found.total, 60);
  assert.equal(found.records[0]!.line, 'spindle 590 is too hot');
  assert.equal(found.records[0]!.timestamp, T0 + 590_000);
  assert.equal((await mirror.search({ text: '"spindle 30 "' })).total, 1);
  const templates = await mirror.counts({}, 'template');
  assert.deepEqual(
    templates.map(({ count, errors }) => [count, errors]),
    [
      [540, 0],
      [60, 60],
    ],
  );
  const minute = await mirror.histogram({ from: T0, to: T0 + 2 * MINUTE }, MINUTE);
  assert.deepEqual(minute, [
    { at: T0, total: 60, errors: 6 },
    { at: T0 + MINUTE, total: 60, errors: 6 },
  ]);
  let scanned = 0;
  for await (const batch of mirror.scan({ from: T0 + MINUTE })) scanned += batch.length;
  assert.equal(scanned, 540);
  const [first] = (await mirror.search({}, { order: 'oldest', limit: 1 })).records;
  assert.deepEqual(await mirror.get([first!.id, 'nothing']), [first]);
});

test('a document is read once, also by the next process, and only of the time that is asked for', async () => {
  const index = fakeIndex(lines(3_600));
  const file = fresh();
  let now = T0 + 2 * HOUR;
  {
    await using mirror = await mirrorOf(index, { file, now: () => now });
    assert.equal((await mirror.search({ from: T0 + 10 * MINUTE, to: T0 + 12 * MINUTE })).total, 120);
    assert.equal(index.given, 120);
    await mirror.counts({ from: T0 + 10 * MINUTE, to: T0 + 12 * MINUTE }, 'service');
    await mirror.search({});
    assert.equal(index.given, 3_600);
  }
  await using again = await mirrorOf(index, { file, now: () => now });
  assert.equal((await again.search({})).total, 3_600);
  assert.equal(index.given, 3_600);
  now += 10_000;
  assert.equal((await again.search({})).total, 3_600);
  assert.equal(index.given, 3_600);
});

test('what arrives late is found, however old it is, and nothing is there twice', async () => {
  const index = fakeIndex(lines(1_200));
  let now = T0 + 20 * MINUTE;
  await using mirror = await mirrorOf(index, { now: () => now });
  assert.equal((await mirror.search({})).total, 1_200);
  index.documents.push(...lines(3, T0 + 5 * MINUTE + 300, 'press', 5_000));
  now += 4_000;
  assert.equal((await mirror.search({})).total, 1_203);
  assert.deepEqual(
    (await mirror.counts({}, 'service')).map(({ key, count }) => [key, count]),
    [
      ['lathe', 1_200],
      ['press', 3],
    ],
  );
  // Only its minute was read again.
  assert.equal(index.given, 1_200 + 63);
  index.documents.push(...lines(60, now, 'lathe', 6_000));
  now += 4_000;
  assert.equal((await mirror.search({})).total, 1_263);
});

test('above the limit the newest lines are asked about, the older ones are counted, and found by their time', async () => {
  const index = fakeIndex(lines(3_600));
  await using mirror = await mirrorOf(index, { most: 2_000 });
  const from = T0 + 44 * MINUTE;
  assert.deepEqual(await mirror.extent(), { from, to: T0 + 3_599_001, records: 960, older: 2_640 });
  assert.equal((await mirror.search({})).total, 960);
  assert.equal((await mirror.search({ from: T0 })).total, 960);
  const old = { from: T0 + 3 * MINUTE, to: T0 + 5 * MINUTE };
  assert.equal((await mirror.search(old)).total, 120);
  assert.equal((await mirror.search({})).total, 960);
  await assert.rejects(mirror.search({ from: T0, to: T0 + 40 * MINUTE }), {
    code: 'too_large',
    message: /app-\* holds \d+ lines of this time.*at most 1000/,
  });
});

test('an old window without a beginning reads nothing; stray dates of other decades cost a few requests', async () => {
  const index = fakeIndex([
    ...lines(2_000),
    { id: 'old', source: { '@timestamp': '1970-03-01T00:00:00Z', message: 'a clock that was never set' } },
    { id: 'far', source: { '@timestamp': '2190-03-01T00:00:00Z', message: 'a clock that runs away' } },
  ]);
  let asked = 0;
  const { counts } = index;
  index.counts = (...how) => {
    asked += 1;
    return counts(...how);
  };
  {
    await using mirror = await mirrorOf(index);
    assert.equal((await mirror.search({})).total, 2_002);
    assert.ok(asked < 10, `${asked} requests`);
  }
  await using small = await mirrorOf(index, { most: 1_000 });
  assert.equal((await small.search({ to: T0 + MINUTE })).total, 0);
  assert.equal((await small.search({ from: T0, to: T0 + MINUTE })).total, 60);
  assert.equal((await small.search({ to: T0 + MINUTE })).total, 60);
});

test('what was not asked about longest makes room, in whole hours', async () => {
  const index = fakeIndex(
    Array.from({ length: 6 }, (_, n) => lines(500, T0 + n * HOUR, 'lathe', n * 500)).flat(),
  );
  let now = T0 + 7 * HOUR;
  const cache = await openMirrorCache({ file: fresh() }, log);
  await using mirror = await mirrorOf(index, {
    cache,
    now: () => ++now,
    most: 1_200,
  });
  const hour = (n: number) => ({ from: T0 + n * HOUR, to: T0 + (n + 1) * HOUR });
  for (const n of [0, 1, 0, 2]) assert.equal((await mirror.search(hour(n))).total, 500, `hour ${n}`);
  assert.equal(cache.size(), 1_000);
  // Hour 1 went, and comes back when it is asked for.
  const before = index.given;
  assert.equal((await mirror.search(hour(0))).total, 500);
  assert.equal(index.given, before);
  assert.equal((await mirror.search(hour(1))).total, 500);
  assert.equal(index.given, before + 500);
});

test('a server that is away is said, and asked again; a question that is stopped keeps what was read', async () => {
  const index = fakeIndex(lines(2_400));
  await using mirror = await mirrorOf(index, { now: Date.now });
  index.fails.counts = new AppError('unavailable', 'away');
  await assert.rejects(mirror.search({}), { code: 'unavailable' });
  assert.equal((await mirror.health()).ok, true);
  delete index.fails.counts;
  index.fails.read = new AppError('unavailable', 'away');
  await assert.rejects(mirror.counts({}, 'service'), { code: 'unavailable' });
  delete index.fails.read;
  const stop = new AbortController();
  const asked = mirrorOf(index, {
    file: fresh(),
    onProgress: () => stop.abort(),
  });
  await using stopped = await asked;
  await assert.rejects(stopped.search({}, { signal: stop.signal }), { code: 'stopped' });
  const given = index.given;
  assert.equal((await stopped.search({})).total, 2_400);
  assert.ok(index.given - given < 2_400, 'the minutes that were read are not read again');
  assert.equal((await mirror.search({})).total, 2_400);
});

test('many questions at the same time read once', async () => {
  const index = fakeIndex(lines(1_500));
  await using mirror = await mirrorOf(index);
  const totals = await Promise.all(
    Array.from({ length: 20 }, async (_, n) => (await mirror.search(n % 2 ? {} : { from: T0 })).total),
  );
  assert.deepEqual(new Set(totals), new Set([1_500]));
  assert.equal(index.given, 1_500);
});

test('lines of other sources are kept beside the documents', async () => {
  await using mirror = await mirrorOf(fakeIndex(lines(60)));
  await mirror.write([record('own', { service: 'router', timestamp: T0 + 5 })]);
  assert.deepEqual(
    (await mirror.counts({}, 'service')).map(({ key, count }) => [key, count]),
    [
      ['lathe', 60],
      ['router', 1],
    ],
  );
});

test('an index that comes to be is read then', async () => {
  const index = fakeIndex();
  let now = T0;
  await using mirror = await mirrorOf(index, { now: () => now });
  assert.equal(await mirror.extent(), undefined);
  index.documents.push(...lines(10));
  now += 5_000;
  assert.equal((await mirror.search({})).total, 10);
});
