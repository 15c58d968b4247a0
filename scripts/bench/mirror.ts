import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setImmediate as breathe } from 'node:timers/promises';
import type { ForeignDocument, ForeignIndex } from '../../src/backends/logs/foreign/foreign-index.ts';
import { openMirrorCache } from '../../src/backends/logs/foreign/sqlite-mirror-cache.ts';
import { openSqliteLogs } from '../../src/backends/logs/sqlite.ts';
import { recordedIncident } from '../../src/demo/recorded-incident.ts';
import type { SourceLine } from '../../src/domain/log/source-line.ts';
import { createLog } from '../../src/log.ts';
import { createIndexReading } from '../../src/pipeline/foreign/index-lines.ts';
import { Mirror } from '../../src/pipeline/foreign/mirror.ts';
import { createMiner } from '../../src/pipeline/mining/miner.ts';
import { createNormalizer } from '../../src/pipeline/normalize/normalize.ts';
import type { Figure } from './figure.ts';

const log = createLog('silent');
const END = Date.UTC(2026, 9, 6, 9);
const INDEX = 'filebeat-*';
const PAGE = 1_000;

/** The lines of the recorded incident in order of time, as documents of Filebeat. */
function documents(): ForeignDocument[] {
  const normalize = createNormalizer({ timeZone: 'UTC' });
  return [...recordedIncident({ endsAt: END })]
    .map((line, n) => {
      const { timestamp: at } = normalize(line);
      const fields = { agent: { type: 'filebeat' }, log: { file: { path: `/var/log/${line.source}` } } };
      return {
        id: `d${n}`,
        at,
        source: { '@timestamp': new Date(at).toISOString(), message: line.text, ...fields },
      };
    })
    .sort((a, b) => a.at - b.at);
}

/** An index in memory that answers at once: what is measured is our own work. */
function indexOver(all: readonly ForeignDocument[]): ForeignIndex {
  const types = new Map([
    ['@timestamp', ['date']],
    ['message', ['text']],
  ]);
  return {
    ...{ kind: 'elasticsearch', place: 'memory', name: INDEX },
    fields: async () => ({ indices: [INDEX], types }),
    sample: async (count) => all.slice(0, count),
    extent: async () => ({ from: all[0]!.at, to: all.at(-1)!.at + 1, records: all.length }),
    timeless: async () => 0,
    async counts(_, { from, to }, bucketMs) {
      const counts = new Map<number, number>();
      for (const { at } of all) {
        const bucket = Math.floor(at / bucketMs);
        if (at >= from && at < to) counts.set(bucket, (counts.get(bucket) ?? 0) + 1);
      }
      return counts;
    },
    async *read(_, { from, to }) {
      const wanted = all.filter(({ at }) => at >= from && at < to);
      for (let start = 0; start < wanted.length; start += PAGE) {
        yield wanted.slice(start, start + PAGE);
        await breathe();
      }
    },
    certificate: async () => undefined,
    async [Symbol.asyncDispose]() {},
  };
}

/** An index of others, read through the mirror for the first question and asked again, against writing the same lines to a store. */
export async function benchMirror(): Promise<Figure[]> {
  const dir = await mkdtemp(join(tmpdir(), 'bongsu-bench-mirror-'));
  try {
    const all = documents();
    const lines: SourceLine[] = all.map(({ id, source }) => ({
      text: source.message as string,
      source: (source.log as { file: { path: string } }).file.path,
      position: id,
    }));
    const plainMs = await plainly(lines, join(dir, 'plain.sqlite'));
    const index = indexOver(all);
    const [normalize, miner] = [createNormalizer({ timeZone: 'UTC' }), createMiner()];
    await using mirror = new Mirror({
      foreign: index,
      cache: await openMirrorCache({ file: join(dir, 'mirror.sqlite') }, log),
      reading: createIndexReading(index, {}),
      toRecord: (line) => {
        const record = normalize(line);
        record.template = miner.add(record.message).template;
        return record;
      },
      most: 2_000_000,
      log,
    });
    const delay = monitorEventLoopDelay({ resolution: 5 });
    delay.enable();
    const start = performance.now();
    await mirror.counts({}, 'service');
    const readMs = performance.now() - start;
    delay.disable();
    const again = performance.now();
    await mirror.counts({}, 'service');
    const againMs = performance.now() - again;
    const perSecond = (ms: number): number => (all.length / ms) * 1_000;
    return [
      {
        name: 'index of others: read for the first question',
        value: perSecond(readMs),
        unit: 'lines/s',
        ratio: plainMs / readMs,
        against: 'reading and storing the same lines',
      },
      {
        name: 'index of others: the same question again',
        value: againMs,
        unit: 'ms',
        ratio: againMs / readMs,
        against: 'the first time',
      },
      { name: 'index of others: longest stop of the event loop', value: delay.max / 1e6, unit: 'ms' },
    ];
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** Milliseconds for line → record → template → store, without an index. */
async function plainly(lines: readonly SourceLine[], file: string): Promise<number> {
  const [normalize, miner] = [createNormalizer({ timeZone: 'UTC' }), createMiner()];
  await using store = await openSqliteLogs({ file }, log);
  const start = performance.now();
  for (let at = 0; at < lines.length; at += PAGE) {
    const records = lines.slice(at, at + PAGE).map((line) => {
      const record = normalize(line);
      record.template = miner.add(record.message).template;
      return record;
    });
    await store.write(records);
  }
  return performance.now() - start;
}
