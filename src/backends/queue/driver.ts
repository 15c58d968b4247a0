import {
  Queue as BullQueue,
  createPostgresBackend,
  type IQueueBackend,
  type JobProgress,
  type PostgresConnectionOptions,
  type PostgresQueueBackend,
  QueueEvents,
  Worker,
  type WorkerOptions,
} from 'bullmq';
import pg from 'pg';
import { AppError } from '../../domain/errors.ts';
import type { JobStatus } from '../../domain/job/job.ts';
import { withTimeout } from '../../domain/retry.ts';
import type { Phrase } from '../../i18n/health.ts';
import type { Log } from '../../log.ts';
import { isElsewhere, type RedisAccess, seekPrimary, tlsOf } from '../redis-primary.ts';
import { EmbeddedPostgres } from './embedded-postgres.ts';
import type { JobData, StoredJob } from './job-state.ts';

export type QueueConnection =
  | ({ kind: 'redis'; prefix: string } & RedisAccess)
  | { kind: 'embedded'; dir: string };

type Result = JobStatus['result'];
/** The part of BullMQ's queue that is used here, with any database behind it. */
export type JobStore = Pick<
  BullQueue<JobData, Result>,
  'add' | 'getJob' | 'getJobState' | 'getJobCounts' | 'getJobs' | 'getRanges' | 'close'
>;
export interface Closable {
  close(): Promise<void>;
}
export interface JobWorker {
  close(force: boolean): Promise<void>;
  pause(doNotWaitActive: boolean): Promise<void>;
}
type JobProcessor = (job: StoredJob, token?: string) => Promise<Result>;

/** Opens BullMQ's classes on one database. */
export interface Driver extends AsyncDisposable {
  /** Where it is, for people; without credentials. */
  readonly address: string;
  /** What a person can do when it does not answer. */
  readonly mend: Phrase;
  /** Whether there may be jobs already, so that it connects before anybody adds one. */
  inUse(): boolean;
  /** @throws AppError `unavailable` when it can never be used on this machine (no binary) */
  check(): Promise<void>;
  /** Whether a call failed because the primary is being looked for; then it may work in a moment. */
  seeking(error: unknown): boolean;
  /** Makes the database ready; called before the others, and again after it failed. */
  start(): Promise<void>;
  store(name: string): Promise<JobStore>;
  /** @param changed called for every change of a job, in whichever process it happened */
  events(name: string, changed: (id: string, progress?: unknown) => void): Promise<Closable>;
  /** @param lost called when another worker may run a job because this one seemed dead */
  worker(
    name: string,
    process: JobProcessor,
    options: Omit<WorkerOptions, 'connection'>,
    lost: (id: string) => void,
  ): Promise<JobWorker>;
}

const CONNECT_MS = 5_000;
/** Longest wait for one call to the database, in milliseconds. */
export const CALL_MS = 5_000;

/** Waits for the database, but not longer than `ms`. Throws AppError `unavailable` then. */
export const inTime = <T>(ms: number, work: Promise<T>): Promise<T> =>
  withTimeout(ms, work, () => new AppError('unavailable', `the queue does not answer within ${ms} ms`));

/** An error of BullMQ or of its database client as an AppError: the database did not serve us. */
export function translate(error: unknown): AppError {
  if (error instanceof AppError) return error;
  const { code, message } =
    error instanceof Error ? (error as NodeJS.ErrnoException) : { code: '', message: String(error) };
  // PostgreSQL: disk_full.
  if (code === '53100') return new AppError('storage_full', message, { cause: error });
  return new AppError('unavailable', message, { cause: error });
}

interface Opened {
  readonly backend: object;
  waitUntilReady(): Promise<unknown>;
  close(): Promise<void>;
  disconnect(): Promise<void>;
  on(event: 'error', listener: (error: Error) => void): unknown;
}

/** Waits until a BullMQ object is connected; closes it when it is not in time. */
async function ready<T extends Opened>(opened: T, log: Log): Promise<T> {
  // Without a listener an error event would end the process; the callers get their errors from their own calls.
  opened.on('error', (err) => log.debug({ err }, 'queue connection'));
  try {
    await inTime(CONNECT_MS, opened.waitUntilReady());
    return opened;
  } catch (error) {
    opened.close().catch(() => {});
    throw error;
  }
}

function follow<B extends IQueueBackend, C>(
  events: QueueEvents<unknown, B, C>,
  changed: (id: string, progress?: unknown) => void,
): QueueEvents<unknown, B, C> {
  for (const event of ['waiting', 'delayed', 'active', 'completed', 'failed'] as const)
    events.on(event, ({ jobId }: { jobId: string }) => changed(jobId));
  return events.on('progress', ({ jobId, data }) => changed(jobId, data));
}

/**
 * Begins to take jobs, with a worker that is connected. BullMQ's own start would keep a first connection that failed, and
 * ask it again and again without a pause: the whole process would stand still.
 */
function run<B extends IQueueBackend, C>(
  worker: Worker<JobData, Result, string, B, JobProgress, C>,
  lost: (id: string) => void,
  log: Log,
): JobWorker {
  worker.on('lockRenewalFailed', (ids) => {
    for (const id of ids) lost(id);
  });
  worker.run().catch((err: unknown) => log.error({ err }, 'queue worker ended'));
  return worker;
}

