import type { Model } from '../../backends/model/model.ts';
import type { Tuner } from '../../backends/model/tuner.ts';
import type { JobContext, JobHandler } from '../../backends/queue/queue.ts';
import { openRegistry, type Registry, type TuningTarget } from '../../backends/state/registry.ts';
import type { StateStore } from '../../backends/state/store.ts';
import type { AlertModel } from '../../domain/alert/alert-model.ts';
import { AppError, toAppError } from '../../domain/errors.ts';
import type { Example, TuningRecord } from '../../domain/job/job.ts';
import {
  FINE_TUNE_TASKS,
  type FineTuneReport,
  type FineTuneTask,
  GATE_LIMITS,
  type GateLimits,
  type Jobs,
} from '../../domain/job/job.ts';
import type { Log } from '../../log.ts';
import { type JudgedAlert, trainAlerts, withoutSlips, worthOf } from './alerts.ts';
import { buildDataset, type Dataset, datedAlerts, leaks } from './dataset.ts';
import { type Compared, differenceOf, type GateVerdict, gate } from './gate.ts';
import { ALERT_REGRESSION, TEXT_REGRESSION } from './regression.ts';
import { INSTRUCTIONS, promptOf, scoreModel } from './scoring.ts';
import { takeTrainingLease } from './training-lease.ts';

/** A model, and what makes variants of it. */
export interface Trainer {
  model: Model;
  tuner: Tuner;
}

interface Options {
  state: StateStore;
  /** One for each way to make variants; empty if there is no model. */
  trainers: readonly Trainer[];
  /** What a training needs and a candidate has to pass. */
  limits?: GateLimits;
  /** What to do while another training runs: wait for its end, or end with AppError `conflict`. */
  whenBusy?: 'wait' | 'refuse';
  log: Log;
  now?: () => number;
}

/**
 * The nightly training. From what people did in threads it makes candidates: the embedded model of alerts, and for each
 * task a variant of each language model that can be trained. Each candidate is compared with what serves now, on examples
 * it has not seen and on a fixed set, and takes over only if it is better and nowhere worse. A night without enough
 * examples changes nothing and says so. If it runs again for the same night, it does not repeat what was decided. One
 * training runs at a time on a state store, whoever started it.
 */
export function fineTuneHandler(options: Options): JobHandler<'fine-tune'> {
  const { state, whenBusy = 'wait', log, now = Date.now } = options;
  return async (payload, context) => {
    const tell = async (since: number): Promise<void> => {
      if (whenBusy === 'refuse')
        throw new AppError('conflict', `a training is running since ${new Date(since).toISOString()}`);
      await context.progress({ fraction: 0, step: 'tune.behind', behind: since });
    };
    await using lease = await takeTrainingLease({ state, signal: context.signal, tell, now, log });
    const signal = AbortSignal.any([context.signal, lease.signal]);
    try {
      // A process that was too slow and lost the lease to another one can write nothing.
      const registry = openRegistry(lease.fenced);
      return await new Training(options, registry, payload, { ...context, signal }).run();
    } catch (error) {
      // Losing the lease is no stop: the job is tried again.
      lease.signal.throwIfAborted();
      throw error;
    }
  };
}

/** One training: makes the candidates one after the other, and decides about each. */
class Training {
  readonly #options: Options;
  readonly #limits: GateLimits;
  readonly #registry: Registry;
  readonly #night: string;
  readonly #tasks: readonly FineTuneTask[];
  readonly #context: JobContext;
  readonly #records: TuningRecord[] = [];
  /** Candidates that are done, for the progress. */
  #done = 0;

  constructor(
    options: Options,
    registry: Registry,
    { day, tasks = [...FINE_TUNE_TASKS] }: Jobs['fine-tune']['payload'],
    context: JobContext,
  ) {
    this.#options = options;
    this.#limits = options.limits ?? GATE_LIMITS;
    this.#registry = registry;
    this.#night = day;
    this.#tasks = tasks;
    this.#context = context;
  }

