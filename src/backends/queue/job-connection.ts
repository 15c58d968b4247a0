import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../../domain/errors.ts';
import { JOB_NAMES, type JobName } from '../../domain/job/job.ts';
import type { Log } from '../../log.ts';
import { CALL_MS, type Driver, type JobStore, translate, within } from './driver.ts';

/** Starting a new embedded database takes seconds on a slow machine. */
const START_MS = 90_000;
const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 30_000;
const RESEND_MS = 100;

export type JobStores = ReadonlyMap<JobName, JobStore>;

/** Something that lives on a connection and is begun when there is one: a worker or a watcher. */
export interface ConnectionUser {
  begun: boolean;
  begin(): Promise<void>;
}

/** The connection to the database behind the queue: made when it is first needed, and again after it failed. */
export interface JobConnection extends AsyncDisposable {
  /** Runs one call on the stores, connecting first. Throws AppError `unavailable` | `storage_full`. */
  call<T>(work: (stores: JobStores) => Promise<T>): Promise<T>;
  /** Whether nothing was ever queued here, so that there is nothing to ask a database for. */
  untouched(): boolean;
  /** Begins the consumer now, in the background while the database is away, or with the first call. */
  consume(consumer: ConnectionUser): Promise<void>;
  release(consumer: ConnectionUser): void;
}

/** Runs `work`; again while the database's primary is being looked for, for as long as a call may take. */
async function untilServed<T>(driver: Driver, work: () => Promise<T>): Promise<T> {
  for (const until = performance.now() + CALL_MS; ; ) {
    try {
      return await work();
    } catch (error) {
      if (!driver.seeking(error) || performance.now() > until) throw error;
    }
    await sleep(RESEND_MS);
  }
}

export function openJobConnection(driver: Driver, log: Log): JobConnection {
  const closing = new AbortController();
  const consumers = new Set<ConnectionUser>();
  let stores: Promise<Map<JobName, JobStore>> | undefined;
  let connected = false;

  /** In the order of their names, whichever was ready first. */
  const openStores = async (): Promise<Map<JobName, JobStore>> => {
    await driver.start();
    const opened = new Map<JobName, JobStore>();
    try {
      // The first alone: it makes the tables that the others share.
      const [first, ...others] = JOB_NAMES;
      opened.set(first, await driver.store(first));
      await Promise.all(others.map(async (name) => opened.set(name, await driver.store(name))));
    } catch (error) {
      for (const store of opened.values()) store.close().catch(() => {});
      throw error;
    }
    connected = true;
    return new Map(JOB_NAMES.map((name) => [name, opened.get(name)!]));
  };

  /** The stores, connected, with every worker and watcher begun. Tries once; who asks again tries again. */
  const connect = async (): Promise<Map<JobName, JobStore>> => {
    if (closing.signal.aborted) throw new AppError('unavailable', 'the queue is closed');
    stores ??= openStores().catch((error: unknown) => {
      stores = undefined;
      throw error;
    });
    const opened = await within(START_MS, stores);
    for (const consumer of consumers)
      if (!consumer.begun) {
        consumer.begun = true;
        await consumer.begin().catch((error: unknown) => {
          consumer.begun = false;
          throw error;
        });
      }
    return opened;
  };

  let trying: Promise<void> | undefined;
  /** Connects in the background until it works. */
  const keepTrying = (): Promise<void> => {
    trying ??= (async () => {
      for (let ms = FIRST_RETRY_MS; !closing.signal.aborted; ms = Math.min(ms * 2, LONGEST_RETRY_MS)) {
        try {
          await connect();
          break;
        } catch (err) {
          if (!closing.signal.aborted) log.warn({ err: translate(err), retryMs: ms }, 'queue not connected');
        }
        await sleep(ms, undefined, { signal: closing.signal }).catch(() => {});
      }
      trying = undefined;
    })();
    return trying;
  };

  const consume = async (consumer: ConnectionUser): Promise<void> => {
    consumers.add(consumer);
    if (!connected && !driver.inUse()) return;
    const firstTry = connect().catch(() => void keepTrying());
    await Promise.race([firstTry, sleep(CALL_MS, undefined, { ref: false })]);
  };

  const call = async <T>(work: (stores: JobStores) => Promise<T>): Promise<T> => {
    try {
      const opened = await connect();
      return await within(
        CALL_MS,
        untilServed(driver, () => work(opened)),
      );
    } catch (error) {
      if ([...consumers].some(({ begun }) => !begun)) void keepTrying();
      throw translate(error);
    }
  };
  const untouched = (): boolean => !connected && !driver.inUse();

  return {
    call,
    untouched,
    consume,
    release: (consumer) => void consumers.delete(consumer),
    async [Symbol.asyncDispose]() {
      if (closing.signal.aborted) return;
      closing.abort();
      const opened = await stores?.catch(() => undefined);
      for (const store of opened?.values() ?? []) await within(CALL_MS, store.close()).catch(() => {});
      await driver[Symbol.asyncDispose]();
    },
  };
}
