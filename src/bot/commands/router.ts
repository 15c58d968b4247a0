import { randomUUID } from 'node:crypto';
import { isAsking } from '../../analysis/queries/reading.ts';
import type { Incident } from '../../domain/alert/incident.ts';
import { AppError, toAppError } from '../../domain/errors.ts';
import type { Action } from '../../domain/question/message.ts';
import type { Language } from '../../domain/question/question.ts';
import { HOUR, SECOND } from '../../domain/time/units.ts';
import { type Speech, speech as speechOf } from '../../i18n/format.ts';
import type { Metrics } from '../../metrics.ts';
import type { Chat, ChatRequest } from '../chat/chat.ts';
import { incidentOfRetry } from '../follow-up/explanation.ts';
import { errorView, sentence, stepView } from '../views/replies.ts';
import { type Invocation, replyWith, type Services } from './context.ts';
import { mayGive, runCommand } from './dispatch.ts';
import { Answered } from './handlers/ask.ts';
import { actOnIncident, incidentCommandOf, showIncident } from './handlers/incident-command.ts';
import { actOnJob, mayStop, stop } from './handlers/jobs.ts';
import { mistakeText } from './mistakes.ts';
import { answerLanguage, type Command, type Mistake, parseCommand } from './parse/command.ts';
import { type IncidentCommandMistake, parseIncidentCommand } from './parse/incident-command.ts';
import { noteDone, permitted } from './permission.ts';
import { roleFor, specOf } from './table/table.ts';
import { replyInThread } from './thread-reply.ts';

/** A platform delivers a request again within this time, if ever. */
const REQUEST_TTL_MS = HOUR;
const REMEMBERED = 5_000;

/** Buttons that ask for something new each time: a second press within this time is taken for a double click. */
const ASKING: ReadonlySet<Action['name']> = new Set<Action['name']>(['why', 'summarize', 'retry']);
const DOUBLE_CLICK_MS = 3 * SECOND;

export interface RouterOptions {
  services: Services;
  language: Language;
  timeZone: string;
  metrics: Metrics;
}

export interface Router {
  /** Handles what a person did; never rejects. */
  handle(chat: Chat, request: ChatRequest): Promise<void>;
}

/** Takes commands and pressed buttons of every chat to what answers them. */
export const createRouter = (options: RouterOptions): Router => new CommandRouter(options);

class CommandRouter implements Router {
  readonly #services: Services;
  readonly #language: Language;
  readonly #timeZone: string;
  readonly #metrics: Metrics;
  /** The latest requests, by chat and id. */
  readonly #handled = new Set<string>();

  constructor({ services, language, timeZone, metrics }: RouterOptions) {
    this.#services = services;
    this.#language = language;
    this.#timeZone = timeZone;
    this.#metrics = metrics;
  }

  async handle(chat: Chat, request: ChatRequest): Promise<void> {
    const key = `${chat.name}/${request.id}`;
    if (this.#handled.has(key)) return;
    this.#handled.add(key);
    if (this.#handled.size > REMEMBERED) this.#handled.delete(this.#handled.values().next().value!);
    const name = request.kind === 'action' ? request.action.name : metricName(request.text);
    let outcome: string;
    try {
      outcome =
        request.kind === 'action'
          ? await this.#press(chat, request, request.action)
          : await this.#typed(chat, request, request.text);
    } catch (cause) {
      const error = cause instanceof Answered ? cause.error : toAppError(cause);
      outcome = error.code;
      if (!(cause instanceof Answered)) await this.#apologize(request, error);
    }
    this.#metrics.requests.inc({ chat: chat.name, name, outcome });
  }

  #speech(language: Language): Speech {
    return speechOf(language, this.#timeZone);
  }

  #ownLanguage({ user }: ChatRequest): Language {
    return user.language ?? this.#language;
  }

  /** Platforms deliver again what they think was lost. True for the first time. */
  async #isFirst(chat: Chat, id: string, ttlMs = REQUEST_TTL_MS): Promise<boolean> {
    const { state, log } = this.#services;
    try {
      const result = await state.commit({
        once: [{ kind: 'seen', id: `request/${chat.name}/${id}`, ttlMs }],
      });
      return result === 'done';
    } catch (error) {
      // Answering twice is better than not at all.
      log.warn({ err: error }, 'a request could not be marked as handled');
      return true;
    }
  }

