import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readerOver } from '../../../src/analysis/logs/reader.ts';
import { answerPlainly, type PlainOptions, type QueryAnswer } from '../../../src/analysis/queries/answer.ts';
import { querySchema } from '../../../src/analysis/queries/query.ts';
import { timeIn } from '../../../src/bot/commands/parse/when-window.ts';
import type { Level, LogRecord } from '../../../src/domain/log/record.ts';
import { languageOf } from '../../../src/domain/question/question.ts';

const START = Date.parse('2026-04-02T10:00:00Z');
const MINUTE = 60_000;

let made = 0;
function line(
  minute: number,
  service: string,
  level: Level,
  message: string,
  request?: LogRecord['request'],
): LogRecord {
  made += 1;
  const timestamp = START + minute * MINUTE;
  return {
    id: `l${made}`,
    timestamp,
    level,
    service,
    message,
    line: `${new Date(timestamp).toISOString()} ${message}`,
    attributes: {},
    ...(request ? { request } : {}),
  };
}

/** Two hours: `web` serves, `db` fails from minute 90 to 100, and a secret is written once. */
const RECORDS = [
  ...Array.from({ length: 120 }, (_, minute) =>
    line(minute, 'web', 'info', `served ${minute}`, { endpoint: 'GET /a', status: 200, durationMs: 10 }),
  ),
  ...Array.from({ length: 60 }, (_, at) => line(at * 2, 'db', 'info', `checkpoint ${at}`)),
  ...Array.from({ length: 40 }, (_, at) => line(90 + at / 4, 'db', 'error', `disk full, write ${at} lost`)),
  ...Array.from({ length: 10 }, (_, at) =>
    line(90 + at, 'web', 'error', `failed ${at}`, { endpoint: 'GET /b', status: 500, durationMs: 900 }),
  ),
  line(95, 'web', 'warn', 'calling http://db:5432 again, password=hunter2hunter2'),
];

async function ask(text: string, more: Partial<PlainOptions> = {}): Promise<QueryAnswer> {
  const answer = await answerPlainly(
    { text, language: languageOf(text, 'en') },
    { logs: readerOver(RECORDS), timeZone: 'UTC', timeIn, now: START + 130 * MINUTE, ...more },
  );
  assert.ok(!('hand' in answer), text);
  return answer;
}

test('an answer has its figure, how it was read, the time and the lines', async () => {
  const answer = await ask('how many errors did db write between 11:30 and 11:35?');
  assert.equal(answer.figure, 20);
  assert.equal(answer.unit, 'lines');
  assert.equal(
    answer.answer,
    'There are 20 lines (level error or fatal; service db; 2026-04-02 11:30:00 – 11:34:59 UTC).',
  );
  assert.deepEqual(answer.window, { from: '2026-04-02T11:30:00.000Z', to: '2026-04-02T11:35:00.000Z' });
  assert.equal(answer.lines.length, 5);
  assert.ok(answer.lines.every(({ service }) => service === 'db'));
  assert.equal(
    (await ask('db 오류가 11시 30분부터 11시 35분까지 몇 건이야?')).answer,
    '모두 20줄이에요 (레벨 error 또는 fatal; 서비스 db; 2026-04-02 11:30:00 – 11:34:59 UTC).',
  );
});

test('rankings, begins and states', async () => {
  const rank = await ask('which endpoint is slowest?');
  assert.deepEqual(
    rank.rows?.map(({ name, value }) => [name, value]),
    [
      ['GET /b', 900],
      ['GET /a', 10],
    ],
  );
  assert.equal((await ask('when did the db errors start?')).figure, '2026-04-02T11:30:00.000Z');
  assert.match(
    (await ask('is db affected?')).answer,
    /^db was affected in this time, and is no longer: 40 of/,
  );
  assert.match((await ask('is web ok at 10:10?')).answer, /^web shows no more errors than usual/);
  assert.deepEqual(
    (await ask('who calls db?')).rows?.map(({ name }) => name),
    ['web'],
  );
});

test('a time without lines is said, with the time that the logs have', async () => {
  const answer = await ask('how many errors on March 3?');
  assert.equal(answer.figure, 0);
  assert.match(answer.answer, /no line in 2026-03-03 .*; they cover 2026-04-02 10:00:00 – 11:59:00/);
  const none = await ask('how many errors?', { logs: readerOver([]) });
  assert.match(none.answer, /no log yet/);
});

test('what is refused says why in a sentence, and what can be asked; nothing is computed', async () => {
  const answer = await ask('how many unicorn errors?');
  assert.deepEqual(answer.query, { kind: 'refused', reason: 'word' });
  assert.match(answer.answer, /“unicorn”.* I can say: /);
  assert.deepEqual([answer.figure, answer.lines], [undefined, []]);
});

test('a credential in a line is not shown', async () => {
  const answer = await ask('show warnings of web');
  assert.equal(answer.lines.length, 1);
  assert.doesNotMatch(JSON.stringify(answer), /hunter2/);
});

test('the choice of a model is asked for only where the words do not tell, and is run as any query', async () => {
  let asked = 0;
  const choose = async () => {
    asked += 1;
    return querySchema.parse({ kind: 'count', measure: 'lines', filter: { levels: ['error'] } });
  };
  assert.equal((await ask('how many warnings?', { choose })).figure, 1);
  assert.equal(asked, 0);
  assert.equal((await ask('quantity of mishaps overall', { choose })).figure, 50);
  assert.equal(asked, 1);
  assert.equal((await ask('will it fail tomorrow?', { choose })).query.kind, 'refused');
  assert.equal(asked, 1);
});

test('a part of all errors is told with what the whole is', async () => {
  const answer = await ask('what share of all errors is from db');
  assert.equal(answer.figure, 0.8);
  assert.match(answer.answer, /^80 %: 40 of 50 lines of level error or fatal/);
  const requests = await ask('what share of requests go to /b');
  assert.equal(requests.figure, 10 / 130);
});

test('a word of the messages is known in another form of it', async () => {
  assert.equal((await ask('how many times was a write lost')).figure, 40);
  assert.equal((await ask('how many writes lost')).figure, 40);
});

test('the name of a field is no word to look for', async () => {
  const records = [1, 2, 3].map((minute) => {
    const made = line(minute, 'web', 'error', `lost ${minute}`);
    return { ...made, line: JSON.stringify({ lvl: 'error', flow: 'x', text: `lost ${minute}` }) };
  });
  const logs = readerOver(records);
  assert.equal((await ask('lvl errors', { logs })).query.kind, 'refused');
  assert.equal((await ask('lost errors', { logs })).figure, 3);
});
