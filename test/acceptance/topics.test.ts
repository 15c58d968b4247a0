import { test } from 'node:test';
import { runApp } from './harness.ts';
import { topicsContract } from './topics.ts';

test('the topics’ contract through the front door, on the memory bus', async () => {
  await using running = await runApp();
  await topicsContract(running, { logs: 'log-stream', anomalies: 'log-anomalies' });
});