  async run(): Promise<FineTuneReport> {
    const { state, trainers } = this.#options;
    const tasks = this.#tasks;
    await this.#context.progress({ fraction: 0, step: 'tune.data' });
    const data = await buildDataset(state);
    if (tasks.includes('anomaly')) {
      await this.#tell(0, 'tune.alerts');
      await this.#decide(data, {
        target: 'alerts',
        trainer: 'embedded',
        make: (at) => tuneAlerts(this.#registry, data, this.#limits, at),
      });
    }
    this.#done = 1;
    for (const trainer of trainers) for (const task of tasks) await this.#tuneTask(data, trainer, task);
    await this.#context.progress({ fraction: 1, step: 'tune.done' });
    return reportOf(this.#records, data);
  }

  async #tuneTask(data: Dataset, { model, tuner }: Trainer, task: FineTuneTask): Promise<void> {
    const step = `tune.${task}`;
    await this.#tell(0, step);
    await this.#decide(data, {
      target: task,
      trainer: tuner.id,
      make: () =>
        tuneTask({
          task,
          model,
          tuner,
          data,
          registry: this.#registry,
          limits: this.#limits,
          signal: this.#context.signal,
          report: (share) => this.#tell(share, step),
        }),
      remove: (name) => tuner.remove(name),
    });
    this.#done += 1;
  }

  /** Makes a candidate and stores whether it takes over, unless that was decided for this night already. */
  async #decide(data: Dataset, candidate: Candidate): Promise<void> {
    const { target, trainer, make, remove } = candidate;
    const { signal } = this.#context;
    signal.throwIfAborted();
    const known = (await this.#registry.history(target)).find(
      (record) => record.night === this.#night && record.trainer === trainer,
    );
    if (known) {
      this.#records.push(known);
      return;
    }
    const { log, now = Date.now } = this.#options;
    const against = await this.#registry.servingSince(target);
    const base = { target, trainer, at: now(), night: this.#night, card: data.card };
    let record: TuningRecord;
    try {
      record = { ...base, ...(await make(base.at)) };
    } catch (error) {
      signal.throwIfAborted();
      const failure = toAppError(error);
      log.warn({ target, trainer, code: failure.code }, 'fine-tune failed');
      record = { ...base, promoted: false, reason: 'failed', detail: failure.message };
    }
    const kept = await this.#registry.add(record, against);
    if (record.tuned?.kind === 'model' && !kept.promoted)
      await remove?.(record.tuned.name).catch(() => undefined);
    this.#records.push(kept);
  }

  /** @param fraction of the candidate in hand that is done */
  #tell(fraction: number, step: string): Promise<void> {
    const candidates = 1 + this.#tasks.length * this.#options.trainers.length;
    return this.#context.progress({ fraction: (this.#done + fraction) / candidates, step });
  }
}

interface Candidate {
  target: TuningTarget;
  trainer: string;
  make: (at: number) => Promise<Made>;
  /** Removes a variant that does not take over. */
  remove?: (name: string) => Promise<void>;
}

type Made = Omit<TuningRecord, 'target' | 'trainer' | 'at' | 'night' | 'card'>;

async function tuneAlerts(
  registry: Registry,
  { alerts }: Dataset,
  limits: GateLimits,
  trainedAt: number,
): Promise<Made> {
  if (alerts.train.length < limits.trainAtLeast || alerts.test.length < limits.testAtLeast)
    return { promoted: false, reason: 'too_few' };
  const serving = await registry.serving('alerts');
  const old = serving?.kind === 'alerts' ? serving.model : undefined;
  const model = trainAlerts(alerts.train);
  const compared = (earlier: readonly JudgedAlert[], later: readonly JudgedAlert[]): Compared => {
    const believed = new Set(withoutSlips(later, [...earlier, ...later]));
    const worth = (of: AlertModel | undefined): number[] =>
      worthOf(of, { earlier, later }).filter((_, at) => believed.has(later[at]!));
    return { candidate: worth(model), serving: worth(old) };
  };
  const unseen = compared(alerts.train, alerts.test);
  const decided = gate(unseen, compared([], ALERT_REGRESSION), leaks(datedAlerts(alerts)), limits);
  const verdict: GateVerdict =
    decided.promoted && losesMore(unseen) ? { ...decided, promoted: false, reason: 'worse' } : decided;
  return made(verdict, unseen, { kind: 'alerts', model: { ...model, trainedAt } });
}

