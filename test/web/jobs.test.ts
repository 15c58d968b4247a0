import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JobStatus } from '../../src/domain/job/job.ts';
import { jobWire } from '../../src/web/jobs.ts';
import { postJson, startWeb } from './harness.ts';

test('fine-tune is queued; a task that does not exist and a process without a queue are refused', async () => {
  await using without = await startWeb();
  const response = await postJson(`${without.address}/fine-tune`, {});
  assert.equal(response.status, 501);
  assert.match(((await response.json()) as { detail: string }).detail, /queue/);
  await using withOne = await startWeb({ fineTune: async () => ({ id: 'job-1' }) });
  const accepted = await postJson(`${withOne.address}/fine-tune`, { task: 'anomaly' });
  assert.equal(accepted.status, 202);
  assert.deepEqual(await accepted.json(), { id: 'job-1' });
  assert.equal(accepted.headers.get('location'), '/jobs/job-1');
  assert.equal((await postJson(`${withOne.address}/fine-tune`, { task: 'poetry' })).status, 400);
});

test('a job tells its state, how far it is and what came of it; one that is not there is a problem', async () => {
  const base = {
    name: 'fine-tune',
    attempts: 1,
    createdAt: 0,
    payload: { day: 'd', language: 'en' },
  } as const;
  const outcomes = [{ target: 'alerts', trainer: 'embedded', promoted: false, reason: 'too_few' }] as const;
  const jobs: Record<string, unknown> = {
    'fine-tune-2026-11-27T0200': {
      ...base,
      state: 'active',
      progress: { fraction: 0.5, step: 'tune.alerts' },
    },
    done: { ...base, state: 'done', startedAt: 1_000, result: { outcomes } },
    broken: { ...base, state: 'failed', error: { code: 'unavailable', message: 'secret-host:9092' } },
  };
  await using server = await startWeb({
    findJob: async (id) => (jobs[id] ? ({ id, ...jobs[id] } as JobStatus) : undefined),
  });
  const get = async (id: string) => {
    const response = await fetch(`${server.address}/jobs/${id}`);
    return {
      status: response.status,
      type: response.headers.get('content-type'),
      text: await response.text(),
    };
  };
  const running = jobWire.parse(JSON.parse((await get('fine-tune-2026-11-27T0200')).text));
  assert.deepEqual(running, {
    id: 'fine-tune-2026-11-27T0200',
    name: 'fine-tune',
    state: 'active',
    progress: { fraction: 0.5, step: 'tune.alerts' },
    created_at: '1970-01-01T00:00:00.000Z',
  });
  const done = jobWire.parse(JSON.parse((await get('done')).text));
  assert.deepEqual(done.result, { outcomes });
  assert.equal(done.started_at, '1970-01-01T00:00:01.000Z');
  const broken = await get('broken');
  assert.equal(jobWire.parse(JSON.parse(broken.text)).error?.code, 'unavailable');
  assert.doesNotMatch(broken.text, /secret-host|payload/);
  for (const id of ['nothing', '..%2Fhealth', 'a%00b']) {
    const missing = await get(id);
    assert.deepEqual([missing.status, missing.type], [404, 'application/problem+json']);
  }
});
