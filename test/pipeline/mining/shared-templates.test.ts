import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkedState } from '../../../src/backends/state/checked.ts';
import { openSqliteState } from '../../../src/backends/state/sqlite.ts';
import type { StateStore } from '../../../src/backends/state/store.ts';
import { createLog, type Log } from '../../../src/log.ts';
import { createMiner } from '../../../src/pipeline/mining/miner.ts';
import { keepTemplates } from '../../../src/pipeline/mining/shared-templates.ts';

async function withState(body: (state: StateStore, log: Log) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'bongsu-templates-'));
  const log = createLog('silent');
  try {
    await using state = checkedState(await openSqliteState({ file: join(folder, 'state.db') }, log), log);
    await body(state, log);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

test('templates learned before a restart are known after it, with their ids and what varies in them', () =>
  withState(async (state, log) => {
    const first = createMiner();
    const kept = await keepTemplates(first, { state, log });
    for (const user of ['ann', 'bob', 'eve']) first.add(`user ${user} logged in from 10.0.0.7`);
    const { id, count } = first.add('user kim logged in from 10.0.0.8');
    await kept[Symbol.asyncDispose]();

    const second = createMiner();
    await using _kept = await keepTemplates(second, { state, log });
    const again = second.add('user lee logged in from 10.0.0.9');
    assert.deepEqual([again.id, again.count, again.pattern], [id, count + 1, 'user <*> logged in from <*>']);
    assert.equal(second.size, 1);
  }));

test('two processes on one store know each other’s templates', () =>
  withState(async (state, log) => {
    const [one, two] = [createMiner(), createMiner()];
    await using keptOne = await keepTemplates(one, { state, log });
    await using keptTwo = await keepTemplates(two, { state, log });
    const { id } = one.add('pool of orders is dry');
    two.add('cart was emptied');
    await keptOne.sync();
    await keptTwo.sync();
    await keptOne.sync();
    assert.equal(one.size, 2);
    assert.equal(two.add('pool of orders is dry').id, id);
    assert.equal(two.size, 2);
  }));

test('a damaged document is named and replaced', () =>
  withState(async (state) => {
    await state.commit({
      put: [{ kind: 'templates', id: 'templates', value: { version: 1, clusters: 'x' } }],
    });
    const lines: string[] = [];
    const log = createLog('warn', { write: (line: string) => void lines.push(line) });
    const miner = createMiner();
    await using kept = await keepTemplates(miner, { state, log });
    assert.match(lines.join(''), /cannot be read, starting anew/);
    miner.add('ready');
    await kept.sync();
    const stored = await state.get('templates', 'templates');
    assert.equal((stored!.value as { version: number }).version, 2);
  }));

test('a store that is away stops nobody', async () => {
  const gone = new Proxy({} as StateStore, {
    get: () => () => Promise.reject(new Error('away')),
  });
  const miner = createMiner();
  const kept = await keepTemplates(miner, { state: gone, log: createLog('silent') });
  miner.add('ready');
  await kept.sync();
  await kept[Symbol.asyncDispose]();
  assert.equal(miner.size, 1);
});
