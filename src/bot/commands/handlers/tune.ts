import { openRegistry } from '../../../backends/state/registry.ts';
import { AppError } from '../../../domain/errors.ts';
import type { TuningRecord } from '../../../domain/job/job.ts';
import { FINE_TUNE_TASKS, type FineTuneTask } from '../../../domain/job/job.ts';
import type { LiveMessage } from '../../chat/chat.ts';
import { incidentsView } from '../../views/lists.ts';
import { sentence } from '../../views/replies.ts';
import { tuningStatusView } from '../../views/tuning.ts';
import type { CommandInvocation, Services } from '../context.ts';
import { noteDone } from '../permission.ts';
import { submitJob } from './submit-job.ts';

const TARGETS = ['alerts', ...FINE_TUNE_TASKS] as const satisfies readonly TuningRecord['target'][];

/** `tune`: the models in use; `tune now [TASK]` trains at once; `tune back TARGET` goes back to the model before. The last two are in the audit log. */
export async function tune(
  services: Services,
  invocation: CommandInvocation,
  live: LiveMessage,
): Promise<void> {
  const { say } = invocation.speech;
  const registry = openRegistry(services.state);
  const [verb, what] = invocation.command.text.split(' ');
  if (!verb) {
    const shelves = TARGETS.map(async (target) => ({ target, records: await registry.history(target) }));
    return live.finish(tuningStatusView(await Promise.all(shelves), invocation.speech));
  }
  if (verb === 'now') {
    const tasks = what ? { tasks: [what as FineTuneTask] } : {};
    // Named by the instant: it is another training than the scheduled one of the same night.
    const payload = { day: new Date().toISOString(), ...tasks };
    await submitJob(services, invocation, live, { name: 'fine-tune', payload });
    return noteDone(services, invocation, 'tune', invocation.command.text);
  }
  const target = what as TuningRecord['target'];
  const name = say[`tune.target.${target}`];
  try {
    await registry.rollBack(target);
    await noteDone(services, invocation, 'tune', invocation.command.text);
    const told = target === 'alerts' ? await services.incidents.discloseRolledBack() : [];
    const done = say.tuneBack(name);
    if (told.length === 0) return await live.finish(sentence(done, 'good'));
    const list = incidentsView(told, invocation.speech, true);
    const heading = { kind: 'text', text: `${done} ${say.tuneDisclosed(told.length)}` } as const;
    await live.finish({ ...list, summary: heading.text, tone: 'warning', blocks: [heading, ...list.blocks] });
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'not_found') throw error;
    await live.finish(sentence(say.tuneNothingBack(name), 'warning'));
  }
}
