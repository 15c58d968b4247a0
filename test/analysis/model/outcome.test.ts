import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AnswerEvent } from '../../../src/analysis/analyst.ts';
import { createAnalyst } from '../../../src/analysis/create-analyst.ts';
import { readerOver } from '../../../src/analysis/logs/reader.ts';
import type { Model } from '../../../src/backends/model/model.ts';
import { openOllama } from '../../../src/backends/model/ollama.ts';
import { openModels } from '../../../src/backends/open.ts';
import { parseConfig } from '../../../src/config/config.ts';
import type { Health } from '../../../src/domain/health.ts';
import {
  MODEL_FAULTS,
  ModelError,
  type ModelFault,
  menderOf,
} from '../../../src/domain/question/model-fault.ts';
import type { Language } from '../../../src/domain/question/question.ts';
import { healthIn } from '../../../src/i18n/health.ts';
import { createLog } from '../../../src/log.ts';
import { poolIncident } from '../../fakes/incident-logs.ts';
import { type Reply, startModelServer } from '../../fakes/model-server.ts';
import { memoryState } from '../../fakes/state.ts';

const silent = createLog('silent');
const logs = readerOver(poolIncident().filter((_, index) => index % 4 === 0));
type Final = Extract<AnswerEvent, { kind: 'answer' }>;

/** A model that fails like this every time. */
const failing = (name: string, fault: ModelFault, waitMs?: number): Model & { asked: number } => ({
  id: name,
  name: `openai/${name}`,
  external: false,
  contextTokens: 8_192,
  price: { prompt: 0, completion: 0 },
  tools: false,
  asked: 0,
  // biome-ignore lint/correctness/useYield: it never gets so far
  async *ask() {
    this.asked += 1;
    throw new ModelError(fault, `${name} at http://u:hunter2@host`, { retryAfterMs: waitMs });
  },
  health: async () => ({ ok: true, kind: 'openai', detail: '' }),
  async [Symbol.asyncDispose]() {},
});

function asking(models: Model[], log = silent, now = Date.now) {
  const analyst = createAnalyst({ logs, models, language: 'en', timeZone: 'UTC', log, now });
  let question = 0;
  return async (language: Language = 'en', useModel: boolean | 'later' = true): Promise<Final> => {
    question += 1;
    let final: Final | undefined;
    for await (const event of analyst.ask(
      { kind: 'why', text: `what, ${question}?`, language },
      { useModel },
    ))
      if (event.kind === 'answer') final = event;
    assert.ok(final);
    return final;
  };
}
const lastLine = ({ answer }: Final): string => answer.explanation.split('\n').at(-1)!;

