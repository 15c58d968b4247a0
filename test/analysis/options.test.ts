import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AnswerEvent } from '../../src/analysis/analyst.ts';
import { createAnalyst } from '../../src/analysis/create-analyst.ts';
import { readerOver } from '../../src/analysis/evidence/reader.ts';
import type { Model } from '../../src/backends/model/model.ts';
import { AppError } from '../../src/domain/errors.ts';
import type { LogRecord } from '../../src/domain/log/record.ts';
import type { Answer } from '../../src/domain/question/answer.ts';
import type { Question } from '../../src/domain/question/question.ts';
import { createLog } from '../../src/log.ts';
import { recordsOfText } from '../../src/pipeline/offline.ts';
import { NOON, poolIncident, record } from '../fakes/incident-logs.ts';

const why: Question = { kind: 'why', text: '', language: 'en' };

/** A model that keeps its prompts and answers `say`, or throws it. */
function fakeModel(say: string | AppError): Model & { prompts: string[] } {
  const prompts: string[] = [];
  return {
    name: 'fake/model',
    id: 'ollama',
    external: false,
    tools: false,
    contextTokens: 64_000,
    price: { prompt: 0, completion: 0 },
    prompts,
    async *ask({ prompt }) {
      prompts.push(prompt);
      if (typeof say !== 'string') throw say;
      yield { kind: 'text', text: say };
      yield { kind: 'end', tokens: { prompt: 1, completion: 1 } };
    },
    async health() {
      return { ok: true, kind: 'fake', detail: '' };
    },
    async [Symbol.asyncDispose]() {},
  };
}

const analyst = (records: LogRecord[], model?: Model, now = Date.now, log = createLog('silent')) =>
  createAnalyst({
    logs: readerOver(records),
    models: model ? [model] : [],
    language: 'en',
    timeZone: 'UTC',
    log,
    now,
  });

async function answerOf(events: AsyncIterable<AnswerEvent>): Promise<Answer> {
  for await (const event of events) if (event.kind === 'answer') return event.answer;
  throw new Error('no answer');
}

test('the evidence a model is given keeps to the budget asked for', async () => {
  const model = fakeModel(JSON.stringify({ explanation: 'It is the pool.' }));
  const asked = analyst(poolIncident(), model);
  await answerOf(asked.ask(why, { budgetTokens: 300 }));
  await answerOf(asked.ask(why));
  const [small, usual] = model.prompts.map((prompt) => prompt.length);
  assert.ok(small! <= 300 * 4 + 100, `a pack of ${small} characters`);
  assert.ok(usual! > 2 * small!);
});

test('a service of the catalogue can be named though it wrote nothing', async () => {
  const records = Array.from({ length: 20 }, (_, i) => [
    record(NOON + i * 1_000, 'basket', 'error', 'request to ledger failed: timeout'),
    record(NOON + i * 1_000, 'parcel', 'error', 'ledger gave no answer in time: timeout'),
  ]).flat();
  const without = await answerOf(analyst(records).ask(why));
  assert.ok(!without.causes.some((cause) => cause.service === 'ledger'));
  const known = await answerOf(analyst(records).ask(why, { catalogue: ['basket', 'parcel', 'ledger'] }));
  assert.equal(known.causes[0]?.service, 'ledger');
});

test('an address nobody is known by leads to the only known service that wrote nothing, and the answer says so', async () => {
  const records = Array.from({ length: 20 }, (_, i) => [
    record(NOON + i * 1_000, 'basket', 'error', 'dial tcp 10.1.2.3:7301: connection refused'),
    record(NOON + i * 1_000, 'parcel', 'info', `parcel ${i} sent`),
  ]).flat();
  const asked = analyst(records);
  const known = await answerOf(asked.ask(why, { catalogue: ['basket', 'parcel', 'ledger'] }));
  assert.equal(known.causes[0]?.service, 'ledger');
  assert.match(known.causes[0]!.cause, /20 lines of basket fail at an address nobody is known by/);
  const two = await answerOf(asked.ask(why, { catalogue: ['basket', 'parcel', 'ledger', 'stamps'] }));
  assert.ok(
    !two.causes.some((cause) => cause.service === 'ledger'),
    'two could be meant: neither is accused',
  );
});

test('pasted lines are all looked at, and those above the first time belong to it', async () => {
  const pasted = await recordsOfText(
    [
      '--- copied from the terminal',
      '2026-03-01 11:20:00 INFO [checkout] started',
      '2026-03-01 11:59:00 INFO [checkout] order 17 taken',
      '2026-03-01 12:00:00 ERROR [checkout] connection pool exhausted: 40 of 40 in use',
      '2026-03-01 12:00:01 ERROR [checkout] connection pool exhausted: 40 of 40 in use',
      '2026-03-01 12:00:02 ERROR [checkout] connection pool exhausted: 40 of 40 in use',
    ].join('\n'),
    'UTC',
  );
  const answer = await answerOf(analyst([]).assess(pasted, { language: 'en', useModel: false }));
  assert.match(answer.explanation, /^Window 2026-03-01 11:20:00 to 2026-03-01 12:00:02: 6 lines, 3 of them/);
});

const access = Array.from({ length: 300 }, (_, i) => {
  const clock = `10:0${Math.floor(i / 60)}:${String(i % 60).padStart(2, '0')}`;
  const path = i % 3 === 0 ? '/api/cart' : '/api/orders';
  const status = i % 25 === 0 ? 500 : 200;
  return `10.0.0.1 - - [27/Nov/2026:${clock} +0000] "GET ${path} HTTP/1.1" ${status} 512 "-" "curl/8" 0.040`;
}).join('\n');

test('a summary of pasted requests tells their number, time, busiest endpoint and errors by kind', async () => {
  const lines = await recordsOfText(access, 'UTC');
  const asked = { kind: 'summarize', useModel: false } as const;
  const en = await answerOf(analyst([]).assess(lines, { ...asked, language: 'en' }));
  assert.equal(
    en.summary,
    '300 requests; mean response time 40 ms; busiest endpoint GET /api/orders with 200. Errors: 12 of 300 lines (HTTP 500 12).',
  );
  const ko = await answerOf(analyst([]).assess(lines, { ...asked, language: 'ko' }));
  assert.match(
    ko.summary,
    /^요청 300건, 평균 응답 시간 40 ms, .*orders 200건\. 오류: .*12줄\(HTTP 500 12\)\.$/,
  );
  const why = await answerOf(analyst([]).assess(lines, { language: 'en', useModel: false }));
  assert.match(why.summary, /^paste: server errors \(5xx\)\. 300 requests; .* Errors: 12 of 300 lines/);
  const [one] = await analyst([]).assessAll([lines], { ...asked, language: 'en' });
  assert.equal((one as Answer).summary, en.summary);
});

test('a model that cannot be reached is one plain line in the log, not a stack for each question', async () => {
  const written: string[] = [];
  const log = createLog('info', { write: (line) => void written.push(line) });
  let time = NOON;
  const asked = analyst(
    poolIncident(),
    fakeModel(new AppError('unavailable', 'no answer at http://u:hunter2@models')),
    () => time,
    log,
  );
  for (let question = 0; question < 8; question += 1) {
    await answerOf(asked.ask({ ...why, text: `what broke, ${question}?` }));
    time += 60_000;
  }
  assert.equal(written.length, 1);
  const line = JSON.parse(written[0]!);
  assert.equal(line.level, 40);
  assert.equal(line.model, 'fake/model');
  assert.doesNotMatch(written[0]!, /stack|hunter2/);
});
