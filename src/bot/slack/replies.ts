import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { WebClient } from '@slack/web-api';
import { AppError, toAppError } from '../../domain/errors.ts';
import type { Message } from '../../domain/question/message.ts';
import { MINUTE } from '../../domain/time/units.ts';
import type { Log } from '../../log.ts';
import type { LiveMessage, MessageRef, Place } from '../chat/chat.ts';
import { liveMessage, retrying } from '../chat/live-message.ts';
import { toBlocks, toStreamText } from './blocks.ts';
import { fromStatus, slackReason } from './errors.ts';

/** One edit a second and message: what `chat.update` (50+ a minute) and `chat.appendStream` (100+) bear. */
const EDIT_MS = 1_000;
/** A `response_url` works five times within 30 minutes; a minute is kept as reserve. */
const RESPONSE_USES = 5;
const RESPONSE_MS = 29 * MINUTE;
const RESPONSE_TIMEOUT_MS = 10_000;
/** Its edits are few, so they are spread. */
const RESPONSE_EDIT_MS = 3_000;

/** What the replies need of the adapter. */
export interface SlackApi {
  client: WebClient;
  log: Log;
  /** Ends waiting when the adapter closes. */
  signal: AbortSignal;
  /** Runs an API call with its errors translated. */
  call<T>(what: string, run: () => Promise<T>): Promise<T>;
  post(place: Place, message: Message, nonce: string): Promise<MessageRef>;
  edit(ref: MessageRef, message: Message): Promise<void>;
  find(place: Place, nonce: string, since: number): Promise<MessageRef | undefined>;
  /** Uploads the message's charts and reports into a thread in the background. */
  uploadFiles(message: Message, place: Place): void;
}

/** Where a request came from, and where its answers may go. */
export interface Origin {
  place: Place;
  user: string;
  team?: string;
  responseUrl?: ResponseUrl;
  /** Whether `replace_original` would replace our own earlier answer (slash command) or the message with the button. */
  replaces: boolean;
}

export interface ResponseUrl {
  usable(reserve: number): boolean;
  send(body: Record<string, unknown>): Promise<void>;
}

/** @param url the `response_url` of a command or click; it is a secret of that interaction and never logged. */
export function responseUrl(url: string, signal: AbortSignal): ResponseUrl {
  let uses = 0;
  const until = Date.now() + RESPONSE_MS;
  return {
    usable: (reserve) => uses + reserve < RESPONSE_USES && Date.now() < until,
    async send(body) {
      uses += 1;
      let response: Response;
      try {
        response = await fetch(url, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
          signal: AbortSignal.any([signal, AbortSignal.timeout(RESPONSE_TIMEOUT_MS)]),
        });
      } catch (cause) {
        if (cause instanceof Error && (cause.name === 'TimeoutError' || cause.name === 'AbortError'))
          throw toAppError(cause);
        throw new AppError('unavailable', 'slack response_url: not reachable', { cause });
      }
      await response.body?.cancel();
      if (!response.ok)
        throw fromStatus(response.status, 'response_url', undefined, response.headers.get('retry-after'));
    },
  };
}

/** An answer only the asker sees. It cannot be referred to, and edits are possible only after a slash command. */
export async function replyToAsker(api: SlackApi, origin: Origin, first: Message): Promise<LiveMessage> {
  const { place, user, responseUrl: link } = origin;
  const postEphemeral = (message: Message): Promise<unknown> =>
    api.call('chat.postEphemeral', () =>
      api.client.chat.postEphemeral({
        channel: place.channel,
        user,
        ...(place.thread ? { thread_ts: place.thread } : {}),
        ...toBlocks(message),
      }),
    );
  let editable = false;
  const show = async (message: Message, replace: boolean): Promise<void> => {
    if (!link?.usable(0)) return void (await postEphemeral(message));
    try {
      await link.send({
        response_type: 'ephemeral',
        replace_original: replace,
        ...(place.thread ? { thread_ts: place.thread } : {}),
        ...toBlocks(message),
      });
      editable = origin.replaces;
    } catch (cause) {
      const error = toAppError(cause);
      if (error.retryable) throw error;
      await postEphemeral(message);
    }
  };
  await retrying(() => show(first, false), { attempts: 3, signal: api.signal });
  let shown = first;
  return liveMessage({
    intervalMs: RESPONSE_EDIT_MS,
    log: api.log,
    signal: api.signal,
    async edit(message, last) {
      // The last use is kept for the final state; a message that cannot be edited is not repeated for a progress step.
      if (!last && !(editable && link?.usable(1))) return;
      if (isDeepStrictEqual(message, shown)) return;
      await show(message, editable);
      shown = message;
    },
  });
}

