import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readerOver } from '../analysis/logs/reader.ts';
import type { LogStore } from '../backends/logs/store.ts';
import type { Model } from '../backends/model/model.ts';
import { openModels } from '../backends/open.ts';
import type { StateStore } from '../backends/state/store.ts';
import type { Config } from '../config/config.ts';
import type { Incident } from '../domain/alert/incident.ts';
import type { ReadReport } from '../domain/log/read-report.ts';
import type { TimeWindow } from '../domain/log/record.ts';
import type { SourceLine } from '../domain/log/source-line.ts';
import { createMetrics } from '../metrics.ts';
import type { UndatedSource } from '../pipeline/normalize/line-time.ts';
import { recordsOfLines } from '../pipeline/offline.ts';
import { openBackends } from '../stores.ts';
import type { Context } from './context.ts';
import { progressBar } from './progress.ts';
import { openReading, type Reading } from './read-paths.ts';

/** Which logs a question is about: the options that all asking commands share. */
export interface QuestionScope {
  logs?: string[];
  /** Milliseconds back from now. */
  since?: number;
  service?: string[];
}

/** The time span that `--since` names; undefined without it. */
export const windowOf = ({ since }: QuestionScope): TimeWindow | undefined => {
  const now = Date.now();
  return since === undefined ? undefined : { from: now - since, to: now + 1 };
};

/** What was read, and what is wrong in it, the worst first. */
export interface ReadFound {
  report: ReadReport;
  findings: readonly Incident[];
}

/** The logs and models for a question on the command line. */
export interface QuestionLogs extends AsyncDisposable {
  logs: Pick<LogStore, 'search' | 'counts' | 'histogram' | 'requests' | 'extent' | 'get'>;
  models: Model[];
  /** Absent for files: they have no past incidents, and nothing is kept. */
  state?: StateStore;
  /** Of files: looks for what is wrong in them. */
  read?: () => Promise<ReadFound>;
}

/** Files up to this size stay in memory; larger ones go to a temporary store on disk. */
const MEMORY = { lines: 200_000, chars: 64 * 1024 * 1024 };

/**
 * Opens the configured store, or a temporary one with the lines of the given files.
 * @param memory the largest size that stays in memory; for tests
 * @throws AppError `usage` when a file cannot be read
 */
export async function openQuestionLogs(
  context: Context,
  files: string[] | undefined,
  useModel: boolean,
  memory = MEMORY,
): Promise<QuestionLogs> {
  const { config } = context;
  if (!files) return openStored(context, useModel);

  const bar = progressBar('Reading');
  const { timeZone } = config;
  const reading = openReading(files, { timeZone, onProgress: (done, total) => bar.update(done, total) });
  try {
    return await readInto(reading, context, useModel, memory);
  } finally {
    bar.stop();
  }
}

/** The configured store. Where it is an index of others, how much of it was read is shown. */
async function openStored({ config, log }: Context, useModel: boolean): Promise<QuestionLogs> {
  let bar: ReturnType<typeof progressBar> | undefined;
  const onProgress = (done: number, total: number): void => {
    bar ??= progressBar('Reading', 'lines');
    bar.update(done, total);
    if (done < total) return;
    bar.stop();
    bar = undefined;
  };
  const backends = await openBackends(config, log, useModel ? {} : { models: [] }, { onProgress });
  return {
    ...backends,
    async [Symbol.asyncDispose]() {
      bar?.stop();
      await backends[Symbol.asyncDispose]();
    },
  };
}

async function readInto(
  reading: Reading,
  context: Context,
  useModel: boolean,
  memory: typeof MEMORY,
): Promise<QuestionLogs> {
  const source = reading.lines;
  const read: SourceLine[][] = [];
  let lines = 0;
  let chars = 0;
  while (lines <= memory.lines && chars <= memory.chars) {
    const next = await source.next();
    if (next.done) return inMemory(read, reading, context, useModel);
    context.signal.throwIfAborted();
    read.push(next.value);
    lines += next.value.length;
    for (const line of next.value) chars += line.text.length;
  }
  return onDisk(chain(read, source), reading, context, useModel);
}

async function* chain<T>(first: Iterable<T>, rest: AsyncIterable<T>): AsyncGenerator<T> {
  yield* first;
  yield* rest;
}

async function inMemory(
  batches: SourceLine[][],
  reading: Reading,
  { config, log, signal }: Context,
  useModel: boolean,
): Promise<QuestionLogs> {
  await using opened = new AsyncDisposableStack();
  const models = useModel ? (await openModels(config, log)).map((model) => opened.use(model)) : [];
  const undated: UndatedSource[] = [];
  const records = await recordsOfLines(batches, config.timeZone, (one) => undated.push(one));
  const read = async (): Promise<ReadFound> => {
    // The detectors are loaded only here, where they are needed.
    const { findingsIn } = await import('../reading.ts');
    const found = await findingsIn(records, config, { metrics: createMetrics(), log }, signal);
    const totals = { lines: records.length, ...found.read, ...(undated.length > 0 ? { undated } : {}) };
    return { report: reading.report(totals), findings: found.findings };
  };
  const closing = opened.move();
  return {
    logs: readerOver(records),
    models,
    read,
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}

async function onDisk(
  source: AsyncIterable<SourceLine[]>,
  reading: Reading,
  { config, log, signal }: Context,
  useModel: boolean,
): Promise<QuestionLogs> {
  await using opened = new AsyncDisposableStack();
  const dataDir = mkdtempSync(join(tmpdir(), 'bongsu-'));
  opened.defer(() => rmSync(dataDir, { recursive: true, force: true }));
  const embedded: Config = {
    ...config,
    dataDir,
    bus: { kind: 'memory' },
    logs: { kind: 'sqlite' },
    state: { kind: 'sqlite' },
    queue: { kind: 'embedded' },
  };
  const backends = opened.use(await openBackends(embedded, log, useModel ? {} : { models: [] }));
  const { createFileReader } = await import('../reading.ts');
  const reader = createFileReader(backends, embedded, createMetrics(), log);
  const totals = await reader.pipeline.run(source, { signal });
  const { logs, models } = backends;
  const closing = opened.move();
  return {
    logs,
    models,
    read: async () => ({
      report: reading.report(totals),
      findings: (await reader.findings(totals, signal)) ?? [],
    }),
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}
