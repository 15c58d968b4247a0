import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeModel } from '../../../scripts/eval/fake-model.ts';
import { createAnalyst } from '../../../src/analysis/create-analyst.ts';
import { readerOver } from '../../../src/analysis/logs/reader.ts';
import type { Model } from '../../../src/backends/model/model.ts';
import { AppError } from '../../../src/domain/errors.ts';
import type { LogRecord } from '../../../src/domain/log/record.ts';
import type { Answer } from '../../../src/domain/question/answer.ts';
import { createLog } from '../../../src/log.ts';
import { NOON, record } from '../../fakes/incident-logs.ts';

const services = ['alpha-api', 'beta-store', 'gamma-db', 'delta-web', 'omega-job'];
const texts: LogRecord[][] = services.map((service) => [
  record(NOON, service, 'info', 'started'),
  record(NOON + 1_000, service, 'error', `${service} out of memory: cannot allocate 64 pages`),
  record(NOON + 2_000, service, 'error', `${service} out of memory: cannot allocate 64 pages`),
]);
const analystOf = (models: Model[]) =>
  createAnalyst({ logs: readerOver([]), models, language: 'en', timeZone: 'UTC', log: createLog('silent') });
const replyFor = (text: number) => ({
  text,
  claims: [{ type: 'count', of: 'S1', than: '' }],
});
const good = (result: Answer | AppError | undefined): Answer => {
  assert.ok(result && !(result instanceof AppError));
  return result;
};

test('many texts go in one call; answers come in order, each checked against its own lines', async () => {
  const model = fakeModel(({ prompt }) => {
    // Out of order, one left out, one of which nothing is so.
    assert.equal(prompt.match(/<<<DATA-/g)?.length, services.length);
    const answers = [2, 0, 1].map((i) => replyFor(i + 1));
    const lie = { text: 4, claims: [{ type: 'absence', of: 'S1', than: '' }] };
    return JSON.stringify({ answers: [...answers, lie] });
  });
  const results = await analystOf([model]).assessAll(texts, { language: 'en' });
  assert.equal(model.asked.length, 1);
  assert.equal(results.length, 5);
  for (const i of [0, 1, 2]) {
    assert.match(good(results[i]).explanation, new RegExp(`${services[i]} \\(all errors\\): 2 lines`));
    assert.equal(good(results[i]).model, 'fake/model');
  }
  assert.equal(good(results[3]).model, 'none', 'nothing it claims is so: the evidence answers');
  assert.equal(good(results[4]).model, 'none', 'left out: the evidence answers');
  for (const [i, result] of results.entries()) assert.equal(good(result).causes[0]?.service, services[i]);
  assert.equal(good(results[0]).tokens.prompt, 20, 'a fifth of the call');
});

test('more texts than fit together take more calls; a bad text fails alone; stop stops', async () => {
  const model = fakeModel(({ prompt }) => {
    const count = prompt.match(/<<<DATA-/g)?.length ?? 0;
    return JSON.stringify({
      answers: Array.from({ length: count }, (_, i) => ({
        text: i + 1,
        claims: [{ type: 'count', of: 'S1', than: '' }],
      })),
    });
  });
  const many = Array.from({ length: 20 }, (_, i) => texts[i % texts.length]!);
  const bad: LogRecord[] = [{ ...texts[0]![0]!, timestamp: Number.NaN, message: undefined as never }];
  const results = await analystOf([model]).assessAll([...many.slice(0, 3), bad, ...many.slice(3)], {
    language: 'en',
  });
  assert.equal(results.length, 21);
  assert.equal(results.filter((result) => result instanceof AppError).length, 1);
  assert.ok(results[3] instanceof AppError);
  assert.ok(model.asked.length <= 3, `${model.asked.length} calls for 20 texts`);
  assert.ok(model.asked.every((request) => request.temperature === 0.2));
  const stop = new AbortController();
  stop.abort();
  await assert.rejects(
    analystOf([model]).assessAll(many, { language: 'en', signal: stop.signal }),
    (error) => error instanceof AppError && error.code === 'stopped',
  );
});

test('a reply that cannot be read leaves the evidence for each text', async () => {
  const results = await analystOf([fakeModel(() => 'no idea')]).assessAll(texts, { language: 'ko' });
  for (const [i, result] of results.entries()) {
    assert.equal(good(result).causes[0]?.service, services[i]);
    assert.match(good(result).explanation, /모델/);
  }
});

test('where nothing is so about any of the texts, that is told of the model, unless the texts tell too little', async () => {
  const answers = texts.map((_, i) => ({
    text: i + 1,
    claims: [{ type: 'absence', of: 'S1', than: '' }],
  }));
  const model = fakeModel(() => JSON.stringify({ answers }));
  const told = /fake\/model: nothing it said about the logs turned out to be so/;
  const long = services.map((service) =>
    Array.from({ length: 12 }, (_, i) =>
      record(NOON + i * 1_000, service, 'error', `${service} out of memory`),
    ),
  );
  for (const result of await analystOf([model]).assessAll(long, { language: 'en' })) {
    assert.equal(good(result).model, 'none');
    assert.match(good(result).explanation, told);
  }
  for (const result of await analystOf([model]).assessAll(texts, { language: 'en' })) {
    assert.equal(good(result).model, 'none');
    assert.doesNotMatch(good(result).explanation, told);
  }
});