/** Nobody listens to the errors of a client that BullMQ has taken from its pool, so a second error (a reset after a FATAL) would end the process. */
class QuietClient extends pg.Client {
  constructor(config?: pg.ClientConfig) {
    super(config);
    this.on('error', () => {});
  }
}

/** The longest silence of Redis where no command blocks; the command is sent again as long as `CALL_MS` lasts. */
const SILENCE_MS = 2_000;
/** How long BullMQ's commands block in Redis: for an event, and for a delayed job. Milliseconds. */
const BLOCKED_MS = 5_000;
const LONGEST_BLOCK_MS = 10_000;

type RedisClient = Parameters<ReturnType<typeof seekPrimary>['watch']>[0] & {
  options: { socketTimeout?: number };
};

function redisDriver({ url, ca, prefix }: RedisAccess & { prefix: string }, log: Log): Driver {
  const { host, pathname } = new URL(url);
  let ended = false;
  const all: Opened[] = [];
  const clients = new Set<RedisClient>();
  let lostAt = -Infinity;
  /**
   * For one of BullMQ's objects: its options, and the function that connects it and keeps it at the primary.
   * @param silenceMs longer than any of its commands blocks
   */
  const seek = (silenceMs: number, resend: boolean) => {
    const seeker = seekPrimary({
      // BullMQ sends Redis a last command when it closes: while Redis is away, its clients would try that for ever.
      pace: (attempt) => (ended ? null : Math.min(attempt * 200, 2_000)),
      silenceMs,
      resend,
      lost() {
        lostAt = performance.now();
        // A client that only reads would stay at a replica, and read old data.
        for (const client of clients) if (client.status === 'ready') client.disconnect(true);
      },
    });
    return {
      connection: { url, ...tlsOf({ url, ca }, 'queue.ca'), connectTimeout: CONNECT_MS, ...seeker.options },
      async connect<T extends Opened>(opened: T): Promise<T> {
        all.push(opened);
        await ready(opened, log);
        const client = await (opened.backend as { client: Promise<RedisClient> }).client;
        // A worker blocks on a second connection, which has these options already; nothing blocks on this one.
        if (opened instanceof Worker) client.options.socketTimeout = SILENCE_MS;
        clients.add(client);
        seeker.watch(client);
        return opened;
      },
    };
  };
  return {
    address: `${host}${pathname.length > 1 ? pathname : ''}`,
    mend: ['mend.queueRedis'],
    inUse: () => true,
    check: async () => {},
    start: async () => {},
    seeking: (error) => isElsewhere(error) || performance.now() - lostAt < CALL_MS,
    store(name) {
      const { connection, connect } = seek(SILENCE_MS, false);
      // A command that cannot be sent fails at once, so that no job is added twice.
      const careful = { ...connection, enableOfflineQueue: false, maxRetriesPerRequest: 1 };
      return connect(new BullQueue<JobData, Result>(name, { prefix, connection: careful }));
    },
    events(name, changed) {
      const { connection, connect } = seek(BLOCKED_MS + SILENCE_MS, true);
      return connect(
        follow(new QueueEvents(name, { prefix, connection, blockingTimeout: BLOCKED_MS }), changed),
      );
    },
    async worker(name, process, options, lost) {
      // It blocks as long as BullMQ waits for a delayed job.
      const { connection, connect } = seek(LONGEST_BLOCK_MS + SILENCE_MS, true);
      const settings = { ...options, prefix, connection, autorun: false };
      return run(await connect(new Worker<JobData, Result>(name, process, settings)), lost, log);
    },
    async [Symbol.asyncDispose]() {
      ended = true;
      // A client that could not send its last command is still waiting to connect again.
      for (const opened of all) opened.disconnect().catch(() => {});
    },
  };
}

function embeddedDriver({ dir }: { dir: string }, log: Log): Driver {
  const server = new EmbeddedPostgres(dir, log);
  let connection: PostgresConnectionOptions | undefined;
  const connected = (): PostgresConnectionOptions => {
    if (!connection) throw new AppError('unavailable', 'the embedded queue has not been started');
    return connection;
  };
  return {
    address: `embedded PostgreSQL in ${dir}`,
    mend: ['mend.queueEmbedded', { place: dir }],
    inUse: () => server.initialised(),
    check: async () => void (await server.binaries()),
    seeking: () => false,
    async start() {
      connection = { ...(await server.start()), migrate: true, max: 3, Client: QuietClient };
    },
    store: (name) => {
      type Store = BullQueue<
        JobData,
        Result,
        string,
        JobData,
        Result,
        string,
        PostgresQueueBackend,
        PostgresConnectionOptions
      >;
      const store: Store = new BullQueue(name, { connection: connected() }, createPostgresBackend);
      return ready(store, log);
    },
    events: (name, changed) =>
      ready(follow(new QueueEvents(name, { connection: connected() }, createPostgresBackend), changed), log),
    async worker(name, process, options, lost) {
      type PgWorker = Worker<
        JobData,
        Result,
        string,
        PostgresQueueBackend,
        JobProgress,
        PostgresConnectionOptions
      >;
      const settings = { ...options, connection: connected(), autorun: false };
      const worker: PgWorker = new Worker(name, process, settings, createPostgresBackend);
      return run(await ready(worker, log), lost, log);
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

export const openDriver = (connection: QueueConnection, log: Log): Driver =>
  connection.kind === 'redis' ? redisDriver(connection, log) : embeddedDriver(connection, log);
