import { randomUUID } from 'node:crypto';
import type { Incident } from '../../domain/alert/incident.ts';
import { AppError, toAppError } from '../../domain/errors.ts';
import type { Action } from '../../domain/question/message.ts';
import { type Language, MAX_QUESTION } from '../../domain/question/question.ts';
import { HOUR } from '../../domain/time/units.ts';
import { type Speech, speech as speechOf } from '../../i18n/format.ts';
import type { Metrics } from '../../metrics.ts';
import type { Chat, ChatRequest, LiveMessage } from '../chat/chat.ts';
import { liveMessage } from '../chat/live-message.ts';
import { type Delivery, parentId } from '../delivery/delivery.ts';
import { placesOf } from '../delivery/routing.ts';
import { incidentOfRetry } from '../follow-up/explanation.ts';
import { errorView, sentence, stepView } from '../views/replies.ts';
import { analyze, type JobMessages } from './analyze.ts';
import { Answered, ask } from './ask.ts';
import type { Asked, Services } from './context.ts';
import { control, controlOf, mistaken, noteDone, permitted, showIncident } from './control.ts';
import { digest } from './digest.ts';
import { actOnJob, jobs as listJobs, mayStop, stop } from './jobs.ts';
import { audit, incident, incidents, mayRun, mutes, shadow } from './lists.ts';
import { cost, health, help } from './overview.ts';
import { answerLanguage, type Command, type Mistake, parseCommand } from './parse/command.ts';
import { parseIncidentCommand } from './parse/incident-command.ts';
import { search } from './search.ts';
import { mainNames, usageOf } from './table/texts.ts';
import { tune } from './tune.ts';

const REQUEST_TTL_MS = HOUR;
const REMEMBERED = 5_000;
/** Edits of an answer that goes into another place than the one it was asked in. */
const EDIT_EVERY_MS = 1_000;

export interface RouterOptions {
  services: Services;
  jobs: JobMessages;
  language: Language;
  timeZone: string;
  metrics: Metrics;
}

export interface Router {
  /** Handles what a person did; never rejects. */
  handle(chat: Chat, request: ChatRequest): Promise<void>;
}

/** Buttons that ask for something anew each time they are pressed; pressed again this soon, it was one click too many. */
const ASKING: ReadonlySet<Action['name']> = new Set<Action['name']>(['why', 'summarize', 'retry']);
const DOUBLE_CLICK_MS = 3_000;

