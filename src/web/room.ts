import type { ConsoleInput, ConsoleMessage } from '../domain/question/console-message.ts';
import type { Action } from '../domain/question/message.ts';

/** The chat behind the page, as the page needs it. The bot's console is one; `app.ts` hands it in. */
export interface Room {
  /** The messages of the channel (without `thread`) or of one thread, oldest first. */
  history(thread?: string): Promise<ConsoleMessage[]>;
  /** A person typed `/logs …` or words in a thread. Resolves when it is accepted; answers come through `listen`. */
  say(input: ConsoleInput & { text: string }): Promise<void>;
  /** A person pressed a button. */
  press(input: ConsoleInput & { action: Action }): Promise<void>;
  /** Calls the listener for each new or changed message. Returns a function that stops it. */
  listen(listener: (message: ConsoleMessage) => void): () => void;
}
