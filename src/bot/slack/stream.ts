import { toAppError } from '../../domain/errors.ts';
import type { Message } from '../../domain/question/message.ts';
import { SECOND } from '../../domain/time/units.ts';
import type { LiveMessage, MessageRef } from '../chat/chat.ts';
import { liveMessage } from '../chat/live-message.ts';
import type { SlackApi } from './api.ts';
import { toStreamText } from './blocks.ts';
import { slackReason } from './errors.ts';
import type { RequestOrigin } from './request-origin.ts';

/** One edit a second and message: what `chat.update` (50+ a minute) and `chat.appendStream` (100+) bear. */
export const EDIT_MS = SECOND;

/** A stream shows prose and steps only; a message with more (buttons, fields, lines) is posted and edited. */
const streamable = (message: Message): boolean =>
  message.blocks.every(({ kind }) => kind === 'text' || kind === 'progress' || kind === 'footnote');

const stepsOf = (message: Message, done: boolean) =>
  message.blocks.flatMap((block) =>
    block.kind === 'progress'
      ? [
          {
            type: 'task_update' as const,
            id: 'progress',
            title: block.label.slice(0, 200) || '…',
            status: done ? ('complete' as const) : ('in_progress' as const),
          },
        ]
      : [],
  );
const textChunk = (text: string) => (text ? [{ type: 'markdown_text' as const, text }] : []);

/**
 * Native streaming (`chat.startStream`), where the server has it and the answer goes to a thread. A stream only grows:
 * as soon as the new prose does not continue the old, or the stream died, it becomes an ordinary edited message.
 * @returns undefined where streaming is not possible
 */
export async function startStream(
  api: SlackApi,
  { place, team, user }: RequestOrigin,
  first: Message,
): Promise<LiveMessage | undefined> {
  const { channel, thread } = place;
  if (!thread || !team || !api.streams || !streamable(first)) return undefined;
  const text = toStreamText(first);
  const chunks = [...stepsOf(first, false), ...textChunk(text)];
  if (chunks.length === 0) return undefined;
  try {
    const { ts } = await api.call('chat.startStream', () =>
      api.client.chat.startStream({
        channel,
        thread_ts: thread,
        recipient_team_id: team,
        recipient_user_id: user,
        chunks,
      }),
    );
    if (!ts) return undefined;
    const ref = { channel, thread, id: ts };
    const stream = new Stream(api, ref, text);
    return liveMessage({
      ref,
      intervalMs: EDIT_MS,
      log: api.log,
      signal: api.signal,
      edit: (message, last) => stream.show(message, last),
    });
  } catch (error) {
    // Slack said no (unknown method, missing scope, …) and not only "later": edits from now on.
    if (slackReason(error) && !toAppError(error).retryable) api.streams = false;
    return undefined;
  }
}

/** A streamed message; from the moment it cannot only grow it is edited. */
class Stream {
  readonly #api: SlackApi;
  readonly #ref: MessageRef;
  /** The prose that the stream has. */
  #text: string;
  #streaming = true;

  constructor(api: SlackApi, ref: MessageRef, text: string) {
    this.#api = api;
    this.#ref = ref;
    this.#text = text;
  }

  /** @param last whether this is the final state */
  async show(message: Message, last: boolean): Promise<void> {
    const next = toStreamText(message);
    const grows = this.#streaming && streamable(message) && next.startsWith(this.#text);
    if (!last && grows && (await this.#append(message, next))) return;
    await this.#stop(message);
    await this.#api.edit(this.#ref, message);
    if (last) this.#api.uploadFiles(message, this.#ref);
  }

  /** False where the stream takes nothing more. */
  async #append(message: Message, next: string): Promise<boolean> {
    const { channel, id: ts } = this.#ref;
    const chunks = [...stepsOf(message, false), ...textChunk(next.slice(this.#text.length))];
    try {
      if (chunks.length > 0)
        await this.#api.call('chat.appendStream', () =>
          this.#api.client.chat.appendStream({ channel, ts, chunks }),
        );
      this.#text = next;
      return true;
    } catch (error) {
      if (toAppError(error).retryable) throw error;
      return false;
    }
  }

  async #stop(message: Message): Promise<void> {
    if (!this.#streaming) return;
    this.#streaming = false;
    const { channel, id: ts } = this.#ref;
    await this.#api
      .call('chat.stopStream', () =>
        this.#api.client.chat.stopStream({ channel, ts, chunks: stepsOf(message, true) }),
      )
      // A stream that died by itself is stopped already; the edit that follows tells whether the message is there.
      .catch((error) => this.#api.log.warn({ err: error }, 'a slack stream did not stop'));
  }
}
