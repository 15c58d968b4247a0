import type {
  Chat,
  ChatHandlers,
  ChatRequest,
  ChatUser,
  LiveMessage,
  MessageRef,
  Place,
} from '../../src/bot/chat/chat.ts';
import { AppError, type ErrorCode } from '../../src/domain/errors.ts';
import type { Action, Block, Message } from '../../src/domain/question/message.ts';
import type { Language } from '../../src/domain/question/question.ts';

export interface FakeMessage {
  ref: MessageRef;
  message: Message;
  nonce?: string;
  at: number;
  edits: number;
}

/** One failure: `cut` delivers, then loses the answer. */
export type Failure = { code: ErrorCode; retryAfterMs?: number } | 'cut';

export interface Reply {
  to: 'asker' | 'place';
  /** Every state shown, oldest first. */
  states: Message[];
  finished: boolean;
}

/** Who does something, and where. */
export interface Deed {
  thread?: string;
  language?: Language;
  id?: string;
  user?: string;
  userId?: string;
  /** People named in a command. */
  people?: ChatUser[];
}

export interface FakeChat extends Chat {
  /** What stands in the channel and its threads, oldest first. */
  readonly messages: FakeMessage[];
  /** Every call in order. */
  readonly calls: { operation: 'post' | 'edit' | 'find'; nonce?: string; id?: string; at: number }[];
  /** Every reply to every request, in order. */
  readonly replies: Reply[];
  /** The next calls of an operation fail like this, one after the other. */
  fail(operation: 'post' | 'edit' | 'find', ...failures: Failure[]): void;
  /** A person or a rule removes a message; with it goes its thread, which takes no more replies. */
  remove(id: string): void;
  handlers(): ChatHandlers;
  /** A person types a command; resolves when the bot is done with it. */
  command(text: string, options?: Deed): Promise<Reply[]>;
  press(action: Action, options?: Deed): Promise<Reply[]>;
}

/** A platform in memory. It keeps its messages while adapters come and go, as a real one does. */
export function fakeChat(
  options: { pace?: Chat['pace']; messages?: FakeMessage[]; name?: Chat['name'] } = {},
): FakeChat {
  const messages = options.messages ?? [];
  const calls: FakeChat['calls'] = [];
  const scripted: Record<string, Failure[]> = {};
  let handlers: ChatHandlers | undefined;
  let requests = 0;
  let latest = messages.length;
  const removed = new Set<string>();
  const everyReply: Reply[] = [];

  function call<T>(operation: 'post' | 'edit' | 'find', work: () => T, facts: object = {}): T {
    calls.push({ operation, at: Date.now(), ...facts });
    const failure = scripted[operation]?.shift();
    if (failure && failure !== 'cut')
      throw new AppError(failure.code, `scripted ${failure.code}`, { retryAfterMs: failure.retryAfterMs });
    const result = work();
    if (failure === 'cut')
      throw new AppError('unavailable', 'scripted: the connection was cut after delivery');
    return result;
  }

  async function deliver(
    what: { kind: 'command'; text: string } | { kind: 'action'; action: Action },
    given: Deed = {},
  ): Promise<Reply[]> {
    if (!handlers) throw new Error('not started');
    const replies: Reply[] = [];
    requests += 1;
    const place: Place = { channel: 'C1', ...(given.thread ? { thread: given.thread } : {}) };
    const request: ChatRequest = {
      id: given.id ?? `request-${requests}`,
      user: {
        id: given.userId ?? 'U1',
        name: given.user ?? 'mina',
        ...(given.language ? { language: given.language } : {}),
      },
      place,
      async reply(message, to) {
        const reply: Reply = { to, states: [message], finished: false };
        replies.push(reply);
        everyReply.push(reply);
        const posted = to === 'place' ? add(place, message, {}) : undefined;
        const live: LiveMessage = {
          ...(posted ? { ref: posted.ref } : {}),
          update(next) {
            reply.states.push(next);
          },
          async finish(next) {
            reply.states.push(next);
            reply.finished = true;
            if (posted) posted.message = next;
          },
        };
        return live;
      },
      ...what,
      ...(given.people ? { people: given.people } : {}),
    };
    await handlers.request(request);
    return replies;
  }

  function add(place: Place, message: Message, how: { nonce?: string; opensThread?: string }): FakeMessage {
    if (place.thread && removed.has(place.thread))
      throw new AppError('not_found', `no thread ${place.thread}`);
    latest = Math.max(latest, messages.length) + 1;
    const id = `m${latest}`;
    const thread = place.thread ?? (how.opensThread === undefined ? undefined : id);
    const posted: FakeMessage = {
      ref: { channel: place.channel, id, ...(thread ? { thread } : {}) },
      message: structuredClone(message),
      ...(how.nonce ? { nonce: how.nonce } : {}),
      at: Date.now(),
      edits: 0,
    };
    messages.push(posted);
    return posted;
  }

  return {
    name: options.name ?? 'slack',
    alertChannel: 'C1',
    pace: options.pace ?? { perSecond: 1_000, burst: 1_000 },
    messages,
    calls,
    replies: everyReply,
    fail(operation, ...failures) {
      scripted[operation] = [...(scripted[operation] ?? []), ...failures];
    },
    remove(id) {
      removed.add(id);
      const gone = messages.filter(({ ref }) => ref.id === id || ref.thread === id);
      for (const message of gone) messages.splice(messages.indexOf(message), 1);
    },
    handlers() {
      if (!handlers) throw new Error('not started');
      return handlers;
    },
    command: (text, given) => deliver({ kind: 'command', text }, given),
    press: (action, given) => deliver({ kind: 'action', action }, given),
    async start(given) {
      handlers = given;
    },
    async post(place, message, how) {
      return call('post', () => ({ ...add(place, message, how).ref }), { nonce: how.nonce });
    },
    async edit(ref, message) {
      call(
        'edit',
        () => {
          const found = messages.find((entry) => entry.ref.id === ref.id);
          if (!found) throw new AppError('not_found', `no message ${ref.id}`);
          found.message = structuredClone(message);
          found.edits += 1;
        },
        { id: ref.id },
      );
    },
    async find(place, nonce, since, how = {}) {
      return call(
        'find',
        () => {
          const found = messages.find(
            (entry) =>
              entry.nonce === nonce &&
              entry.at >= since &&
              entry.ref.channel === place.channel &&
              (place.thread === undefined || entry.ref.thread === place.thread),
          );
          if (found && how.opensThread !== undefined) found.ref.thread ??= found.ref.id;
          return found && { ...found.ref };
        },
        { nonce },
      );
    },
    async health() {
      return { ok: true, kind: 'fake', detail: `${messages.length} messages` };
    },
    async [Symbol.asyncDispose]() {
      handlers = undefined;
    },
  };
}

function wordsIn(block: Block): string[] {
  switch (block.kind) {
    case 'heading':
    case 'text':
    case 'footnote':
      return [block.text];
    case 'fields':
      return block.fields.map((field) => `${field.label}: ${field.value}`);
    case 'lines':
      return block.lines;
    case 'details':
      return [`${block.label}: ${block.text}`, ...block.lines];
    case 'progress':
      return [block.label];
    case 'buttons':
      return block.buttons.map((button) => button.label);
    case 'chart':
      return [block.chart.title];
    case 'report':
      return [];
  }
}

/** All words of a message, for assertions. */
export const wordsOf = (message: Message): string =>
  [message.summary, ...message.blocks.flatMap(wordsIn)].join('\n');
