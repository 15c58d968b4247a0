import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { LogStore } from '../backends/logs/store.ts';
import type { ConsoleInput, ConsoleMessage, ConsoleRoom } from '../domain/question/console-room.ts';
import type { Language } from '../domain/question/question.ts';
import type { Log } from '../log.ts';
import { messagesQuery, pressBody, sayBody } from './contract.ts';
import { personOf, sessionOf, startSession } from './guard.ts';
import type { Sampler } from './health.ts';
import { invalid, problem, problemOf, sendProblem } from './problem.ts';
import type { EventStreams } from './sse.ts';
import { Timeline } from './timeline.ts';

const SERVICES_SUGGESTED = 50;

/** A message as the page gets it. Whose session a private one is for stays here. */
export type PageMessage = Omit<ConsoleMessage, 'onlyFor'> & { private?: true };

function pageMessage({ onlyFor, ...message }: ConsoleMessage): PageMessage {
  return onlyFor === undefined ? message : { ...message, private: true };
}
const maySee = (message: ConsoleMessage, session: string | undefined): boolean =>
  message.onlyFor === undefined || message.onlyFor === session;

/** A command as the page completes it. */
export interface Completion {
  en: string;
  ko: string;
  about: Record<Language, string>;
  /** Whether a time, a service and `--private` are offered behind it. */
  options: boolean;
  /** Offered only once its name is begun: usually a button does the same. */
  begun: boolean;
}

export interface ConsoleDeps {
  /** Absent in a process without a bot: the page then offers only what needs no chat. */
  room?: ConsoleRoom;
  logs: LogStore;
  sampler: Sampler;
  streams: EventStreams;
  language: Language;
  timeZone: string;
  version: string;
  /** The commands of the chat, for completion in the page. */
  commands: readonly Completion[];
  /** Whether people sign in with a token. */
  token: boolean;
  log: Log;
}

/**
 * What the console page calls: `/api/*`. Every role may look and ask. The chat behind the room checks the role for each
 * command and button. Returns a function that stops listening to the room.
 */
export function addConsoleRoutes(app: FastifyInstance, deps: ConsoleDeps): () => void {
  const { room } = deps;
  app.get('/api/console', { config: { access: 'viewer' } }, async (request, reply) => {
    ensureSession(request, reply);
    return reply.header('cache-control', 'no-store').send({
      version: deps.version,
      language: deps.language,
      timeZone: deps.timeZone,
      chat: room !== undefined,
      commands: deps.commands,
      token: deps.token,
    });
  });
  addRoomRoutes(app, deps);

  /** Service names for the completion of `service:`; those with the most lines first. */
  app.get('/api/services', { config: { access: 'viewer' } }, async (_request, reply) => {
    try {
      const counts = await deps.logs.counts({}, 'service', SERVICES_SUGGESTED);
      return await reply.send({ services: counts.map((entry) => entry.key) });
    } catch (error) {
      return failed(error, reply, deps.log);
    }
  });

  const timeline = room && new Timeline(room);
  addEvents(app, deps, timeline);
  return () => timeline?.stop();
}

/** The messages of the room, and what a person types and presses there. */
function addRoomRoutes(app: FastifyInstance, { room, language, log }: ConsoleDeps): void {
  app.get('/api/messages', { config: { access: 'viewer' } }, async (request, reply) => {
    if (!room) return noChat(reply);
    const query = messagesQuery.safeParse(request.query);
    if (!query.success) return sendProblem(reply, invalid(query.error));
    const session = sessionOf(request);
    try {
      const messages = await room.history(query.data.thread);
      return await reply
        .header('cache-control', 'no-store')
        .send({ messages: messages.filter((message) => maySee(message, session)).map(pageMessage) });
    } catch (error) {
      return failed(error, reply, log);
    }
  });

  /** Passes on what a person did to the room, with the session and, if no language was given, the server's language. */
  const accept = async <T extends Pick<ConsoleInput, 'user'> & Partial<ConsoleInput>>(
    request: FastifyRequest,
    reply: FastifyReply,
    input: T,
    hand: (input: T & ConsoleInput) => Promise<void>,
  ): Promise<FastifyReply> => {
    const session = ensureSession(request, reply);
    try {
      await hand({ ...input, language: input.language ?? language, session });
      return await reply.code(202).send({ accepted: true });
    } catch (error) {
      return failed(error, reply, log);
    }
  };

  app.post('/api/say', { config: { access: 'viewer' } }, async (request, reply) => {
    if (!room) return noChat(reply);
    const body = sayBody.safeParse(request.body);
    if (!body.success) return sendProblem(reply, invalid(body.error));
    return accept(request, reply, body.data, (input) => room.say(input));
  });

  app.post('/api/press', { config: { access: 'viewer' } }, async (request, reply) => {
    if (!room) return noChat(reply);
    const body = pressBody.safeParse(request.body);
    if (!body.success) return sendProblem(reply, invalid(body.error));
    return accept(request, reply, body.data, (input) => room.press(input));
  });
}

/**
 * Events `hello` ({resumed}), `message` (new or changed) and `health`. They share one stream, because browsers open at
 * most six connections to a server.
 */
function addEvents(app: FastifyInstance, deps: ConsoleDeps, timeline: Timeline | undefined): void {
  app.get('/api/events', { config: { access: 'viewer' }, exposeHeadRoute: false }, async (request, reply) => {
    const session = ensureSession(request, reply);
    const stream = deps.streams.open(reply);
    if (!stream) return reply;
    const send = (id: string, message: ConsoleMessage): void => {
      if (maySee(message, session)) stream.send({ event: 'message', id, data: pageMessage(message) });
    };
    if (timeline) {
      const header = request.headers['last-event-id'];
      const missed = timeline.since(Array.isArray(header) ? header[0] : header);
      stream.send({
        event: 'hello',
        ...(missed ? {} : { id: timeline.lastId }),
        data: { resumed: missed !== undefined },
      });
      for (const { id, message } of missed ?? []) send(id, message);
      stream.onClose(timeline.listen(send));
    } else stream.send({ event: 'hello', data: { resumed: false } });
    stream.onClose(deps.sampler.listen((sample) => stream.send({ event: 'health', data: sample })));
    return reply;
  });
}

/** The caller's session; one is started when there is none. */
function ensureSession(request: FastifyRequest, reply: FastifyReply): string {
  const known = sessionOf(request);
  if (known) return known;
  const header = startSession();
  reply.header('set-cookie', header);
  return personOf(header.slice(header.indexOf('=') + 1, header.indexOf(';')));
}

function failed(error: unknown, reply: FastifyReply, log: Log): FastifyReply {
  const value = problemOf(error);
  if (value.status >= 500) log.warn({ err: error }, 'console request failed');
  return sendProblem(reply, value);
}

const noChat = (reply: FastifyReply): FastifyReply =>
  sendProblem(reply, problem(404, 'not_found', 'This process runs no chat (its role has no bot).'));
