import type { Analyst, AnswerEvent } from '../../analysis/analyst.ts';
import type { Put, StateStore } from '../../backends/state/store.ts';
import type { Incident } from '../../domain/alert/incident.ts';
import { AppError, toAppError } from '../../domain/errors.ts';
import type { TimeWindow } from '../../domain/log/record.ts';
import type { Answer } from '../../domain/question/answer.ts';
import type { Button, Message } from '../../domain/question/message.ts';
import type { Question } from '../../domain/question/question.ts';
import { DAY, MINUTE } from '../../domain/time/units.ts';
import type { Speech } from '../../i18n/format.ts';
import type { Log } from '../../log.ts';
import type { Chat } from '../chat/chat.ts';
import type { Asking } from '../commands/asking.ts';
import { noteId, putEntry, type Task } from '../delivery/delivery.ts';
import { placesOf } from '../delivery/routing.ts';
import { type Edit, editPuts, type Outcome } from '../delivery/tasks.ts';
import { answerView } from '../views/answer.ts';
import { isMuted } from '../views/incident.ts';

/** A model that takes longer is not waited for: its queue waits five minutes for a server that limits, and says so then. */
const TIMEOUT_MS = 8 * MINUTE;
const TRIES = 3;
/** What a stop of the bot interrupted is not begun again before the bot has gone. */
const AFTER_STOP_MS = 10_000;
/** How long it can be asked for again. */
const KEEP_MS = 7 * DAY;
/** Who asks where nobody did; only a responder may stop it. */
const ASKER = 'bongsu';

/** The subject of a retry button that asks the model again about an incident. */
const AGAIN = 'incident/';
/** The incident that a press on a retry button is about; undefined where it is about a question. */
export const incidentOfRetry = (subject: string): string | undefined =>
  subject.startsWith(AGAIN) ? subject.slice(AGAIN.length) : undefined;

/** What the analysis of an incident asks. */
export const whyOf = (incident: Incident, window: TimeWindow, language: Question['language']): Question => ({
  kind: 'why',
  text: '',
  language,
  window,
  incidentId: incident.id,
});

/** The model's part of an incident's analysis: the evidence stands in the thread already, and is edited when it answers. */
export interface Explanations {
  /** The evidence as it stands while the model is asked. */
  pending(incident: Incident, draft: Answer): Message;
  /** What to write with it, so that the model is asked next, by whichever process sends. */
  wanted(incident: Incident, draft: Answer, now: number): Put[];
  /** Asks the model. */
  run(task: Task): Promise<Outcome>;
  /** Has it asked again; false where the incident or its analysis is gone. Throws AppError of the state store. */
  again(incidentId: string): Promise<boolean>;
}

/** @param options.windowOf the stretch of time that an incident is explained over */
export function createExplanations(options: {
  state: StateStore;
  analyst: Analyst;
  chats: readonly Chat[];
  asking: Asking;
  spoken: Speech;
  windowOf: (incident: Incident) => TimeWindow;
  /** Aborted when the bot stops. */
  signal: AbortSignal;
  log: Log;
}): Explanations {
  const { state, analyst, chats, asking, spoken, log } = options;
  const { say } = spoken;
  const taskId = (id: string): string => `task/explain/${id}`;
  const stopId = (id: string): string => `ask-incident-${id}`;
  const draftId = (id: string): string => `draft/${id}`;
  const load = async (id: string): Promise<Incident | undefined> => (await state.get('incident', id))?.value;

  const retry = (incident: Incident): Button[] => [
    { label: say['button.retry'], action: { name: 'retry', subject: AGAIN + incident.id } },
  ];
  const view = (answer: Answer, more: { ending?: string; step?: string; buttons?: Button[] } = {}): Message =>
    answerView(answer, spoken, { kind: 'why', ...more });
  const pending: Explanations['pending'] = (incident, draft) =>
    view(draft, {
      step: say['step.model'],
      buttons: [
        {
          label: say['button.stop'],
          style: 'danger',
          action: { name: 'stop', subject: stopId(incident.id) },
        },
      ],
    });
  /** The analysis as it stands in every thread of the incident. */
  const edits = (incident: Incident, message: Message): Edit[] =>
    placesOf(incident, chats).map(({ name, slot }) => ({
      id: noteId(name, incident.id, 'analysis', slot),
      content: { kind: 'message', message },
    }));
  const taskOf = (incidentId: string, due: number): Task => ({
    task: 'explain',
    subject: incidentId,
    due,
    attempts: 0,
  });

  type Final = Extract<AnswerEvent, { kind: 'answer' }>;
  async function ask(incident: Incident, signal: AbortSignal): Promise<Final> {
    let final: Final | undefined;
    const question = whyOf(incident, options.windowOf(incident), spoken.language);
    for await (const event of analyst.ask(question, { signal, lane: 'batch' }))
      if (event.kind === 'answer') final = event;
    if (!final) throw new AppError('internal', 'the analyst ended without an answer');
    return final;
  }

  async function run(task: Task): Promise<Outcome> {
    const [incident, draft] = await Promise.all([
      load(task.subject),
      state.get('answer', draftId(task.subject)),
    ]);
    if (!incident || !draft) return { puts: [] };
    const stands = (ending?: string): { edits: Edit[] } => ({
      edits: edits(
        incident,
        ending === undefined ? view(draft.value) : view(draft.value, { ending, buttons: retry(incident) }),
      ),
    });
    // Nobody waits for it any more.
    if (incident.correlation.cause || isMuted(incident, Date.now())) return { puts: [], ...stands() };
    await using underway = asking.begin(stopId(incident.id), ASKER);
    const overdue = AbortSignal.timeout(TIMEOUT_MS);
    try {
      const { answer, unexplained } = await ask(
        incident,
        AbortSignal.any([options.signal, underway.signal, overdue]),
      );
      const buttons = unexplained ? retry(incident) : [];
      return { puts: [], edits: edits(incident, view(answer, { buttons })) };
    } catch (cause) {
      if (options.signal.aborted)
        return { again: Date.now() + AFTER_STOP_MS, ...stands(say['answer.interrupted']) };
      if (underway.signal.aborted) return { puts: [], ...stands(say['answer.stopped']) };
      if (!overdue.aborted && task.attempts + 1 < TRIES) throw cause;
      const { code } = overdue.aborted ? new AppError('timeout', 'no answer in time') : toAppError(cause);
      log.warn({ err: cause, incident: incident.id, code }, 'a model was not heard about an incident');
      return { puts: [], ...stands(say[`error.${code}`]) };
    }
  }

  return {
    pending,
    wanted: (incident, draft, now) => [
      { kind: 'answer', id: draftId(incident.id), value: draft, ttlMs: KEEP_MS },
      putEntry(taskId(incident.id), taskOf(incident.id, now)),
    ],
    run,
    async again(incidentId) {
      const [incident, draft] = await Promise.all([
        load(incidentId),
        state.get('answer', draftId(incidentId)),
      ]);
      if (!incident || !draft) return false;
      const message = pending(incident, draft.value);
      for (;;) {
        const now = Date.now();
        const put = [
          putEntry(taskId(incidentId), taskOf(incidentId, now)),
          ...(await editPuts(state, edits(incident, message), now)),
        ];
        if ((await state.commit({ put })) === 'done') return true;
      }
    },
  };
}
