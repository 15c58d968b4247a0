import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openProcesses } from '../../../src/backends/state/processes.ts';
import { createLog } from '../../../src/log.ts';
import { memoryState } from '../../fakes/state.ts';

const log = createLog('silent');
const well = { ok: true, kind: 'syslog', detail: '127.0.0.1:5514, 7 lines, 3 refused' };
const gpu = { name: 'H200', memoryUsedMb: 512, memoryTotalMb: 1_024 };

test('processes on one store tell each other of their parts and GPUs, until they end', async () => {
  const state = memoryState();
  const pipeline = openProcesses({ state, log }).tell('a:1', async () => {
    return { host: 'a', role: 'pipeline', parts: { 'syslog udp': well }, gpus: [] };
  });
  await using _worker = openProcesses({ state, log }).tell('b:1', async () => {
    return { host: 'b', role: 'worker', parts: {}, gpus: [gpu] };
  });
  await using _self = openProcesses({ state, log }).tell('c:1', async () => {
    return { host: 'c', role: 'bot', parts: { logs: { ...well, ok: false } }, gpus: [] };
  });
  while ((await state.count('process')) < 3) await new Promise((resolve) => setTimeout(resolve, 1));
  assert.deepEqual(await openProcesses({ state, log }).others('c:1'), {
    parts: { 'pipeline@a: syslog udp': well },
    gpus: [{ ...gpu, host: 'b' }],
  });
  await pipeline[Symbol.asyncDispose]();
  assert.deepEqual((await openProcesses({ state, log }).others('c:1')).parts, {});
});

test('one that goes without a word is told of for a while', async () => {
  let time = 1_000_000;
  const state = memoryState({ now: () => time });
  const processes = openProcesses({ state, log, now: () => time });
  const value = { at: time, host: 'a', role: 'pipeline', parts: { 'syslog udp': well }, gpus: [] };
  await state.commit({ put: [{ kind: 'process', id: 'a:1', value, rank: time, ttlMs: 900_000 }] });
  time += 60_000;
  assert.deepEqual(Object.keys((await processes.others('c:1')).parts), ['pipeline@a: syslog udp']);
  time += 60_000;
  const { parts } = await processes.others('c:1');
  assert.deepEqual(Object.keys(parts), ['pipeline@a']);
  assert.equal(parts['pipeline@a']?.ok, false);
  time += 900_000;
  assert.deepEqual((await processes.others('c:1')).parts, {});
});

test('a store that cannot be read hides the others, no more', async () => {
  const state = { ...memoryState(), list: () => Promise.reject(new Error('down')) };
  assert.deepEqual(await openProcesses({ state, log }).others('c:1'), { parts: {}, gpus: [] });
});
