import { randomUUID } from 'node:crypto';
import type { AnswerEvent } from '../../../analysis/analyst.ts';
import { findWindow } from '../../../analysis/logs/window.ts';
import { AppError, toAppError } from '../../../domain/errors.ts';
import type { TimeWindow } from '../../../domain/log/record.ts';
import type { Answer } from '../../../domain/question/answer.ts';
import type { Button } from '../../../domain/question/message.ts';
import type { Question } from '../../../domain/question/question.ts';
import { DAY, MINUTE } from '../../../domain/time/units.ts';
import type { LiveMessage } from '../../chat/chat.ts';
import { incidentWindow } from '../../follow-up/incident-analysis.ts';
import { answerView } from '../../views/answer.ts';
import { errorView, sentence, stepText, stepView } from '../../views/replies.ts';
import { askerOf, type CommandInvocation, commandWindow, type Services } from '../context.ts';
import { openRescue, type Rescue } from './rescue.ts';

const TIMEOUT_MS = 4 * MINUTE;
const RETRY_TTL_MS = DAY;

/** Remembers what was typed, so that a button can ask it again. */
export async function retryButton(services: Services, invocation: CommandInvocation): Promise<Button[]> {
  const id = randomUUID().slice(0, 13);
  await services.state.commit({
    put: [{ kind: 'asked', id: `asked/${id}`, value: { typed: invocation.typed }, ttlMs: RETRY_TTL_MS }],
  });
  return [{ label: invocation.speech.say['button.retry'], action: { name: 'retry', subject: id } }];
}

/** The part of an answer that is shown so far. */
interface Shown {
  draft?: Answer;
  /** The model's checked words so far. */
  words?: string;
  window?: TimeWindow | undefined;
}

/**
 * `why` and `summarize`: the step, then the draft made without a model, then the model's words as they come, then
 * the verified answer, all in one message with a stop button. Where it ends early, what was shown stays, and a button asks
 * again.
 */
export async function ask(
  services: Services,
  invocation: CommandInvocation,
  live: LiveMessage,
): Promise<void> {
  const { command, speech } = invocation;
  const kind = command.name === 'summarize' ? 'summarize' : 'why';
  const id = `ask-${randomUUID().slice(0, 13)}`;
  await using underway = services.runningAnswers.begin(id, askerOf(invocation).id);
  await using rescue = openRescue(services, invocation.chat, live, id);
  const overdue = AbortSignal.timeout(TIMEOUT_MS);
  const signal = AbortSignal.any([underway.signal, overdue, services.signal]);
  const shown: Shown = {};
  try {
    const { answer, unexplained } = await follow(
      { services, invocation, live, rescue },
      { kind, id, signal, shown },
    );
    const buttons = unexplained ? await retryOrNothing(services, invocation) : [];
    const final = answerView(answer, speech, { kind, window: shown.window, buttons });
    if (shown.draft) await rescue.keep(final);
    await live.finish(final);
  } catch (cause) {
    const error = overdue.aborted
      ? new AppError('timeout', 'no answer in time', { cause })
      : toAppError(cause);
    const stopped = error.code === 'stopped';
    if (!stopped) services.log.warn({ err: error, kind }, 'a question was not answered');
    const may = stopped || error.retryable || error.code === 'internal';
    const buttons = may ? await retryOrNothing(services, invocation) : [];
    const ending = !stopped
      ? speech.say[`error.${error.code}`]
      : speech.say[underway.signal.aborted ? 'answer.stopped' : 'answer.interrupted'];
    await live.finish(
      shown.draft
        ? answerView(shown.draft, speech, { kind, ...partOf(shown), ending, buttons })
        : stopped
          ? sentence(speech.say['error.stopped'], 'neutral', buttons)
          : errorView(error, speech, buttons),
    );
    throw new Answered(error);
  }
}

const partOf = ({ window, words }: Shown) => ({ window, ...(words ? { writing: words } : {}) });

type Final = Extract<AnswerEvent, { kind: 'answer' }>;

/** Shows the answer while it grows; resolves with the final one. `shown` is kept equal to what the message shows. */
async function follow(
  {
    services,
    invocation,
    live,
    rescue,
  }: { services: Services; invocation: CommandInvocation; live: LiveMessage; rescue: Rescue },
  run: { kind: 'why' | 'summarize'; id: string; signal: AbortSignal; shown: Shown },
): Promise<Final> {
  const { chat, command, speech } = invocation;
  const { kind, shown, signal } = run;
  const buttons: Button[] = [
    { label: speech.say['button.stop'], style: 'danger', action: { name: 'stop', subject: run.id } },
  ];
  live.update(stepView('window', speech, buttons));
  const question = await questionOf(services, invocation, kind);
  shown.window = question.window;
  let step = stepText('window', speech);
  const events = services.analyst.ask(question, {
    signal,
    asker: askerOf(invocation),
    fresh: command.fresh ?? false,
  });
  for await (const event of events) {
    if (event.kind === 'answer') return { ...event, answer: chat.shown?.(event.answer) ?? event.answer };
    if (event.kind === 'step') step = stepText(event.step, speech);
    else if (event.kind === 'text') shown.words = event.text;
    else shown.draft = chat.shown?.(event.answer) ?? event.answer;
    live.update(
      shown.draft
        ? answerView(shown.draft, speech, { kind, step, ...partOf(shown), buttons })
        : stepView(event.kind === 'step' ? event.step : 'evidence', speech, buttons),
    );
    if (event.kind === 'draft')
      await rescue.keep(
        answerView(shown.draft ?? event.answer, speech, {
          kind,
          window: shown.window,
          ending: speech.say['answer.interrupted'],
          buttons: await retryOrNothing(services, invocation),
        }),
      );
  }
  throw new AppError('internal', 'the analyst ended without an answer');
}

async function questionOf(
  services: Services,
  invocation: CommandInvocation,
  kind: 'why' | 'summarize',
): Promise<Question> {
  const { command, speech, incident } = invocation;
  const window =
    (await commandWindow(services, invocation)) ??
    (incident
      ? incidentWindow(incident)
      : kind === 'summarize'
        ? // A summary shows its window; an explanation tells by itself which one it found.
          (await findWindow(services.logs, { services: command.services }))?.window
        : undefined);
  return {
    kind,
    text: command.text,
    language: speech.language,
    ...(window ? { window } : {}),
    ...(command.services ? { services: command.services } : {}),
    ...(incident ? { incidentId: incident.id } : {}),
  };
}

/** A failure that the person has already seen; it only has to be counted. */
export class Answered extends Error {
  readonly error: AppError;
  constructor(error: AppError) {
    super(error.message, { cause: error });
    this.error = error;
  }
}

async function retryOrNothing(services: Services, invocation: CommandInvocation): Promise<Button[]> {
  try {
    return await retryButton(services, invocation);
  } catch {
    return []; // The store cannot be reached either; then there is only the sentence.
  }
}
