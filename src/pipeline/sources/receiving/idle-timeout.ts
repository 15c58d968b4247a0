import type { Socket } from 'node:net';
import { AppError } from '../../../domain/errors.ts';
import { withTimeout } from '../../../domain/retry.ts';
import { MINUTE } from '../../../domain/time/units.ts';

/** How long a connection may be idle before it is closed, in milliseconds. */
export interface IdleTimeouts {
  /** After this our side is closed; what still comes is read. */
  endMs: number;
  /** After so much more the connection is cut: some senders never look whether the other side was closed. */
  cutMs: number;
}

/** Senders that are gone without closing do not keep their connection forever. */
export const IDLE_TIMEOUTS: IdleTimeouts = { endMs: 15 * MINUTE, cutMs: 60 * MINUTE };

const idle = (): AppError => new AppError('timeout', 'the connection is idle');

/**
 * The chunks of a connection, until it ends or was idle for too long. Only time in which this waits for the sender
 * counts: while the reader is busy (a slow store, a sender that is slowed down) a connection is not idle.
 * @param timeouts.cutMs 0 where a sender repeats what was not acknowledged: then the first idle time ends the connection
 */
export async function* chunksUntilIdle(
  socket: Socket,
  { endMs, cutMs }: IdleTimeouts,
): AsyncGenerator<Buffer> {
  const chunks = socket[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  let ended = false;
  for (;;) {
    const next = chunks.next();
    let chunk = await arriving(next, ended ? cutMs : endMs);
    if (!chunk && !ended && cutMs > 0) {
      ended = true;
      socket.end();
      chunk = await arriving(next, cutMs);
    }
    // The reader destroys the connection then; the read that still waits fails with it.
    if (!chunk || chunk.done) return;
    yield chunk.value;
  }
}

/** What comes within `ms`; undefined if nothing does. */
const arriving = <T>(next: Promise<T>, ms: number): Promise<T | undefined> =>
  withTimeout(ms, next, idle).catch((error: unknown) => {
    if (error instanceof AppError) return undefined;
    throw error;
  });
