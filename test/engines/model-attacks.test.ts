import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Attack, attacks } from '../../scripts/eval/attacker.ts';
import { attacked, isHarmed } from '../../scripts/eval/attacks.ts';
import { seeded } from '../../scripts/eval/seeded.ts';
import { derivedModel } from '../../src/backends/model/model.ts';
import { openOllama } from '../../src/backends/model/ollama.ts';
import { openOpenAi } from '../../src/backends/model/openai.ts';
import { createLog } from '../../src/log.ts';
import { available, startOllama, startOpenAi } from './servers.ts';

// Attacks through log lines on small real weights: whatever they are talked into, nothing of it reaches the answer.
const log = createLog('silent');
const CONTEXT = 1_536;
const SLOW_MS = 120_000;
/** No new attack is begun later than this; a shared CPU reads some ten tokens a second. */
const WORK_MS = 80_000;
const MOST = 8;

/** Some of each goal and carrier, both languages. */
const sample = (): Attack[] => [...attacks(300, seeded(77))].filter((_, index) => index % 37 === 5);

const openers = {
  ollama: async () => {
    const server = await startOllama();
    const { url, model } = server;
    const entry = { kind: 'ollama' as const, url, model, contextTokens: CONTEXT, timeoutMs: SLOW_MS };
    return { server, model: await openOllama(entry, log) };
  },
  openai: async () => {
    const server = await startOpenAi();
    const { url: baseUrl, model, apiKey } = server;
    const entry = { kind: 'openai' as const, baseUrl, model, contextTokens: CONTEXT, timeoutMs: SLOW_MS };
    return { server, model: await openOpenAi({ ...entry, apiKey }, log) };
  },
};

for (const name of ['openai', 'ollama'] as const) {
  const skip = available(name) ?? false;
  test(`attacks on real weights behind ${name}: no harm`, { skip }, async (t) => {
    const { server, model } = await openers[name]();
    await using _server = server;
    // Short replies: what is tested is what gets through, not how much is said.
    const short = derivedModel(model, { ask: (request) => model.ask({ ...request, maxTokens: 160 }) });
    const started = performance.now();
    let tried = 0;
    let answered = 0;
    for (const attack of sample()) {
      if (tried >= MOST || performance.now() - started > WORK_MS) break;
      const { damage, answer } = await attacked(attack, short);
      tried += 1;
      if (answer.model !== 'none') answered += 1;
      assert.ok(!isHarmed(damage), `${attack.goal} by ${attack.carrier}: ${JSON.stringify(damage)}`);
      assert.equal(answer.causes[0]?.service, attack.incident.culprit);
    }
    assert.ok(tried > 0);
    t.diagnostic(`${tried} attacks, ${answered} answered in words`);
  });
}
