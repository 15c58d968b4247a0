import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runApp, textOf } from './harness.ts';

test('a service that was never seen before opens a thread when it fails from its first second', async () => {
  await using running = await runApp();
  const { app, person } = running;
  const began = Date.now() - 20_000;
  const at = (second: number): string => new Date(began + second * 1_000).toISOString();
  const lines: string[] = [];
  for (let second = 0; second < 20; second++) {
    lines.push(
      `${at(second)} ${second === 0 ? 'ERROR [cart] cache is cold' : 'INFO [cart] served a request'}`,
    );
    lines.push(`${at(second)} ERROR [ledger] "cannot read the secret" name="db-${second}"`);
  }
  await app.backends.bus.publish(
    'log-stream',
    lines.map((value) => ({ value })),
  );
  const alert = await person.sees(/cannot read the secret/);
  assert.equal(alert.message.tone, 'critical');
  assert.match(textOf(alert.message), /ledger/);
  // Only one of the two services is broken; it has one thread.
  const told = (await person.messages()).filter(({ fromBot }) => fromBot);
  assert.equal(told.length, 1, told.map(({ message }) => textOf(message)).join('\n\n'));
});
