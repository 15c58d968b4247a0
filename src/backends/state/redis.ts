import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis, ReplyError } from 'ioredis';
import { AppError, type ErrorCode } from '../../domain/errors.ts';
import type { Health } from '../../domain/health.ts';
import { backoffMs } from '../../domain/retry.ts';
import { turn } from '../../domain/time/event-loop.ts';
import { healthOf, type Phrase } from '../../i18n/health.ts';
import type { Log } from '../../log.ts';
import { type RedisAccess, redisFault, replyCode, seekPrimary, tlsOf } from '../redis-primary.ts';
import { ACQUIRE, COMMIT, COUNT, GET, LIST, RELEASE } from './redis-scripts.ts';
import type { CommitResult, DocumentCommit, DocumentListOptions, DocumentStore, Stored } from './store.ts';

/** Milliseconds the server may take for one command. */
const COMMAND_MS = 2_500;
/** How long a call waits for a connection before it throws `unavailable`. */
const AWAY_MS = 3_000;
const RESEND_MS = 25;
/** Waits between tries to connect. */
const BACKOFF_MS = { first: 100, most: 3_000 };
const MAX_LIST = 1_000;

/** Redis's error codes. */
const REPLY: Record<string, [ErrorCode, string]> = {
  OOM: ['storage_full', 'has no memory left'],
  MISCONF: ['storage_full', 'cannot write to its disk'],
  NOAUTH: ['unauthorized', 'asks for a password'],
  WRONGPASS: ['unauthorized', 'refuses the user or password'],
  NOPERM: ['unauthorized', 'does not allow this user what is needed'],
  LOADING: ['unavailable', 'is starting'],
  BUSY: ['unavailable', 'is busy'],
  READONLY: ['unavailable', 'is a replica'],
  MASTERDOWN: ['unavailable', 'has lost its primary'],
  UNBLOCKED: ['unavailable', 'has become a replica'],
  NOREPLICAS: ['unavailable', 'has lost its replicas'],
};

/**
 * State store in Redis (7 or later), shared by all roles; every commit is one script. Resolves whether or not the server is
 * there; while it is away, calls throw `unavailable` after some three seconds and `health` says so.
 * @param options.prefix of all keys
 */
export async function openRedisState(
  options: RedisAccess & { prefix: string },
  log: Log,
): Promise<DocumentStore> {
  const state = new RedisState(new RedisConnection(options, log), options.prefix);
  return {
    get: (kind, id) => state.get(kind, id),
    list: (kind, options) => state.list(kind, options),
    count: (kind) => state.count(kind),
    commit: (changes) => state.commit(changes),
    acquire: (lease, owner, ttlMs) => state.acquire(lease, owner, ttlMs),
    release: (lease, owner) => state.release(lease, owner),
    health: () => state.health(),
    [Symbol.asyncDispose]: () => state[Symbol.asyncDispose](),
  };
}

class RedisState {
  readonly #connection: RedisConnection;
  readonly #prefix: string;
  /** Why no write was accepted; a server that accepts no writes may still answer questions. */
  #full: AppError | undefined;

  constructor(connection: RedisConnection, prefix: string) {
    this.#connection = connection;
    this.#prefix = prefix;
  }

