import { toAppError } from '../../../domain/errors.ts';
import type { LogsRequest, LogsResponse } from '../../otlp-protocol.ts';
import type { Reservation } from '../receiving/budget.ts';
import type { ListenerDeps } from '../receiving/listener.ts';
import { otlpLines } from './lines.ts';

/** A request that should come again after `ms`, since there is no room for it now. */
export class Busy extends Error {
  readonly ms: number;
  /** Whether it is this sender that is too fast, and not we who are too slow. */
  readonly sender: boolean;
  constructor(ms: number, sender: boolean) {
    super(sender ? 'more lines a second than one sender may send' : 'the store is busy');
    this.ms = ms;
    this.sender = sender;
  }
}

/** What a decoded request takes, as far as its size tells, in units of it; and every record beside its text. */
const DECODED = 2;
const RECORD_BYTES = 512;
/** Asked to come again: there is no room. */
export const busy = (): Busy => new Busy(BUSY_MS, false);

/** How long a request may wait for the store before its sender is asked to come again; exporters wait 10 s by default. */
const STORE_MS = 9_000;
const BUSY_MS = 1_000;

/** A request larger than this in units of the longest message is refused. */
export const REQUEST_MESSAGES = 16;

/**
 * Takes one export request, whatever it came over. Resolves when its records are safe.
 * @param room held for the request of `room.bytes` as it came; it is given back when the records are stored, or refused
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
  const refuse = (reason: 'rate' | 'overflow', why: Busy): never => {
    reservation.release();
    rejections.add(reason, sender);
    throw why;
  };
  const owed = rejections.owed(sender);
  if (owed > 0) refuse('rate', new Busy(owed, true));
  if (intake.full()) refuse('overflow', busy());
  const { lines, empty, tooLarge, reason } = otlpLines(request, {
    sender,
    receivedAt: Date.now(),
    limit: limits.messageBytes,
  });
  if (!reservation.resize(DECODED * room.bytes + lines.length * RECORD_BYTES)) refuse('overflow', busy());
  rejections.spend(sender, lines.length);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(busy()), STORE_MS);
  });
  try {
    await Promise.race([intake.add(lines, reservation), late]);
  } catch (error) {
    rejections.add('overflow', sender);
    if (error instanceof Busy) throw error;
    const { retryAfterMs } = toAppError(error);
    throw new Busy(retryAfterMs ?? BUSY_MS, false);
  } finally {
    clearTimeout(timer);
  }
  if (empty + tooLarge === 0) return {};
  if (empty > 0) rejections.add('malformed', sender, empty);
  if (tooLarge > 0) rejections.add('too_large', sender, tooLarge);
  return { partialSuccess: { rejectedLogRecords: empty + tooLarge, errorMessage: reason } };
}
