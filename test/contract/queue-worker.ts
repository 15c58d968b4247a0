// A worker in a process of its own, for the contract suite: takes a job, says so, and never finishes it.
import { openBullQueue } from '../../src/backends/queue/bullmq.ts';
import { createLog } from '../../src/log.ts';
import { tuning } from './queue-jobs.ts';

const queue = await openBullQueue(JSON.parse(process.argv[2]!), createLog('silent'), tuning);
await queue.work('analyze', async (_payload, { id }) => {
  process.stdout.write(`${id}\n`);
  return new Promise(() => {});
});