  async get(kind: string, id: string): Promise<Stored<unknown> | undefined> {
    const [value, version, rank] = (await this.#run(GET, this.#keysOf(kind), [id])) as string[];
    return value === undefined ? undefined : stored(id, value, version!, rank!);
  }

  async list(
    kind: string,
    { from = -Infinity, to = Infinity, limit = 100, descending = false, skip = 0 }: DocumentListOptions = {},
  ): Promise<Stored<unknown>[]> {
    const flat = (await this.#run(LIST, this.#keysOf(kind), [
      bound(from),
      bound(to),
      Math.max(0, Math.min(limit, MAX_LIST)),
      descending ? 'down' : 'up',
      skip,
    ])) as string[];
    const found: Stored<unknown>[] = [];
    for (let at = 0; at < flat.length; at += 4) {
      const wait = turn();
      if (wait) await wait;
      found.push(stored(flat[at]!, flat[at + 1]!, flat[at + 2]!, flat[at + 3]!));
    }
    return found;
  }

  async count(kind: string): Promise<number> {
    return Number(await this.#run(COUNT, this.#keysOf(kind), []));
  }

  async commit(changes: DocumentCommit): Promise<CommitResult> {
    const { keys, args } = commitArguments(changes, (kind) => this.#keysOf(kind));
    const token = `${this.#prefix}commit:${randomUUID()}`;
    const fence = this.#leaseKey(changes.fence?.lease ?? '');
    return this.#written(
      async () => (await this.#run(COMMIT, [token, fence, ...keys], args)) as CommitResult,
    );
  }

  acquire(lease: string, owner: string, ttlMs: number): Promise<number | undefined> {
    return this.#written(async () => {
      const token = await this.#run(ACQUIRE, [this.#leaseKey(lease)], [owner, ttlMs]);
      return token === null ? undefined : Number(token);
    });
  }

  async release(lease: string, owner: string): Promise<void> {
    await this.#run(RELEASE, [this.#leaseKey(lease)], [owner]);
  }

  async health(): Promise<Health> {
    const { place } = this.#connection;
    try {
      if (this.#full) throw this.#full;
      const info = await this.#connection.call((redis) => redis.info('persistence'));
      const memory = await this.#connection.call((redis) => redis.info('memory'));
      const field = (text: string, name: string) => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(text)?.[1];
      return healthOf(true, 'redis', [
        ['redis', { place, used: field(memory, 'used_memory_human') ?? '?' }],
        [field(info, 'aof_enabled') === '1' ? 'appendOn' : 'appendOff'],
      ]);
    } catch (error) {
      const { code, message } = this.#connection.errorOf(error);
      const fault = code === 'unavailable' ? await redisFault(this.#connection.access) : undefined;
      if (fault)
        return healthOf(false, 'redis', [[`certificate.${fault}`, { place }]], ['mend.redisCertificate']);
      const mend: Phrase =
        code === 'unauthorized'
          ? ['mend.redisAuth']
          : code === 'storage_full'
            ? ['mend.redisFull']
            : ['mend.redis', { place }];
      return healthOf(false, 'redis', [['error', { error: message }]], mend);
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#connection.close();
  }

  #keysOf(kind: string): string[] {
    return ['values', 'versions', 'ranks', 'expiries'].map((part) => `${this.#prefix}${kind}:${part}`);
  }

  #leaseKey(lease: string): string {
    return `${this.#prefix}lease:${lease}`;
  }

  #run(script: string, keys: string[], args: (string | number)[]): Promise<unknown> {
    return this.#connection.call((redis) => redis.eval(script, keys.length, ...keys, ...args));
  }

  async #written<T>(work: () => Promise<T>): Promise<T> {
    try {
      const result = await work();
      this.#full = undefined;
      return result;
    } catch (error) {
      const failure = this.#connection.errorOf(error);
      if (failure.code === 'storage_full') this.#full = failure;
      throw failure;
    }
  }
}

/** The connection to one address, kept at the primary behind it. */
class RedisConnection {
  /** The server, as shown to people: without a password. */
  readonly place: string;
  readonly access: RedisAccess;
  readonly #redis: Redis;
  readonly #log: Log;
  /** Why the server refuses everybody. */
  #refusal: AppError | undefined;
  #closed = false;
  /** Whether the log says that Redis is away, since a command succeeded. */
  #told = false;

