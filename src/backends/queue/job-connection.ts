import { AppError } from '../../domain/errors.ts';
import { JOB_NAMES, type JobName } from '../../domain/job/job.ts';
import { retry, valueInTime } from '../../domain/retry.ts';
import type { Log } from '../../log.ts';
import { CALL_MS, type Driver, inTime, type JobStore, translate } from './driver.ts';

/** A new embedded database takes seconds to start on a slow machine. */
const START_MS = 90_000;
const BACKOFF_MS = { first: 500, most: 30_000 };
const RESEND_MS = 100;

export type JobStores = ReadonlyMap<JobName, JobStore>;

/** Something that needs a connection and is begun when there is one: a worker or a watcher. */
interface ConnectionUser {
  begin(): Promise<void>;
  /** Set once it is being begun; unset when that failed. */
  begun?: Promise<void> | undefined;
}

/** The connection to the database behind the queue: made when it is first needed, and again after it failed. */
export class JobConnection {
  readonly #driver: Driver;
  readonly #log: Log;
  readonly #closing = new AbortController();
  readonly #users = new Set<ConnectionUser>();
  #stores: Promise<Map<JobName, JobStore>> | undefined;
  #connected = false;
  /** Connecting in the background. */
  #trying: Promise<void> | undefined;

  constructor(driver: Driver, log: Log) {
    this.#driver = driver;
    this.#log = log;
  }

  /**
   * Runs one call on the stores; connects first.
   * @throws AppError `unavailable` | `storage_full`
   */
  async call<T>(work: (stores: JobStores) => Promise<T>): Promise<T> {
    try {
      const opened = await this.#connect();
      return await inTime(
        CALL_MS,
        this.#untilServed(() => work(opened)),
      );
    } catch (error) {
      if ([...this.#users].some(({ begun }) => !begun)) this.#keepTrying();
      throw translate(error);
    }
  }

  /** Whether nothing was ever queued here, so that there is nothing to ask a database for. */
  untouched(): boolean {
    return !this.#connected && !this.#driver.inUse();
  }

  /** Begins the user now; while the database is away in the background, or else with the first call. */
  async consume(user: ConnectionUser): Promise<void> {
    this.#users.add(user);
    if (this.untouched()) return;
    const firstTry = this.#connect().then(
      () => {},
      () => this.#keepTrying(),
    );
    await valueInTime(CALL_MS, firstTry, () => undefined);
  }

  /** The user is not begun from now on; waits for the end of a begin that is under way, so that nothing opens behind it. */
  async release(user: ConnectionUser): Promise<void> {
    this.#users.delete(user);
    await user.begun?.catch(() => {});
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort();
    const opened = await this.#stores?.catch(() => undefined);
    for (const store of opened?.values() ?? []) await inTime(CALL_MS, store.close()).catch(() => {});
    await this.#driver[Symbol.asyncDispose]();
  }

  /** Connects and begins every user that waits. Tries once. */
  async #connect(): Promise<JobStores> {
    if (this.#closing.signal.aborted) throw closed();
    this.#stores ??= this.#openStores().catch((error: unknown) => {
      this.#stores = undefined;
      throw error;
    });
    const opened = await inTime(START_MS, this.#stores);
    for (const user of this.#users) {
      if (this.#closing.signal.aborted) throw closed();
      // Calls at the same time begin each user once, and all of them wait for it.
      user.begun ??= user.begin().catch((error: unknown) => {
        user.begun = undefined;
        throw error;
      });
      await user.begun;
    }
    return opened;
  }

  /** In the order of the names, whichever was ready first. */
  async #openStores(): Promise<Map<JobName, JobStore>> {
    const driver = this.#driver;
    await driver.start();
    const opened = new Map<JobName, JobStore>();
    try {
      // The first alone: it makes the tables that all of them use.
      const [first, ...others] = JOB_NAMES;
      opened.set(first, await driver.store(first));
      await Promise.all(others.map(async (name) => opened.set(name, await driver.store(name))));
    } catch (error) {
      for (const store of opened.values()) store.close().catch(() => {});
      throw error;
    }
    this.#connected = true;
    return new Map(JOB_NAMES.map((name) => [name, opened.get(name)!]));
  }

  /** Connects in the background until it works. */
  #keepTrying(): void {
    const { signal } = this.#closing;
    this.#trying ??= retry(() => this.#connect().catch(rethrow), {
      backoff: BACKOFF_MS,
      jitter: 'none',
      signal,
      when: () => !signal.aborted,
      onRetry: (err, retryMs) => this.#log.warn({ err, retryMs }, 'queue not connected'),
    }).then(
      () => this.#stopTrying(),
      () => this.#stopTrying(),
    );
  }

  #stopTrying(): void {
    this.#trying = undefined;
  }

  /** Runs `work`; again while the database's primary is being looked for, for as long as a call may take. */
  #untilServed<T>(work: () => Promise<T>): Promise<T> {
    const until = performance.now() + CALL_MS;
    return retry(() => work().catch(rethrow), {
      backoff: [RESEND_MS],
      jitter: 'none',
      when: (error) => this.#driver.seeking(error) && performance.now() <= until,
    });
  }
}

const closed = (): AppError => new AppError('unavailable', 'the queue is closed');

/** Throws an error of the database as an AppError, with its message. */
const rethrow = (error: unknown): never => {
  throw translate(error);
};