  async #incidentHere(chat: Chat, request: ChatRequest): Promise<Incident | undefined> {
    if (!request.place.thread) return undefined;
    return this.#services.incidents.inThread(chat.name, request.place);
  }

  /** Answers what a person typed; resolves with the outcome as the metrics name it. */
  async #typed(chat: Chat, request: ChatRequest, typed: string): Promise<string> {
    const parsed = parseCommand(typed);
    // A wrong command is answered from here; no server is asked, except which thread this is.
    if ('name' in parsed || parsed.wrong !== 'unknown') return this.#command(chat, request, typed, parsed);
    const incident = await this.#incidentHere(chat, request);
    const act = parseIncidentCommand(typed);
    if (!act) {
      // What people say to each other beside an incident is not for us.
      if (request.kind === 'command' && request.remark && !isAsking(typed)) return 'remark';
      const plain = parseCommand(typed, incident ? 'thread' : 'channel');
      return this.#command(chat, request, typed, plain, incident);
    }
    const invocation = { chat, request, speech: this.#speechFor(request, typed, parsed), incident };
    if ('wrong' in act) return mistaken(invocation, act);
    if (!(await this.#isFirst(chat, request.id))) return 'duplicate';
    return actOnIncident(this.#services, invocation, act);
  }

  /** @param incident the one whose thread it is, where that was asked already */
  async #command(
    chat: Chat,
    request: ChatRequest,
    typed: string,
    command: Command | Mistake,
    incident?: Incident,
  ): Promise<string> {
    const speech = this.#speechFor(request, typed, command);
    if ('wrong' in command) return mistaken({ request, speech }, command);
    if (!(await this.#isFirst(chat, request.id))) return 'duplicate';
    const here = incident ?? (await this.#incidentHere(chat, request));
    const invocation = { chat, request, speech, incident: here, command, typed };
    if (!(await mayGive(this.#services, invocation))) return 'forbidden';
    const to = command.private ? 'asker' : specOf(command.name).answer;
    const step = command.name === 'analyze' ? 'waiting' : 'evidence';
    const live = await request.reply(stepView(step, speech, []), to);
    await runCommand(this.#services, invocation, live);
    return 'ok';
  }

  #speechFor(request: ChatRequest, typed: string, command: Command | Mistake): Speech {
    return this.#speech(answerLanguage(typed, command, this.#ownLanguage(request)));
  }

  /** Answers a pressed button; resolves with the outcome as the metrics name it. */
  async #press(chat: Chat, request: ChatRequest, action: Action): Promise<string> {
    if (!(await this.#isFirst(chat, request.id))) return 'duplicate';
    // A double click is two events to the platform, but one wish of the person.
    const click = `click/${request.user.id}/${action.name}/${action.subject}`;
    if (ASKING.has(action.name) && !(await this.#isFirst(chat, click, DOUBLE_CLICK_MS))) return 'duplicate';
    const invocation = { chat, request, speech: this.#speech(this.#ownLanguage(request)) };
    const act = incidentCommandOf(action);
    if (act) return actOnIncident(this.#services, invocation, act);
    const id = action.subject;
    switch (action.name) {
      case 'stop':
      case 'job-stop':
        return this.#stop(invocation, id);
      case 'job-retry':
      case 'job-drop':
        return this.#decideOnJob(invocation, action.name, id);
      case 'retry':
        return this.#retry(chat, request, id);
      case 'more':
      case 'show':
        return showIncident(this.#services, invocation, id, action.name);
      case 'why':
      case 'summarize':
        return this.#askAbout(invocation, action.name, id);
      default:
        throw new AppError('not_found', `no button ${action.name}`);
    }
  }

  async #stop(invocation: Invocation, id: string): Promise<string> {
    if (!(await mayStop(this.#services, invocation, id))) return 'forbidden';
    if (!(await stop(this.#services, invocation, id)))
      throw new AppError('not_found', `nothing runs as ${id}`);
    return 'ok';
  }

  async #decideOnJob(invocation: Invocation, name: 'job-retry' | 'job-drop', id: string): Promise<string> {
    const verb = name === 'job-retry' ? 'retry' : 'drop';
    if (!(await permitted(this.#services, invocation, roleFor('jobs', verb), `${name} ${id}`)))
      return 'forbidden';
    await actOnJob(this.#services, verb, id);
    await noteDone(this.#services, invocation, name, id);
    return 'ok';
  }

  /** Asks again: the model about an incident, or the words that were typed. */
  async #retry(chat: Chat, request: ChatRequest, id: string): Promise<string> {
    const about = incidentOfRetry(id);
    if (about !== undefined) {
      if (await this.#services.explainAgain(about)) return 'ok';
      throw new AppError('not_found', `no analysis of ${about}`);
    }
    const asked = await this.#services.state.get('asked', `asked/${id}`);
    if (!asked) throw new AppError('not_found', `no question ${id}`);
    return this.#typed(chat, { ...request, id: `retry-${randomUUID()}` }, asked.value.typed);
  }

  async #askAbout(invocation: Invocation, name: 'why' | 'summarize', id: string): Promise<string> {
    const incident = await this.#services.incidents.get(id);
    if (!incident) throw new AppError('not_found', `no incident ${id}`);
    const first = stepView('evidence', invocation.speech, []);
    const live = await replyInThread(this.#services, invocation, incident, first);
    const command: Command = { name, text: '', private: false };
    await runCommand(this.#services, { ...invocation, command, incident, typed: name }, live);
    return 'ok';
  }

  async #apologize(request: ChatRequest, error: AppError): Promise<void> {
    const { log } = this.#services;
    const speech = this.#speech(this.#ownLanguage(request));
    // If something that a person asked for does not exist, that is not a failure of the program.
    if (error.code === 'not_found' || error.code === 'usage')
      log.info({ code: error.code, why: error.message, kind: request.kind }, 'a request cannot be met');
    else log.warn({ err: error, kind: request.kind }, 'a request failed');
    const gone = error.code === 'not_found' && request.kind === 'action';
    const message = gone ? sentence(speech.say['usage.gone']) : errorView(error, speech);
    try {
      await replyWith(request, message);
    } catch (cause) {
      log.warn({ err: cause }, 'a person could not be told that their request failed');
    }
  }
}

/** Says to the asker alone what is wrong with a command. */
async function mistaken(
  { request, speech }: Pick<Invocation, 'request' | 'speech'>,
  mistake: Mistake | IncidentCommandMistake,
): Promise<string> {
  await replyWith(request, sentence(mistakeText(mistake, speech)));
  return 'usage';
}

/** The metric label: only known names, so that people cannot make new time series. */
function metricName(text: string): string {
  const parsed = parseCommand(text);
  if ('name' in parsed) return parsed.name;
  return parsed.wrong === 'unknown' ? 'words' : 'wrong';
}
