import type { ErrorCode } from '../../domain/errors.ts';
import type { Health } from '../../domain/health.ts';
import type { Action, Chart, Message } from '../../domain/question/message.ts';
import type { Language } from '../../domain/question/question.ts';

/** Where a message goes: a channel, or a thread in it. Ids are the platform's. */
export interface Place {
  channel: string;
  thread?: string;
}

/** The console's only channel, where alerts go too. */
export const CONSOLE_CHANNEL = 'console';

/** A platform carries out what was sent to it within this time (ms), even if its answer was lost. */
export const GRACE_MS = 2_500;

/** A message that was posted. `thread` is the thread it opened or lies in. */
export interface MessageRef extends Place {
  id: string;
}

export interface ChatUser {
  id: string;
  name: string;
  /** From the platform's profile, where known. */
  language?: Language;
}

/** An answer on its way: a message that is edited while it is written. */
export interface LiveMessage {
  /** Its place, if others may refer to it; absent for a message that only the asker sees. */
  ref?: MessageRef;
  /** Shows a newer state. The adapter limits the rate, the latest state wins, failures are only logged. */
  update(message: Message): void;
  /** Shows the last state; resolves when the platform has it. */
  finish(message: Message): Promise<void>;
}

/** What a person did. When the handler runs, the adapter has acknowledged it to the platform (within 3 s). */
export type ChatRequest = {
  /** The platform's delivery id: repeated deliveries carry the same one. */
  id: string;
  user: ChatUser;
  place: Place;
  /** Answers the person: with `asker` only they see it (if the platform can do that), with `place` everyone there sees it. */
  reply(message: Message, to: 'asker' | 'place'): Promise<LiveMessage>;
} & (
  | {
      kind: 'command';
      text: string;
      /** Said in a thread, and not to the bot by name: it is answered only if it is a question or a command. */
      remark?: true;
      /** People named in the text, in their order; the text has their names. */
      people?: ChatUser[];
      /** The platform shows that an answer is being made until the answer is there. */
      awaited?: true;
    }
  | { kind: 'action'; action: Action }
);

export interface ChatHandlers {
  request(request: ChatRequest): Promise<void>;
  /** Suggestions for a half-typed argument of a slash command (Discord): at most 25. */
  complete(option: 'service' | 'window', typed: string): Promise<string[]>;
}

/** A file that goes with a message. `type` is its media type. */
export interface ChatFile {
  name: string;
  title: string;
  type: string;
  data: Buffer;
}

/** The functions with which adapters turn blocks into files. */
export interface Attachments {
  /** A chart as a PNG. */
  renderChart(chart: Chart): Promise<Buffer>;
  /** The report of a job; nothing when it is not kept any more. Without this function, reports are links only. */
  reportFiles?(jobId: string, language: Language): Promise<ChatFile[]>;
}

/**
 * A chat platform. Adapters escape all text, cut it to the platform's limits and render charts.
 *
 * Life cycle:
 * 1. Opened (`openSlack`, …). Nothing is received yet. `health`, `post`, `edit` and `find` may be called from here on:
 *    the outbox sends before the chat has started, and `bongsu doctor` opens a chat only to ask how it is.
 * 2. `start`, at most once. It may assume that the handlers can be called at once, also before it resolves. It resolves
 *    although the platform is down, and goes on trying to connect. What it throws no waiting would mend: the bot goes
 *    on with its other chats, and still asks this one for its health and disposes it.
 * 3. Running. All methods may be called at the same time, but never two at once for one message. Handlers are called as
 *    requests come; what they throw is logged, never passed on to the platform.
 * 4. Disposed, last: the bot has stopped sending and waits for no request any more. Dispose must bear that `start` was
 *    never called, failed or still tries to connect, that the platform is down, and that calls are under way, which then
 *    fail or end. It resolves within seconds. After it no handler is called.
 *
 * Methods throw AppError `rate_limited` (with `retryAfterMs`) | `unavailable` | `timeout` | `unauthorized` |
 * `not_found` (channel or message gone) | `forbidden` (missing scope, not a member) | `conflict` (of an edit: the message
 * stands there, but may not be changed any more).
 */
export interface Chat extends AsyncDisposable {
  readonly name: 'slack' | 'discord' | 'console';
  /** The channel alerts go to. */
  readonly alertChannel: string;
  /**
   * How many posts and edits a channel takes, and all channels together (`workspace`); the outbox keeps to it. One a
   * second with a burst of three when absent.
   */
  readonly pace?: { perSecond: number; burst: number; workspace?: { perSecond: number; burst: number } };
  /**
   * The same data as those who read here may see it, for views that shorten: half a credential is none to find. Absent
   * where everything may be seen.
   */
  shown?<T>(value: T): T;
  start(handlers: ChatHandlers): Promise<void>;
  /**
   * @param options.nonce id of the message in the outbox; sent along, so that `find` recognises the message after a crash
   * @param options.opensThread title of the thread to open on this message; the returned ref then has `thread`
   */
  post(place: Place, message: Message, options: { nonce: string; opensThread?: string }): Promise<MessageRef>;
  edit(ref: MessageRef, message: Message): Promise<void>;
  /**
   * The message sent with `nonce` in the place not before `since` (epoch ms), if the platform has it.
   * @param options.opensThread as in `post`: after a crash between a message and its thread, the thread is opened now
   */
  find(
    place: Place,
    nonce: string,
    since: number,
    options?: { opensThread?: string },
  ): Promise<MessageRef | undefined>;
  /**
   * Sends the files of a message that was found but that this process did not post itself: the answer to its post was
   * lost, or the process that posted it died. Absent on platforms whose files travel with the message.
   */
  attach?(ref: MessageRef, message: Message, nonce: string): void;
  /** What a person can do about an error of this code, where the platform can say more than the code does. */
  mend?(code: ErrorCode): string;
  health(): Promise<Health>;
}
