import { setTimeout as sleep } from 'node:timers/promises';
import { AppError, toAppError } from '../../domain/errors.ts';
import type { ModelEvent } from './model.ts';

const RETRIES = 2;
const BASE_MS = 400;
/** Nobody waits longer than this inside one call: the caller may have another model to ask. */
const LONGEST_WAIT_MS = 10_000;

/**
 * Repeats a model call that failed before its first text with a fault that may pass at once (`retryable`): exponential
 * backoff with full jitter, or the time the server asked for.
 */
export async function* withRetry(
  call: () => AsyncIterable<ModelEvent>,
  signal: AbortSignal | undefined,
  wait: (ms: number) => Promise<unknown> = (ms) => sleep(ms, undefined, signal ? { signal } : {}),
): AsyncIterable<ModelEvent> {
  for (let attempt = 0; ; attempt += 1) {
    let begun = false;
    try {
      for await (const event of call()) {
        begun = true;
        yield event;
      }
      return;
    } catch (cause) {
      const error = toAppError(cause);
      const pause = error.retryAfterMs ?? Math.random() * BASE_MS * 2 ** (attempt + 1);
      if (begun || !error.retryable || attempt >= RETRIES || pause > LONGEST_WAIT_MS) throw error;
      try {
        await wait(pause);
      } catch (aborted) {
        throw new AppError('stopped', 'stopped while waiting to retry', { cause: aborted });
      }
    }
  }
}

/** Milliseconds of a `Retry-After` header (seconds or an HTTP date), or of the `retry-after-ms` some servers send. */
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

/** Whether text sent to this URL leaves the operator's own machines. A bare name (`ollama`) is a container's. */
export function isExternal(url: string): boolean {
  const host = new URL(url).hostname.replace(/^\[|\]$/g, '').toLowerCase();
  if (host.includes(':')) return host !== '::1' && !/^f[cd]|^fe80/.test(host);
  if (/^\d+(?:\.\d+){3}$/.test(host)) return !PRIVATE_V4.test(host) && host !== '0.0.0.0';
  if (!host.includes('.')) return false;
  return !/\.(?:local|internal|localhost|lan|svc|cluster\.local)$/.test(host);
}
