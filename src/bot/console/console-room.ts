import type { Action, Message } from '../../domain/question/message.ts';
import type { Language } from '../../domain/question/question.ts';

/** A message of the console's channel as the page shows it (the shape of the web role's room). */
export interface ConsoleMessage {
  id: string;
  thread?: string;
  replies?: number;
  author: string;
  fromBot: boolean;
  at: number;
  editedAt?: number;
  message: Message;
  charts: string[];
  onlyFor?: string;
}

/** Who did something in the console, and where. */
export interface ConsoleInput {
  session: string;
  user: string;
  language: Language;
  thread?: string;
}

/** What the page needs of the chat behind it. */
export interface ConsoleRoom {
  history(thread?: string): Promise<ConsoleMessage[]>;
  say(input: ConsoleInput & { text: string }): Promise<void>;
  press(input: ConsoleInput & { action: Action }): Promise<void>;
  listen(listener: (message: ConsoleMessage) => void): () => void;
}
