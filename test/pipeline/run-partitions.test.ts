import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StateStore } from '../../src/backends/state/store.ts';
import { memoryState } from '../fakes/state.ts';
import { pipelineWithSink } from './harness.ts';

const START = Date.UTC(2026, 0, 1);

/** Some minutes of one partition: groups of lines that differ by a name; one of them is an error that is usual. */
function lines(minutes: number, from: number, names: string[]): string[] {
  const out: string[] = [];
  for (let second = 0; second < minutes * 60; second += 1) {
    const at = new Date(START + (from * 60 + second) * 1_000).toISOString();
    const name = names[second % names.length]!;
    out.push(`${at} INFO user ${name} opened the basket of today`);
    out.push(`${at} INFO basket of ${name} was priced in ${10 + (second % 30)} ms`);
    if (second % 20 === 0) out.push(`${at} ERROR the label of ${name} was refused by the printer`);
  }
  return out;
}

/** A process of the consumer group; `read` gives it lines of one partition. */
async function member(state: StateStore) {
  const { pipeline, sink, deliver } = pipelineWithSink({ state });
  const live = await pipeline.startTimers();
  await pipeline.consume({ group: 'bongsu' });
  let offset = 0;
  return {
    sink,
    read: (texts: string[]) =>
      deliver(
        texts.map((text) => ({
          topic: 'log-stream',
          partition: 3,
          offset: String(offset++),
          value: Buffer.from(text),
          headers: {},
          timestamp: START,
        })),
      ),
    templates: () => new Set(sink.records.map(({ template }) => template!.id)),
    leave: () => live[Symbol.asyncDispose](),
  };
}

test('a partition that moves to another process relearns nothing: the same ids, and no news', async () => {
  const state = memoryState();
  const [first, second] = [await member(state), await member(state)];
  await first.read(lines(10, 0, ['ann', 'bob', 'eve']));
  assert.equal(first.templates().size, 3);
  await first.leave();
  // New names: a miner that begins anew would give these lines other ids.
  await second.read(lines(10, 10, ['kim', 'lee']));
  assert.deepEqual(second.templates(), first.templates());
  assert.deepEqual(second.sink.anomalies, []);
  await second.leave();
});

test('a template has one id in all partitions, so that one problem is one incident', async () => {
  const state = memoryState();
  const first = await member(state);
  await first.read(lines(1, 0, ['ann', 'bob']));
  await first.leave();
  const { pipeline, sink } = pipelineWithSink({ state });
  await using _live = await pipeline.startTimers();
  await pipeline.take(
    lines(1, 1, ['kim']).map((text, i) => ({ text, source: 'syslog', position: String(i) })),
    { source: 'syslog' },
  );
  assert.deepEqual(new Set(sink.records.map(({ template }) => template!.id)), first.templates());
});