/** Takes commands and pressed buttons of every chat to what answers them. */
export function createRouter({ services, jobs, language, timeZone, metrics }: RouterOptions): Router {
  const { state, log } = services;
  const handled = new Set<string>();

  /** Platforms deliver again what they think was lost. True for the first time. */
  async function isFirst(chat: Chat, id: string, ttlMs = REQUEST_TTL_MS): Promise<boolean> {
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

  async function incidentHere(chat: Chat, request: ChatRequest): Promise<Incident | undefined> {
    if (!request.place.thread) return undefined;
    return services.incidents.inThread(chat.name, request.place);
  }

  async function command(chat: Chat, request: ChatRequest, typed: string, own: Language): Promise<string> {
    // Wrong input is answered from here; no server is asked, except which thread this is.
    let parsed: Command | Mistake = parseCommand(typed);
    let here: Incident | undefined;
    if ('wrong' in parsed && parsed.wrong === 'unknown') {
      const wanted = parseIncidentCommand(typed);
      here = await incidentHere(chat, request);
      if (wanted) {
        const speech = speechOf(answerLanguage(typed, parsed, own), timeZone);
        const wish = { chat, request, speech, ...(here ? { here } : {}) };
        if ('wrong' in wanted) return mistaken(wish, wanted);
        if (!(await isFirst(chat, request.id))) return 'duplicate';
        return control(services, wish, wanted);
      }
      if (here) parsed = parseCommand(typed, true);
    }
    const speech = speechOf(answerLanguage(typed, parsed, own), timeZone);
    if ('wrong' in parsed) {
      const mistake = sentence(mistakeText(parsed, speech));
      await (await request.reply(mistake, 'asker')).finish(mistake);
      return 'usage';
    }
    if (!(await isFirst(chat, request.id))) return 'duplicate';
    here ??= await incidentHere(chat, request);
    const asked: Asked = {
      chat,
      request,
      command: parsed,
      speech,
      typed,
      ...(here ? { incident: here } : {}),
    };
    if (!(await mayRun(services, asked))) return 'forbidden';
    const to = parsed.private || parsed.name === 'audit' ? 'asker' : 'place';
    const live = await request.reply(
      stepView(parsed.name === 'analyze' ? 'waiting' : 'evidence', speech, []),
      to,
    );
    await run(asked, live);
    return 'ok';
  }

  /** Runs a command; what goes wrong becomes a sentence in its message. */
  async function run(asked: Asked, live: LiveMessage): Promise<void> {
    try {
      switch (asked.command.name) {
        case 'why':
        case 'summarize':
          return await ask(services, asked, live);
        case 'search':
          return await search(services, asked, live);
        case 'analyze':
          return await analyze(services, asked, live, jobs);
        case 'jobs':
          return await listJobs(services, asked, live);
        case 'tune':
          return await tune(services, asked, live, jobs);
        case 'digest':
          return await digest(services, asked, live, jobs);
        case 'health':
          return await health(services, asked, live);
        case 'incidents':
          return await incidents(services, asked, live);
        case 'incident':
          return await incident(services, asked, live);
        case 'mutes':
          return await mutes(services, asked, live);
        case 'shadow':
          return await shadow(services, asked, live);
        case 'audit':
          return await audit(services, asked, live);
        case 'cost':
          return await cost(services, asked, live);
        case 'help':
          return await help(services, asked, live);
      }
    } catch (cause) {
      if (cause instanceof Answered) throw cause;
      const error = toAppError(cause);
      log.warn({ err: error, command: asked.command.name }, 'a command failed');
      await live.finish(errorView(error, asked.speech));
      throw new Answered(error);
    }
  }

  async function act(chat: Chat, request: ChatRequest, action: Action, own: Language): Promise<string> {
    const speech = speechOf(own, timeZone);
    if (!(await isFirst(chat, request.id))) return 'duplicate';
    const id = action.subject;
    // A double click is two events to the platform, and one wish.
    const click = `click/${request.user.id}/${action.name}/${id}`;
    if (ASKING.has(action.name) && !(await isFirst(chat, click, DOUBLE_CLICK_MS))) return 'duplicate';
    const wanted = controlOf(action);
    const wish = { chat, request, speech };
    if (wanted) return control(services, wish, wanted);
    switch (action.name) {
      case 'stop':
      case 'job-stop':
        if (!(await mayStop(services, wish, id))) return 'forbidden';
        if (!(await stop(services, wish, id))) throw new AppError('not_found', `nothing runs as ${id}`);
        return 'ok';
      case 'job-retry':
      case 'job-drop':
        if (!(await permitted(services, wish, 'responder', `${action.name} ${id}`))) return 'forbidden';
        await actOnJob(services, action.name, id);
        await noteDone(services, wish, action.name, id);
        return 'ok';
      case 'retry': {
        const about = incidentOfRetry(id);
        if (about !== undefined) {
          if (!(await services.explainAgain(about)))
            throw new AppError('not_found', `no analysis of ${about}`);
          return 'ok';
        }
        const asked = await state.get<{ typed: string }>('fact', `asked/${id}`);
        if (!asked) throw new AppError('not_found', `no question ${id}`);
        return command(chat, { ...request, id: `retry-${randomUUID()}` }, asked.value.typed, own);
      }
      case 'more':
      case 'show':
        return showIncident(services, wish, id, action.name);
      case 'why':
      case 'summarize': {
        const incident = await services.incidents.get(id);
        if (!incident) throw new AppError('not_found', `no incident ${id}`);
        const live = await answerInThread(chat, request, incident, stepView('evidence', speech, []));
        const parsed: Command = { name: action.name, text: '', private: false };
        await run({ chat, request, command: parsed, speech, incident, typed: action.name }, live);
        return 'ok';
      }
      default:
        throw new AppError('not_found', `no button ${action.name}`);
    }
  }

  /** Answers to a button of an incident belong into its thread, wherever the button was pressed. */
  async function answerInThread(
    chat: Chat,
    request: ChatRequest,
    incident: Incident,
    first: ReturnType<typeof stepView>,
  ): Promise<LiveMessage> {
    const places = placesOf(incident, [chat]);
    const here = places.find(({ alertChannel }) => alertChannel === request.place.channel) ?? places[0];
    const id = here && parentId(chat.name, incident.id, here.slot);
    const parent = id && (await state.get<Delivery>('outbox', id));
    const ref = parent ? parent.value.ref : undefined;
    if (!ref?.thread || request.place.thread === ref.thread) return request.reply(first, 'place');
    const posted = await chat.post({ channel: ref.channel, thread: ref.thread }, first, {
      nonce: `answer/${request.id}`,
    });
    return liveMessage({
      ref: posted,
      intervalMs: chat.pace ? 1_000 / chat.pace.perSecond : EDIT_EVERY_MS,
      log,
      signal: services.signal,
      edit: (message) => chat.edit(posted, message),
    });
  }

  return {
    async handle(chat, request) {
      const key = `${chat.name}/${request.id}`;
      if (handled.has(key)) return;
      handled.add(key);
      if (handled.size > REMEMBERED) handled.delete(handled.values().next().value!);
      const own = request.user.language ?? language;
      const name = request.kind === 'action' ? request.action.name : commandName(request.text);
      let outcome: string;
      try {
        outcome =
          request.kind === 'action'
            ? await act(chat, request, request.action, own)
            : await command(chat, request, request.text, own);
      } catch (cause) {
        const shown = cause instanceof Answered;
        const error = shown ? cause.error : toAppError(cause);
        outcome = error.code;
        if (!shown) await apologize(request, error, speechOf(own, timeZone));
      }
      metrics.requests.inc({ chat: chat.name, name, outcome });
    },
  };

  async function apologize(request: ChatRequest, error: AppError, speech: Speech): Promise<void> {
    // What a person asked for and is not there is no trouble of ours.
    if (error.code === 'not_found' || error.code === 'usage')
      log.info({ code: error.code, why: error.message, kind: request.kind }, 'a request cannot be met');
    else log.warn({ err: error, kind: request.kind }, 'a request failed');
    const gone = error.code === 'not_found' && request.kind === 'action';
    const message = gone ? sentence(speech.say['usage.gone']) : errorView(error, speech);
    try {
      await (await request.reply(message, 'asker')).finish(message);
    } catch (cause) {
      log.warn({ err: cause }, 'a person could not be told that their request failed');
    }
  }
}

/** The metric label: only known names, so that people cannot make new time series. */
function commandName(text: string): string {
  const parsed = parseCommand(text);
  if ('name' in parsed) return parsed.name;
  return parsed.wrong === 'unknown' ? 'words' : 'wrong';
}

function mistakeText(mistake: Mistake, speech: Speech): string {
  const { word } = mistake;
  const { say } = speech;
  switch (mistake.wrong) {
    case 'empty':
      return say['usage.empty'];
    case 'search':
      return say['usage.search'];
    case 'tooLong':
      return say['usage.tooLong'](Number(word), MAX_QUESTION);
    case 'unknown':
      return say['usage.unknown'](word, mainNames(speech));
    case 'thread':
      return say['usage.thread'](word);
    case 'form':
      return say['usage.form'](word, usageOf(mistake.command, speech));
    case 'duration':
      return say['usage.duration'](word);
    case 'option':
      return say['usage.option'](word);
  }
}
