import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FailureGroup, Target } from '../../../src/analysis/evidence/failure-groups.ts';
import { withLife } from '../../../src/analysis/evidence/life.ts';
import { readerOver } from '../../../src/analysis/logs/reader.ts';
import type { Span } from '../../../src/analysis/logs/window.ts';
import type { LogRecord } from '../../../src/domain/log/record.ts';
import { NOON, record } from '../../fakes/incident-logs.ts';
import { analysed, mined } from '../harness.ts';

/** A bakery of twenty minutes. */
const END = 1_200;
const each = (
  step: number,
  from: number,
  to: number,
  of: (at: number, i: number) => LogRecord,
): LogRecord[] => {
  const out: LogRecord[] = [];
  for (let at = from; at < to; at += step) out.push(of(NOON + at * 1_000, out.length));
  return out;
};
const baking = (step = 2, from = 0, to = END): LogRecord[] =>
  each(step, from, to, (at, i) => record(at, 'oven', 'info', `loaf ${i} baked`));
const shop = each(3, 0, END, (at, i) => record(at + 100, 'shop', 'info', `guest ${i} served`));
const TEXTS = {
  refused: 'tray # not fetched: connect to oven:7000: connection refused',
  timeout: 'tray # not fetched: call to oven timed out after 900 ms',
  korean: '쟁반 # 못 받음: oven:7000 연결 실패 (connection refused)',
};
const said = (text: string, step = 4, from = 900, to = 1_000): LogRecord[] =>
  each(step, from, to, (at, i) => record(at + 300, 'shop', 'error', text.replace('#', String(i))));

/** How the oven lives while the shop says so. */
async function lifeIn(...parts: LogRecord[][]): Promise<Target['life']> {
  const { evidence } = await analysed(
    mined([...shop, ...parts.flat()].toSorted((a, b) => a.timestamp - b.timestamp)),
  );
  const targets = evidence.failures.flatMap((group) =>
    group.service === 'shop' ? group.targets.filter(({ service }) => service === 'oven') : [],
  );
  assert.ok(targets.length > 0, 'the oven is named');
  return targets[0]!.life;
}

test('who works at its usual rate in those seconds can be reached, in whatever words it is denied', async () => {
  for (const text of Object.values(TEXTS)) assert.equal(await lifeIn(baking(), said(text)), 'through', text);
});

test('a service that slows to a trickle, or stops, is not shown to live', async () => {
  const trickle = [...baking(2, 0, 895), ...baking(60, 895, END)];
  assert.notEqual(await lifeIn(trickle, said(TEXTS.timeout)), 'through');
  assert.equal(await lifeIn(baking(2, 0, 895), said(TEXTS.refused)), undefined);
});

test('lines about its own start, and its failures, are no work', async () => {
  const starting = each(4, 895, END, (at) =>
    record(at, 'oven', 'info', 'oven starting up, listening on 7000'),
  );
  const failing = each(4, 895, END, (at, i) => record(at, 'oven', 'error', `loaf ${i} burnt`));
  assert.equal(await lifeIn(baking(2, 0, 895), starting, said(TEXTS.refused)), undefined);
  assert.equal(await lifeIn(baking(2, 0, 895), failing, said(TEXTS.refused)), undefined);
});

test('who works only before and after those lines was away between', async () => {
  const paused = [...baking(2, 0, 895), ...baking(2, 1_005, END)];
  assert.equal(await lifeIn(paused, said(TEXTS.refused)), 'between');
});

test('a line every few minutes shows neither life nor death', async () => {
  assert.equal(await lifeIn(baking(300), said(TEXTS.refused)), 'unknown');
});

test('a service that writes nothing has no life to be told', async () => {
  const other = each(2, 0, END, (at, i) => record(at, 'mill', 'info', `sack ${i} ground`));
  assert.equal(await lifeIn(other, said(TEXTS.refused)), undefined);
});

test('the life of a target that fails in its own way is not looked at', async () => {
  const records = mined(baking());
  const lines = said(TEXTS.refused);
  const target: Target = { service: 'oven', how: 'host', lines };
  const group = { kind: 'memory', targets: [target] } as unknown as FailureGroup;
  const span: Span = {
    window: { from: NOON + 900_000, to: NOON + 1_000_000 },
    found: 'asked',
    stored: records.length,
    begins: NOON,
    ends: NOON + END * 1_000,
  };
  const { evidence } = await analysed(records);
  const services = [{ key: 'oven', label: 'oven', count: 600, errors: 0, first: NOON, last: NOON }];
  const scene = { logs: readerOver(records), span, services, directory: evidence.directory };
  const [kept] = await withLife([group], scene);
  assert.equal(kept?.targets[0]?.life, undefined);
  const [marked] = await withLife([{ ...group, kind: 'timeout' }], scene);
  assert.equal(marked?.targets[0]?.life, 'through');
});
