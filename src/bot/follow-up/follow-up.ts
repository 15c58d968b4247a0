import type { Queue } from '../../backends/queue/queue.ts';
import type { Language } from '../../domain/question/question.ts';
import { speech } from '../../i18n/format.ts';
import type { RunningAnswers } from '../chat/running-answers.ts';
import type { OutboxOptions } from '../delivery/outbox.ts';
import type { RunTask } from '../delivery/tasks.ts';
import { createExplanations, type Explanations } from './explanation.ts';
import { type AnalysisOptions, analyseIncident, incidentWindow } from './incident-analysis.ts';
import { createRenderer } from './render-delivery.ts';
import { postReport } from './report-delivery.ts';

export interface FollowUpOptions extends Omit<AnalysisOptions, 'explanations' | 'spoken'> {
  queue: Queue;
  runningAnswers: RunningAnswers;
  tellDeadLetters: RunTask;
  language: Language;
  timeZone: string;
  /** Where the report of a heavy analysis can be downloaded. */
  reportLink?: ((jobId: string) => string) | undefined;
}

/** Renders deliveries and does the work that ends in deliveries. */
export function createFollowUp(
  options: FollowUpOptions,
): Pick<OutboxOptions, 'render' | 'runTask'> & Pick<Explanations, 'again'> {
  const spoken = speech(options.language, options.timeZone);
  const explanations = createExplanations({ ...options, spoken, windowOf: incidentWindow });
  const given = { ...options, spoken, explanations };
  const work: Record<Parameters<RunTask>[0]['task'], RunTask> = {
    analysis: (task) => analyseIncident(task, given),
    explain: explanations.run,
    job: (task) => postReport(task, given),
    letters: options.tellDeadLetters,
  };
  return {
    render: createRenderer(options.state, spoken, options.chats),
    runTask: (task) => work[task.task](task),
    again: explanations.again,
  };
}
