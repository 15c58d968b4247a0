import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gatherEvidence } from '../../../src/analysis/evidence/evidence.ts';
import { readerOver } from '../../../src/analysis/logs/reader.ts';
import { findWindow } from '../../../src/analysis/logs/window.ts';
import { rankCauses } from '../../../src/analysis/ranking/rank.ts';
import { checkClaim } from '../../../src/analysis/verify/check.ts';
import type { ClaimType } from '../../../src/analysis/verify/claim.ts';
import type { Scene } from '../../../src/analysis/verify/occurrences.ts';
import { type Subject, subjectsOf } from '../../../src/analysis/verify/subjects.ts';
import type { Level } from '../../../src/domain/log/record.ts';
import { recordsOfLines } from '../../../src/pipeline/offline.ts';

const NOON = Date.UTC(2026, 2, 1, 12);
type Line = [second: number, service: string, level: Level, text: string];

async function sceneOf(lines: Line[], from: number, to: number): Promise<Scene> {
  const services = [...new Set(lines.map(([, service]) => service))];
  const records = await recordsOfLines(
    services.map((service) =>
      lines
        .filter((line) => line[1] === service)
        .map(([second, , level, text], index) => ({
          text: `${new Date(NOON + second * 1_000).toISOString()} ${level.toUpperCase()} ${text}`,
          source: service,
          position: String(index),
          stream: { service, name: service },
        })),
    ),
    'UTC',
  );
  const logs = readerOver(records);
  const window = { from: NOON + from * 1_000, to: NOON + to * 1_000 };
  const evidence = await gatherEvidence(logs, (await findWindow(logs, { window }))!);
  const ranking = rankCauses(evidence);
  return { logs, evidence, ranking, subjects: subjectsOf(evidence, ranking) };
}

const each = (count: number, of: (index: number) => Line): Line[] =>
  Array.from({ length: count }, (_, i) => of(i));
const quiet = (service: string, count = 120): Line[] =>
  each(count, (i) => [i * 5, service, 'info', `boat ${i} moored`]);
/** The berth turns boats away from second 300 on, in two ways; the crane waits for it. */
const story: Line[] = [
  ...quiet('berth'),
  ...quiet('crane'),
  ...quiet('bell'),
  ...each(10, (i): Line => [310 + i * 10, 'berth', 'error', `out of memory: cannot allocate ${i} pages`]),
  ...each(5, (i): Line => [300 + i * 20, 'berth', 'error', `java.lang.OutOfMemoryError: heap space ${i}`]),
  ...each(12, (i): Line => [305 + i * 12, 'crane', 'error', `call ${i} to berth timed out`]),
];

const idOf = ({ subjects }: Scene, is: (subject: Subject) => boolean): string =>
  [...subjects.values()].find(is)!.id;
const service = (scene: Scene, name: string): string =>
  idOf(scene, (one) => one.sort === 'service' && one.service === name);
const message = (scene: Scene, name: string): string =>
  idOf(scene, (one) => one.sort === 'message' && one.service === name);
const tell = async (scene: Scene, type: ClaimType, of: string, than = '') =>
  (await checkClaim(scene, { type, of, than }))?.finding;

test('a message is all that a service tells of one kind, in whatever words', async () => {
  const scene = await sceneOf(story, 290, 600);
  const count = await tell(scene, 'count', message(scene, 'berth'));
  assert.ok(count?.type === 'count');
  assert.equal(count.count, 15);
  assert.equal(count.first, NOON + 300_000);
});

test('order and since go by the first line in all that is stored, and by other words for the same kind', async () => {
  const scene = await sceneOf(story, 290, 600);
  const [berth, crane] = [message(scene, 'berth'), message(scene, 'crane')];
  assert.ok(await tell(scene, 'order', berth, crane));
  assert.equal(await tell(scene, 'order', crane, berth), undefined);
  assert.ok(await tell(scene, 'since', berth));
  const earlier: Line = [20, 'berth', 'error', 'OutOfMemoryError in thread 7'];
  const other = await sceneOf([...story, earlier], 290, 600);
  assert.equal(await tell(other, 'since', message(other, 'berth')), undefined);
  assert.equal(await tell(other, 'order', message(other, 'berth'), message(other, 'crane')), undefined);
});

test('absence, steadiness and silence are of all lines of a service', async () => {
  const scene = await sceneOf(story, 290, 600);
  assert.ok(await tell(scene, 'absence', service(scene, 'bell')));
  assert.ok(await tell(scene, 'steady', service(scene, 'bell')));
  for (const type of ['absence', 'steady', 'silence'] as const)
    assert.equal(await tell(scene, type, service(scene, 'berth')), undefined, type);
});

test('an effect is told where every line names the other service, and only in that direction', async () => {
  const scene = await sceneOf(story, 290, 600);
  assert.ok(await tell(scene, 'effect', message(scene, 'crane'), service(scene, 'berth')));
  assert.equal(await tell(scene, 'effect', message(scene, 'berth'), service(scene, 'crane')), undefined);
  assert.equal(await tell(scene, 'effect', message(scene, 'crane'), service(scene, 'bell')), undefined);
});

test('a recovery is none while the same is told in other words', async () => {
  const scene = await sceneOf(story, 290, 600);
  assert.ok(await tell(scene, 'recovery', message(scene, 'berth')));
  const again: Line = [580, 'berth', 'error', 'OutOfMemoryError in thread 7'];
  const other = await sceneOf([...story, again], 290, 500);
  assert.equal(await tell(other, 'recovery', message(other, 'berth')), undefined);
});

test('a rise is more lines for the time than right before the window', async () => {
  const scene = await sceneOf(story, 290, 600);
  const rise = await tell(scene, 'rise', message(scene, 'berth'));
  assert.ok(rise?.type === 'rise' && rise.now === 15 && rise.before === 0);
  assert.equal(await tell(scene, 'rise', service(scene, 'bell')), undefined);
});

test('a claim about nothing in the evidence, or the wrong sort of thing, is not told', async () => {
  const scene = await sceneOf(story, 290, 600);
  for (const type of [
    'cause',
    'effect',
    'order',
    'since',
    'count',
    'share',
    'change',
    'ruled_out',
  ] as const) {
    assert.equal(await tell(scene, type, 'S99', 'S98'), undefined);
    assert.equal(await tell(scene, type, '', ''), undefined);
  }
  assert.equal(await tell(scene, 'change', service(scene, 'bell')), undefined);
  assert.equal(await tell(scene, 'steady', message(scene, 'berth')), undefined);
});
