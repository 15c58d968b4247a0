import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readerOver } from '../analysis/logs/reader.ts';
import type { LogStore } from '../backends/logs/store.ts';
import type { Model } from '../backends/model/model.ts';
import { openBackends, openModels } from '../backends/open.ts';
import type { StateStore } from '../backends/state/store.ts';
import type { Config } from '../config/config.ts';
import type { TimeWindow } from '../domain/log/record.ts';
import type { SourceLine } from '../domain/log/source-line.ts';
import { createMetrics } from '../metrics.ts';
import { recordsOfLines } from '../pipeline/offline.ts';
import { readFiles } from '../pipeline/sources/files/files.ts';
import type { Context } from './context.ts';
import { isLogStreams, readLogStreams } from './log-streams.ts';
import { progressBar } from './progress.ts';

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

/** The logs and models for a question on the command line. */
export interface QuestionLogs extends AsyncDisposable {
  logs: Pick<LogStore, 'search' | 'counts' | 'histogram' | 'requests' | 'extent' | 'get'>;
  models: Model[];
  /** Absent for files: they have no past incidents, and nothing is kept. */
  state?: StateStore;
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
  const { config, log, signal } = context;
  if (!files) return openBackends(config, log, useModel ? {} : { models: [] });

  const source = sourceLines(files, config.timeZone);
  const read: SourceLine[][] = [];
  let lines = 0;
  let chars = 0;
  while (lines <= memory.lines && chars <= memory.chars) {
    const next = await source.next();
    if (next.done) return inMemory(read, context, useModel);
    signal.throwIfAborted();
    read.push(next.value);
    lines += next.value.length;
    for (const line of next.value) chars += line.text.length;
  }
  return onDisk(chain(read, source), context, useModel);
}

async function* sourceLines(paths: string[], timeZone: string): AsyncGenerator<SourceLine[]> {
  const files = paths.filter((path) => !isLogStreams(path));
  if (files.length > 0) {
    const bar = progressBar('Reading');
    try {
      yield* readFiles(files, { timeZone, onProgress: (done, total) => bar.update(done, total) });
    } finally {
      bar.stop();
    }
  }
  for (const path of paths.filter(isLogStreams)) yield* readLogStreams(path, timeZone);
}

async function* chain<T>(first: Iterable<T>, rest: AsyncIterable<T>): AsyncGenerator<T> {
  yield* first;
  yield* rest;
}

async function inMemory(
  read: SourceLine[][],
  { config, log }: Context,
  useModel: boolean,
): Promise<QuestionLogs> {
  await using opened = new AsyncDisposableStack();
  const models = useModel ? (await openModels(config, log)).map((model) => opened.use(model)) : [];
  const records = await recordsOfLines(read, config.timeZone);
  const closing = opened.move();
  return { logs: readerOver(records), models, [Symbol.asyncDispose]: () => closing.disposeAsync() };
}

async function onDisk(
  source: AsyncIterable<SourceLine[]>,
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
  const { logs, models, ...backends } = opened.use(
    await openBackends(embedded, log, useModel ? {} : { models: [] }),
  );
  // The whole application is loaded only here, where it is needed.
  const { pipelineOver } = await import('../app.ts');
  await pipelineOver({ logs, models, ...backends }, config, createMetrics(), log).run(source, { signal });
  const closing = opened.move();
  return { logs, models, [Symbol.asyncDispose]: () => closing.disposeAsync() };
}
