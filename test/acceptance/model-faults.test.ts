import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Health } from '../../src/domain/health.ts';
import type { LogRecord } from '../../src/domain/log/record.ts';
import { type Reply, startModelServer } from '../fakes/model-server.ts';
import { buttonsOf, eventually, type Person, type Running, runApp, type Seen, textOf } from './harness.ts';

const LINE = 'ERROR card processor refused the connection';

function records(): LogRecord[] {
  const start = Date.now() - 120_000;
  return Array.from({ length: 120 }, (_, index) => {
    const failed = index > 90;
    const message = failed ? LINE.slice(6) : 'invoice sent';
    return {
      id: `f${index}`,
      timestamp: start + index * 900,
      level: failed ? ('error' as const) : ('info' as const),
      service: 'billing',
      message,
      line: failed ? LINE : 'INFO invoice sent',
      attributes: {},
      template: { id: failed ? 't1' : 't2', pattern: message },
    };
  });
}

const openai = (url: string, timeoutMs = 20_000) => ({
  raw: { models: [{ kind: 'openai', baseUrl: `${url}/v1`, model: 'm', timeoutMs }] },
  env: { OPENAI_API_KEY: 'sk-acceptance-secret' },
});
const GOOD: Reply = { say: JSON.stringify({ claims: [{ type: 'count', of: 'S1', than: '' }] }) };

/** The final answer to a question of one's own, which has no stop button any more. */
async function answered(person: Person, text: string, language: 'ko' | 'en' = 'en'): Promise<string> {
  const before = new Set((await person.messages()).map(({ id }) => id));
  await person.say(text, undefined, language);
  return eventually('the answer', async () => {
    const mine = (await person.messages()).find((seen) => seen.fromBot && !before.has(seen.id));
    const over = mine && !buttonsOf(mine.message).some(({ name }) => name === 'stop');
    return over && textOf(mine.message).includes(LINE) ? textOf(mine.message) : undefined;
  });
}

async function modelHealth(running: Running): Promise<{ status: unknown; model: Health }> {
  const { body } = await running.person.health();
  const backends = body.backends as Record<string, Health>;
  return { status: body.status, model: Object.entries(backends).find(([name]) => /^model/.test(name))![1] };
}

const FAULTS: [name: string, reply: Reply, en: RegExp, ko: RegExp, health: RegExp][] = [
  [
    '401',
    { status: 401 },
    /refused the key\. Whoever runs Bongsu/,
    /키를 거부했어요\. 운영자/,
    /refused the key/,
  ],
  [
    '404',
    { status: 404 },
    /does not have this model\. Whoever/,
    /이 모델이 없어요/,
    /does not have this model/,
  ],
  [
    '429',
    { status: 429, headers: { 'retry-after': '90' } },
    /no more requests for the moment\. It may pass.*(?:90|8\d) s/,
    /지금은 요청을 더 받지 않아요.*\d+초/,
    /no more requests/,
  ],
  [
    'quota',
    { status: 429, body: { error: { message: 'x', code: 'insufficient_quota' } } },
    /quota of its account is spent\. Whoever/,
    /사용 한도를 모두 썼어요\. 운영자/,
    /quota/,
  ],
  ['500', { status: 500 }, /failed by itself\. Whoever/, /서버 안에서 오류가 났어요/, /failed by itself/],
  ['503', { status: 503 }, /busy or still loading.*may pass/, /바쁘거나 아직/, /busy/],
  ['time-out', { hang: true }, /no answer in time.*may pass/, /제한 시간 안에/, /no answer in time/],
];

describe('a model that gives no answer', () => {
  for (const [name, reply, en, ko, health] of FAULTS)
    test(`${name}: said in one sentence, in /health and /logs health until an answer succeeds`, async () => {
      let mended = false;
      await using server = await startModelServer(() => (mended ? GOOD : reply));
      await using running = await runApp(openai(server.url, name === 'time-out' ? 400 : 20_000));
      const { app, person } = running;
      await app.backends.logs.write(records());
      assert.equal((await modelHealth(running)).status, 'ok');
      assert.match(await answered(person, '/logs why'), en);
      assert.match(await answered(person, '/logs 왜', 'ko'), ko);
      const ill = await modelHealth(running);
      assert.equal(ill.status, 'degraded');
      assert.match(ill.model.detail, health);
      assert.ok(ill.model.mend);
      assert.doesNotMatch(JSON.stringify(ill), /sk-acceptance/);
      await person.say('/logs health');
      await person.sees(new RegExp(`✗ model:openai/m.*${health.source}`));
      // Those that a person has to mend, and 429, are left alone for minutes.
      if (!/^[45]0[03]|time/.test(name)) return;
      mended = true;
      await eventually('an answer of the model', async () => {
        const text = await answered(person, '/logs why --fresh');
        return /openai\/m ·/.test(text) ? text : undefined;
      });
      assert.equal((await modelHealth(running)).status, 'ok');
    });

  test('none set up', async () => {
    await using running = await runApp();
    await running.app.backends.logs.write(records());
    assert.match(await answered(running.person, '/logs why'), /No model is set up\. Whoever runs Bongsu/);
    assert.match(await answered(running.person, '/logs 왜', 'ko'), /설정된 모델이 없어요/);
    assert.equal((await modelHealth(running)).status, 'ok');
  });
});

test('an incident is analysed at once while its model says nothing; told apart, and tried again by a button', async () => {
  let mended = false;
  await using server = await startModelServer(() => (mended ? GOOD : { hang: true }));
  await using running = await runApp({
    ...openai(server.url, 6_000),
    raw: { ...openai(server.url, 6_000).raw, incidents: { debounceMs: 0 } },
  });
  const { app, person } = running;
  await app.backends.logs.write(records());
  await app.backends.bus.publish('log-anomalies', [
    {
      key: 'billing',
      value: JSON.stringify({
        anomaly_status: 'critical',
        confidence: 0.9,
        detected_issues: ['card processor'],
        explanation: 'errors rose',
        service: 'billing',
        detected_at: new Date().toISOString(),
      }),
    },
  ]);
  const parent = await eventually('the thread', async () =>
    (await person.messages()).find((seen) => seen.fromBot && (seen.replies ?? 0) > 0),
  );
  const analysis = async (pattern: RegExp): Promise<Seen> => person.sees(pattern, { thread: parent.id });
  const first = await analysis(/card processor refused[\s\S]*model is writing/);
  assert.ok(buttonsOf(first.message).some(({ name }) => name === 'stop'));
  const late = await analysis(/no answer in time\. It may pass by itself/);
  assert.equal(late.id, first.id, 'the same message');
  mended = true;
  await person.press(buttonsOf(late.message).find(({ name }) => name === 'retry')!, parent.id);
  const whole = await analysis(/openai\/m ·/);
  assert.equal(whole.id, first.id);
  assert.deepEqual(buttonsOf(whole.message), []);
});
