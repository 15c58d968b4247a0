import type { Analyst, AnswerEvent } from '../../analysis/analyst.ts';
import type { Put, StateStore } from '../../backends/state/store.ts';
import type { Incident } from '../../domain/alert/incident.ts';
import { isMuted } from '../../domain/alert/mute.ts';
import { AppError, toAppError } from '../../domain/errors.ts';
import type { TimeWindow } from '../../domain/log/record.ts';
import type { Answer } from '../../domain/question/answer.ts';
import type { Button, Message } from '../../domain/question/message.ts';
import type { Question } from '../../domain/question/question.ts';
import { DAY, MINUTE } from '../../domain/time/units.ts';
import type { Speech } from '../../i18n/format.ts';
import type { Log } from '../../log.ts';
import type { Chat } from '../chat/chat.ts';
import type { RunningAnswers } from '../chat/running-answers.ts';
import { noteId, putEntry, type Task } from '../delivery/delivery.ts';
import { placesOf } from '../delivery/routing.ts';
import { type Edit, editPuts, type Outcome } from '../delivery/tasks.ts';
import { answerView } from '../views/answer.ts';

/** A model that takes longer is not waited for. (The queue of a model gives up after five minutes of rate limits.) */
const TIMEOUT_MS = 8 * MINUTE;
const TRIES = 3;
/** What was interrupted because the bot stops begins again after this, when the bot is gone. */
const AFTER_STOP_MS = 10_000;
/** How long people can ask for the explanation again. */
const KEEP_MS = 7 * DAY;
/** The name that the bot uses when it asks without a person. Only a responder may stop that. */
const ASKER = 'bongsu';

/** The subject of a retry button begins with this where it asks a model again about an incident. */
const AGAIN = 'incident/';
/** The id of the incident a retry button is about; undefined where it is about a question. */
export const incidentOfRetry = (subject: string): string | undefined =>
  subject.startsWith(AGAIN) ? subject.slice(AGAIN.length) : undefined;

/** The question that the analysis of an incident asks. */
export const whyOf = (incident: Incident, window: TimeWindow, language: Question['language']): Question => ({
  kind: 'why',
  text: '',
  language,
  window,
  incidentId: incident.id,
});

/** A model's part in the analysis of an incident: the evidence is in the thread already, and is edited when it answers. */
export interface Explanations {
  /** The message with the evidence while the model is asked. */
  pending(incident: Incident, draft: Answer): Message;
  /** The writes that go with that message: they make the process that sends ask the model. */
  wanted(incident: Incident, draft: Answer, now: number): Put[];
  /** Asks the model. */
  run(task: Task): Promise<Outcome>;
  /** Makes it ask the model again; false where the incident or its analysis is gone. Throws AppError of the state store. */
  again(incidentId: string): Promise<boolean>;
}

export interface ExplanationOptions {
  state: StateStore;
  analyst: Analyst;
  chats: readonly Chat[];
  runningAnswers: RunningAnswers;
  spoken: Speech;
  /** The span of time that an incident is explained over. */
  windowOf: (incident: Incident) => TimeWindow;
  /** Aborted when the bot stops. */
  signal: AbortSignal;
  log: Log;
}

export function createExplanations(options: ExplanationOptions): Explanations {
  const { spoken } = options;
  return {
    pending: (incident, draft) => pendingView(incident, draft, spoken),
    wanted: (incident, draft, now) => [
      { kind: 'answer', id: draftId(incident.id), value: draft, ttlMs: KEEP_MS },
      putEntry(taskId(incident.id), taskOf(incident.id, now)),
    ],
    run: (task) => explain(task, options),
    again: (incidentId) => askAgain(incidentId, options),
  };
}

