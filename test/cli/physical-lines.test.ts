import assert from 'node:assert/strict';
import { test } from 'node:test';
import { numbered } from '../../src/cli/physical-lines.ts';
import type { SourceLine } from '../../src/domain/log/source-line.ts';

test('lines of several files are numbered in one run, lines of a single file as they stand there', async () => {
  const line = (source: string, position: string): SourceLine => ({ text: 'x', source, position });
  async function* batches() {
    yield [line('a', '1'), line('a', '3')];
    yield [line('b', '1'), line('a', '4'), line('b', '2')];
  }
  const positions: string[] = [];
  for await (const batch of numbered(batches())) positions.push(...batch.map(({ position }) => position));
  assert.deepEqual(positions, ['1', '3', '4', '5', '6']);
});
