import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '../../src/domain/errors.ts';
import { backoffMs, retry, valueInTime, withJitter, withTimeout } from '../../src/domain/retry.ts';

const away = (): AppError => new AppError('unavailable', 'away');

test('waits double from the first to the longest, however often it failed', () => {
  const waits = [1, 2, 3, 4, 5, 2_000].map((failures) => backoffMs(failures, { first: 100, most: 1_000 }));
  assert.deepEqual(waits, [100, 200, 400, 800, 1_000, 1_000]);
});

test('a list of waits is gone through, and its last one stands for all further failures', () => {
  const waits = [1, 2, 3, 4, 2_000].map((failures) => backoffMs(failures, [500, 1_000, 5_000]));
  assert.deepEqual(waits, [500, 1_000, 5_000, 5_000, 5_000]);
});

test('jitter stays between its bounds', () => {
  for (let i = 0; i < 200; i += 1) {
    const around = withJitter(200, 'around');
    assert.ok(around >= 150 && around <= 250, String(around));
    assert.equal(withJitter(200, 'none'), 200);
    const half = backoffMs(2, { first: 100, most: 1_000 }, 'half');
    const full = backoffMs(2, { first: 100, most: 1_000 }, 'full');
    assert.ok(half >= 100 && half <= 200, String(half));
    assert.ok(full >= 0 && full <= 200, String(full));
  }
});

test('what may pass is tried again, what may not is thrown at once', async () => {
  const backoff = { first: 1, most: 2 };
  const seen: number[] = [];
  const value = await retry(
    async (attempt) => {
      seen.push(attempt);
      if (attempt < 3) throw away();
      return 'there';
    },
    { tries: 5, backoff },
  );
  assert.equal(value, 'there');
  assert.deepEqual(seen, [1, 2, 3]);

  let tries = 0;
  const refused = retry(
    async () => {
      tries += 1;
      throw new AppError('malformed', 'no');
    },
    { tries: 5, backoff },
  );
  await assert.rejects(refused, { code: 'malformed' });
  assert.equal(tries, 1);
});

test('after the last try its error is thrown', async () => {
  let tries = 0;
  const failing = retry(
    async () => {
      tries += 1;
      throw away();
    },
    { tries: 3, backoff: { first: 1, most: 1 } },
  );
  await assert.rejects(failing, { code: 'unavailable' });
  assert.equal(tries, 3);
});

test('the time the other side asks for is kept', async () => {
  const waits: number[] = [];
  await retry(
    async (attempt) => {
      if (attempt === 1) throw new AppError('rate_limited', 'later', { retryAfterMs: 3 });
    },
    { backoff: { first: 60_000, most: 60_000 }, onRetry: (_, waitMs) => waits.push(waitMs) },
  );
  assert.deepEqual(waits, [3]);
});

test('no wait is longer than the longest, and whoever would have to wait too long may do without', async () => {
  const asksForMore = async (): Promise<never> => {
    throw new AppError('rate_limited', 'later', { retryAfterMs: 60_000 });
  };
  const waits: number[] = [];
  const backoff = { first: 1, most: 1 };
  const capped = retry(asksForMore, {
    tries: 2,
    backoff,
    longestWaitMs: 2,
    onRetry: (_, waitMs) => waits.push(waitMs),
  });
  await assert.rejects(capped, { code: 'rate_limited' });
  assert.deepEqual(waits, [2]);

  let asked = 0;
  const impatient = retry(asksForMore, {
    backoff,
    when: (_, waitMs) => {
      asked = waitMs;
      return waitMs < 10_000;
    },
  });
  await assert.rejects(impatient, { code: 'rate_limited' });
  assert.equal(asked, 60_000);
});

test('a stop ends the waiting', async () => {
  const stop = new AbortController();
  const failing = retry(
    async () => {
      throw away();
    },
    { backoff: { first: 60_000, most: 60_000 }, signal: stop.signal, onRetry: () => stop.abort() },
  );
  await assert.rejects(failing, { code: 'stopped' });
});

test('one who was stopped before the failure does not try again', async () => {
  let tries = 0;
  const failing = retry(
    async () => {
      tries += 1;
      throw away();
    },
    { backoff: { first: 1, most: 1 }, signal: AbortSignal.abort() },
  );
  await assert.rejects(failing, { code: 'stopped' });
  assert.equal(tries, 1);
});

test('work that takes too long ends with the error of the caller, other work with its own end', async () => {
  const never = new Promise<void>(() => {});
  const late = (): AppError => new AppError('timeout', 'late');
  await assert.rejects(withTimeout(1, never, late), { code: 'timeout' });
  assert.equal(await withTimeout(60_000, Promise.resolve(7), late), 7);
  await assert.rejects(withTimeout(60_000, Promise.reject(away()), late), { code: 'unavailable' });
});

test('what is not there in time is replaced by another value', async () => {
  const never = new Promise<number>(() => {});
  assert.equal(await valueInTime(1, never, () => 'nothing'), 'nothing');
  assert.equal(await valueInTime(60_000, Promise.resolve(7), () => 'nothing'), 7);
  await assert.rejects(
    valueInTime(60_000, Promise.reject(away()), () => 'nothing'),
    { code: 'unavailable' },
  );
});
