import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Model, ModelEvent, ModelRequest } from '../../src/backends/model/model.ts';
import { AppError, type ErrorCode } from '../../src/domain/errors.ts';
import { type Reply, startModelServer } from '../fakes/model-server.ts';

export const request = (over: Partial<ModelRequest> = {}): ModelRequest => ({
  system: 'Answer with JSON.',
  prompt: 'Which service is slow?',
  schema: {
    type: 'object',
    properties: { explanation: { type: 'string' } },
    required: ['explanation'],
    additionalProperties: false,
  },
  schemaName: 'answer',
  temperature: 0.2,
  maxTokens: 200,
  ...over,
});

/** All events of a call; throws what the call throws. */
export async function collect(
  events: AsyncIterable<ModelEvent>,
): Promise<{ text: string; events: ModelEvent[] }> {
  const out: ModelEvent[] = [];
  for await (const event of events) out.push(event);
  return { text: out.map((event) => (event.kind === 'text' ? event.text : '')).join(''), events: out };
}

export async function fails(work: Promise<unknown>): Promise<AppError> {
  const error = await work.then(
    () => assert.fail('it should have failed'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof AppError, `an AppError, not ${String(error)}`);
  return error;
}

/**
 * What every model adapter must do, against a server that misbehaves by script.
 * @param open opens the adapter on the fake's base URL with this timeout.
 */
export function modelContract(name: string, open: (url: string, timeoutMs: number) => Promise<Model>): void {
  const withServer = async (
    script: Reply[],
    work: (model: Model, server: Awaited<ReturnType<typeof startModelServer>>) => Promise<void>,
    timeoutMs = 5_000,
  ): Promise<void> => {
    await using server = await startModelServer(script);
    await using model = await open(server.url, timeoutMs);
    await work(model, server);
  };
  const failure = (script: Reply[], code: ErrorCode, timeoutMs?: number) =>
    withServer(
      script,
      async (model) => {
        const error = await fails(collect(model.ask(request())));
        assert.equal(error.code, code);
      },
      timeoutMs,
    );

  test(`${name}: streams text and ends with the server's own token figures`, () =>
    withServer(
      [{ say: '{"explanation":"결제 서비스가 느립니다"}', tokens: { prompt: 321, completion: 45 } }],
      async (model, server) => {
        const { text, events } = await collect(model.ask(request()));
        assert.equal(text, '{"explanation":"결제 서비스가 느립니다"}');
        assert.ok(events.filter((event) => event.kind === 'text').length > 1, 'in several pieces');
        assert.deepEqual(events.at(-1), { kind: 'end', tokens: { prompt: 321, completion: 45 } });
        const sent = JSON.stringify(server.received[0]?.body);
        assert.ok(
          sent.includes('Which service is slow?') && sent.includes('"explanation"'),
          'prompt and schema sent',
        );
      },
    ));

  test(`${name}: says when the answer was cut by the token limit`, () =>
    withServer([{ say: '{"explanation":"abc', finish: 'length' }], async (model) => {
      const { events } = await collect(model.ask(request()));
      const end = events.at(-1);
      assert.ok(end?.kind === 'end');
      assert.equal(end.note, 'length');
    }));

  test(`${name}: 401 and 403 are unauthorized and not repeated`, async () => {
    for (const status of [401, 403])
      await withServer([{ status }], async (model, server) => {
        const error = await fails(collect(model.ask(request())));
        assert.equal(error.code, 'unauthorized');
        assert.equal(error.retryable, false);
        assert.equal(server.received.length, 1);
      });
  });

  test(`${name}: 429 waits as long as the server asks, then succeeds`, () =>
    withServer(
      [
        { status: 429, headers: { 'retry-after-ms': '30' } },
        { status: 429, headers: { 'retry-after': '0' } },
        { say: '{}' },
      ],
      async (model, server) => {
        assert.equal((await collect(model.ask(request()))).text, '{}');
        assert.equal(server.received.length, 3);
      },
    ));

  test(`${name}: 429 with a long wait is handed to the caller at once`, () =>
    withServer([{ status: 429, headers: { 'retry-after': '60' } }], async (model, server) => {
      const error = await fails(collect(model.ask(request())));
      assert.equal(error.code, 'rate_limited');
      assert.equal(error.retryAfterMs, 60_000);
      assert.equal(server.received.length, 1);
    }));

  test(`${name}: 500 is repeated, then unavailable`, () =>
    withServer([{ status: 500 }], async (model, server) => {
      const error = await fails(collect(model.ask(request())));
      assert.equal(error.code, 'unavailable');
      assert.equal(server.received.length, 3);
    }));

  test(`${name}: a server that hangs is a timeout`, () => failure([{ hang: true }], 'timeout', 200));
  test(`${name}: an endless answer ends with the timeout`, () => failure([{ endless: 'x' }], 'timeout', 300));
  test(`${name}: a cut stream is unavailable, without a second call`, () =>
    withServer([{ cut: '{"explanation":"the pay' }], async (model, server) => {
      const error = await fails(collect(model.ask(request())));
      assert.equal(error.code, 'unavailable');
      assert.equal(server.received.length, 1, 'what was shown already is not asked for again');
    }));

  test(`${name}: a server that is not there is unavailable`, async () => {
    const server = await startModelServer([{ say: '{}' }]);
    await server[Symbol.asyncDispose]();
    await using model = await open(server.url, 2_000);
    assert.equal((await fails(collect(model.ask(request())))).code, 'unavailable');
    const health = await model.health();
    assert.equal(health.ok, false);
    assert.ok(health.mend);
  });

  test(`${name}: abort closes the connection while text streams`, () =>
    withServer([{ endless: 'abc ' }], async (model, server) => {
      const controller = new AbortController();
      const error = await fails(
        (async () => {
          for await (const event of model.ask(request({ signal: controller.signal })))
            if (event.kind === 'text') controller.abort();
        })(),
      );
      assert.equal(error.code, 'stopped');
      await server.received[0]!.closed;
    }));

  test(`${name}: abort closes the connection before any text`, () =>
    withServer([{ hang: true }], async (model, server) => {
      const controller = new AbortController();
      const failed = fails(collect(model.ask(request({ signal: controller.signal }))));
      while (server.received.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      controller.abort();
      assert.equal((await failed).code, 'stopped');
      await server.received[0]!.closed;
    }));

  test(`${name}: leaving the stream early closes the connection`, () =>
    withServer([{ endless: 'abc ' }], async (model, server) => {
      for await (const event of model.ask(request())) if (event.kind === 'text') break;
      await server.received[0]!.closed;
    }));

  test(`${name}: disposing may be done twice`, () =>
    withServer([{ say: '{}' }], async (model) => {
      await model[Symbol.asyncDispose]();
      await model[Symbol.asyncDispose]();
    }));

  test(`${name}: health is good when the server and the model are there`, () =>
    withServer([{ say: '{}' }], async (model) => {
      const health = await model.health();
      assert.equal(health.ok, true, health.detail);
    }));
}
