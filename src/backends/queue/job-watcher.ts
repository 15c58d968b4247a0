import type { JobState, JobStatus } from '../../domain/job.ts';
import type { Log } from '../../log.ts';

/** Tells a listener of changes, in order per job, each end of a job once. */
export class Watcher {
  readonly #read: (id: string, progress?: unknown) => Promise<JobStatus | undefined>;
  readonly #listener: (job: JobStatus) => void;
  readonly #log: Log;
  readonly #last = new Map<string, { chain: Promise<void>; state?: JobState }>();

  constructor(
    read: (id: string, progress?: unknown) => Promise<JobStatus | undefined>,
    listener: (job: JobStatus) => void,
    log: Log,
  ) {
    this.#read = read;
    this.#listener = listener;
    this.#log = log;
  }

  /** Something happened to the job; `progress` where the event carries it. */
  tell(id: string, progress?: unknown): void {
    const entry = this.#last.get(id) ?? { chain: Promise.resolve() };
    // Oldest first out: enough to recognise the late echo of a job that was just stopped.
    this.#last.delete(id);
    this.#last.set(id, entry);
    if (this.#last.size > 1_000) this.#last.delete(this.#last.keys().next().value!);
    entry.chain = entry.chain.then(async () => {
      try {
        const status = await this.#read(id, progress);
        if (!status) return;
        const ended = status.state !== 'waiting' && status.state !== 'active';
        if (ended && entry.state === status.state) return;
        entry.state = status.state;
        this.#listener(status);
      } catch (err) {
        this.#log.warn({ err, job: id }, 'change of a job not told');
      }
    });
  }
}
