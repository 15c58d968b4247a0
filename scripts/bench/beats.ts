import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { deflateSync } from 'node:zlib';
import type { Figure } from './figure.ts';

const CONNECTIONS = 80;
const SECONDS = 25;
/** 60 events of a megabyte each: about 58 KB when they are packed. */
const EVENTS = 60;
const EVENT_BYTES = 1_000_000;
/** Only so much of the plain way is asked for: its memory has no end, and the machine's has. */
const PLAIN_CONNECTIONS = 20;

const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};
function windowOf(messages: string[], level: number): Buffer {
  const events = messages.map((message, index) => {
    const json = Buffer.from(JSON.stringify({ '@timestamp': new Date().toISOString(), message }));
    return Buffer.concat([Buffer.from('2J'), u32(index + 1), u32(json.length), json]);
  });
  const packed = deflateSync(Buffer.concat(events), { level });
  return Buffer.concat([
    Buffer.from('2W'),
    u32(messages.length),
    Buffer.from('2C'),
    u32(packed.length),
    packed,
  ]);
}

/** Sends windows one after the other; gives how long each took to be acknowledged, in ms. */
async function sender(port: number, next: () => Buffer | undefined): Promise<number[]> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  const times: number[] = [];
  let rest = Buffer.alloc(0);
  let acknowledged = Promise.withResolvers<boolean>();
  socket.on('close', () => acknowledged.resolve(false));
  socket.on('data', (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    for (; rest.length >= 6; rest = rest.subarray(6))
      if (rest.readUInt32BE(2) > 0) acknowledged.resolve(true);
  });
  for (let bytes = next(); bytes; bytes = next()) {
    acknowledged = Promise.withResolvers();
    const sent = performance.now();
    socket.write(bytes);
    const late = sleep(SECONDS * 1_000, false, { ref: false });
    if (!(await Promise.race([acknowledged.promise, late]))) break;
    times.push(performance.now() - sent);
    await sleep(100);
  }
  socket.destroy();
  return times;
}

/** Most memory of a process so far, MiB. */
const peakOf = (child: ChildProcess): number =>
  Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) / 1_024;

async function attacked(
  way: 'budget' | 'plain',
  connections: number,
): Promise<{ peak: number; idle: number; honest: number[]; health: number[] }> {
  const folder = mkdtempSync(join(tmpdir(), 'bongsu-bench-beats-'));
  const child = spawn(
    process.execPath,
    ['--max-semi-space-size=16', resolve(import.meta.dirname, 'beats-child.ts'), way, folder],
    { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, NODE_NO_WARNINGS: '1' } },
  );
  try {
    const [line] = (await once(createInterface({ input: child.stdout! }), 'line')) as [string];
    const { port, http } = JSON.parse(line) as { port: number; http: string };
    const idle = peakOf(child);
    const bomb = windowOf(Array(EVENTS).fill('x'.repeat(EVENT_BYTES)), 9);
    const until = Date.now() + SECONDS * 1_000;
    const attack = Array.from({ length: connections }, () =>
      sender(port, () => (Date.now() < until ? bomb : undefined)),
    );
    const health: number[] = [];
    const watching = (async () => {
      for (; Date.now() < until; await sleep(500))
        health.push(
          await fetch(`${http}/health`, { signal: AbortSignal.timeout(10_000) }).then(
            ({ status }) => status,
            () => 0,
          ),
        );
    })();
    let sent = 0;
    const honest = await sender(port, () => {
      sent += 1;
      const lines = Array.from({ length: 50 }, (_, n) => `INFO order ${sent * 50 + n} paid in ${n} ms`);
      return Date.now() < until ? windowOf(lines, 6) : undefined;
    });
    await watching;
    const peak = peakOf(child);
    child.kill('SIGKILL');
    await Promise.all(attack);
    return { peak, idle, honest, health };
  } finally {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Memory of the whole program while 80 connections send compressed frames of 58 KB that unpack to 60 MB each, and whether
 * a sender that means well is served meanwhile. Against: each frame unpacked as a whole, by fewer connections.
 */
export async function benchBeats(): Promise<Figure[]> {
  const ours = await attacked('budget', CONNECTIONS);
  const plain = await attacked('plain', PLAIN_CONNECTIONS);
  const times = [...ours.honest].sort((a, b) => a - b);
  if (times.length === 0) throw new Error('the honest sender was not served');
  const bad = ours.health.filter((status) => status !== 200).length;
  return [
    {
      name: `peak memory, ${CONNECTIONS} connections with Beats frames that unpack to 60 MB`,
      value: ours.peak,
      unit: 'MiB',
      ratio: plain.peak / ours.peak,
      against: `whole frames, ${PLAIN_CONNECTIONS} connections: ${Math.round(plain.peak)} MiB`,
    },
    { name: 'of that, before the first frame', value: ours.idle, unit: 'MiB' },
    {
      name: 'windows of 50 lines of an honest sender stored meanwhile',
      value: times.length,
      unit: `in ${SECONDS} s`,
      ratio: times.length / Math.max(plain.honest.length, 1),
      against: `whole frames: ${plain.honest.length}`,
    },
    { name: 'their acknowledgement, median', value: times[times.length >> 1]!, unit: 'ms' },
    { name: '/health not answered with 200 meanwhile', value: bad, unit: `of ${ours.health.length}` },
  ];
}
