import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { AppError, toAppError } from '../../domain/errors.ts';
import type { Message } from '../../domain/question/message.ts';
import { SECOND } from '../../domain/time/units.ts';
import type { LiveMessage, MessageRef, Place } from '../chat/chat.ts';
import { liveMessage, retrying } from '../chat/live-message.ts';
import { addressOf, type SlackApi } from './api.ts';
import { toBlocks } from './blocks.ts';
import type { RequestOrigin, ResponseUrl } from './request-origin.ts';
import { EDIT_MS, startStream } from './stream.ts';

/** A `response_url` can edit only a few times, so its edits are spread. */
const RESPONSE_EDIT_MS = 3 * SECOND;

/** An answer only the asker sees. It cannot be referred to, and edits are possible only after a slash command. */
export async function replyToAsker(
  api: SlackApi,
  origin: RequestOrigin,
  first: Message,
): Promise<LiveMessage> {
  const { place, user, responseUrl: link } = origin;
  const postEphemeral = (message: Message): Promise<unknown> =>
    api.call('chat.postEphemeral', () =>
      api.client.chat.postEphemeral({
        ...addressOf(place),
        user,
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
export async function replyInPlace(
  api: SlackApi,
  origin: RequestOrigin,
  first: Message,
): Promise<LiveMessage> {
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
