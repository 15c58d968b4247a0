import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { openMirrorCache } from '../../../../src/backends/logs/foreign/sqlite-mirror-cache.ts';
import { createLog } from '../../../../src/log.ts';
import { logStoreContract } from '../../../contract/logs.ts';
import { record, T0 } from '../../../contract/logs-reference.ts';

const log = createLog('silent');
const folder = await mkdtemp(join(tmpdir(), 'bongsu-cache-'));
after(() => rm(folder, { recursive: true, force: true }));
let files = 0;
const fresh = () => join(folder, `cache-${files++}.sqlite`);
const MINUTE = 60_000;
const FIRST = T0 / MINUTE;

logStoreContract('mirror cache', () => openMirrorCache({ file: fresh() }, log));

test('minutes that were read are there after a restart', async () => {
  const file = fresh();
  {
    await using cache = await openMirrorCache({ file }, log);
    await cache.putSegments([
      [FIRST + 2, 7],
      [FIRST, 3],
    ]);
    await cache.putSegments([[FIRST, 5]]);
  }
  await using cache = await openMirrorCache({ file }, log);
  const all = [
    [FIRST, 5],
    [FIRST + 2, 7],
  ];
  assert.deepEqual(cache.segments({ from: 0, to: T0 + 10 * MINUTE }), all);
  assert.deepEqual(cache.segments({ from: T0 + 1, to: T0 + 2 }), all.slice(0, 1));
  assert.deepEqual(cache.segments({ from: T0 + MINUTE, to: T0 + 2 * MINUTE }), []);
});

test('removing forgets whole minutes in steps: records, counts, and that they were read', async () => {
  await using cache = await openMirrorCache({ file: fresh() }, log);
  const all = Array.from({ length: 9_000 }, (_, n) => record(`r${n}`, { timestamp: T0 + n * 100 }));
  await cache.write(all);
  await cache.putSegments(Array.from({ length: 15 }, (_, n) => [FIRST + n, 600]));
  assert.equal(cache.size(), 9_000);
  await cache.remove({ from: T0 + 2 * MINUTE, to: T0 + 12 * MINUTE });
  assert.equal(cache.size(), 3_000);
  assert.equal((await cache.search({})).total, 3_000);
  assert.equal((await cache.search({ from: T0 + MINUTE, to: T0 + 3 * MINUTE })).total, 600);
  assert.deepEqual(await cache.get(['r1500']), []);
  assert.equal(cache.segments({ from: T0, to: T0 + 20 * MINUTE }).length, 5);
  // What was removed can be written again.
  await cache.write(all.slice(1_500, 1_600));
  assert.equal((await cache.counts({}, 'service'))[0]?.count, 3_100);
});
