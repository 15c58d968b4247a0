import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setImmediate as turned } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Model } from '../../src/backends/model/model.ts';
import { runApp } from '../../test/acceptance/harness.ts';
import type { Figure } from './figure.ts';

/** As many as `POST /analyze` takes at once. */
const AT_ONCE = 8;
const CLAIMS = 20;
/** A token or two. */
const PIECE = 6;

/** A made-up model that answers at once, in small pieces as a real one streams. */
const quick: Model = {
  id: 'quick',
  name: 'fake/quick',
  external: false,
  contextTokens: 64_000,
  price: { prompt: 0, completion: 0 },
  tools: false,
  async *ask() {
    const claims = Array.from({ length: CLAIMS }, (_, i) => ({ type: 'count', of: `S${i + 1}`, than: '' }));
    const said = JSON.stringify({ claims });
    for (let at = 0; at < said.length; at += PIECE) {
      yield { kind: 'text', text: said.slice(at, at + PIECE) };
      await turned();
    }
    yield { kind: 'end', tokens: { prompt: 1, completion: 1 } };
  },
  async health() {
    return { ok: true, kind: 'fake', detail: 'in this process' };
  },
  async [Symbol.asyncDispose]() {},
};

/** How late the event loop is while requests of 2 MB are answered, and how long that took (ms). */
async function busy(
  count: number,
  address: string,
): Promise<{ p99: number; most: number; took: number; cpu: number }> {
  const file = fileURLToPath(new URL('loop-child.ts', import.meta.url));
  const child = spawn(process.execPath, [file, address, String(count)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let said = '';
  const ready = Promise.withResolvers<void>();
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
    ready.resolve();
  });
  const ended = once(child, 'exit');
  await ready.promise;
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const before = process.cpuUsage();
  delay.enable();
  child.stdin.write('go\n');
  const [code] = await ended;
  delay.disable();
  if (code !== 0) throw new Error('the requests failed');
  const { user, system } = process.cpuUsage(before);
  const ms = (nanoseconds: number): number => nanoseconds / 1e6;
  const took = Number(said.trim().split('\n').at(-1));
  return { p99: ms(delay.percentile(99)), most: ms(delay.max), took, cpu: (user + system) / 1_000 };
}

/** What eight people who paste 2 MB each take from everybody else. */
export async function benchLoop(): Promise<Figure[]> {
  await using running = await runApp({ overrides: { backends: { models: [quick] } } });
  const { address } = running.app;
  await busy(1, address);
  const one = await busy(1, address);
  const all = await busy(AT_ONCE, address);
  const plain = { against: 'computing one request in one go' };
  return [
    {
      name: `event loop delay, p99, while ${AT_ONCE} × POST /analyze of 2 MB are answered (aim: 50 ms at most)`,
      value: all.p99,
      unit: 'ms',
      ratio: all.p99 / one.cpu,
      ...plain,
    },
    { name: 'the same, longest', value: all.most, unit: 'ms', ratio: all.most / one.cpu, ...plain },
    { name: `CPU of one of them`, value: one.cpu, unit: 'ms' },
    { name: `all ${AT_ONCE} are answered after`, value: all.took, unit: 'ms' },
  ];
}
