import { randomUUID } from 'node:crypto';
import { findWindow } from '../../analysis/window.ts';
import type { Answer } from '../../domain/answer.ts';
import { AppError, toAppError } from '../../domain/errors.ts';
import type { Button } from '../../domain/message.ts';
import type { Question } from '../../domain/question.ts';
import type { LiveMessage } from '../chat.ts';
import { incidentWindow } from '../followup.ts';
import { answerView } from '../views/answer.ts';
import { errorView, stepText, stepView } from '../views/replies.ts';
import { type Asked, askerOf, type Services, windowOf } from './context.ts';

const TIMEOUT_MS = 4 * 60_000;
const RETRY_TTL_MS = 86_400_000;

/** Remembers what was typed, so that a button can ask it again. */
export async function retryButton(services: Services, asked: Asked): Promise<Button[]> {
  const id = randomUUID().slice(0, 13);
  await services.state.commit({
    put: [{ kind: 'fact', id: `asked/${id}`, value: { typed: asked.typed }, ttlMs: RETRY_TTL_MS }],
  });
  return [{ label: asked.speech.say['button.retry'], action: { name: 'retry', subject: id } }];
}

/**
 * `why` and `summarize`: the step, then the draft made without a model, then the model's words as they come, then
 * the verified answer, all in one message with a stop button.
 */
export async function ask(services: Services, asked: Asked, live: LiveMessage): Promise<void> {
  const { command, speech, incident } = asked;
  const kind = command.name === 'summarize' ? 'summarize' : 'why';
  const id = `ask-${randomUUID().slice(0, 13)}`;
  await using underway = services.asking.begin(id, askerOf(asked).id);
  const overdue = AbortSignal.timeout(TIMEOUT_MS);
  const signal = AbortSignal.any([underway.signal, overdue, services.signal]);
  const buttons: Button[] = [
    { label: speech.say['button.stop'], style: 'danger', action: { name: 'stop', subject: id } },
  ];
  try {
    live.update(stepView('window', speech, buttons));
    const window =
      (await windowOf(services, asked)) ??
      (incident
        ? incidentWindow(incident)
        : kind === 'summarize'
          ? // A summary shows its window; an explanation tells by itself which one it found.
            (await findWindow(services.logs, { services: command.services }))?.window
          : undefined);
    const question: Question = {
      kind,
      text: command.text,
      language: speech.language,
      ...(window ? { window } : {}),
      ...(command.services ? { services: command.services } : {}),
      ...(incident ? { incidentId: incident.id } : {}),
    };
    let draft: Answer | undefined;
    let final: Answer | undefined;
    let words: string | undefined;
    let step = stepText('window', speech);
    for await (const event of services.analyst.ask(question, {
      signal,
      asker: askerOf(asked),
      fresh: command.fresh ?? false,
    })) {
      if (event.kind === 'step') step = stepText(event.step, speech);
      else if (event.kind === 'draft') draft = event.answer;
      else if (event.kind === 'text') words = event.text;
      else final = event.answer;
      if (final) break;
      live.update(
        draft
          ? answerView(draft, speech, { kind, step, window, buttons, ...(words ? { writing: words } : {}) })
          : stepView(event.kind === 'step' ? event.step : 'evidence', speech, buttons),
      );
    }
    if (!final) throw new AppError('internal', 'the analyst ended without an answer');
    await live.finish(answerView(final, speech, { kind, window }));
  } catch (cause) {
    const error = overdue.aborted
      ? new AppError('timeout', 'no answer in time', { cause })
      : toAppError(cause);
    if (error.code !== 'stopped') services.log.warn({ err: error, kind }, 'a question was not answered');
    const retry = error.retryable || error.code === 'internal' ? await retryOrNothing(services, asked) : [];
    await live.finish(errorView(error, speech, retry));
    throw new Answered(error);
  }
}

/** The failure is already shown to the person; it only has to be counted. */
export class Answered extends Error {
  readonly error: AppError;
  constructor(error: AppError) {
    super(error.message, { cause: error });
    this.error = error;
  }
}

async function retryOrNothing(services: Services, asked: Asked): Promise<Button[]> {
  try {
    return await retryButton(services, asked);
  } catch {
    return []; // The store is away too; the sentence alone has to do.
  }
}
