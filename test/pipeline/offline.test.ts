import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { createAnalyst } from '../../src/analysis/create-analyst.ts';
import { readerOver } from '../../src/analysis/logs/reader.ts';
import { inBatches, type SourceLine } from '../../src/domain/log/source-line.ts';
import { createLog } from '../../src/log.ts';
import { recordsOfText, templatesOf } from '../../src/pipeline/offline.ts';
import { collect, linesOf } from './harness.ts';

async function* batches(lines: SourceLine[], size = 100): AsyncGenerator<SourceLine[]> {
  yield* inBatches(lines, size);
}

test('templates online and as they stand at the end, the same for chunks of any size', async () => {
  const texts = Array.from(
    { length: 300 },
    (_, i) => `2026-01-01 00:00:00 INFO user ${['ann', 'bob', 'eve'][i % 3]} bought item ${i} today`,
  );
  const run = async (size: number) => {
    const templates = templatesOf(batches(linesOf(texts), size));
    const online = (await collect(templates.online)).flat();
    return { online, final: online.map((line) => templates.final(line)) };
  };
  const { online, final } = await run(100);
  assert.deepEqual(await run(7), { online, final });
  assert.deepEqual(online[0], { LineId: 1, id: online[0]!.id, template: 'user ann bought item <*> today' });
  assert.equal(new Set(online.map(({ id }) => id)).size, 1);
  assert.equal(final[0]!.template, 'user <*> bought item <*> today');
});

test('content lines keep what looks like a header', async () => {
  const lines = linesOf(['ERROR: disk 1 full']);
  const [[content] = []] = await collect(templatesOf(batches(lines), { content: true }).online);
  assert.equal(content!.template, 'ERROR: disk <*> full');
  const [[raw] = []] = await collect(templatesOf(batches(lines)).online);
  assert.equal(raw!.template, 'disk <*> full');
});

// Each look at the clock takes a millisecond, so that the number of turns does not depend on the machine.
let clock = 0;
mock.method(performance, 'now', () => {
  clock += 1;
  return clock;
});

const long = Array.from(
  { length: 12_000 },
  (_, i) =>
    `${new Date(1_772_366_400_000 + i * 50).toISOString()} ERROR svc-${i % 60} request ${i} to svc-${(i * 7) % 60} failed: pool ${i % 90} empty`,
).join('\n');

/** How often the event loop turns while something is done. */
async function turnsDuring(work: () => Promise<unknown>): Promise<number> {
  let turns = 0;
  let done = false;
  const count = (): void => {
    turns += 1;
    if (!done) setImmediate(count);
  };
  setImmediate(count);
  await work();
  done = true;
  return turns;
}

test('long pasted text is read, and asked about, with turns for everything else', async () => {
  const analyst = createAnalyst({
    logs: readerOver([]),
    models: [],
    language: 'en',
    timeZone: 'UTC',
    log: createLog('silent'),
  });
  const texts = [0, 1, 2, 3];
  let records: Awaited<ReturnType<typeof recordsOfText>>[] = [];
  const reading = await turnsDuring(async () => {
    records = await Promise.all(texts.map(() => recordsOfText(long, 'UTC')));
  });
  assert.ok(reading > 10, `${reading} turns while it is read`);
  const asking = await turnsDuring(() =>
    Promise.all(
      records.map(async (lines) => {
        for await (const event of analyst.assess(lines, { language: 'en' }))
          if (event.kind === 'answer') assert.equal(event.answer.anomaly_status, 'critical');
      }),
    ),
  );
  assert.ok(asking > 5, `${asking} turns while it is asked about`);
});

test('whoever hangs up ends the reading', async () => {
  const gone = new AbortController();
  const reading = Promise.all([1, 2, 3, 4].map(() => recordsOfText(long, 'UTC', gone.signal)));
  setImmediate(() => gone.abort(new Error('hung up')));
  await assert.rejects(reading, /hung up/);
});

test('lines above the first time belong to it; without any time all have one time', async () => {
  const dated = await recordsOfText('banner\r\n\r\n2026-03-01 10:00:00 INFO up\r\nlater\n', 'UTC');
  assert.deepEqual(
    dated.map(({ timestamp, line }) => [line, timestamp]),
    ['banner', '2026-03-01 10:00:00 INFO up', 'later'].map((line) => [line, Date.UTC(2026, 2, 1, 10)]),
  );
  const undated = await recordsOfText('one\ntwo\nthree', 'UTC');
  assert.equal(new Set(undated.map(({ timestamp }) => timestamp)).size, 1);
  assert.deepEqual(await recordsOfText('', 'UTC'), []);
  assert.deepEqual(await recordsOfText(' \n\r\n', 'UTC'), []);
});
