import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withLastFault } from '../../../src/backends/model/last-fault.ts';
import type { Model } from '../../../src/backends/model/model.ts';
import { AppError } from '../../../src/domain/errors.ts';
import { MODEL_FAULTS, ModelError } from '../../../src/domain/question/model-fault.ts';
import { healthIn, healthOf } from '../../../src/i18n/health.ts';
import { createLog } from '../../../src/log.ts';
import { collect, fails, request } from '../../contract/model.ts';
import { memoryState } from '../../fakes/state.ts';

const log = createLog('silent');

/** A model whose next answers are these: an error, or words. */
function scripted(): Model & { next?: AppError | undefined } {
  return {
    id: 'm',
    name: 'openai/m',
    external: true,
    contextTokens: 1_000,
    price: { prompt: 0, completion: 0 },
    tools: false,
    async *ask() {
      if (this.next) throw this.next;
      yield { kind: 'end', tokens: { prompt: 1, completion: 1 } };
    },
    health: async () => healthOf(true, 'openai', [['model', { model: 'm', place: 'host' }]]),
    async [Symbol.asyncDispose]() {},
  };
}

test('health is ill with the reason until an answer succeeds, in every process and both languages', async () => {
  const state = memoryState();
  const inner = scripted();
  const open = (address = 'https://host key-1') =>
    withLastFault(inner, { state, address, assumed: false, log });
  const model = open();
  for (const fault of MODEL_FAULTS.filter(
    (one) => !['none', 'context', 'unusable', 'untrue'].includes(one),
  )) {
    inner.next = new ModelError(fault, 'x');
    await fails(collect(model.ask(request())));
    for (const one of [model, open()]) {
      const health = await one.health();
      assert.equal(health.ok, false, fault);
      assert.ok(health.mend, fault);
      assert.notEqual(healthIn('ko', health).detail, health.detail);
    }
  }
  assert.equal((await open('https://host key-2').health()).ok, true, 'another key is another try');
  inner.next = undefined;
  await collect(model.ask(request()));
  for (const one of [model, open()]) assert.equal((await one.health()).ok, true);
});

test('a model whose replies are of no use is ill until one is, though its server answers', async () => {
  const state = memoryState();
  const open = () => withLastFault(scripted(), { state, address: 'a', assumed: false, log });
  const model = open();
  for (const fault of ['untrue', 'unusable'] as const) {
    await collect(model.ask(request()));
    await model.judged?.(fault);
    // That the server answers the next question says nothing of what it answers.
    await collect(model.ask(request()));
    for (const one of [model, open()]) {
      const health = await one.health();
      assert.equal(health.ok, false, fault);
      assert.ok(health.mend);
      assert.match(health.detail, fault === 'untrue' ? /turned out to be so/ : /could not be used/);
    }
    await model.judged?.(undefined);
    for (const one of [model, open()]) assert.equal((await one.health()).ok, true);
  }
});

test('what one process met is over for it when another one gets an answer, also from a model that had answered', async () => {
  const state = memoryState();
  const [here, there] = [scripted(), scripted()];
  const open = (inner: Model) => withLastFault(inner, { state, address: 'a', assumed: false, log });
  const [one, other] = [open(here), open(there)];
  for (const model of [one, other]) await collect(model.ask(request()));
  here.next = new ModelError('timeout', 'x');
  for (let again = 0; again < 2; again += 1) {
    await fails(collect(one.ask(request())));
    for (const model of [one, other]) assert.equal((await model.health()).ok, false);
    await collect(other.ask(request()));
    for (const model of [one, other, open(here)]) assert.equal((await model.health()).ok, true);
  }
  // Without the store each goes by what it met itself.
  state.get = async () => {
    throw new AppError('unavailable', 'away');
  };
  await fails(collect(one.ask(request())));
  assert.deepEqual([(await one.health()).ok, (await other.health()).ok], [false, true]);
});

test('a stop and a question that is too long say nothing of the model', async () => {
  const inner = scripted();
  const model = withLastFault(inner, { state: memoryState(), address: 'a', assumed: false, log });
  for (const error of [new AppError('stopped', 'x'), new ModelError('context', 'x')]) {
    inner.next = error;
    await fails(collect(model.ask(request())));
    assert.equal((await model.health()).ok, true);
  }
});

test('a model nobody named that is not there is no model; once it answered it is missed', async () => {
  const inner = scripted();
  const model = withLastFault(inner, { state: memoryState(), address: 'a', assumed: true, log });
  inner.next = new ModelError('refused', 'x');
  const error = await fails(collect(model.ask(request())));
  assert.ok(error instanceof ModelError && error.fault === 'none');
  inner.next = undefined;
  await collect(model.ask(request()));
  inner.next = new ModelError('refused', 'x');
  const missed = await fails(collect(model.ask(request())));
  assert.ok(missed instanceof ModelError && missed.fault === 'refused');
});
