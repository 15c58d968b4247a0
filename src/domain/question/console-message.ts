import type { Message } from './message.ts';
import type { Language } from './question.ts';

/** A message of the console's channel: the bot's console chat keeps it, the page shows it. */
export interface ConsoleMessage {
  id: string;
  /** Id of the message whose thread this one is in; absent in the channel. */
  thread?: string;
  /** Number of replies; only on the first message of a thread. */
  replies?: number;
  author: string;
  fromBot: boolean;
  /** Epoch milliseconds; `editedAt` only when it was changed later. */
  at: number;
  editedAt?: number;
  message: Message;
  /** One SVG text for each chart block, in order. */
  charts: string[];
  /** Set when only this session of the page may see it. */
  onlyFor?: string;
}

/** Who typed or pressed something in the console, and where. */
export interface ConsoleInput {
  /** Public name of the page's session. */
  session: string;
  /** Name the person gave. */
  user: string;
  language: Language;
  /** Absent in the channel. */
  thread?: string;
}
