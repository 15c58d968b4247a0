import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import type { Bus } from '../../src/backends/bus/bus.ts';
import type { LogStore } from '../../src/backends/logs/store.ts';
import { openBackends } from '../../src/backends/open.ts';
import type { Queue } from '../../src/backends/queue/queue.ts';
import type { StateStore } from '../../src/backends/state/store.ts';
import { parseConfig } from '../../src/config/config.ts';
import { AppError } from '../../src/domain/errors.ts';
import type { JobStatus } from '../../src/domain/job/job.ts';
import { answerWire } from '../../src/domain/question/answer.ts';
import { createLog } from '../../src/log.ts';
import { jobWire } from '../../src/web/jobs.ts';
import { postJson, rawGet, readEvents, scriptedAnalyst, startWeb } from './server.ts';

const TOKEN = 'a-token-of-enough-length';

test('stopping the server ends what runs and what streams', async () => {
  const analyst = scriptedAnalyst();
  const server = await startWeb({ analyst });
  const work = postJson(`${server.address}/analyze`, { text: 'hang' });
  const stream = await fetch(`${server.address}/health_stream`);
  const read = readEvents(stream);
  const inFlight = await postJson(`${server.address}/analyze`, { text: 'hang', stream: true });
  const events = readEvents(inFlight);
  await server.web.stop();
  assert.equal((await work).status, 503);
  await read;
  assert.equal((await events).at(-1)?.event, 'end');
  assert.equal(analyst.stopped, 2);
});

test('wrong input is refused as a problem that says where', async () => {
  await using server = await startWeb();
  const cases: [body: unknown, status: number][] = [
    [{}, 400],
    [{ text: '' }, 400],
    [{ text: 'a', texts: ['b'] }, 400],
    [{ text: 'a', temperature: 9 }, 400],
    [{ text: 'a', unknown: 1 }, 400],
    [{ texts: [] }, 400],
    [{ text: 'x'.repeat(2_000_001) }, 400],
    [{ text: 'e\n'.repeat(50_000) }, 400],
    [{ text: 'x'.repeat(17 * 1024 * 1024) }, 413],
  ];
  for (const [body, status] of cases) {
    const response = await postJson(`${server.address}/analyze`, body);
    assert.equal(response.status, status);
    assert.equal(response.headers.get('content-type'), 'application/problem+json');
    const value = (await response.json()) as { status: number; title: string; detail: string };
    assert.equal(value.status, status);
    assert.ok(value.title && value.detail);
    assert.ok(!JSON.stringify(value).includes('at '), 'no stack trace');
  }
  const notJson = await fetch(`${server.address}/analyze`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"text":',
  });
  assert.equal(notJson.status, 400);
  const form = await fetch(`${server.address}/analyze`, { method: 'POST', body: 'text=1' });
  assert.equal(form.status, 415);
  assert.equal((await fetch(`${server.address}/nothing`)).status, 404);
  assert.equal(
    (await fetch(`${server.address}/%zz`)).headers.get('content-type'),
    'application/problem+json',
  );
});

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

test('a replay tells its progress; one at a time, and only where there is a pipeline', async () => {
  await using without = await startWeb();
  assert.equal((await fetch(`${without.address}/replay`, { method: 'POST' })).status, 501);
  const { promise, resolve } = Promise.withResolvers<void>();
  await using server = await startWeb({
    replay: async (onProgress) => {
      onProgress(1, 2);
      await promise;
      return { lines: 2 };
    },
  });
  const first = await fetch(`${server.address}/replay`, { method: 'POST' });
  assert.equal((await fetch(`${server.address}/replay`, { method: 'POST' })).status, 409);
  resolve();
  assert.deepEqual(await readEvents(first), [
    { event: 'progress', data: { done: 1, total: 2 } },
    { event: 'end', data: { lines: 2 } },
  ]);
});

test('health names each backend: 200 while only a model is missing, 503 when a store is', async () => {
  const down = { ok: false, kind: 'redis', detail: 'refused', mend: 'start it' };
  await using degraded = await startWeb({ backendsHealth: async () => ({ model: down }) });
  const ok = await fetch(`${degraded.address}/health`);
  assert.equal(ok.status, 200);
  assert.equal(((await ok.json()) as { status: string }).status, 'degraded');
  await using broken = await startWeb({ backendsHealth: async () => ({ state: down }) });
  const response = await fetch(`${broken.address}/health`);
  assert.equal(response.status, 503);
  const body = (await response.json()) as { status: string; backends: Record<string, unknown> };
  assert.deepEqual(body.backends, { state: down });
});

test('health names the one backend that hangs', async () => {
  const fine = { health: async () => ({ ok: true, kind: 'fake', detail: 'fine' }) };
  const hangs = { health: () => new Promise<never>(() => {}) };
  const config = parseConfig({ dataDir: tmpdir() });
  const backends = await openBackends(config, createLog('silent'), {
    bus: fine as Bus,
    logs: fine as LogStore,
    state: fine as StateStore,
    queue: hangs as unknown as Queue,
    models: [],
  });
  await using server = await startWeb({ backendsHealth: backends.health });
  const response = await fetch(`${server.address}/health`);
  assert.equal(response.status, 503);
  const body = (await response.json()) as { backends: Record<string, { ok: boolean }> };
  assert.deepEqual(
    Object.entries(body.backends).map(([name, health]) => [name, health.ok]),
    [
      ['bus', true],
      ['logs', true],
      ['state', true],
      ['queue', false],
      ['model', true],
    ],
  );
});

