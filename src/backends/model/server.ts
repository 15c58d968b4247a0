import { retry } from '../../domain/retry.ts';
import type { ModelEvent } from './model.ts';

const TRIES = 3;
const BACKOFF_MS = { first: 800, most: 1_600 };
/** Nobody waits longer than this in one call: the caller may have another model to ask. */
const LONGEST_WAIT_MS = 10_000;

/**
 * Asks a model again when it failed before its first event with a fault that may pass (`retryable`): after a backoff, all
 * of it left to chance, or after the time the server asked for.
 */
export async function* withRetry(
  call: () => AsyncIterable<ModelEvent>,
  signal: AbortSignal | undefined,
): AsyncIterable<ModelEvent> {
  const begin = async () => {
    const events = call()[Symbol.asyncIterator]();
    return { events, first: await events.next() };
  };
  const { events, first } = await retry(begin, {
    tries: TRIES,
    backoff: BACKOFF_MS,
    jitter: 'full',
    signal,
    when: ({ retryable }, waitMs) => retryable && waitMs <= LONGEST_WAIT_MS,
  });
  try {
    for (let next = first; !next.done; next = await events.next()) yield next.value;
  } finally {
    // Where the caller leaves early: the connection is closed.
    await events.return?.();
  }
}

/** Milliseconds of the header `Retry-After` (seconds or an HTTP date), or of `retry-after-ms`, which some servers send. */
export function retryAfter(headers: { get(name: string): string | null } | undefined): number | undefined {
  const ms = Number(headers?.get('retry-after-ms') ?? Number.NaN);
  if (Number.isFinite(ms) && ms >= 0) return ms;
  const value = headers?.get('retry-after');
  if (!value) return undefined;
  const seconds = Number(value);
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1_000);
  const date = Date.parse(value);
  return Number.isFinite(date) ? Math.max(0, date - Date.now()) : undefined;
}

const PRIVATE_V4 = /^(?:127\.|10\.|192\.168\.|169\.254\.|172\.(?:1[6-9]|2\d|3[01])\.)/;

/** Whether text that is sent to this URL leaves the operator's own machines. A name without a dot (`ollama`) is a container. */
export function isExternal(url: string): boolean {
  const host = new URL(url).hostname.replace(/^\[|\]$/g, '').toLowerCase();
  if (host.includes(':')) return host !== '::1' && !/^f[cd]|^fe80/.test(host);
  if (/^\d+(?:\.\d+){3}$/.test(host)) return !PRIVATE_V4.test(host) && host !== '0.0.0.0';
  if (!host.includes('.')) return false;
  return !/\.(?:local|internal|localhost|lan|svc|cluster\.local)$/.test(host);
}
