import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadTask } from '../../src/bot/delivery/delivery.ts';
import type { FineTuneReport } from '../../src/domain/job/job.ts';
import type { LogRecord } from '../../src/domain/log/record.ts';
import { buttonsOf, eventually, runApp, textOf } from './harness.ts';

/** A quiet day, then a service that fails: `count` records over six hours. */
function records(count: number, endsAt: number): LogRecord[] {
  const step = (6 * 3_600_000) / count;
  return Array.from({ length: count }, (_, index) => {
    const late = index > count * 0.9;
    const message =
      late && index % 3 === 0 ? `disk quota exceeded on volume v${index % 4}` : `request ${index} served`;
    const level = late && index % 3 === 0 ? 'error' : 'info';
    return {
      id: `r${index}`,
      timestamp: Math.round(endsAt - (count - index) * step),
      level,
      service: late && index % 3 === 0 ? 'storage' : 'web',
      message,
      line: `${level.toUpperCase()} ${message}`,
      attributes: {},
      template: {
        id: level,
        pattern: level === 'error' ? 'disk quota exceeded on volume <*>' : 'request <*> served',
      },
    };
  });
}

test('/logs analyze is queued, shows its progress, and posts its result where it was asked', async () => {
  await using running = await runApp();
  const { app, person } = running;
  await app.backends.logs.write(records(3_000, Date.now() - 1_000));

  await person.say('/logs analyze 6h');
  const result = await person.sees(/disk quota exceeded/, { timeoutMs: 60_000 });
  assert.match(textOf(result.message), /storage/);
  assert.ok(result.charts.length > 0, 'with a chart');
  assert.equal((await app.backends.queue.counts()).done, 1);
});

test('the stop button really stops a running analysis', async () => {
  await using running = await runApp();
  const { app, person } = running;
  const all = records(20_000, Date.now() - 1_000);
  for (let at = 0; at < all.length; at += 2_000) await app.backends.logs.write(all.slice(at, at + 2_000));
  // A store that answers slowly, so that there is something to stop.
  const { logs } = app.backends;
  const counts = logs.counts.bind(logs);
  let read = 0;
  logs.counts = async (...asked) => {
    read += 1;
    await new Promise((resolve) => setTimeout(resolve, 500));
    return counts(...asked);
  };

  await person.say('/logs analyze 6h');
  const stop = await eventually('a stop button', async () => {
    for (const { message } of await person.messages()) {
      const action = buttonsOf(message).find(({ name }) => name === 'stop');
      if (action && read > 0) return action;
    }
    return undefined;
  });
  await person.press(stop);
  await person.sees(/stopped/i);
  await eventually('the job is stopped', async () =>
    (await app.backends.queue.status(stop.subject))?.state === 'stopped' ? true : undefined,
  );
  const before = read;
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  assert.ok(read <= before + 1, `reading went on: ${before} → ${read}`);
});

test('a fine-tune that a program asks for has an address that tells what came of it, and is announced', async () => {
  await using running = await runApp();
  const { app } = running;
  const response = await fetch(`${app.address}/fine-tune`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  });
  assert.equal(response.status, 202);
  const { id } = (await response.json()) as { id: string };
  const job = await eventually('the end of the training', async () => {
    const asked = await fetch(`${app.address}${response.headers.get('location')}`);
    const found = (await asked.json()) as { id: string; state: string; result?: FineTuneReport };
    return found.state === 'done' ? found : undefined;
  });
  assert.equal(job.id, id);
  assert.deepEqual(
    job.result?.outcomes.map(({ target, reason }) => [target, reason]),
    [['alerts', 'too_few']],
  );
  assert.ok(await loadTask(app.backends.state, `task/job/${id}/console/console`), 'to be told in the chats');
  const audit = await app.backends.state.list('audit', {});
  assert.deepEqual(
    audit.map(({ value: { who, what, about, from } }) => ({ who, what, about, from })),
    [{ who: { id: 'http', name: 'HTTP' }, what: 'tune', about: 'now', from: { chat: 'http' } }],
  );
});
