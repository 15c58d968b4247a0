import type { ErrorCode } from '../../domain/errors.ts';
import type { Health } from '../../domain/health.ts';
import type { Action, Chart, Message } from '../../domain/question/message.ts';
import type { Language } from '../../domain/question/question.ts';

/** Where a message goes: a channel, or a thread in it. Ids are the platform's. */
export interface Place {
  channel: string;
  thread?: string;
}

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
  /** Where it stands, when others may refer to it (not for messages only the asker sees). */
  ref?: MessageRef;
  /** Shows a newer state. Throttled by the adapter, the latest wins, failures are only logged. */
  update(message: Message): void;
  /** Shows the last state; resolves when the platform has it. */
  finish(message: Message): Promise<void>;
}

/** What a person did. The adapter has acknowledged it to the platform already (within 3 s) when the handler runs. */
export type ChatRequest = {
  /** The platform's delivery id: repeated deliveries carry the same one. */
  id: string;
  user: ChatUser;
  place: Place;
  /** Answers the person: `asker` only they see it (where the platform can), `place` everyone in the channel or thread. */
  reply(message: Message, to: 'asker' | 'place'): Promise<LiveMessage>;
} & (
  | {
      kind: 'command';
      text: string;
      /** People named in the text, in their order; the text has their names. */
      people?: ChatUser[];
      /** The platform shows that an answer is being made until there is one. */
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

/** What adapters are given to turn blocks into files. */
export interface Attachments {
  /** A chart as a PNG. */
  renderChart(chart: Chart): Promise<Buffer>;
  /** The report of a job; nothing when it is not kept any more. Without it, reports are links only. */
  reportFiles?(jobId: string, language: Language): Promise<ChatFile[]>;
}

/**
 * A chat platform. Adapters escape all text, cut it to the platform's limits and render charts.
 * Methods throw AppError `rate_limited` (with `retryAfterMs`) | `unavailable` | `timeout` | `unauthorized` |
 * `not_found` (channel or message gone) | `forbidden` (missing scope, not a member) | `conflict` (of an edit: the message
 * stands there, but may not be changed any more).
 */
export interface Chat extends AsyncDisposable {
  readonly name: 'slack' | 'discord' | 'console';
  /** The channel alerts go to. */
  readonly alertChannel: string;
  /**
   * Posts and edits a channel carries, and all channels together; the outbox keeps to it. One a second with a burst of
   * three when absent.
   */
  readonly pace?: { perSecond: number; burst: number; workspace?: { perSecond: number; burst: number } };
  /** Connects and begins to receive; resolves though the platform is down (`health` says so, it keeps trying). */
  start(handlers: ChatHandlers): Promise<void>;
  /**
   * @param options.nonce outbox id, sent along so that `find` can recognise the message after a crash
   * @param options.opensThread title of the thread to open on this message; the returned ref then has `thread`
   */
  post(place: Place, message: Message, options: { nonce: string; opensThread?: string }): Promise<MessageRef>;
  edit(ref: MessageRef, message: Message): Promise<void>;
  /**
   * The message sent with `nonce` in the place not before `since` (epoch ms), if the platform has it.
   * @param options.opensThread as in `post`: where a crash came between the message and its thread, opens it now
   */
  find(
    place: Place,
    nonce: string,
    since: number,
    options?: { opensThread?: string },
  ): Promise<MessageRef | undefined>;
  /**
   * Sends the files of a message that was found, where they go apart from it and this process did not begin to send them:
   * the answer to its post was lost, or the process that posted it died. Platforms whose files go with the message need none.
   */
  attach?(ref: MessageRef, message: Message, nonce: string): void;
  /** What a person can do about an error of this code, where the platform has more to say than the code. */
  mend?(code: ErrorCode): string;
  health(): Promise<Health>;
}

/** A platform carries out what it was sent within this time (ms), whatever became of its answer. */
export const GRACE_MS = 2_500;
