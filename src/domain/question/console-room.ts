import type { IncidentRow } from '../alert/incident-row.ts';
import type { Action, Message } from './message.ts';
import type { Language } from './question.ts';

/** A message in the console's channel: the bot's console chat keeps it, the page shows it. */
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
  /** Present if only this session of the page may see it. */
  onlyFor?: string;
}

/** Who typed or pressed something in the console, and where. */
export interface ConsoleInput {
  /** Public name of the page's session. */
  session: string;
  /** The name that the person gave. */
  user: string;
  language: Language;
  /** Absent in the channel. */
  thread?: string;
}

/** The chat behind the console page, as the page uses it. The bot's console chat is one; `app.ts` gives it to the web. */
export interface ConsoleRoom {
  /** The messages of the channel (without `thread`) or of one thread, oldest first. */
  history(thread?: string): Promise<ConsoleMessage[]>;
  /** A person typed `/logs …` or words in a thread. Resolves when it is accepted; answers come through `listen`. */
  say(input: ConsoleInput & { text: string }): Promise<void>;
  /** A person pressed a button. */
  press(input: ConsoleInput & { action: Action }): Promise<void>;
  /** Calls the listener for each new or changed message. Returns a function that stops it. */
  listen(listener: (message: ConsoleMessage) => void): () => void;
}

/** Who sends an HTTP request: a session of the page, or a program. */
export interface Caller {
  /** The session's public name; undefined for a program, which has no session. */
  session: string | undefined;
}

/** An incident as the page lists it. */
export interface ConsoleIncident extends IncidentRow {
  /** Id of the message in the channel that opens its thread; absent while it has none. */
  thread?: string;
}

/** The incidents of the page, whatever their severity. */
export interface ConsoleIncidents {
  /**
   * The worst first. @param all also those that are resolved, muted or kept quiet
   * @throws AppError of the state store
   */
  list(all: boolean, language: Language): Promise<ConsoleIncident[]>;
  /**
   * Opens the thread of an incident that has none, because a person wants to see it. It is there a moment later.
   * @throws AppError `not_found`; those of the state store
   */
  openThread(id: string): Promise<void>;
}

/** Files that a process was given: how far it is, in bytes (0 of 0 if that is not known), and then what was in them. */
export interface ReadingNow {
  done: number;
  total: number;
  /** Sentences, once all is read. */
  report?: (language: Language) => string[];
}
