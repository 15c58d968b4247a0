import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Level, LogRecord } from '../../../src/domain/log/record.ts';
import { NOON, record } from '../../fakes/incident-logs.ts';
import { analysed, answerWhy, mined } from '../harness.ts';

const MINUTES = 40;
const END = MINUTES * 60;
/** One line every `step` seconds from one second to another. */
const lines = (
  service: string,
  level: Level,
  text: (i: number) => string,
  { from = 0, to = END, step = 5 }: { from?: number; to?: number; step?: number } = {},
): LogRecord[] => {
  const out: LogRecord[] = [];
  for (let second = from; second < to; second += step)
    out.push(record(NOON + second * 1_000, service, level, text(out.length)));
  return out;
};
const work = (service: string, over = {}): LogRecord[] =>
  lines(service, 'info', (i) => `${service} sheet ${i} sorted in 12 ms`, over);
const quietHall = (): LogRecord[] => ['ward', 'lab', 'desk', 'pharmacy'].flatMap((service) => work(service));
const rankingOf = async (records: LogRecord[]) =>
  (await analysed(mined(records.toSorted((a, b) => a.timestamp - b.timestamp)))).ranking;

const TROUBLE = { from: 1_500, to: 1_800 };
const memory = (over = {}): LogRecord[] =>
  lines('lab', 'error', (i) => `out of memory: cannot allocate ${i} pages`, {
    ...TROUBLE,
    step: 20,
    ...over,
  });
const waiting = (service: string, over = {}): LogRecord[] =>
  lines(service, 'error', (i) => `call ${i} to lab timed out after 3000 ms`, {
    ...TROUBLE,
    from: 1_510,
    step: 9,
    ...over,
  });

test('a root that a service tells itself, after which others suffer, is confirmed', async () => {
  const ranking = await rankingOf([...quietHall(), ...memory(), ...waiting('ward'), ...waiting('desk')]);
  assert.equal(ranking.causes[0]?.service, 'lab');
  assert.equal(ranking.verdict, 'confirmed');
  assert.equal(ranking.noPast, undefined);
});

test('what healthy hours have just as often proves nothing', async () => {
  // The same message in bursts as large, every ten minutes all along.
  const bursts = [0, 600, 1_200, 1_800, 2_300].flatMap((from) => [
    ...memory({ from, to: from + 60 }),
    ...waiting('ward', { from: from + 5, to: from + 60 }),
  ]);
  const ranking = await rankingOf([...quietHall(), ...bursts]);
  assert.notEqual(ranking.verdict, 'confirmed');
});

test('symptoms that came long before it contradict a cause', async () => {
  const ranking = await rankingOf([
    ...quietHall(),
    ...waiting('ward', { from: 1_500 }),
    ...waiting('desk', { from: 1_500 }),
    ...memory({ from: 1_700 }),
  ]);
  assert.notEqual(ranking.verdict, 'confirmed');
});

test('what one service says of another that goes on working at its usual rate is no proof', async () => {
  const said = lines('desk', 'error', (i) => `lab is unavailable, form ${i} not sent`, {
    ...TROUBLE,
    step: 60,
  });
  const ranking = await rankingOf([...quietHall(), ...said]);
  assert.notEqual(ranking.verdict, 'confirmed');
  // Beside its silence it is one.
  const silent = await rankingOf([
    ...quietHall().filter(({ service, timestamp }) => service !== 'lab' || timestamp < NOON + 1_500_000),
    ...waiting('ward', { to: END }),
    ...waiting('desk', { to: END }),
  ]);
  assert.equal(silent.causes[0]?.service, 'lab');
  assert.notEqual(silent.verdict, 'inconclusive');
});

test('two with as good a proof are no proof of either', async () => {
  const other = lines('pharmacy', 'error', (i) => `out of memory: cannot allocate ${i} pages`, {
    ...TROUBLE,
    step: 20,
  });
  const blaming = lines('ward', 'error', (i) => `call ${i} to pharmacy timed out`, {
    ...TROUBLE,
    from: 1_510,
    step: 9,
  });
  const ranking = await rankingOf([...quietHall(), ...memory(), ...other, ...waiting('ward'), ...blaming]);
  assert.notEqual(ranking.verdict, 'confirmed');
});

test('requests that were refused as the fault of the asker are no failure of a service', async () => {
  const refused = lines('desk', 'warn', () => 'GET /forms/7 403 1ms', { ...TROUBLE, step: 4 }).map((one) => ({
    ...one,
    request: { endpoint: 'GET /forms', status: 403, durationMs: 1 },
  }));
  const ranking = await rankingOf([...quietHall(), ...refused]);
  assert.equal(ranking.verdict, 'inconclusive');
});

test('without healthy time the answer says so, in both languages, and volume confirms nothing', async () => {
  const all = { from: 0, to: 300, step: 2 };
  const records = [
    ...work('ward', all),
    ...work('lab', all),
    ...lines('lab', 'error', (i) => `sheet ${i} could not be read`, { ...all, step: 3 }),
  ];
  const english = await answerWhy(mined(records));
  assert.notEqual(english.verdict, 'confirmed');
  const window = { from: NOON, to: NOON + 300_000 };
  const told = await answerWhy(mined([...records, ...memory({ ...all, step: 9 }), ...waiting('ward', all)]), {
    window,
  });
  assert.match(told.explanation, /too little healthy time to compare with/);
  const korean = await answerWhy(mined([...records, ...memory({ ...all, step: 9 })]), {
    window,
    language: 'ko',
  });
  assert.match(korean.explanation, /비교할 정상 시간이 거의 없어서/);
});

test('a program that cannot go on stands out though it has said so before, where all of that time fails', async () => {
  const all = { from: 0, to: 300 };
  const records = [
    ...lines('lab', 'fatal', () => 'folder of the register may be read by the group, giving up', {
      ...all,
      step: 40,
    }),
    ...lines('ward', 'error', (i) => `form ${i}: could not connect to server: connection refused`, {
      ...all,
      step: 3,
    }),
    ...work('desk', { ...all, step: 3 }),
  ];
  const answer = await answerWhy(mined(records), { window: { from: NOON + 150_000, to: NOON + 300_000 } });
  assert.equal(answer.causes[0]?.service, 'lab');
  assert.equal(answer.verdict, 'likely');
});
