import type { JobName, JobState, JobStatus } from '../../domain/job/job.ts';
import type { JobStore } from './driver.ts';
import type { JobStores } from './job-connection.ts';
import { jobStatus, type StoredJob } from './job-state.ts';

type List = 'wait' | 'prioritized' | 'delayed' | 'active' | 'completed' | 'failed';
/** The lists of BullMQ that hold the jobs of a state; stopped jobs are among the waiting and the failed ones. */
const LISTS: Record<JobState, readonly List[]> = {
  waiting: ['wait', 'prioritized', 'delayed'],
  active: ['active'],
  done: ['completed'],
  failed: ['failed'],
  stopped: ['wait', 'prioritized', 'delayed', 'failed'],
};
const WAITING = ['wait', 'prioritized'] as const;
/** The expected time is the mean over this many ended jobs. */
const REMEMBERED = 10;

interface FoundJob {
  name: JobName;
  store: JobStore;
  job: StoredJob;
  /** As BullMQ calls it. */
  state: string;
}

export async function findJob(stores: JobStores, id: string): Promise<FoundJob | undefined> {
  for (const [name, store] of stores) {
    // The state first: what is read after it can only be newer, so a job that is done has its result.
    const state = await store.getJobState(id);
    const job = state === 'unknown' ? undefined : await store.getJob(id);
    if (job) return { name, store, job: job as StoredJob, state };
  }
  return undefined;
}

/** A failed or stopped job, which nobody runs. */
export async function findEnded(stores: JobStores, id: string): Promise<StoredJob | undefined> {
  const found = await findJob(stores, id);
  return found?.state === 'failed' ? found.job : undefined;
}

/** @param progress where an event brought it; it is newer than the stored one */
export async function readJob(
  stores: JobStores,
  id: string,
  progress?: unknown,
): Promise<JobStatus | undefined> {
  const found = await findJob(stores, id);
  if (!found) return undefined;
  const { name, store, job, state } = found;
  const position =
    state === 'waiting' || state === 'prioritized'
      ? (await store.getRanges([...WAITING], 0, -1, true)).indexOf(id)
      : -1;
  const usualMs = position >= 0 ? await usualTime(store) : undefined;
  return jobStatus(name, job, state, {
    progress,
    ...(position >= 0 ? { position } : {}),
    ...(usualMs === undefined ? {} : { expectedMs: Math.round(usualMs * (position + 1)) }),
  });
}

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

export interface JobCounts {
  waiting: number;
  active: number;
  done: number;
  failed: number;
}

export async function countJobs(stores: JobStores): Promise<JobCounts> {
  const sum = { waiting: 0, active: 0, done: 0, failed: 0 };
  for (const [name, store] of stores) {
    const all = await store.getJobCounts('active', 'completed');
    sum.active += all.active ?? 0;
    sum.done += all.completed ?? 0;
    // Stopped jobs are among the waiting and the failed ones, but count as neither.
    const count = async (types: Parameters<JobStore['getJobs']>[0], bull: string, state: JobState) =>
      (await store.getJobs(types)).filter(
        (job) => job && jobStatus(name, job as StoredJob, bull).state === state,
      ).length;
    sum.waiting += await count([...WAITING, 'delayed'], 'waiting', 'waiting');
    sum.failed += await count(['failed'], 'failed', 'failed');
  }
  return sum;
}

/** How long the last jobs of a store took (mean, milliseconds); undefined when none has ended yet. */
async function usualTime(store: JobStore): Promise<number | undefined> {
  const ended = await store.getJobs(['completed'], 0, REMEMBERED - 1, false);
  const times = ended
    .filter((job) => job?.finishedOn !== undefined && job.processedOn !== undefined)
    .map((job) => job.finishedOn! - job.processedOn!);
  return times.length > 0 ? times.reduce((sum, ms) => sum + ms, 0) / times.length : undefined;
}
