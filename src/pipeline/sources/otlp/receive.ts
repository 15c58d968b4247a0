import { toAppError } from '../../../domain/errors.ts';
import type { LogsRequest, LogsResponse } from '../../otlp/protocol.ts';
import type { ListenerDeps } from '../listener.ts';
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

/** How long a request may wait for the store before its sender is asked to come again; exporters wait 10 s by default. */
const STORE_MS = 9_000;
const BUSY_MS = 1_000;

/** A request larger than this in units of the longest message is refused. */
export const REQUEST_MESSAGES = 16;

/**
 * Takes one export request, whatever it came over. Resolves when its records are safe.
 * @throws Busy when there is no room; the sender's next attempt with the same records stores nothing twice
 */
export async function receiveLogs(
  request: LogsRequest,
  sender: string,
  deps: ListenerDeps,
): Promise<LogsResponse> {
  const { intake, refusals, limits } = deps;
  const owed = refusals.owed(sender);
  if (owed > 0) {
    refusals.refuse('rate', sender);
    throw new Busy(owed, true);
  }
  if (intake.full()) {
    refusals.refuse('overflow', sender);
    throw new Busy(BUSY_MS, false);
  }
  const { lines, empty, tooLarge, reason } = otlpLines(request, {
    sender,
    receivedAt: Date.now(),
    limit: limits.messageBytes,
  });
  refusals.spend(sender, lines.length);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Busy(BUSY_MS, false)), STORE_MS);
  });
  try {
    await Promise.race([intake.add(lines), late]);
  } catch (error) {
    refusals.refuse('overflow', sender);
    if (error instanceof Busy) throw error;
    const { retryAfterMs } = toAppError(error);
    throw new Busy(retryAfterMs ?? BUSY_MS, false);
  } finally {
    clearTimeout(timer);
  }
  if (empty + tooLarge === 0) return {};
  if (empty > 0) refusals.refuse('malformed', sender, empty);
  if (tooLarge > 0) refusals.refuse('too_large', sender, tooLarge);
  return { partialSuccess: { rejectedLogRecords: empty + tooLarge, errorMessage: reason } };
}
