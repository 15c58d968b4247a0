// A worker in a process of its own that a test kills: the program's own handlers on the backends named on the command line,
// slowed down so that a kill hits them at work.
import { setTimeout as sleep } from 'node:timers/promises';
import type { AnswerEvent } from '../../src/analysis/analyst.ts';
import { openSqliteLogs } from '../../src/backends/logs/sqlite.ts';
import type { LogStore } from '../../src/backends/logs/store.ts';
import { openBullQueue } from '../../src/backends/queue/bullmq.ts';
import { analyzeHandler } from '../../src/jobs/analyze.ts';
import { collectHandler } from '../../src/jobs/collect.ts';
import { digestHandler } from '../../src/jobs/digest.ts';
import { fineTuneHandler } from '../../src/jobs/fine-tune/fine-tune.ts';
import { startWorker } from '../../src/jobs/worker.ts';
import { createLog } from '../../src/log.ts';
import { createMetrics } from '../../src/metrics.ts';
import { report } from '../contract/queue-jobs.ts';
import { openFileBus } from './file-bus.ts';
import { type JobsPlace, openJobsState, TOPIC, TUNING, ZONE } from './job-place.ts';

const place = JSON.parse(process.argv[2]!) as JobsPlace;
const log = createLog('silent');
const state = await openJobsState(place);
const queue = await openBullQueue(place.queue, log, TUNING);
const store = await openSqliteLogs({ file: place.logs }, log);
const bus = openFileBus(place.bus);

const logs: LogStore = {
  ...store,
  async counts(...args) {
    await sleep(place.slowMs);
    return store.counts(...args);
  },
};
const slowBus = {
  ...bus,
  async publish(...args: Parameters<typeof bus.publish>) {
    await sleep(place.slowMs * 4);
    await bus.publish(...args);
    // Sent, but not yet noted: the moment that makes doubles.
    await sleep(place.slowMs * 4);
  },
};
const analyst = {
  async *ask(): AsyncGenerator<AnswerEvent> {
    yield { kind: 'step', step: 'model' };
    await sleep(place.slowMs * 10);
    yield { kind: 'answer', answer: report.answer };
  },
};
const slowState = {
  ...state,
  async commit(...args: Parameters<typeof state.commit>) {
    await sleep(place.slowMs * 4);
    const result = await state.commit(...args);
    // Decided, but the job has not ended: the moment that makes doubles.
    await sleep(place.slowMs * 10);
    return result;
  },
};
await startWorker({
  queue,
  handlers: {
    analyze: analyzeHandler({ logs, state, analyst }),
    digest: digestHandler({
      logs,
      state,
      queue,
      teams: [{ name: 'all' }],
      timeZone: ZONE,
      backendsHealth: async () => ({}),
    }),
    collect: collectHandler({ logs, bus: slowBus, state, topic: TOPIC, timeZone: ZONE }),
    'fine-tune': fineTuneHandler({ state: slowState, trainers: [], log }),
  },
  metrics: createMetrics(),
  log,
});
process.on('disconnect', () => process.exit(0));
process.send?.('ready');
