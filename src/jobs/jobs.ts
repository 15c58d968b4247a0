import { hostname } from 'node:os';
import type { Analyst } from '../analysis/analyst.ts';
import type { Bus } from '../backends/bus/bus.ts';
import type { LogStore } from '../backends/logs/store.ts';
import type { Queue } from '../backends/queue/queue.ts';
import type { StateStore } from '../backends/state/store.ts';
import type { Config } from '../config/config.ts';
import type { Log } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import { analyzeHandler } from './analyze.ts';
import { collectHandler } from './collect.ts';
import { type DigestParts, digestHandler } from './digest.ts';
import { fineTuneHandler, type Trainer } from './fine-tune/fine-tune.ts';
import { createGpuGate, gated } from './gpu/gpu-gate.ts';
import { startSampler } from './gpu/sampler.ts';
import { readSystem } from './gpu/system.ts';
import { startScheduler } from './scheduler.ts';
import { type ScheduleParts, schedules } from './schedules.ts';
import { type Handlers, startWorker } from './worker.ts';

/** Digests that a worker makes at the same time: those of all teams are due at once. */
const DIGESTS = 2;

export interface JobsParts
  extends Pick<ScheduleParts, 'targets' | 'announce'>,
    Pick<DigestParts, 'backendsHealth'> {
  config: Config;
  bus: Bus;
  logs: LogStore;
  state: StateStore;
  queue: Queue;
  analyst: Pick<Analyst, 'ask'>;
  /** Whether the model that is asked first runs on this machine. */
  localModel: boolean;
  /** What makes variants of the models; empty if none can be made. */
  trainers: readonly Trainer[];
  metrics: Metrics;
  log: Log;
}

/** The worker role: runs the schedules and all kinds of jobs until disposed. */
export async function startJobs(parts: JobsParts): Promise<AsyncDisposable> {
  const { config, logs, bus, state, queue, analyst, localModel, metrics, log } = parts;
  const { jobs, timeZone } = config;
  const gate = createGpuGate({ read: readSystem, limits: jobs.gpu });
  const fineTune = fineTuneHandler({ state, trainers: parts.trainers, limits: jobs.fineTune.gate, log });
  const handlers: Handlers = {
    analyze: analyzeHandler({
      logs,
      state,
      analyst,
      keepDays: jobs.analyze.keepDays,
      ...(localModel ? { gate } : {}),
    }),
    digest: digestHandler({ ...parts, ...jobs.digest, gate: jobs.fineTune.gate, timeZone }),
    collect: collectHandler({
      logs,
      bus,
      state,
      topic: jobs.collect.topic,
      timeZone: jobs.collect.timeZone ?? timeZone,
    }),
    'fine-tune': localModel ? gated(gate, jobs.gpu.jobMemoryMb, fineTune) : fineTune,
  };
  await using stopping = new AsyncDisposableStack();
  stopping.use(
    startSampler({
      read: readSystem,
      everyMs: jobs.gpu.sampleSeconds * 1_000,
      state,
      host: hostname(),
      metrics,
      log,
    }),
  );
  stopping.use(
    await startWorker({
      queue,
      handlers,
      atOnce: { digest: DIGESTS, analyze: jobs.analyze.atOnce },
      metrics,
      log,
    }),
  );
  stopping.use(startScheduler({ state, schedules: schedules(parts), log }));
  const stop = stopping.move();
  return { [Symbol.asyncDispose]: () => stop.disposeAsync() };
}
