// One way of doing the work, in a process of its own, so that its memory and time are its own.
// Usage: node volume-child.ts chunked|whole FILE  |  node volume-child.ts single|batch FOLDER RECORDS
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Bus } from '../../src/backends/bus/bus.ts';
import { openSqliteLogs } from '../../src/backends/logs/sqlite.ts';
import type { LogStore } from '../../src/backends/logs/store.ts';
import { parseConfig } from '../../src/config/config.ts';
import { recordedIncident } from '../../src/demo/recorded-incident.ts';
import { inBatches, type SourceLine } from '../../src/domain/log/source-line.ts';
import { createLog } from '../../src/log.ts';
import { createMetrics } from '../../src/metrics.ts';
import { createPipeline } from '../../src/pipeline/run.ts';
import { readFiles } from '../../src/pipeline/sources/files/files.ts';

const [way, path, count] = process.argv.slice(2);
if (!path) throw new Error('which file or folder?');
const log = createLog('silent');
const { topics, detect } = parseConfig({});

const pipelineInto = (logs: Pick<LogStore, 'write'>) =>
  createPipeline({
    logs: logs as LogStore,
    bus: { publish: async () => {} } as unknown as Bus,
    topics,
    detect,
    language: 'en',
    timeZone: 'UTC',
    metrics: createMetrics(),
    log,
  });

/** The plain way: all of the file, then all of its lines. */
function* wholeFile(file: string): Generator<SourceLine[]> {
  yield readFileSync(file, 'utf8')
    .split('\n')
    .map((text, index) => ({ text, source: file, position: String(index + 1) }));
}

let lines = 0;
let started = performance.now();
if (way === 'chunked' || way === 'whole') {
  const source = way === 'chunked' ? readFiles([path], { joinTraces: false }) : wholeFile(path);
  lines = (await pipelineInto({ write: async () => {} }).run(source)).lines;
} else {
  await using logs = await openSqliteLogs({ file: join(path, 'logs.sqlite') }, log);
  const all = [...recordedIncident({ seed: 1, endsAt: Date.UTC(2026, 0, 1) })];
  const some = Array.from({ length: Number(count) }, (_, n) => ({
    ...all[n % all.length]!,
    position: String(n),
  }));
  started = performance.now();
  lines = (await pipelineInto(logs).run(inBatches(some, way === 'single' ? 1 : 4_000))).lines;
}
console.log(JSON.stringify({ lines, seconds: (performance.now() - started) / 1_000 }));
