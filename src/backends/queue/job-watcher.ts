import type { JobState, JobStatus } from '../../domain/job/job.ts';
import type { Log } from '../../log.ts';

/** How often unfinished jobs are read again: events of a database that was away for a moment are lost. */
const READ_AGAIN_MS = 3_000;

/** Tells a listener the changes of each job in their order, and each end of a job once. */
export class JobWatcher {
  readonly #read: (id: string, progress?: unknown) => Promise<JobStatus | undefined>;
  readonly #listener: (job: JobStatus) => void;
  readonly #log: Log;
  readonly #last = new Map<string, { chain: Promise<void>; state?: JobState }>();
  readonly #again = setInterval(() => this.#readAgain(), READ_AGAIN_MS).unref();

  constructor(
    read: (id: string, progress?: unknown) => Promise<JobStatus | undefined>,
    listener: (job: JobStatus) => void,
    log: Log,
  ) {
    this.#read = read;
    this.#listener = listener;
    this.#log = log;
  }

  /** From now on the end of this job is reported, even if its event is lost. */
  follow(id: string): void {
    if (!this.#last.has(id)) this.#last.set(id, { chain: Promise.resolve(), state: 'waiting' });
  }

  close(): void {
    clearInterval(this.#again);
  }

  #readAgain(): void {
    for (const [id, { state }] of this.#last)
      if (state === undefined || !isEnded(state)) this.#look(id, undefined, true);
  }

  /** Something happened to the job; `progress` where the event carries it. */
  tell(id: string, progress?: unknown): void {
    this.#look(id, progress, false);
  }

  /** @param onlyEnd reports nothing unless the job has ended, so that reading it again repeats nothing */
  #look(id: string, progress: unknown, onlyEnd: boolean): void {
    const entry = this.#last.get(id) ?? { chain: Promise.resolve() };
    if (!onlyEnd) {
      // The oldest goes first; a late event of a job that was just stopped is still recognised.
      this.#last.delete(id);
      this.#last.set(id, entry);
      if (this.#last.size > 1_000) this.#last.delete(this.#last.keys().next().value!);
    }
    entry.chain = entry.chain.then(async () => {
      try {
        const status = await this.#read(id, progress);
        if (!status) return;
        const ended = isEnded(status.state);
        if (ended ? entry.state === status.state : onlyEnd) return;
        entry.state = status.state;
        this.#listener(status);
      } catch (err) {
        if (!onlyEnd) this.#log.warn({ err, job: id }, 'change of a job not told');
      }
    });
  }
}

const isEnded = (state: JobState): boolean => state !== 'waiting' && state !== 'active';