async function explain(task: Task, options: ExplanationOptions): Promise<Outcome> {
  const { chats, runningAnswers, signal, spoken } = options;
  const { incident, draft } = await load(task.subject, options);
  if (!incident || !draft) return { puts: [] };
  /** The evidence alone; where it says how asking the model ended, with a button to ask again. */
  const evidence = (ending?: string): { edits: Edit[] } => {
    const more = ending === undefined ? {} : { ending, buttons: retryButtons(incident, spoken) };
    return { edits: edits(incident, answerView(draft, spoken, { kind: 'why', ...more }), chats) };
  };
  // Nobody waits for the explanation any more.
  if (incident.correlation.cause || isMuted(incident, Date.now())) return { puts: [], ...evidence() };
  await using running = runningAnswers.begin(stopId(incident.id), ASKER);
  const overdue = AbortSignal.timeout(TIMEOUT_MS);
  try {
    const asked = AbortSignal.any([signal, running.signal, overdue]);
    const { answer, unexplained } = await ask(incident, asked, options);
    const buttons = unexplained ? retryButtons(incident, spoken) : [];
    return { puts: [], edits: edits(incident, answerView(answer, spoken, { kind: 'why', buttons }), chats) };
  } catch (cause) {
    const { say } = spoken;
    if (signal.aborted) return { again: Date.now() + AFTER_STOP_MS, ...evidence(say['answer.interrupted']) };
    if (running.signal.aborted) return { puts: [], ...evidence(say['answer.stopped']) };
    if (!overdue.aborted && task.attempts + 1 < TRIES) throw cause;
    const { code } = overdue.aborted ? new AppError('timeout', 'no answer in time') : toAppError(cause);
    options.log.warn({ err: cause, incident: incident.id, code }, 'a model was not heard about an incident');
    return { puts: [], ...evidence(say[`error.${code}`]) };
  }
}

async function askAgain(
  incidentId: string,
  options: Pick<ExplanationOptions, 'state' | 'chats' | 'spoken'>,
): Promise<boolean> {
  const { state, chats, spoken } = options;
  const { incident, draft } = await load(incidentId, options);
  if (!incident || !draft) return false;
  const message = pendingView(incident, draft, spoken);
  for (;;) {
    const now = Date.now();
    const put = [
      putEntry(taskId(incidentId), taskOf(incidentId, now)),
      ...(await editPuts(state, edits(incident, message, chats), now)),
    ];
    if ((await state.commit({ put })) === 'done') return true;
  }
}

async function ask(
  incident: Incident,
  signal: AbortSignal,
  { analyst, spoken, windowOf }: ExplanationOptions,
): Promise<Extract<AnswerEvent, { kind: 'answer' }>> {
  let final: Extract<AnswerEvent, { kind: 'answer' }> | undefined;
  const question = whyOf(incident, windowOf(incident), spoken.language);
  for await (const event of analyst.ask(question, { signal, lane: 'batch' }))
    if (event.kind === 'answer') final = event;
  if (!final) throw new AppError('internal', 'the analyst ended without an answer');
  return final;
}

/** The incident and its evidence, which was kept when its analysis was posted. */
async function load(
  id: string,
  { state }: Pick<ExplanationOptions, 'state'>,
): Promise<{ incident: Incident | undefined; draft: Answer | undefined }> {
  const [incident, draft] = await Promise.all([state.get('incident', id), state.get('answer', draftId(id))]);
  return { incident: incident?.value, draft: draft?.value };
}

const pendingView = (incident: Incident, draft: Answer, spoken: Speech): Message =>
  answerView(draft, spoken, {
    kind: 'why',
    step: spoken.say['step.model'],
    buttons: [
      {
        label: spoken.say['button.stop'],
        style: 'danger',
        action: { name: 'stop', subject: stopId(incident.id) },
      },
    ],
  });

const retryButtons = (incident: Incident, { say }: Speech): Button[] => [
  { label: say['button.retry'], action: { name: 'retry', subject: AGAIN + incident.id } },
];

/** The analysis as it is in every thread of the incident. */
const edits = (incident: Incident, message: Message, chats: readonly Chat[]): Edit[] =>
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

const taskId = (incidentId: string): string => `task/explain/${incidentId}`;
const stopId = (incidentId: string): string => `ask-incident-${incidentId}`;
const draftId = (incidentId: string): string => `draft/${incidentId}`;
