import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jobsUnderKills } from './job-runs.ts';

test('a worker killed at work: each job is done once, posted once, and no line is sent twice', async () => {
  const { kills, hit, jobs, ...outcome } = await jobsUnderKills({ seed: 1, kills: 1 });
  assert.ok(kills >= 1);
  assert.ok(jobs >= 6 && hit.analyze + hit.collect > 0, JSON.stringify({ jobs, hit }));
  assert.deepEqual(outcome, {
    on: 'embedded queue, SQLite',
    wrong: [],
    missing: 0,
    doubled: 0,
    linesMissing: 0,
    linesDoubled: 0,
    decidedTwice: 0,
  });
});