/** An answer everyone in the channel or thread sees. */
export async function replyInPlace(api: SlackApi, origin: Origin, first: Message): Promise<LiveMessage> {
  const stream = await startStream(api, origin, first);
  if (stream) return stream;
  let ref: MessageRef;
  try {
    ref = await postSafely(api, origin.place, first);
  } catch (cause) {
    const error = toAppError(cause);
    const outside = error.code === 'forbidden' || error.code === 'not_found';
    if (!outside || !origin.responseUrl?.usable(0)) throw error;
    return replyInChannel(api, origin.responseUrl, origin.replaces, first);
  }
  return liveMessage({
    ref,
    intervalMs: EDIT_MS,
    log: api.log,
    signal: api.signal,
    async edit(message, last) {
      await api.edit(ref, message);
      if (last) api.uploadFiles(message, ref);
    },
  });
}

/** Posts, and tries again when that failed; what arrived though the answer was lost is not posted twice. */
async function postSafely(api: SlackApi, place: Place, message: Message): Promise<MessageRef> {
  const nonce = randomUUID();
  const since = Date.now();
  const once = async (): Promise<MessageRef> => {
    try {
      return await api.post(place, message, nonce);
    } catch (error) {
      const { code } = toAppError(error);
      const doubtful = code === 'timeout' || code === 'unavailable';
      const arrived = doubtful ? await api.find(place, nonce, since).catch(() => undefined) : undefined;
      if (arrived) return arrived;
      throw error;
    }
  };
  return retrying(once, { attempts: 3, signal: api.signal });
}

/** A slash command works where the bot is no member; then only its `response_url` can write there. */
async function replyInChannel(
  api: SlackApi,
  link: ResponseUrl,
  replaces: boolean,
  first: Message,
): Promise<LiveMessage> {
  const send = (message: Message, replace: boolean): Promise<void> =>
    link.send({ response_type: 'in_channel', replace_original: replace, ...toBlocks(message) });
  await send(first, false);
  return liveMessage({
    intervalMs: RESPONSE_EDIT_MS,
    log: api.log,
    signal: api.signal,
    async edit(message, last) {
      if (!last && !(replaces && link.usable(1))) return;
      if (!link.usable(0))
        throw new AppError('forbidden', 'slack response_url: used up, and the bot is no member');
      await send(message, replaces);
    },
  });
}

/** A stream shows prose and steps only; a message with more (buttons, fields, lines) is posted and edited. */
const streamable = (message: Message): boolean =>
  message.blocks.every(({ kind }) => kind === 'text' || kind === 'progress' || kind === 'footnote');

/** Servers that said they know no native streaming. */
const without = new WeakSet<WebClient>();

/**
 * Native streaming (`chat.startStream`), where the server has it and the answer goes to a thread. A stream only grows:
 * as soon as the new prose does not continue the old, or the stream died, it becomes an ordinary edited message.
 * @returns undefined where streaming is not possible
 */
async function startStream(api: SlackApi, origin: Origin, first: Message): Promise<LiveMessage | undefined> {
  const { channel, thread } = origin.place;
  if (!thread || !origin.team || without.has(api.client)) return undefined;
  const step = (message: Message, done: boolean) =>
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
  const grown = (text: string) => (text ? [{ type: 'markdown_text' as const, text }] : []);
  if (!streamable(first)) return undefined;
  let text = toStreamText(first);
  const opening = [...step(first, false), ...grown(text)];
  if (opening.length === 0) return undefined;
  let ts: string;
  try {
    const started = await api.call('chat.startStream', () =>
      api.client.chat.startStream({
        channel,
        thread_ts: thread,
        recipient_team_id: origin.team,
        recipient_user_id: origin.user,
        chunks: opening,
      }),
    );
    if (!started.ts) return undefined;
    ts = started.ts;
  } catch (error) {
    // Slack said no (unknown method, missing scope, …) and not merely "later": edits from now on.
    if (slackReason(error) && !toAppError(error).retryable) without.add(api.client);
    return undefined;
  }
  const ref: MessageRef = { channel, thread, id: ts };
  let streaming = true;
  const stop = async (message: Message): Promise<void> => {
    if (!streaming) return;
    streaming = false;
    await api
      .call('chat.stopStream', () => api.client.chat.stopStream({ channel, ts, chunks: step(message, true) }))
      // A stream that died by itself is stopped already; the edit that follows tells whether the message is there.
      .catch((error) => api.log.warn({ err: error }, 'a slack stream did not stop'));
  };
  return liveMessage({
    ref,
    intervalMs: EDIT_MS,
    log: api.log,
    signal: api.signal,
    async edit(message, last) {
      const next = toStreamText(message);
      if (!last && streaming && streamable(message) && next.startsWith(text)) {
        const more = [...step(message, false), ...grown(next.slice(text.length))];
        try {
          if (more.length > 0)
            await api.call('chat.appendStream', () =>
              api.client.chat.appendStream({ channel, ts, chunks: more }),
            );
          text = next;
          return;
        } catch (error) {
          if (toAppError(error).retryable) throw error;
        }
      }
      await stop(message);
      await api.edit(ref, message);
      if (last) api.uploadFiles(message, ref);
    },
  });
}