/**
 * Whether the candidate would suppress a real alert that people are notified of now. No number of false alarms makes up for that.
 */
const losesMore = ({ candidate, serving }: Compared): boolean =>
  candidate.some((worth, at) => worth < 0 && serving[at]! >= 0);

async function tuneTask(options: {
  task: FineTuneTask;
  model: Model;
  tuner: Tuner;
  data: Dataset;
  registry: Registry;
  limits: GateLimits;
  signal: AbortSignal;
  report: (share: number) => Promise<void>;
}): Promise<Made> {
  const { task, model, tuner, data, registry, limits, signal, report } = options;
  const of = (examples: readonly Example[]): Example[] => examples.filter((example) => example.task === task);
  const split = { train: of(data.texts.train), test: of(data.texts.test).slice(-limits.testAtMost) };
  if (split.train.length < limits.trainAtLeast || split.test.length < limits.testAtLeast)
    return { promoted: false, reason: 'too_few' };
  const leaked = leaks(split);
  if (leaked.length > 0) return { promoted: false, reason: 'leak', detail: leaked[0]! };
  const name = await tuner.train(
    { task, instruction: INSTRUCTIONS[task], examples: split.train, promptOf, version: data.card.version },
    { signal, progress: (fraction) => report(fraction * 0.5) },
  );
  let promoted = false;
  const opened: Model[] = [];
  try {
    const candidate = await tuner.open(name);
    opened.push(candidate);
    const current = await registry.serving(task);
    let serving = model;
    if (current?.kind === 'model' && current.base === tuner.base) {
      serving = await tuner.open(current.name);
      opened.push(serving);
    }
    const score = (one: Model, examples: readonly Example[], from: number): Promise<number[]> =>
      scoreModel(one, examples, {
        signal,
        progress: (done) => report(from + (0.12 * done) / examples.length),
      });
    const unseen = {
      candidate: await score(candidate, split.test, 0.5),
      serving: await score(serving, split.test, 0.62),
    };
    // The fixed set has the other tasks too: a variant must not get worse at them.
    const regression = {
      candidate: await score(candidate, TEXT_REGRESSION, 0.74),
      serving: await score(serving, TEXT_REGRESSION, 0.86),
    };
    const verdict = gate(unseen, regression, leaked, limits);
    promoted = verdict.promoted;
    return made(verdict, unseen, { kind: 'model', base: tuner.base, name });
  } finally {
    for (const one of opened) await one[Symbol.asyncDispose]();
    if (!promoted) await tuner.remove(name).catch(() => undefined);
  }
}

const mean = (scores: readonly number[]): number =>
  scores.reduce((sum, score) => sum + score, 0) / Math.max(1, scores.length);

function made(
  verdict: ReturnType<typeof gate>,
  { candidate, serving }: Compared,
  tuned: TuningRecord['tuned'],
): Made {
  const { promoted, reason, regression, leaked } = verdict;
  return {
    promoted,
    reason,
    ...(leaked ? { detail: leaked } : {}),
    candidate: mean(candidate),
    serving: mean(serving),
    ...(candidate.length > 0 ? { difference: differenceOf({ candidate, serving }) } : {}),
    ...(regression ? { regression } : {}),
    ...(promoted && tuned ? { tuned } : {}),
  };
}

function reportOf(records: readonly TuningRecord[], { card }: Dataset): FineTuneReport {
  return {
    card,
    outcomes: records.map(
      ({ target, trainer, promoted, reason, candidate, serving, difference, detail }) => ({
        target,
        trainer,
        promoted,
        reason,
        ...(candidate === undefined ? {} : { candidate }),
        ...(serving === undefined ? {} : { serving }),
        ...(difference ? { difference } : {}),
        ...(detail ? { detail } : {}),
      }),
    ),
  };
}
