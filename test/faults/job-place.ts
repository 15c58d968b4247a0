import type { QueueConnection } from '../../src/backends/queue/bullmq.ts';
import { checkedState } from '../../src/backends/state/checked.ts';
import { openRedisState } from '../../src/backends/state/redis.ts';
import { openSqliteState } from '../../src/backends/state/sqlite.ts';
import type { StateStore } from '../../src/backends/state/store.ts';
import { createLog } from '../../src/log.ts';

/** What the processes of a run share. */
export interface JobsPlace {
  queue: QueueConnection;
  /** File of the state store; absent where the queue's Redis holds it. */
  state?: string;
  logs: string;
  bus: string;
  /** How long a slowed call takes, in milliseconds. */
  slowMs: number;
}
export const TOPIC = 'log-daily';
export const ZONE = 'UTC';
/** The job of a killed worker is taken over soon. */
export const TUNING = { lockMs: 1_000, retryMs: 20 };

export async function openJobsState({ queue, state }: JobsPlace): Promise<StateStore> {
  const log = createLog('silent');
  if (state) return checkedState(await openSqliteState({ file: state }, log), log);
  if (queue.kind !== 'redis') throw new Error('a state file or Redis is needed');
  return checkedState(await openRedisState({ url: queue.url, prefix: 'jobs-state:' }, log), log);
}