test('each fault is a sentence of its own in both languages, with who can mend it', async () => {
  const said = { en: new Set<string>(), ko: new Set<string>() };
  const who = {
    operator: { en: /Whoever runs Bongsu can/, ko: /운영자가/ },
    wait: { en: /may pass by itself/, ko: /저절로/ },
    asker: { en: /You can mend it/, ko: /직접/ },
  };
  for (const fault of MODEL_FAULTS)
    for (const language of ['en', 'ko'] as const) {
      const line = lastLine(await asking([failing('m', fault)])(language));
      assert.match(line, who[menderOf(fault)][language], `${fault}: ${line}`);
      assert.match(line, language === 'en' ? /evidence alone/ : /근거만/);
      assert.doesNotMatch(line, /hunter2|\{|undefined/);
      said[language].add(line);
    }
  assert.deepEqual([said.en.size, said.ko.size], [MODEL_FAULTS.length, MODEL_FAULTS.length]);
});

test('with none set up that is said, and there is nothing to try again', async () => {
  const none = await asking([])();
  assert.match(lastLine(none), /No model is set up/);
  assert.equal(none.unexplained, undefined);
  assert.equal((await asking([failing('m', 'timeout')])()).unexplained, true);
});

test('how long a server asked to wait is said; of several models each has its reason, also while it is left alone', async () => {
  const [one, two] = [failing('one', 'limited', 42_000), failing('two', 'key')];
  const ask = asking([one, two]);
  for (let again = 0; again < 3; again += 1) {
    const line = lastLine(await ask());
    assert.match(line, /openai\/one: .*in 42 s.*openai\/two: .*refused the key/);
  }
  assert.deepEqual([one.asked, two.asked], [1, 1], 'neither is asked again meanwhile');
});

test('a model of whose claims not one is so is told, left alone after three, and asked again after a pause', async () => {
  let now = Date.parse('2026-03-02T10:00:00Z');
  let asked = 0;
  let reply = '{"claims":[{"type":"absence","of":"M1","than":""},{"type":"silence","of":"S99","than":""}]}';
  const judged: (ModelFault | undefined)[] = [];
  const model: Model = {
    ...failing('small', 'broken'),
    async *ask() {
      asked += 1;
      yield { kind: 'text', text: reply };
      yield { kind: 'end', tokens: { prompt: 1, completion: 1 } };
    },
    judged: async (fault) => void judged.push(fault),
  };
  const ask = asking([model], silent, () => now);
  for (let question = 0; question < 5; question += 1) {
    const line = lastLine(await ask());
    assert.match(
      line,
      /openai\/small: nothing it said about the logs turned out to be so.*more capable model/,
    );
    assert.match(line, /evidence alone/);
  }
  assert.equal(asked, 3);
  assert.deepEqual(judged, ['untrue', 'untrue', 'untrue']);
  now += 5 * 60_000 + 1;
  await ask();
  await ask();
  assert.equal(asked, 4, 'once after each pause');
  now += 5 * 60_000 + 1;
  reply = '{"claims":[{"type":"count","of":"M1","than":""}]}';
  assert.equal((await ask()).answer.model, 'openai/small');
  assert.equal(judged.at(-1), undefined);
});

test('health and doctor name a model that says nothing that is so, in every process, until it does', async () => {
  let claim = { type: 'silence', of: 'S99', than: '' };
  await using server = await startModelServer(() => ({ say: JSON.stringify({ claims: [claim] }) }));
  const state = memoryState();
  const config = parseConfig({ models: [{ kind: 'ollama', url: server.url, model: 'fake' }] });
  const here = await openModels(config, silent, state);
  const healthThere = async (): Promise<Health> => (await openModels(config, silent, state))[0]!.health();
  assert.equal((await healthThere()).ok, true);
  const ask = asking(here);
  await ask();
  const health = await healthThere();
  assert.equal(health.ok, false);
  assert.match(health.detail, /nothing it said about the logs turned out to be so/);
  assert.match(health.mend ?? '', /more capable model/);
  assert.match(healthIn('ko', health).detail, /맞는 것이 하나도 없어서/);
  claim = { type: 'count', of: 'M1', than: '' };
  assert.equal((await ask()).answer.model, 'ollama/fake');
  assert.equal((await healthThere()).ok, true);
});

test('the log gets one line when the reason changes, and one when it answers again', async () => {
  const written: string[] = [];
  let fault: ModelFault | undefined = 'broken';
  const model: Model = {
    ...failing('m', 'broken'),
    async *ask() {
      if (fault) throw new ModelError(fault, 'http://u:hunter2@host failed');
      yield { kind: 'text', text: '{"claims":[{"type":"count","of":"S1","than":""}]}' };
      yield { kind: 'end', tokens: { prompt: 1, completion: 1 } };
    },
  };
  const ask = asking([model], createLog('info', { write: (line) => void written.push(line) }));
  await ask();
  await ask();
  fault = 'timeout';
  await ask();
  const lines = written.map((line) => JSON.parse(line) as { fault?: string; level: number });
  assert.deepEqual(
    lines.map((line) => line.fault),
    ['broken', 'timeout'],
  );
  assert.doesNotMatch(written.join(''), /hunter2|stack/);
  const fresh = asking([model], createLog('info', { write: (line) => void written.push(line) }));
  fault = 'busy';
  await fresh();
  fault = undefined;
  await fresh();
  assert.match(written.at(-1)!, /answers again/);
});

test('`later` asks no model and says whether there is one', async () => {
  const model = failing('m', 'timeout');
  const later = await asking([model])('en', 'later');
  assert.deepEqual([later.later, model.asked], [true, 0]);
  assert.doesNotMatch(later.answer.explanation, /evidence alone/);
  const none = await asking([])('en', 'later');
  assert.equal(none.later, undefined);
  assert.match(lastLine(none), /No model is set up/);
});

test('a stream that breaks for lack of memory is answered with fewer layers, and that is said', async () => {
  for (const [most, note] of [
    [16, /ran with 16 of 32 layers on the GPU/],
    [0, /ran on the CPU/],
  ] as const) {
    await using server = await startModelServer((received): Reply => {
      const { num_gpu = 32 } = received.body.options as { num_gpu?: number };
      return num_gpu <= most
        ? { say: '{"claims":[{"type":"count","of":"S1","than":""}]}' }
        : { after: '{"claims":[{"ty', fails: 'CUDA error: out of memory' };
    });
    const entry = { kind: 'ollama' as const, url: server.url, model: 'm', contextTokens: 8_192 };
    const { answer } = await asking([await openOllama({ ...entry, timeoutMs: 30_000 }, silent)])();
    assert.match(answer.model, most ? /ollama\/m \(GPU 16\/32\)/ : /ollama\/m \(CPU\)/);
    assert.match(answer.explanation, note);
  }
});
