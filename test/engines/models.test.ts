import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { createAnalyst } from '../../src/analysis/create-analyst.ts';
import { readerOver } from '../../src/analysis/logs/reader.ts';
import type { Model } from '../../src/backends/model/model.ts';
import { derivedModel } from '../../src/backends/model/model.ts';
import { openOllama } from '../../src/backends/model/ollama.ts';
import { openOpenAi } from '../../src/backends/model/openai.ts';
import { type Answer, answerWire } from '../../src/domain/question/answer.ts';
import { faultOf } from '../../src/domain/question/model-fault.ts';
import { createLog } from '../../src/log.ts';
import { collect, fails, request } from '../contract/model.ts';
import { poolIncident } from '../fakes/incident-logs.ts';
import { available, startOllama, startOpenAi } from './servers.ts';

// Small real weights on a CPU: what is tested is the way through a real server, not the quality of the words.
const log = createLog(process.env.TEST_LOG_LEVEL ?? 'silent');
const SLOW_MS = 240_000;
/** Keeps prompts and answers short: a CPU that is shared reads some ten tokens a second. */
const CONTEXT = 1_536;
const stops: (() => PromiseLike<void>)[] = [];
after(async () => {
  for (const stop of stops) await stop();
});

const openers = {
  ollama: async (): Promise<{ model: Model; wrong?: Model }> => {
    const server = await startOllama();
    stops.push(() => server[Symbol.asyncDispose]());
    const entry = { kind: 'ollama' as const, url: server.url, contextTokens: CONTEXT, timeoutMs: SLOW_MS };
    return {
      model: await openOllama({ ...entry, model: server.model }, log),
      wrong: await openOllama({ ...entry, model: 'no-such-model' }, log),
    };
  },
  openai: async (): Promise<{ model: Model; wrong?: Model }> => {
    const server = await startOpenAi();
    stops.push(() => server[Symbol.asyncDispose]());
    const entry = {
      kind: 'openai' as const,
      baseUrl: server.url,
      model: server.model,
      contextTokens: CONTEXT,
      price: { prompt: 1, completion: 2 },
      timeoutMs: SLOW_MS,
    };
    return {
      model: await openOpenAi({ ...entry, apiKey: server.apiKey }, log),
      wrong: await openOpenAi({ ...entry, apiKey: 'wrong-key' }, log),
    };
  },
};

for (const name of ['ollama', 'openai'] as const) {
  const skip = available(name) ?? false;
  test(`a real ${name} server`, { skip }, async (t) => {
    const { model, wrong } = await openers[name]();

    await t.test('health', async () => {
      const health = await model.health();
      assert.equal(health.ok, true, health.detail);
    });

    await t.test('the schema is enforced and tokens are the server’s', async () => {
      const { text, events } = await collect(
        model.ask(
          request({ prompt: 'The database of the shop is down. Explain in five words.', maxTokens: 80 }),
        ),
      );
      const end = events.at(-1);
      assert.ok(end?.kind === 'end');
      assert.ok(end.tokens.prompt > 10 && end.tokens.completion > 0);
      if (end.note === undefined) assert.deepEqual(Object.keys(JSON.parse(text) as object), ['explanation']);
      else assert.match(text, /^\s*\{\s*"explanation"/);
    });

    await t.test('wrong credentials or a missing model are told apart', async () => {
      const error = await fails(collect(wrong!.ask(request())));
      assert.equal(faultOf(error), name === 'openai' ? 'key' : 'missing');
      assert.equal(error.retryable, false);
    });

    await t.test('a prompt beyond the context is refused, not cut', async () => {
      const prompt = 'error 7 at node 3; '.repeat(1_200);
      assert.equal((await fails(collect(model.ask(request({ prompt, maxTokens: 16 }))))).code, 'too_large');
    });

    await t.test('abort in the middle of the answer', async () => {
      const controller = new AbortController();
      const error = await fails(
        (async () => {
          const events = model.ask(request({ maxTokens: 400, signal: controller.signal }));
          for await (const event of events) if (event.kind === 'text') controller.abort();
        })(),
      );
      assert.equal(error.code, 'stopped');
    });

    await t.test('a question about an incident: whatever the model says, the answer stands', async () => {
      let pieces = 0;
      const listened = derivedModel(model, {
        async *ask(asked) {
          for await (const event of model.ask(asked)) {
            if (event.kind === 'text') pieces += 1;
            yield event;
          }
        },
      });
      const analyst = createAnalyst({
        logs: readerOver(poolIncident()),
        models: [listened],
        language: 'en',
        timeZone: 'UTC',
        log,
      });
      let answer: Answer | undefined;
      let shown = '';
      for await (const event of analyst.ask({ kind: 'why', text: '', language: 'en' })) {
        if (event.kind === 'text') shown = event.text;
        if (event.kind === 'answer') answer = answerWire.parse(event.answer);
      }
      assert.ok(answer);
      assert.equal(answer.causes[0]?.service, 'orders-db-proxy');
      assert.equal(answer.verdict, 'confirmed');
      assert.match(answer.root_cause, /orders-db-proxy/);
      if (answer.model !== 'none') {
        assert.ok(pieces > 1, 'the reply came in pieces');
        // So small a model may choose nothing that is so; what was shown while it spoke has to stand in the end.
        for (const line of shown.split('\n')) assert.ok(answer.explanation.includes(line), line);
        assert.ok(answer.tokens.prompt > 100 && answer.tokens.completion > 0);
      }
      t.diagnostic(
        `${answer.model}: ${answer.tokens.prompt}+${answer.tokens.completion} tokens, ${answer.duration_ms} ms`,
      );
    });
  });
}