  constructor(access: RedisAccess, log: Log) {
    const { url } = access;
    this.access = access;
    this.place = new URL(url).host;
    this.#log = log;
    const seeker = seekPrimary({
      pace: (attempt) => backoffMs(attempt, BACKOFF_MS, 'half'),
      silenceMs: COMMAND_MS,
      // `call` tries again.
      resend: false,
    });
    this.#redis = new Redis(url, {
      ...tlsOf(access, 'state.ca'),
      lazyConnect: true,
      commandTimeout: COMMAND_MS,
      connectTimeout: COMMAND_MS,
      ...seeker.options,
      // No hidden queues: a command that was reported as failed must not be carried out later, and a command whose
      // connection broke fails at once. `call` tries again.
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
    });
    seeker.watch(this.#redis);
    this.#listen();
    this.#redis.connect().catch(() => {
      // The events report it; ioredis goes on trying.
    });
  }

  /** Runs `work`, again after a lost connection; every script may be sent twice without harm. */
  async call<T>(work: (redis: Redis) => Promise<T>): Promise<T> {
    for (const start = Date.now(); ; ) {
      const outcome = await this.#tryOnce(work);
      if (!(outcome instanceof AppError)) return outcome.result;
      if (outcome.code !== 'unavailable' || Date.now() - start > AWAY_MS) throw outcome;
      await sleep(RESEND_MS);
    }
  }

  /** @param waitedMs how long the command waited: ioredis has no type for a command that got no answer */
  errorOf(error: unknown, waitedMs = 0): AppError {
    const as = (code: ErrorCode, what: string) =>
      new AppError(code, `Redis at ${this.place} ${what}`, { cause: slim(error) });
    if (error instanceof AppError) return error;
    if (this.#closed) return as('stopped', 'is closed');
    if (error instanceof ReplyError) {
      const [code, what] = REPLY[replyCode(error as Error)] ?? ['internal', 'refuses a command'];
      return as(code, what);
    }
    return waitedMs >= COMMAND_MS ? as('timeout', 'did not answer in time') : as('unavailable', 'is away');
  }

  async close(): Promise<void> {
    // Commands are answered in order: this answer comes after those of all commands that are under way.
    if (this.#redis.status === 'ready') await this.#redis.ping().catch(() => {});
    this.#closed = true;
    this.#redis.disconnect();
  }

  async #tryOnce<T>(work: (redis: Redis) => Promise<T>): Promise<{ result: T } | AppError> {
    if (!this.#closed && this.#redis.status !== 'ready') return this.#refusal ?? this.errorOf(undefined);
    const begun = Date.now();
    try {
      const result = await work(this.#redis);
      this.#told = false;
      return { result };
    } catch (error) {
      return this.errorOf(error, Date.now() - begun + 1);
    }
  }

  #listen(): void {
    const log = this.#log;
    this.#redis.on('error', (error: unknown) => {
      const failure = this.errorOf(error);
      this.#refusal = failure.code === 'unauthorized' ? failure : undefined;
      log.debug({ err: failure }, 'redis: connection');
    });
    this.#redis.on('ready', () => {
      this.#refusal = undefined;
      log.debug('redis: ready');
    });
    this.#redis.on('close', () => {
      if (!this.#closed && !this.#told)
        log.warn({ place: this.place }, 'state store: Redis is away, connecting again');
      this.#told = true;
    });
  }
}

/** ioredis's errors carry the command with its arguments (a password, documents): only name and message are kept. */
const slim = (error: unknown): Error | undefined =>
  error instanceof Error ? Object.assign(new Error(error.message), { name: error.name }) : undefined;

const bound = (rank: number): string =>
  rank === Infinity ? '+inf' : rank === -Infinity ? '-inf' : String(rank);

function stored(id: string, value: string, version: string, rank: string): Stored<unknown> {
  return { id, value: JSON.parse(value), rank: Number(rank), version: Number(version) };
}

/** A commit as the script takes it. Everything is checked here, as an error inside the script would leave half of it done. */
function commitArguments(
  { once = [], put = [], delete: gone = [], fence }: DocumentCommit,
  keysOf: (kind: string) => string[],
): { keys: string[]; args: (string | number)[] } {
  const kinds = [...new Set([...once, ...put, ...gone].map(({ kind }) => kind))];
  // Lua counts from 1, and the first keys are the commit's token and its lease.
  const first = (kind: string): number => 3 + kinds.indexOf(kind) * 4;
  const args: (string | number)[] = [fence?.token ?? '', once.length];
  for (const { kind, id, ttlMs } of once) args.push(first(kind), id, ttlMs ?? '');
  args.push(put.length);
  for (const { kind, id, value, rank = 0, ifVersion, ttlMs } of put) {
    if (Number.isNaN(rank)) throw new AppError('internal', `state: rank of ${kind} is not a number`);
    args.push(first(kind), id, JSON.stringify(value) ?? 'null', bound(rank), ifVersion ?? '', ttlMs ?? '');
  }
  args.push(gone.length);
  for (const { kind, id } of gone) args.push(first(kind), id);
  return { keys: kinds.flatMap(keysOf), args };
}
