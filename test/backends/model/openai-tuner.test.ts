import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import type { OpenAiEntry } from '../../../src/backends/model/openai.ts';
import { openAiTuner } from '../../../src/backends/model/openai-tuner.ts';
import type { Lesson } from '../../../src/backends/model/tuner.ts';
import { createLog } from '../../../src/log.ts';

const lesson: Lesson = {
  task: 'sentiment',
  instruction: 'Judge the tone.',
  examples: [{ id: 'a', task: 'sentiment', input: 'ERROR failed', output: 'negative', at: 1 }],
  promptOf: (input) => `Lines: ${input}`,
  version: 'abc123',
};

/** The part of the vendor's API a fine-tune needs; its job ends as `states` say, one per look. */
async function vendor(t: TestContext, states: string[]) {
  const calls: string[] = [];
  let uploaded = '';
  const server = createServer(async (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const path = `${request.method} ${request.url}`;
    calls.push(path);
    const say = (body: unknown, status = 200): void =>
      void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    const job = (status: string) => ({
      id: 'job-1',
      object: 'fine_tuning.job',
      status,
      fine_tuned_model: status === 'succeeded' ? 'ft:gpt:bongsu' : null,
    });
    if (path === 'POST /v1/files') {
      uploaded = Buffer.concat(chunks).toString();
      say({ id: 'file-1', object: 'file' });
    } else if (path === 'DELETE /v1/files/file-1') say({ id: 'file-1', deleted: true });
    else if (path === 'POST /v1/fine_tuning/jobs') say(job('queued'));
    else if (path === 'GET /v1/fine_tuning/jobs/job-1') say(job(states.shift() ?? 'running'));
    else if (path === 'POST /v1/fine_tuning/jobs/job-1/cancel') say(job('cancelled'));
    else say({ error: { message: 'no such thing' } }, 404);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const entry: OpenAiEntry = {
    kind: 'openai',
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    model: 'gpt',
    contextTokens: 8_192,
    timeoutMs: 5_000,
    apiKey: 'sk-test',
  };
  return { calls, uploaded: () => uploaded, tuner: openAiTuner(entry, createLog('silent'), { pollMs: 5 }) };
}

const options = { signal: new AbortController().signal, progress: async () => {} };

test('examples are sent as chat lines, the job is followed to its end, the file is removed', async (t) => {
  const { calls, uploaded, tuner } = await vendor(t, ['validating_files', 'running', 'succeeded']);
  assert.equal(await tuner.train(lesson, options), 'ft:gpt:bongsu');
  assert.match(uploaded(), /"content":"Lines: ERROR failed"/);
  assert.match(uploaded(), /\{\\"answer\\":\\"negative\\"\}/);
  assert.ok(calls.includes('DELETE /v1/files/file-1'));
  await tuner.remove('ft:gpt:gone');
});

test('a training that fails is said, and not tried again', async (t) => {
  const { tuner } = await vendor(t, ['failed']);
  await assert.rejects(tuner.train(lesson, options), { code: 'unavailable', retryable: false });
});

test('stopping cancels the training at the vendor', async (t) => {
  const { calls, tuner } = await vendor(t, []);
  const stop = new AbortController();
  const training = tuner.train(lesson, {
    signal: stop.signal,
    progress: async () => stop.abort(new Error('stopped')),
  });
  await assert.rejects(training, { code: 'stopped' });
  assert.ok(calls.includes('POST /v1/fine_tuning/jobs/job-1/cancel'));
  assert.ok(calls.includes('DELETE /v1/files/file-1'));
});
