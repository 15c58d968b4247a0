import { AppError, toAppError } from '../../../domain/errors.ts';
import { withTimeout } from '../../../domain/retry.ts';
import type { LogsRequest, LogsResponse } from '../../otlp/protocol.ts';
import type { Reservation } from '../receiving/budget.ts';
import type { ListenerDeps } from '../receiving/listener.ts';
import { otlpLines } from './lines.ts';

/** A decoded request takes this many times its bytes, and this many bytes for each record besides its text. */
const DECODED = 2;
const RECORD_BYTES = 512;
/** How long a request may wait for the store before its sender has to come again; exporters wait 10 s by default. */
const STORE_MS = 9_000;
/** When a sender should come again, if nothing else says so. */
const BUSY_MS = 1_000;
/** The largest request, in units of the longest message. */
export const REQUEST_MESSAGES = 16;

/** A request that should be sent again after `ms`, because there is no room for it now. */
export class Busy extends AppError {
  readonly ms: number;
  /** Whether this sender is too fast; if not, the store is too slow. */
  readonly sender: boolean;
  constructor(ms: number, sender: boolean) {
    super('rate_limited', sender ? 'more lines a second than one sender may send' : 'the store is busy', {
      retryAfterMs: ms,
    });
    this.ms = ms;
    this.sender = sender;
  }
}

/** There is no room. */
export const busy = (): Busy => new Busy(BUSY_MS, false);

/**
 * Takes one export request, over gRPC or HTTP. Resolves when its records are stored.
 * @param room reserved for the request, `room.bytes` long as it came; released when the records are stored or rejected
 * @throws Busy when there is no room; the sender's next attempt with the same records stores nothing twice
 */
export async function receiveLogs(
  request: LogsRequest,
  sender: string,
  deps: ListenerDeps,
  room: { reservation: Reservation; bytes: number },
): Promise<LogsResponse> {
  const { intake, rejections, limits } = deps;
  const { reservation } = room;
  const reject = (reason: 'rate' | 'overflow', why: Busy): never => {
    reservation.release();
    rejections.add(reason, sender);
    throw why;
  };
  const owed = rejections.owed(sender);
  if (owed > 0) reject('rate', new Busy(owed, true));
  if (intake.full()) reject('overflow', busy());
  const { lines, empty, tooLarge, reason } = otlpLines(request, {
    sender,
    receivedAt: Date.now(),
    limit: limits.messageBytes,
  });
  if (!reservation.resize(DECODED * room.bytes + lines.length * RECORD_BYTES)) reject('overflow', busy());
  rejections.spend(sender, lines.length);
  try {
    await withTimeout(STORE_MS, intake.add(lines, reservation), busy);
  } catch (error) {
    rejections.add('overflow', sender);
    if (error instanceof Busy) throw error;
    const { retryAfterMs } = toAppError(error);
    throw new Busy(retryAfterMs ?? BUSY_MS, false);
  }
  if (empty + tooLarge === 0) return {};
  if (empty > 0) rejections.add('malformed', sender, empty);
  if (tooLarge > 0) rejections.add('too_large', sender, tooLarge);
  return { partialSuccess: { rejectedLogRecords: empty + tooLarge, errorMessage: reason } };
}
