import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import type { Model } from '../../../src/backends/model/model.ts';
import { openOllama } from '../../../src/backends/model/ollama.ts';
import { openOpenAi } from '../../../src/backends/model/openai.ts';
import { networkFault } from '../../../src/backends/model/vendor-words.ts';
import { ModelError, type ModelFault } from '../../../src/domain/question/model-fault.ts';
import { createLog } from '../../../src/log.ts';
import { collect, fails, request } from '../../contract/model.ts';
import { type Reply, startModelServer } from '../../fakes/model-server.ts';

const log = createLog('silent');
const open = {
  ollama: (url: string, timeoutMs = 5_000) =>
    openOllama({ kind: 'ollama', url, model: 'm', contextTokens: 4_096, timeoutMs }, log),
  openai: (url: string, timeoutMs = 5_000) =>
    openOpenAi(
      {
        kind: 'openai',
        baseUrl: `${url}/v1`,
        model: 'm',
        apiKey: 'sk-test',
        contextTokens: 4_096,
        timeoutMs,
      },
      log,
    ),
};
type Kind = keyof typeof open;

async function faultOf(model: Model): Promise<ModelFault> {
  const error = await fails(collect(model.ask(request())));
  assert.ok(error instanceof ModelError, String(error));
  return error.fault;
}

const error = (message: string, more: object = {}) => ({ error: { message, ...more } });
const HTML = { 'content-type': 'text/html' };
const LATER = { 'retry-after': '60' };

/** What servers answer, the fault it is, and how often they are asked before it is told. */
const ANSWERS: [kinds: Kind[], reply: Reply, fault: ModelFault, asked: number][] = [
  [['ollama', 'openai'], { status: 401, body: error('bad key') }, 'key', 1],
  [['ollama', 'openai'], { status: 403, body: error('not yours') }, 'forbidden', 1],
  [['ollama'], { status: 404, body: { error: 'model "m" not found, try pulling it first' } }, 'missing', 1],
  [['openai'], { status: 404, body: error('no model m', { code: 'model_not_found' }) }, 'missing', 1],
  [['openai'], { status: 403, body: error('no access to m', { code: 'model_not_found' }) }, 'missing', 1],
  [['ollama', 'openai'], { status: 429, headers: LATER }, 'limited', 1],
  [['openai'], { status: 429, body: error('plan', { code: 'insufficient_quota' }) }, 'quota', 1],
  [
    ['openai'],
    { status: 429, body: error('plan', { type: 'insufficient_quota' }), headers: LATER },
    'quota',
    1,
  ],
  [['openai'], { status: 400, body: error('Your credit balance is too low to access the API.') }, 'quota', 1],
  [['openai'], { status: 402, body: error('Insufficient Balance') }, 'quota', 1],
  [['ollama', 'openai'], { status: 500, body: error('oops') }, 'broken', 3],
  [['ollama'], { status: 503, body: { error: 'server busy, please try again.' } }, 'busy', 3],
  [['openai'], { status: 503, body: error('Loading model', { type: 'unavailable_error' }) }, 'busy', 3],
  [['ollama'], { status: 500, body: { error: 'timed out waiting for llama runner to start' } }, 'timeout', 1],
  [['openai'], { status: 504 }, 'timeout', 1],
  [['openai'], { status: 400, body: error('x', { type: 'exceed_context_size_error' }) }, 'context', 1],
  [['openai'], { status: 500, body: error('Context size has been exceeded.') }, 'context', 1],
  [
    ['openai'],
    { status: 400, body: error("This model's maximum context length is 512 tokens.") },
    'context',
    1,
  ],
  [
    ['openai'],
    { status: 500, body: error('CUDA out of memory. Tried to allocate 2.00 GiB') },
    'gpu_memory',
    1,
  ],
  [['openai'], { status: 500, body: error('failed to allocate compute buffers') }, 'gpu_memory', 1],
  [['openai'], { status: 500, body: error('EngineCore encountered an issue.') }, 'crashed', 1],
  [['ollama', 'openai'], { after: '{"expl', fails: 'ErrorOutOfDeviceMemory' }, 'gpu_memory', 1],
  [['ollama', 'openai'], { after: '{"expl', fails: 'something odd' }, 'broken', 1],
  [['ollama', 'openai'], { cut: '{"expl' }, 'cut', 1],
  [['ollama', 'openai'], { garbage: 'data: <html>\n\n' }, 'rejected', 1],
  [['ollama', 'openai'], { hang: true }, 'timeout', 1],
  // What answers is no chat server, or says in words what others say by a status.
  [['ollama', 'openai'], { status: 200, headers: HTML, body: '<html>Sign in</html>' }, 'rejected', 1],
  [['ollama', 'openai'], { status: 200, body: { hello: 'world' } }, 'rejected', 1],
  [['ollama', 'openai'], { status: 200, body: [null] }, 'rejected', 1],
  [['ollama', 'openai'], { status: 200, headers: HTML, body: '' }, 'rejected', 1],
  [['ollama', 'openai'], { status: 204 }, 'rejected', 1],
  [['openai'], { garbage: 'data: {"hello":"world"}\n\ndata: [DONE]\n\n' }, 'rejected', 1],
  [['openai'], { garbage: '' }, 'cut', 3],
  [['openai'], { garbage: 'data: {"error":{"code":429,"message":"slow down"}}\n\n' }, 'limited', 3],
  [['openai'], { garbage: 'data: {"error":{"code":"402","message":"pay"}}\n\n' }, 'quota', 1],
  [['openai'], { garbage: 'data: {"error":{"type":"authentication_error"}}\n\n' }, 'key', 1],
  [['openai'], { garbage: 'data: {"error":{"type":"overloaded_error"}}\n\n' }, 'busy', 3],
  [['ollama', 'openai'], { status: 200, body: error('Incorrect API key provided') }, 'key', 1],
  [['openai'], { status: 400, body: [{ error: { message: 'API key not valid.' } }] }, 'key', 1],
  [['openai'], { status: 400, body: error('The model `m` does not exist') }, 'missing', 1],
  [['openai'], { status: 400, body: error('No models loaded. Please load one.') }, 'missing', 1],
  [['openai'], { status: 403, body: error('The free tier of m has been exhausted.') }, 'quota', 1],
  [['ollama'], { status: 429, body: { error: 'you have reached your weekly usage limit' } }, 'quota', 1],
  [
    ['openai'],
    {
      status: 429,
      body: error('Request too large for m on tokens per min', { code: 'rate_limit_exceeded' }),
    },
    'context',
    1,
  ],
  [['ollama', 'openai'], { status: 524, headers: HTML, body: 'A timeout occurred' }, 'timeout', 1],
  [['ollama', 'openai'], { status: 523, headers: HTML }, 'unreachable', 3],
];

