import { openTuners } from '../../backends/open.ts';
import { openRegistry } from '../../backends/state/registry.ts';
import { COMMAND_LINE, tunePut } from '../../bot/incidents/audit.ts';
import { tuningStatusView, tuningView } from '../../bot/views/tuning.ts';
import { AppError, toAppError } from '../../domain/errors.ts';
import type { TuningRecord } from '../../domain/job/job.ts';
import { FINE_TUNE_TASKS, type FineTuneTask } from '../../domain/job/job.ts';
import { speech } from '../../i18n/format.ts';
import { fineTuneHandler } from '../../jobs/fine-tune/fine-tune.ts';
import { openBackends } from '../../stores.ts';
import { byHand } from '../by-hand.ts';
import type { Context } from '../context.ts';
import { blocksText, printJson, printLine } from '../output.ts';
import { progressBar } from '../progress.ts';

/** Trains in this process, or shows what serves, or rolls it back. Goes to the audit log, as in chat. Resolves with the exit code. */
export async function fineTune(
  context: Context,
  options: { task?: FineTuneTask; status?: boolean; rollBack?: TuningRecord['target'] },
): Promise<number> {
  const { config, log } = context;
  const words = speech(config.language, config.timeZone);
  await using backends = await openBackends(config, log);
  const { state, models } = backends;
  const registry = openRegistry(state);
  const note = (text: string) =>
    state.commit({ put: [tunePut(COMMAND_LINE, text, config.incidents.keepDays)] });
  if (options.rollBack) {
    const name = words.say[`tune.target.${options.rollBack}`];
    const serving = await registry.rollBack(options.rollBack).catch((error: unknown) => {
      // The command is right; there is only nothing to roll back to.
      if (toAppError(error).code !== 'not_found') throw error;
      throw new AppError('conflict', words.say.tuneNothingBack(name));
    });
    await note(`back ${options.rollBack}`);
    const rest = options.rollBack === 'alerts' ? [words.say.tuneWillDisclose] : [];
    await (context.json
      ? printJson({ target: options.rollBack, serving: serving ?? null })
      : printLine([words.say.tuneBack(name), ...rest].join(' ')));
    return 0;
  }
  if (options.status) {
    const targets = ['alerts', ...FINE_TUNE_TASKS] as const;
    const shelves = await Promise.all(
      targets.map(async (target) => ({ target, records: await registry.history(target) })),
    );
    if (context.json) await printJson(shelves);
    else await printLine(blocksText(tuningStatusView(shelves, words).blocks));
    return 0;
  }
  const bar = progressBar('Training');
  const handler = fineTuneHandler({
    state,
    trainers: await openTuners(config, models, log),
    limits: config.jobs.fineTune.gate,
    whenBusy: 'refuse',
    log,
  });
  const payload = {
    // The time makes it a training of its own, also on a day that had one already.
    day: new Date().toISOString(),
    language: config.language,
    ...(options.task ? { tasks: [options.task] } : {}),
  };
  await note(options.task ? `now ${options.task}` : 'now');
  const report = await handler(payload, byHand(context, bar)).finally(() => bar.stop());
  if (context.json) await printJson(report);
  else await printLine(blocksText(tuningView(report, words).blocks));
  return 0;
}
