import type { JobState, JobStatus } from '../../domain/job/job.ts';
import type { JobStore } from './driver.ts';
import type { JobStores } from './job-connection.ts';
import { jobStatus, type StoredJob } from './job-state.ts';

type List = 'wait' | 'prioritized' | 'delayed' | 'active' | 'completed' | 'failed';
/** In which of BullMQ's lists jobs of a state lie; stopped ones lie among the waiting and the failed ones. */
const LISTS: Record<JobState, readonly List[]> = {
  waiting: ['wait', 'prioritized', 'delayed'],
  active: ['active'],
  done: ['completed'],
  failed: ['failed'],
  stopped: ['wait', 'prioritized', 'delayed', 'failed'],
};
/** Over so many ended jobs the expected time is taken. */
const REMEMBERED = 10;

/** Jobs in the given states, newest first. */
export async function listJobs(
  stores: JobStores,
  states: readonly JobState[],
  limit: number,
): Promise<JobStatus[]> {
  const lists = new Set(states.flatMap((state) => LISTS[state]));
  const found: JobStatus[] = [];
  for (const [name, store] of stores)
    for (const list of lists)
      for (const job of await store.getJobs([list], 0, limit - 1, false))
        if (job) found.push(jobStatus(name, job as StoredJob, list));
  return found
    .filter(({ state }) => states.includes(state))
    .sort((a, b) => b.createdAt - a.createdAt || (a.id < b.id ? -1 : 1))
    .slice(0, limit);
}

/** How long the last jobs of a store took (mean, milliseconds); undefined when none has ended yet. */
export async function usualTime(store: JobStore): Promise<number | undefined> {
  const ended = await store.getJobs(['completed'], 0, REMEMBERED - 1, false);
  const times = ended
    .filter((job) => job?.finishedOn !== undefined && job.processedOn !== undefined)
    .map((job) => job.finishedOn! - job.processedOn!);
  return times.length > 0 ? times.reduce((sum, ms) => sum + ms, 0) / times.length : undefined;
}
