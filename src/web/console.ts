import { randomBytes } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { LogStore } from '../backends/logs/store.ts';
import type { Language } from '../domain/question/question.ts';
import type { Log } from '../log.ts';
import { messagesQuery, pressBody, sayBody } from './contract.ts';
import { personOf, type SignedIn, sessionOf, startSession } from './guard.ts';
import type { Sampler } from './health.ts';
import { invalid, problem, problemOf, sendProblem } from './problem.ts';
import type { Room, RoomMessage } from './room.ts';
import type { Streams } from './sse.ts';

/** Changes kept for clients that reconnect; who missed more fetches everything anew. */
const EVENTS_KEPT = 500;
const SERVICES_SUGGESTED = 50;

/** A message as the page gets it: whose session a private one belongs to is nobody's business. */
export type PageMessage = Omit<RoomMessage, 'onlyFor'> & { private?: true };

function pageMessage({ onlyFor, ...message }: RoomMessage): PageMessage {
  return onlyFor === undefined ? message : { ...message, private: true };
}
const maySee = (message: RoomMessage, session: string | undefined): boolean =>
  message.onlyFor === undefined || message.onlyFor === session;

/**
 * What happened in the room, numbered, so that a client which reconnects with `Last-Event-ID` gets what it missed.
 * Numbers carry a mark of this process: those of an earlier one mean nothing now.
 */
function createTimeline(room: Room) {
  const mark = randomBytes(4).toString('hex');
  const kept: { number: number; message: RoomMessage }[] = [];
  const listeners = new Set<(id: string, message: RoomMessage) => void>();
  let number = 0;
  const stop = room.listen((message) => {
    number += 1;
    kept.push({ number, message });
    if (kept.length > EVENTS_KEPT) kept.shift();
    for (const listener of listeners) listener(`${mark}-${number}`, message);
  });
  return {
    stop,
    listeners,
    lastId: () => `${mark}-${number}`,
    /** What happened after the event `id`; undefined when that is no longer known. */
    since(id: string | undefined): { id: string; message: RoomMessage }[] | undefined {
      const [of, text] = id?.split('-') ?? [];
      const after = Number(text);
      if (of !== mark || !Number.isInteger(after) || after > number) return undefined;
      const oldest = kept[0]?.number ?? number + 1;
      if (after + 1 < oldest) return undefined;
      return kept
        .filter((entry) => entry.number > after)
        .map((entry) => ({ id: `${mark}-${entry.number}`, message: entry.message }));
    },
  };
}

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
  /** Absent in a process that runs no bot: the page then offers only what needs no chat. */
  room?: Room;
  logs: LogStore;
  sampler: Sampler;
  streams: Streams;
  signedIn: SignedIn;
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
 * What the console page calls: `/api/*`. Looking and asking is for every role; what is said or pressed is checked
 * against the role by the chat behind the room, command by command. Returns the function that stops listening to the room.
 */
export function addConsoleRoutes(app: FastifyInstance, deps: ConsoleDeps): () => void {
  const { room } = deps;
  const timeline = room && createTimeline(room);

  const ensureSession = (request: FastifyRequest, reply: FastifyReply): string => {
    const known = sessionOf(request);
    if (known) return known;
    const header = startSession();
    reply.header('set-cookie', header);
    return personOf(header.slice(header.indexOf('=') + 1, header.indexOf(';')));
  };
  const failed = (error: unknown, reply: FastifyReply): FastifyReply => {
    const value = problemOf(error);
    if (value.status >= 500) deps.log.warn({ err: error }, 'console request failed');
    return sendProblem(reply, value);
  };
  const noChat = (reply: FastifyReply): FastifyReply =>
    sendProblem(reply, problem(404, 'not_found', 'This process runs no chat (its role has no bot).'));

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
      return failed(error, reply);
    }
  });

  app.post('/api/say', { config: { access: 'viewer' } }, async (request, reply) => {
    if (!room) return noChat(reply);
    const body = sayBody.safeParse(request.body);
    if (!body.success) return sendProblem(reply, invalid(body.error));
    const session = ensureSession(request, reply);
    try {
      await room.say({ language: deps.language, ...defined(body.data), session });
      return await reply.code(202).send({ accepted: true });
    } catch (error) {
      return failed(error, reply);
    }
  });

  app.post('/api/press', { config: { access: 'viewer' } }, async (request, reply) => {
    if (!room) return noChat(reply);
    const body = pressBody.safeParse(request.body);
    if (!body.success) return sendProblem(reply, invalid(body.error));
    const session = ensureSession(request, reply);
    try {
      await room.press({ language: deps.language, ...defined(body.data), session });
      return await reply.code(202).send({ accepted: true });
    } catch (error) {
      return failed(error, reply);
    }
  });

  /** Service names for the completion of `service:`, most talkative first. */
  app.get('/api/services', { config: { access: 'viewer' } }, async (_request, reply) => {
    try {
      const counts = await deps.logs.counts({}, 'service', SERVICES_SUGGESTED);
      return await reply.send({ services: counts.map((entry) => entry.key) });
    } catch (error) {
      return failed(error, reply);
    }
  });

  /**
   * Events `hello` ({resumed}), `message` (new or changed) and `health`. One stream for all of them: browsers
   * open at most six connections to a server.
   */
  app.get('/api/events', { config: { access: 'viewer' }, exposeHeadRoute: false }, async (request, reply) => {
    const session = ensureSession(request, reply);
    const stream = deps.streams.open(reply);
    if (!stream) return reply;
    const send = (id: string, message: RoomMessage): void => {
      if (maySee(message, session)) stream.send({ event: 'message', id, data: pageMessage(message) });
    };
    if (timeline) {
      const header = request.headers['last-event-id'];
      const missed = timeline.since(Array.isArray(header) ? header[0] : header);
      stream.send({
        event: 'hello',
        ...(missed ? {} : { id: timeline.lastId() }),
        data: { resumed: missed !== undefined },
      });
      for (const { id, message } of missed ?? []) send(id, message);
      timeline.listeners.add(send);
      stream.onClose(() => timeline.listeners.delete(send));
    } else stream.send({ event: 'hello', data: { resumed: false } });
    stream.onClose(deps.sampler.listen((sample) => stream.send({ event: 'health', data: sample })));
    return reply;
  });

  return () => timeline?.stop();
}

/** Without the fields that are undefined, so that they do not cover defaults. */
function defined<T extends { language?: Language }>(value: T): T {
  const { language, ...rest } = value;
  return (language === undefined ? rest : value) as T;
}
