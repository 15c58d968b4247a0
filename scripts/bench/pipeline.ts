import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bus } from '../../src/backends/bus/bus.ts';
import type { LogStore } from '../../src/backends/logs/store.ts';
import { recordedIncident } from '../../src/demo/recorded-incident.ts';
import type { LogRecord } from '../../src/domain/log/record.ts';
import type { SourceLine } from '../../src/domain/log/source-line.ts';
import { createLog } from '../../src/log.ts';
import { createMetrics } from '../../src/metrics.ts';
import { createDetector } from '../../src/pipeline/detect/detector.ts';
import { createMiner } from '../../src/pipeline/mining/miner.ts';
import { createNormalizer } from '../../src/pipeline/normalize/normalize.ts';
import { createPipeline } from '../../src/pipeline/run.ts';
import { readFiles } from '../../src/pipeline/sources/files/files.ts';
import type { Figure } from './figure.ts';

const DETECT = { warmup: 200, bucketMs: 10_000, warning: 0.6, critical: 0.85 };
const ENDS_AT = Date.UTC(2026, 0, 1, 12);
const ROUNDS = 3;

/** Median lines per second of a step over all lines; `make` gives a fresh step, so that nothing is remembered. */
function speed<T>(items: T[], make: () => (item: T) => unknown): number {
  const rates: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const step = make();
    const started = performance.now();
    for (const item of items) step(item);
    rates.push((items.length / (performance.now() - started)) * 1_000);
  }
  return rates.sort((a, b) => a - b)[ROUNDS >> 1]!;
}

/** What one writes without a library: a regular expression for the header, digits replaced, a map of counts. */
function plainParser(): (line: SourceLine) => unknown {
  const header = /^\[?(\d{4}-\d{2}-\d{2}[T ][\d:.,]+\S*)\]?\s+\[?(\w+)\]?:?\s+(.*)$/s;
  return ({ text }) => {
    const match = header.exec(text);
    return match
      ? { timestamp: Date.parse(match[1]!.replace(',', '.')), level: match[2], message: match[3] }
      : { message: text };
  };
}
function plainMiner(): (message: string) => unknown {
  const counts = new Map<string, number>();
  return (message) => {
    const key = message
      .replace(/\b\d+\.\d+\.\d+\.\d+(?::\d+)?\b/g, '<*>')
      .replace(/\b0x[0-9a-f]+\b/gi, '<*>')
      .replace(/[/\w.-]*\/[\w./-]+/g, '<*>')
      .replace(/"[^"]*"/g, '<*>')
      .replace(/\b\w*\d[\w-]*\b/g, '<*>');
    counts.set(key, (counts.get(key) ?? 0) + 1);
    return key;
  };
}

/** Lines per second of each step, on the recorded incident's own lines, against the plain way in the same run. */
export async function benchPipeline(): Promise<Figure[]> {
  const lines = Array.from({ length: 3 }, (_, i) => [
    ...recordedIncident({ seed: i + 1, endsAt: ENDS_AT + i * 20 * 60_000 }),
  ]).flat();
  const normalize = createNormalizer({ timeZone: 'UTC' });
  const miner = createMiner();
  const records: LogRecord[] = lines.map((line) => {
    const record = normalize(line);
    const { id, pattern } = miner.add(record.message);
    return { ...record, template: { id, pattern } };
  });
  const messages = records.map(({ message }) => message);

  const parse = speed(lines, () => createNormalizer({ timeZone: 'UTC' }));
  const parsePlain = speed(lines, plainParser);
  const mine = speed(messages, () => {
    const miner = createMiner();
    return (message: string) => miner.add(message);
  });
  const minePlain = speed(messages, plainMiner);
  const detect = speed(records, () => {
    const detector = createDetector({ ...DETECT, language: 'en', timeZone: 'UTC' });
    return (record) => detector.add([record]);
  });
  const bare = records.map((record) => {
    const { traceId: _, ...rest } = record;
    return { ...rest, message: rest.template!.pattern, attributes: {} };
  });
  const detectBare = speed(bare, () => {
    const detector = createDetector({ ...DETECT, language: 'en', timeZone: 'UTC' });
    return (record) => detector.add([record]);
  });
  const whole = await fileToAnomalies(lines);
  return [
    {
      name: 'pipeline: parse (time, level, fields, ids)',
      value: parse,
      unit: 'lines/s',
      ratio: parse / parsePlain,
      against: 'one regex',
    },
    {
      name: 'pipeline: mine templates',
      value: mine,
      unit: 'lines/s',
      ratio: mine / minePlain,
      against: 'five regex replacements',
    },
    { name: 'pipeline: detect, lines without ids and numbers', value: detectBare, unit: 'lines/s' },
    { name: 'pipeline: detect, with sessions and numbers', value: detect, unit: 'lines/s' },
    { name: 'pipeline: file to anomalies, no store', value: whole.rate, unit: 'lines/s' },
    { name: 'pipeline: the same', value: whole.megabytes, unit: 'MB/s' },
    {
      name: 'pipeline: memory growth (RSS) over 1M further lines',
      value: await memoryGrowth(lines),
      unit: 'MB',
    },
  ];
}

function pipelineToNowhere() {
  return createPipeline({
    logs: { write: async () => {} } as unknown as LogStore,
    bus: { publish: async () => {} } as unknown as Bus,
    topics: { logs: 'log-stream', anomalies: 'log-anomalies' },
    detect: DETECT,
    language: 'en',
    timeZone: 'UTC',
    metrics: createMetrics(),
    log: createLog('silent'),
  });
}

async function fileToAnomalies(lines: SourceLine[]): Promise<{ rate: number; megabytes: number }> {
  const dir = mkdtempSync(join(tmpdir(), 'bongsu-bench-'));
  try {
    const path = join(dir, 'all.log');
    writeFileSync(path, lines.map(({ text }) => text).join('\n'));
    const started = performance.now();
    const totals = await pipelineToNowhere().run(readFiles([path]));
    const seconds = (performance.now() - started) / 1_000;
    return { rate: totals.lines / seconds, megabytes: statSync(path).size / 2 ** 20 / seconds };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** How much more memory is held after a million further lines than after the first hundred thousand. */
async function memoryGrowth(lines: SourceLine[]): Promise<number> {
  let before = 0;
  async function* repeated(): AsyncGenerator<SourceLine[]> {
    for (let sent = 0; sent < 1_100_000; sent += 1_000) {
      if (sent === 100_000) before = process.memoryUsage().rss;
      const start = sent % (lines.length - 1_000);
      yield lines.slice(start, start + 1_000).map((line, i) => ({ ...line, position: String(sent + i) }));
    }
  }
  await pipelineToNowhere().run(repeated());
  return Math.max(0, process.memoryUsage().rss - before) / 2 ** 20;
}
