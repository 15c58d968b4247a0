import type { ConsoleMessage, ConsoleRoom } from '../../src/domain/question/console-room.ts';
import type { Action, Message } from '../../src/domain/question/message.ts';

/** What people did in the room, for tests to look at. */
export interface RoomInput {
  session: string;
  user: string;
  language: string;
  thread?: string;
  text?: string;
  action?: Action;
}

/** A room in memory. Tests post into it and read what the page sent. */
export interface FakeRoom extends ConsoleRoom {
  readonly inputs: RoomInput[];
  post(message: Message, options?: Partial<ConsoleMessage>): ConsoleMessage;
  edit(id: string, message: Message, charts?: string[]): void;
  /** Answers what a person typed or pressed; by default it is only echoed. */
  onInput?: (input: RoomInput) => void;
  /** Thrown by the next `say` or `press`. */
  failNext?: Error;
}

export function fakeRoom(): FakeRoom {
  const messages: ConsoleMessage[] = [];
  const listeners = new Set<(message: ConsoleMessage) => void>();
  const tell = (message: ConsoleMessage): void => {
    for (const listener of listeners) listener(structuredClone(message));
  };
  let next = 1;

  function accept(input: RoomInput): void {
    if (room.failNext) {
      const error = room.failNext;
      delete room.failNext;
      throw error;
    }
    room.inputs.push(input);
    if (input.text !== undefined)
      room.post(
        { summary: input.text, tone: 'neutral', blocks: [{ kind: 'text', text: input.text }] },
        { author: input.user, fromBot: false, ...(input.thread ? { thread: input.thread } : {}) },
      );
    room.onInput?.(input);
  }

  const room: FakeRoom = {
    inputs: [],
    async history(thread) {
      return messages
        .filter((message) => message.thread === thread)
        .map((message) => structuredClone(message));
    },
    async say(input) {
      accept(input);
    },
    async press(input) {
      accept(input);
    },
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    post(message, options = {}) {
      const posted: ConsoleMessage = {
        id: `m${next++}`,
        author: 'Bongsu',
        fromBot: true,
        at: Date.now(),
        charts: [],
        message,
        ...options,
      };
      messages.push(posted);
      tell(posted);
      const parent = messages.find((other) => other.id === posted.thread);
      if (parent) {
        parent.replies = (parent.replies ?? 0) + 1;
        tell(parent);
      }
      return posted;
    },
    edit(id, message, charts) {
      const found = messages.find((other) => other.id === id)!;
      found.message = message;
      found.editedAt = Date.now();
      if (charts) found.charts = charts;
      tell(found);
    },
  };
  return room;
}
