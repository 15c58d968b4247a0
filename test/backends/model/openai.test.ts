import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type OpenAiEntry, openOpenAi } from '../../../src/backends/model/openai.ts';
import { isExternal } from '../../../src/backends/model/server.ts';
import { createLog } from '../../../src/log.ts';
import { collect, fails, modelContract, request } from '../../contract/model.ts';
import { type Reply, startModelServer } from '../../fakes/model-server.ts';

const log = createLog('silent');
const entry = (url: string, over: Partial<OpenAiEntry> = {}): OpenAiEntry => ({
  kind: 'openai',
  baseUrl: `${url}/v1`,
  model: 'fake',
  contextTokens: 8_192,
  price: { prompt: 1, completion: 2 },
  timeoutMs: 5_000,
  apiKey: 'sk-test-0123456789',
  ...over,
});

modelContract('openai', (url, timeoutMs) => openOpenAi(entry(url, { timeoutMs }), log));

test('asks for the schema, and for less when the server refuses it, once', async () => {
  await using server = await startModelServer(({ body }) => {
    const format = (body.response_format as { type?: string } | undefined)?.type;
    return format === undefined ? { say: '{"explanation":"ok"}' } : { status: 400 };
  });
  await using model = await openOpenAi(entry(server.url), log);
  assert.equal((await collect(model.ask(request()))).text, '{"explanation":"ok"}');
  await collect(model.ask(request()));
  const formats = server.received.map(
    ({ body }) => (body.response_format as { type?: string } | undefined)?.type,
  );
  assert.deepEqual(formats, ['json_schema', 'json_schema', 'json_object', undefined, undefined]);
});

/** A server that knows only these efforts, and names the field when it refuses one; without any it does not know the field. */
const knowing =
  (...efforts: string[]) =>
  ({ body }: { body: Record<string, unknown> }): Reply =>
    body.reasoning_effort === undefined || efforts.includes(String(body.reasoning_effort))
      ? { say: '{}' }
      : {
          status: 400,
          body: { error: { message: 'no', ...(efforts.length > 0 ? { param: 'reasoning_effort' } : {}) } },
        };

test('no thoughts are asked for in the plainest way that the server knows', async () => {
  for (const [known, tried, thinks] of [
    [['none', 'low'], ['none', 'none'], false],
    [['minimal', 'low'], ['none', 'minimal', 'minimal'], false],
    [['low', 'high'], ['none', 'minimal', 'low', 'low'], true],
    [[], ['none', undefined, undefined], false],
  ] as const) {
    await using server = await startModelServer(knowing(...known));
    await using model = await openOpenAi(entry(server.url), log);
    for (let again = 0; again < 2; again += 1) await collect(model.ask(request()));
    assert.deepEqual(
      server.received.map(({ body }) => body.reasoning_effort),
      tried,
    );
    assert.equal(model.thinks, thinks);
    // The form of the answer is asked for as before.
    assert.equal((server.received.at(-1)!.body.response_format as { type: string }).type, 'json_schema');
  }
  await using server = await startModelServer(knowing('high'));
  await using model = await openOpenAi(entry(server.url, { thinking: 'high' }), log);
  await collect(model.ask(request()));
  assert.deepEqual([server.received[0]!.body.reasoning_effort, model.thinks], ['high', true]);
});

test('a refused field is replaced or dropped by the name the server gives', async () => {
  await using server = await startModelServer(({ body }) =>
    body.max_tokens !== undefined
      ? { status: 400, body: { error: { message: 'no', param: 'max_tokens' } } }
      : body.temperature !== undefined
        ? { status: 400, body: { error: { message: 'no', param: 'temperature' } } }
        : { say: '{}' },
  );
  await using model = await openOpenAi(entry(server.url), log);
  await collect(model.ask(request()));
  const last = server.received.at(-1)!.body;
  assert.equal(last.max_completion_tokens, 200);
  assert.equal(last.temperature, undefined);
  assert.equal((last.response_format as { type: string }).type, 'json_schema');
});

test('a prompt beyond the context is too_large', async () => {
  await using server = await startModelServer([
    { status: 400, body: { error: { message: 'no', code: 'context_length_exceeded' } } },
  ]);
  await using model = await openOpenAi(entry(server.url), log);
  assert.equal((await fails(collect(model.ask(request())))).code, 'too_large');
  assert.equal(server.received.length, 1);
});

test('without a key an outside server is never asked', async () => {
  await using model = await openOpenAi(entry('https://api.example.com', { apiKey: undefined }), log);
  assert.equal((await fails(collect(model.ask(request())))).code, 'unauthorized');
  const health = await model.health();
  assert.equal(health.ok, false);
  assert.match(health.mend ?? '', /OPENAI_API_KEY/);
});

test('no error carries the key', async () => {
  await using server = await startModelServer([
    { status: 401, body: { error: { message: 'Incorrect API key provided: sk-test-0123456789' } } },
  ]);
  await using model = await openOpenAi(entry(server.url), log);
  const error = await fails(collect(model.ask(request())));
  assert.ok(!error.message.includes('sk-test'));
});

test('outside and inside are told apart by the host', () => {
  for (const url of ['https://api.openai.com/v1', 'http://8.8.8.8/v1', 'http://[2001:db8::1]:80/'])
    assert.equal(isExternal(url), true, url);
  for (const url of [
    'http://localhost:11434',
    'http://127.0.0.1:1',
    'http://[::1]:80',
    'http://10.1.2.3',
    'http://172.20.0.2:80',
    'http://192.168.0.9',
    'http://ollama:11434',
    'http://gpu.internal',
    'http://[fd00::1]/',
  ])
    assert.equal(isExternal(url), false, url);
});
