// A process that uses the queue, is told on its stdin to close it, and then has to end by itself.
import { once } from 'node:events';
import { openBullQueue } from '../../src/backends/queue/bullmq.ts';
import { createLog } from '../../src/log.ts';
import { payload, report } from './queue-jobs.ts';

const queue = await openBullQueue(JSON.parse(process.argv[2]!), createLog('silent'));
await queue.watch(() => {});
await queue.work('analyze', async () => report, { drainMs: 10 });
await queue.add('analyze', payload);
process.stdout.write('ready\n');
await once(process.stdin, 'data');
process.stdin.destroy();
await queue[Symbol.asyncDispose]();
process.stdout.write('closed\n');
