import type { Socket } from 'node:net';
import { MINUTE } from '../../../domain/time/units.ts';

/** How long a connection may be silent before it is closed, in milliseconds. */
export interface IdleTimeouts {
  /** Our side is closed then; what still comes is read. */
  endMs: number;
  /** … and after so much more it is cut, for a sender that never looks whether it was closed. */
  cutMs: number;
}

/** Senders that are gone without a word, or never said one, do not keep a place for good. */
export const IDLE_TIMEOUTS: IdleTimeouts = { endMs: 15 * MINUTE, cutMs: 60 * MINUTE };

const SILENT = Symbol('silent');

/**
 * The chunks of a connection, until it ends or was silent for too long. Time in which the reader is busy with what came
 * (a slow store, a sender that is slowed down) is no idle: nothing that was sent stays unread.
 * @param cutMs 0 where a sender repeats what was not acknowledged: the connection then ends with the first silence
 */
export async function* chunksUntilIdle(
  socket: Socket,
  { endMs, cutMs }: IdleTimeouts,
): AsyncGenerator<Buffer> {
  const chunks = socket[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  let ended = false;
  for (;;) {
    const next = chunks.next();
    let chunk = await within(next, ended ? cutMs : endMs);
    if (chunk === SILENT && !ended && cutMs > 0) {
      ended = true;
      socket.end();
      chunk = await within(next, cutMs);
    }
    if (chunk === SILENT) {
      // The connection is destroyed by whoever reads; what waits for it fails with it.
      next.catch(() => undefined);
      return;
    }
    if (chunk.done) return;
    yield chunk.value;
  }
}

async function within<T>(next: Promise<T>, ms: number): Promise<T | typeof SILENT> {
  let timer: NodeJS.Timeout | undefined;
  const silent = new Promise<typeof SILENT>((resolve) => {
    timer = setTimeout(() => resolve(SILENT), ms);
  });
  return Promise.race([next, silent]).finally(() => clearTimeout(timer));
}
