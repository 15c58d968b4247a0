import type { Message } from '../../../domain/question/message.ts';
import { MINUTE } from '../../../domain/time/units.ts';
import type { Chat, LiveMessage } from '../../chat/chat.ts';
import { type Delivery, putEntry } from '../../delivery/delivery.ts';
import type { Services } from '../context.ts';

/** If the process that answers is silent for this long, another one (or the same one, restarted) ends its message. */
const SILENT_MS = MINUTE;
const RENEW_MS = 20_000;

/** Ends an answer's message when the process that makes it dies. */
export interface Rescue extends AsyncDisposable {
  /** From now on it would end as this message. Has no effect where the platform cannot edit the message later. */
  keep(message: Message): Promise<void>;
}

/**
 * Keeps the ending of a live message in the outbox, due after `SILENT_MS`. While the answer is made it is put off again and
 * again, and it is removed at the end. An answer does not fail because of it.
 */
export function openRescue(
  { state, log }: Pick<Services, 'state' | 'log'>,
  chat: Pick<Chat, 'name'>,
  { ref }: LiveMessage,
  id: string,
): Rescue {
  let message: Message | undefined;
  let timer: NodeJS.Timeout | undefined;
  let written: Promise<void> = Promise.resolve();
  const entry = `answer/${id}`;

  async function write(): Promise<void> {
    if (!ref || !message) return;
    const delivery: Delivery = {
      chat: chat.name,
      channel: ref.channel,
      ...(ref.thread ? { thread: ref.thread } : {}),
      ref,
      content: { kind: 'message', message },
      severity: 2,
      wanted: 1,
      shown: 0,
      due: Date.now() + SILENT_MS,
      attempts: 0,
    };
    try {
      await state.commit({ put: [putEntry(entry, delivery)] });
    } catch (err) {
      log.debug({ err }, 'how an answer is to end if this process dies could not be kept');
    }
  }
  const next = (work: () => Promise<void>): Promise<void> => {
    written = written.then(work);
    return written;
  };

  return {
    keep(now) {
      message = now;
      timer ??= setInterval(() => void next(write), RENEW_MS).unref();
      return next(write);
    },
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await written;
      // If it cannot be removed now, the message is edited once more to the same ending.
      if (message && ref)
        await state.commit({ delete: [{ kind: 'outbox', id: entry }] }).catch(() => undefined);
    },
  };
}
