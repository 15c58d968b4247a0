import type { Action, Message } from '../domain/question/message.ts';
import type { Language } from '../domain/question/question.ts';

/** A message of the console's channel as the page shows it. */
export interface RoomMessage {
  id: string;
  /** The message whose thread it lies in; absent in the channel. */
  thread?: string;
  /** Number of replies, on parents. */
  replies?: number;
  author: string;
  fromBot: boolean;
  /** Epoch milliseconds; `editedAt` when it changed later. */
  at: number;
  editedAt?: number;
  message: Message;
  /** One SVG text per chart block, in order. */
  charts: string[];
  /** Set when only this page session may see it. */
  onlyFor?: string;
}

/** What the page needs of the chat behind it; the console adapter of the bot provides it. */
export interface Room {
  /** Channel messages (`thread` absent) or one thread, oldest first. */
  history(thread?: string): Promise<RoomMessage[]>;
  /** A person typed `/logs …` or words in a thread. Resolves when it is accepted; answers come over `listen`. */
  say(input: {
    session: string;
    user: string;
    language: Language;
    text: string;
    thread?: string;
  }): Promise<void>;
  press(input: {
    session: string;
    user: string;
    language: Language;
    action: Action;
    thread?: string;
  }): Promise<void>;
  /** New and changed messages; returns the function that stops it. */
  listen(listener: (message: RoomMessage) => void): () => void;
}
