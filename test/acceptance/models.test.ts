import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { LogRecord } from '../../src/domain/log/record.ts';
import { startModelServer } from '../fakes/model-server.ts';
import { eventually, runApp, textOf } from './harness.ts';

const CONTRACT_LINE = 'ERROR card processor refused the connection';

function records(): LogRecord[] {
  const start = Date.now() - 120_000;
  return Array.from({ length: 120 }, (_, index) => {
    const failed = index > 90;
    return {
      id: `m${index}`,
      timestamp: start + index * 900,
      level: failed ? ('error' as const) : ('info' as const),
      service: 'billing',
      message: failed ? 'card processor refused the connection' : 'invoice sent',
      line: failed ? CONTRACT_LINE : 'INFO invoice sent',
      attributes: {},
      template: failed
        ? { id: 't1', pattern: 'card processor refused the connection' }
        : { id: 't2', pattern: 'invoice sent' },
    };
  });
}

/** What a model says that chooses one claim that is so, and lies in all else: words of its own, services that do not exist. */
const REPLY = JSON.stringify({
  claims: [
    { type: 'share', of: 'S1', than: '' },
    { type: 'order', of: 'warehouse-9000', than: 'S1' },
    { type: 'absence', of: 'S1', than: '' },
  ],
  hypothesis: 'The warehouse-9000 service may have lost 123457 orders.',
  explanation: 'The warehouse-9000 service lost 123457 orders.',
});

describe('a model behind the questions', () => {
  for (const kind of ['ollama', 'openai'] as const)
    test(`/logs why streams through ${kind}; what is not in the evidence does not get through`, async () => {
      await using server = await startModelServer([{ say: REPLY, tokens: { prompt: 700, completion: 60 } }]);
      const model =
        kind === 'ollama'
          ? { kind, url: server.url, model: 'fake' }
          : { kind, baseUrl: `${server.url}/v1`, model: 'fake' };
      await using running = await runApp({
        raw: { models: [model] },
        env: { OPENAI_API_KEY: 'sk-acceptance-secret' },
      });
      const { app, person } = running;
      await app.backends.logs.write(records());
      await person.say('/logs why');
      const answer = await person.sees(/760|700/);
      const text = textOf(answer.message);
      assert.match(text, /fake/);
      assert.match(text, new RegExp(CONTRACT_LINE));
      assert.match(text, /billing \(all errors\): \d+ of \d+ lines of billing/);
      assert.doesNotMatch(text, /warehouse-9000|123457/);
      const asked = JSON.stringify(server.received.map(({ body }) => body));
      assert.match(asked, /json_schema|"format"/, 'the server is asked to enforce the schema');
      assert.doesNotMatch(asked, /sk-acceptance-secret/);
    });

  test('with none reachable the answer is the evidence and the ranked causes, and says so', async () => {
    await using running = await runApp({
      raw: { models: [{ kind: 'ollama', url: 'http://127.0.0.1:1', model: 'gone' }] },
    });
    const { app, person } = running;
    await app.backends.logs.write(records());
    await person.say('/logs 왜', undefined, 'ko');
    const answer = await person.sees(/판정|모델/);
    const text = await eventually('the final answer', async () => {
      const now = (await person.messages()).find(({ id }) => id === answer.id);
      const shown = now ? textOf(now.message) : '';
      return /모델/.test(shown) && shown.includes(CONTRACT_LINE) ? shown : undefined;
    });
    assert.match(text, /billing/);
    const health = await person.health();
    assert.equal(health.body.status, 'degraded');
  });
});

test('a bus that is down at start is named in /health; questions are answered all the same', async () => {
  await using running = await runApp({ raw: { bus: { kind: 'kafka', brokers: ['127.0.0.1:1'] } } });
  const { app, person } = running;
  await app.backends.logs.write(records());
  const health = await eventually('a report', async () => {
    const { status, body } = await person.health();
    const backends = body.backends as Record<string, { ok: boolean; mend?: string }>;
    return backends.bus && !backends.bus.ok ? { status, bus: backends.bus } : undefined;
  });
  assert.equal(health.status, 503);
  assert.ok(health.bus.mend);
  await person.say('/logs search processor');
  await person.sees(/card processor refused/);
});
