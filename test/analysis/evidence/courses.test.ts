import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LogRecord } from '../../../src/domain/log/record.ts';
import { NOON, record } from '../../fakes/incident-logs.ts';
import { analysed, mined } from '../harness.ts';

const every = (
  step: number,
  from: number,
  to: number,
  of: (at: number, i: number) => LogRecord,
): LogRecord[] => {
  const out: LogRecord[] = [];
  for (let second = from; second < to; second += step) out.push(of(NOON + second * 1_000, out.length));
  return out;
};
const work = (service: string, from = 0, to = 2_400): LogRecord[] =>
  every(5, from, to, (at, i) => record(at, service, 'info', `page ${i} printed`));
const failing = (from: number, to: number): LogRecord[] =>
  every(4, from, to, (at, i) => record(at, 'press', 'error', `plate ${i} broke: timed out waiting for ink`));
const groupsOf = async (records: LogRecord[]) =>
  (await analysed(mined(records.toSorted((a, b) => a.timestamp - b.timestamp)))).evidence.failures;

test('a message that is new has no peak outside; one that comes in bursts has the largest of them', async () => {
  const [fresh] = await groupsOf([...work('press'), ...work('ink'), ...failing(1_800, 2_000)]);
  assert.ok(fresh?.course);
  assert.equal(fresh.course.peak, 0);
  assert.equal(fresh.course.lines, 50);
  assert.ok(fresh.course.past > 1);
  const [again] = await groupsOf([
    ...work('press'),
    ...work('ink'),
    ...failing(300, 380),
    ...failing(1_800, 2_000),
  ]);
  assert.ok(again?.course && again.course.peak >= 20);
});

test('who is said not to answer is seen to work on, to pause, or never to have written', async () => {
  const refused = every(4, 1_800, 2_000, (at, i) =>
    record(at, 'press', 'error', `sheet ${i}: connect to ink:7000: connection refused`),
  );
  const life = async (ink: LogRecord[]) => {
    const groups = await groupsOf([...work('press'), ...work('paper'), ...ink, ...refused]);
    return groups.find(({ kind }) => kind === 'refused')?.targets.find(({ service }) => service === 'ink')
      ?.life;
  };
  assert.equal(await life(work('ink')), 'through');
  assert.equal(await life([...work('ink', 0, 1_790), ...work('ink', 2_010)]), 'between');
  assert.equal(await life(work('ink', 0, 1_790)), undefined);
  const seldom = [60, 900, 1_900].map((second) =>
    record(NOON + second * 1_000, 'ink', 'info', 'barrel changed'),
  );
  assert.equal(await life(seldom), 'unknown');
});

test('last words count where nothing follows them and others go on', async () => {
  const dies = (to: number): LogRecord[] => [
    ...work('ink', 0, 1_200),
    record(NOON + 1_201_000, 'ink', 'fatal', 'cannot open valve, exiting'),
    ...(to > 1_202 ? work('ink', 1_205, to) : []),
  ];
  const ended = async (to: number) =>
    (await groupsOf([...work('press'), ...dies(to)])).find(({ service }) => service === 'ink')?.ended;
  assert.equal(await ended(1_202), true);
  assert.equal(await ended(2_400), undefined);
});
