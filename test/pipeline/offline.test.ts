import assert from 'node:assert/strict';
import { test } from 'node:test';
import { templatesOf } from '../../src/pipeline/offline.ts';
import { inBatches, type SourceLine } from '../../src/pipeline/source-line.ts';
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
