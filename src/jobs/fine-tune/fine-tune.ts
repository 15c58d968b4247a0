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
import { takeTurn } from './turn.ts';

/** A model and how variants of it are made. */
export interface Trainer {
  model: Model;
  tuner: Tuner;
}

interface Options {
  state: StateStore;
  /** One for each way of making variants; empty where there is no model. */
  trainers: readonly Trainer[];
  /** What a training needs and a candidate has to pass; what is usual where nothing is said. */
  limits?: GateLimits;
  /** What becomes of a training while another one runs: it waits for its end, or ends with AppError `conflict`. */
  whenBusy?: 'wait' | 'refuse';
  log: Log;
  now?: () => number;
}

type Payload = Jobs['fine-tune']['payload'];

const mean = (scores: readonly number[]): number =>
  scores.reduce((sum, score) => sum + score, 0) / Math.max(1, scores.length);

/**
 * The nightly training. Out of what people did in threads it makes candidates: the embedded model of alerts, and for
 * each task a variant of each language model that can be trained; each is compared with what serves on examples it has
 * not seen and on a fixed set, and takes over only if it is better and nowhere worse. A night without enough examples
 * changes nothing and says so. Run again for the same night, it does not repeat what was decided. One training runs at a
 * time on a state store, whoever began it.
 */
export function fineTuneHandler(options: Options): JobHandler<'fine-tune'> {
  const { state, trainers, limits = GATE_LIMITS, whenBusy = 'wait', log, now = Date.now } = options;
  const train = async (
    registry: Registry,
    { day, tasks = [...FINE_TUNE_TASKS] }: Payload,
    { signal, progress }: JobContext,
  ): Promise<FineTuneReport> => {
    await progress({ fraction: 0, step: 'tune.data' });
    const data = await buildDataset(state);
    const steps = 1 + tasks.length * trainers.length;
    let step = 0;
    const report = async (fraction: number, name: string): Promise<void> =>
      progress({ fraction: (step + fraction) / steps, step: name });

    const records: TuningRecord[] = [];
    const decide = async (
      target: TuningTarget,
      trainer: string,
      make: (at: number) => Promise<Made>,
      remove?: (name: string) => Promise<void>,
    ): Promise<void> => {
      signal.throwIfAborted();
      const known = (await registry.history(target)).find(
        (record) => record.night === day && record.trainer === trainer,
      );
      if (known) return void records.push(known);
      const against = await registry.servingSince(target);
      const base = { target, trainer, at: now(), night: day, card: data.card };
      let record: TuningRecord;
      try {
        record = { ...base, ...(await make(base.at)) };
      } catch (error) {
        signal.throwIfAborted();
        const failure = toAppError(error);
        log.warn({ target, trainer, code: failure.code }, 'fine-tune failed');
        record = { ...base, promoted: false, reason: 'failed', detail: failure.message };
      }
      const kept = await registry.add(record, against);
      if (record.tuned?.kind === 'model' && !kept.promoted)
        await remove?.(record.tuned.name).catch(() => undefined);
      records.push(kept);
    };

    if (tasks.includes('anomaly')) {
      await report(0, 'tune.alerts');
      await decide('alerts', 'embedded', (at) => tuneAlerts(registry, data, limits, at));
    }
    step = 1;
    for (const { model, tuner } of trainers)
      for (const task of tasks) {
        await report(0, `tune.${task}`);
        const ofTask = { task, model, tuner, data, registry, limits, signal };
        await decide(
          task,
          tuner.id,
          () => tuneTask({ ...ofTask, report: (share) => report(share, `tune.${task}`) }),
          (name) => tuner.remove(name),
        );
        step += 1;
      }
    await progress({ fraction: 1, step: 'tune.done' });
    return reportOf(records, data);
  };
  return async (payload, context) => {
    const tell = async (since: number): Promise<void> => {
      if (whenBusy === 'refuse')
        throw new AppError('conflict', `a training is running since ${new Date(since).toISOString()}`);
      await context.progress({ fraction: 0, step: 'tune.behind', behind: since });
    };
    await using turn = await takeTurn({ state, signal: context.signal, tell, now, log });
    const signal = AbortSignal.any([context.signal, turn.signal]);
    try {
      // Who was late, and lost the turn to another process, writes nothing.
      return await train(openRegistry(turn.fenced), payload, { ...context, signal });
    } catch (error) {
      // That is no stop: it is tried again.
      turn.signal.throwIfAborted();
      throw error;
    }
  };
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

/** Whether the candidate would have kept a real alert quiet that is told now. No number of false alarms makes up for it. */
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
    // On the other tasks too: whoever asks it something else must not be worse off.
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