test('health answers though the question for it hangs', async () => {
  await using server = await startWeb({ backendsHealth: () => new Promise<never>(() => {}) });
  assert.equal((await fetch(`${server.address}/health`)).status, 503);
});

test('health_stream sends the machine and the backends', async () => {
  await using server = await startWeb();
  const response = await fetch(`${server.address}/health_stream`);
  const [event] = await readEvents(response, (events) => events.length > 0);
  const sample = event!.data as { cpu: { cores: number }; gpus: unknown[]; backends: object };
  assert.equal(sample.cpu.cores, 4);
  assert.deepEqual(sample.gpus, []);
  assert.deepEqual(Object.keys(sample.backends), ['logs']);
});

test('metrics and the API description are served', async () => {
  await using server = await startWeb();
  assert.match(await (await fetch(`${server.address}/metrics`)).text(), /bongsu_outbox_pending 0/);
  const api = (await (await fetch(`${server.address}/openapi.json`)).json()) as {
    openapi: string;
    paths: object;
    components: { schemas: Record<string, { properties: object }> };
  };
  assert.equal(api.openapi, '3.1.0');
  assert.deepEqual(Object.keys(api.paths), [
    '/analyze',
    '/fine-tune',
    '/jobs/{id}',
    '/replay',
    '/health',
    '/health_stream',
    '/reports/{file}',
    '/metrics',
  ]);
  const text = JSON.stringify(api);
  for (const [, name] of text.matchAll(/#\/components\/schemas\/(\w+)/g))
    assert.ok(api.components.schemas[name!], `${name} is described`);
  assert.deepEqual(Object.keys(api.components.schemas.Answer!.properties), Object.keys(answerWire.shape));
});

test('without a token only loopback names are answered and other sites may not post', async () => {
  await using server = await startWeb();
  assert.equal(await rawGet(`${server.address}/health`, { host: 'evil.example:8083' }), 421);
  assert.equal(await rawGet(`${server.address}/health`, { host: 'localhost:8083' }), 200);
  const from = (headers: Record<string, string>) =>
    postJson(`${server.address}/analyze`, { text: 'x' }, headers).then((response) => response.status);
  assert.equal(await from({ origin: 'http://evil.example' }), 403);
  assert.equal(await from({ origin: 'null' }), 403);
  assert.equal(await from({ 'sec-fetch-site': 'cross-site' }), 403);
  assert.equal(await from({ origin: server.address }), 200);
});

test('with a token everything but health needs it', async () => {
  await using server = await startWeb({}, { BONGSU_TOKEN: TOKEN });
  const status = (path: string, headers: Record<string, string> = {}) =>
    fetch(`${server.address}${path}`, { headers, redirect: 'manual' }).then((response) => response.status);
  assert.equal(await status('/metrics'), 401);
  assert.equal(await status('/metrics', { authorization: `Bearer ${TOKEN}x` }), 401);
  assert.equal(await status('/metrics', { authorization: `Bearer ${TOKEN}` }), 200);
  assert.equal(await status('/'), 302);
  assert.equal(await status('/login'), 200);
  assert.equal(await status('/fonts/pretendardvariable-dynamic-subset.css'), 200);
  const health = await (await fetch(`${server.address}/health`)).text();
  assert.ok(health.includes('sqlite') && !health.includes('12 records'), 'details only for those signed in');
  assert.equal((await postJson(`${server.address}/analyze`, { text: 'x' })).status, 401);

  assert.equal((await postJson(`${server.address}/login`, { token: 'wrong-wrong-wrong' })).status, 401);
  const signedIn = await postJson(`${server.address}/login`, { token: TOKEN });
  assert.equal(signedIn.status, 204);
  const cookie = signedIn.headers.get('set-cookie')!;
  assert.match(cookie, /HttpOnly; SameSite=Strict/);
  assert.ok(!cookie.includes(TOKEN));
  assert.equal(await status('/metrics', { cookie: cookie.split(';')[0]! }), 200);
  const forged = cookie.split(';')[0]!.replace(/=(\d+)/, (_all, until) => `=${Number(until) + 1}`);
  assert.equal(await status('/metrics', { cookie: forged }), 401);
});

test('the page comes with a strict policy and its font from here', async () => {
  await using server = await startWeb();
  const page = await fetch(`${server.address}/`);
  assert.equal(page.status, 200);
  assert.equal(page.headers.get('cache-control'), 'no-cache');
  const policy = page.headers.get('content-security-policy')!;
  assert.ok(policy.includes("script-src 'self'") && !policy.includes('unsafe-inline'));
  const html = await page.text();
  assert.doesNotMatch(html, /<script(?![^>]*src=)|<style|\son\w+=|https?:\/\//);
  assert.equal((await fetch(`${server.address}/../web.ts`)).status, 404);
  assert.equal((await fetch(`${server.address}/..%2fweb.ts`)).status, 404);
});

test('a taken port is one clear sentence', async () => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  const { port } = taken.address() as { port: number };
  const config = parseConfig({ http: { port } });
  await assert.rejects(
    () => startWeb({ config }),
    (error: unknown) =>
      error instanceof AppError &&
      error.code === 'conflict' &&
      error.message.startsWith(`Port ${port} on 127.0.0.1 is used by another program.`),
  );
  taken.close();
});
