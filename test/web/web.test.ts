import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { parseConfig } from '../../src/config/config.ts';
import { AppError } from '../../src/domain/errors.ts';
import { answerWire } from '../../src/domain/question/answer.ts';
import { postJson, readEvents, scriptedAnalyst, startWeb } from './harness.ts';

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
    '/hooks/{name}',
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