test('openai: a server that does not stream is read all the same, and so are events that are called JSON', async () => {
  const whole = {
    choices: [{ message: { content: '{"a":1}' } }],
    usage: { prompt_tokens: 3, completion_tokens: 4 },
  };
  await using server = await startModelServer([{ status: 200, body: whole }]);
  const events = await collect((await open.openai(server.url)).ask(request()));
  assert.equal(events.text, '{"a":1}');
  const [end] = events.events.slice(-1);
  assert.deepEqual(end, { kind: 'end', tokens: { prompt: 3, completion: 4 } });
  const line = JSON.stringify({ choices: [{ delta: { content: 'hello' }, finish_reason: 'stop' }] });
  await using mislabelled = await startModelServer([
    { status: 200, body: `data: ${line}\n\ndata: [DONE]\n\n` },
  ]);
  assert.equal((await collect((await open.openai(mislabelled.url)).ask(request()))).text, 'hello');
});

test('health: what answers with something else is no model server', async () => {
  for (const body of ['<html>Sign in</html>', '{"hello":"world"}']) {
    const server = createServer((_, response) => {
      response
        .writeHead(200, { 'content-type': body.startsWith('<') ? 'text/html' : 'application/json' })
        .end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    for (const kind of ['ollama', 'openai'] as const) {
      const health = await (await open[kind](url)).health();
      assert.ok(!health.ok, `${kind} ${body}`);
      assert.match(health.mend ?? '', /is a chat server’s/);
    }
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

for (const [kinds, reply, fault, asked] of ANSWERS)
  for (const kind of kinds)
    test(`${kind}: ${JSON.stringify(reply).slice(0, 90)} is ${fault}`, async () => {
      await using server = await startModelServer([reply]);
      const model = await open[kind](server.url, 'hang' in reply ? 200 : 5_000);
      assert.equal(await faultOf(model), fault);
      assert.equal(server.received.length, asked);
    });

for (const kind of ['ollama', 'openai'] as const) {
  test(`${kind}: a port nobody listens at, a name nobody knows, no TLS`, async () => {
    const gone = await startModelServer([{ say: '{}' }]);
    await gone[Symbol.asyncDispose]();
    const closed = await open[kind](gone.url);
    assert.equal(await faultOf(closed), 'refused');
    assert.match((await closed.health()).detail, /nothing listens/);
    assert.equal(await faultOf(await open[kind]('http://no-such-host.invalid')), 'unknown_host');
    // It speaks no TLS.
    await using plain = await startModelServer([{ say: '{}' }]);
    const model = await open[kind](plain.url.replace('http:', 'https:'));
    assert.equal(await faultOf(model), 'tls');
    const health = await model.health();
    assert.match(health.detail, /TLS/);
    assert.match(health.mend ?? '', /NODE_EXTRA_CA_CERTS/);
  });

  test(`${kind}: what a server says never gets into the message of an error, and Ollama’s into no log line`, async () => {
    const secret = 'sk-live-0123456789abcdef';
    const written: string[] = [];
    const loud = createLog('trace', { write: (line) => void written.push(line) });
    for (const reply of [
      { status: 500, body: { error: `out of memory ${secret}` } },
      { after: '', fails: `crash ${secret}` },
    ] satisfies Reply[]) {
      await using server = await startModelServer([reply]);
      const thrown = await fails(collect((await open[kind](server.url)).ask(request())));
      assert.ok(!thrown.message.includes(secret));
      if (kind === 'ollama') loud.debug({ err: thrown }, 'x');
    }
    assert.ok(!written.join('').includes(secret));
  });
}

test('the system’s code of a connection is found behind what wraps it', () => {
  const wrapped = (code: string) =>
    new TypeError('fetch failed', { cause: Object.assign(new Error('x'), { code }) });
  for (const [code, fault] of [
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'tls'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'tls'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'tls'],
    ['CERT_HAS_EXPIRED', 'tls'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'tls'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'tls'],
    ['EAI_AGAIN', 'unknown_host'],
    ['ECONNRESET', 'cut'],
    ['EHOSTUNREACH', 'unreachable'],
    ['UND_ERR_CONNECT_TIMEOUT', 'unreachable'],
  ] as const)
    assert.equal(networkFault(wrapped(code)), fault, code);
  const both = new AggregateError([Object.assign(new Error('::1'), { code: 'ECONNREFUSED' })]);
  assert.equal(networkFault(new TypeError('fetch failed', { cause: both })), 'refused');
});
