import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis, ReplyError } from 'ioredis';
import { AppError } from '../../domain/errors.ts';
import { healthOf, type Phrase } from '../../i18n/health.ts';
import type { Log } from '../../log.ts';
import { replyCode, seekPrimary } from '../redis-primary.ts';
import { ACQUIRE, COMMIT, COUNT, GET, LIST, RELEASE } from './redis-scripts.ts';
import type { CommitResult, DocumentCommit, DocumentStore, Stored } from './store.ts';

/** Milliseconds the server may take for one command. */
const COMMAND_MS = 2_500;
/** How long a call goes on while the connection is away, before it is `unavailable`. */
const AWAY_MS = 3_000;
const MAX_LIST = 1_000;

/** Redis's error codes. */
const REPLY: Record<string, [ConstructorParameters<typeof AppError>[0], string]> = {
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
 * there; while it is not, calls throw `unavailable` after some three seconds and `health` says so.
 * @param options.url `redis://` or `rediss://`, may carry user and password
 * @param options.prefix of all keys
 */
export async function openRedisState(
  options: { url: string; prefix: string },
  log: Log,
): Promise<DocumentStore> {
  const place = new URL(options.url).host;
  let refusal: AppError | undefined;
  let full: AppError | undefined;
  let closed = false;
  /** Whether it was told that Redis is away, since it last did what it was asked. */
  let told = false;
  const seeker = seekPrimary({
    pace: (attempt) => Math.min(3_000, 50 * 2 ** attempt) * (0.5 + Math.random() / 2),
    silenceMs: COMMAND_MS,
    // `call` below tries again.
    resend: false,
  });
  const redis = new Redis(options.url, {
    lazyConnect: true,
    commandTimeout: COMMAND_MS,
    connectTimeout: COMMAND_MS,
    ...seeker.options,
    // No hidden queues: a command that was reported as failed must not be carried out later, and one whose connection
    // broke fails at once. `call` below tries again.
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
  });
  seeker.watch(redis);
  /** @param waitedMs how long the command was under way: ioredis has no type for a command without an answer */
  const failed = (error: unknown, waitedMs = 0): AppError => {
    const as = (code: ConstructorParameters<typeof AppError>[0], what: string) =>
      new AppError(code, `Redis at ${place} ${what}`, { cause: slim(error) });
    if (error instanceof AppError) return error;
    if (closed) return as('stopped', 'is closed');
    if (error instanceof ReplyError) {
      const [code, what] = REPLY[replyCode(error as Error)] ?? ['internal', 'refuses a command'];
      return as(code, what);
    }
    return waitedMs >= COMMAND_MS ? as('timeout', 'did not answer in time') : as('unavailable', 'is away');
  };
  redis.on('error', (error: unknown) => {
    const failure = failed(error);
    refusal = failure.code === 'unauthorized' ? failure : undefined;
    log.debug({ err: failure }, 'redis: connection');
  });
  redis.on('ready', () => {
    refusal = undefined;
    log.debug('redis: ready');
  });
  redis.on('close', () => {
    if (!closed && !told) log.warn({ place }, 'state store: Redis is away, connecting again');
    told = true;
  });
  redis.connect().catch(() => {
    // Reported by the events above; ioredis goes on trying.
  });

  /** Runs `work`, again after a lost connection; every script may be sent twice without harm. */
  const call = async <T>(work: () => Promise<T>): Promise<T> => {
    for (const start = Date.now(); ; ) {
      let failure: AppError;
      if (closed || redis.status === 'ready') {
        const begun = Date.now();
        try {
          const result = await work();
          told = false;
          return result;
        } catch (error) {
          failure = failed(error, Date.now() - begun + 1);
          if (failure.code !== 'unavailable') throw failure;
        }
      } else failure = refusal ?? failed(undefined);
      if (failure.code === 'unauthorized' || Date.now() - start > AWAY_MS) throw failure;
      await sleep(25);
    }
  };

  const keysOf = (kind: string): string[] =>
    ['values', 'versions', 'ranks', 'expiries'].map((part) => `${options.prefix}${kind}:${part}`);
  /** A server that takes no writes may still answer questions: `health` has to know. */
  const written = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      const result = await work();
      full = undefined;
      return result;
    } catch (error) {
      const failure = failed(error);
      if (failure.code === 'storage_full') full = failure;
      throw failure;
    }
  };
  const leaseKey = (lease: string): string => `${options.prefix}lease:${lease}`;
  const run = (script: string, keys: string[], args: (string | number)[]): Promise<unknown> =>
    call(() => redis.eval(script, keys.length, ...keys, ...args));

  return {
    async get(kind: string, id: string) {
      const [value, version, rank] = (await run(GET, keysOf(kind), [id])) as string[];
      return value === undefined ? undefined : stored(id, value, version!, rank!);
    },

    async list(kind: string, { from = -Infinity, to = Infinity, limit = 100, descending = false } = {}) {
      const flat = (await run(LIST, keysOf(kind), [
        bound(from),
        bound(to),
        Math.max(0, Math.min(limit, MAX_LIST)),
        descending ? 'down' : 'up',
      ])) as string[];
      return Array.from({ length: flat.length / 4 }, (_, index) => {
        const [id, value, version, rank] = flat.slice(index * 4, index * 4 + 4);
        return stored(id!, value!, version!, rank!);
      });
    },

    count: async (kind) => Number(await run(COUNT, keysOf(kind), [])),

    async commit(changes) {
      const { keys, args } = commitArguments(changes, keysOf);
      const token = `${options.prefix}commit:${randomUUID()}`;
      const fence = leaseKey(changes.fence?.lease ?? '');
      return written(async () => (await run(COMMIT, [token, fence, ...keys], args)) as CommitResult);
    },

    acquire: (lease, owner, ttlMs) =>
      written(async () => {
        const token = await run(ACQUIRE, [leaseKey(lease)], [owner, ttlMs]);
        return token === null ? undefined : Number(token);
      }),

    async release(lease, owner) {
      await run(RELEASE, [leaseKey(lease)], [owner]);
    },

    async health() {
      try {
        if (full) throw full;
        const info = await call(() => redis.info('persistence'));
        const memory = await call(() => redis.info('memory'));
        const field = (text: string, name: string) => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(text)?.[1];
        return healthOf(true, 'redis', [
          ['redis', { place, used: field(memory, 'used_memory_human') ?? '?' }],
          [field(info, 'aof_enabled') === '1' ? 'appendOn' : 'appendOff'],
        ]);
      } catch (error) {
        const { code, message } = failed(error);
        const mend: Phrase =
          code === 'unauthorized'
            ? ['mend.redisAuth']
            : code === 'storage_full'
              ? ['mend.redisFull']
              : ['mend.redis', { place }];
        return healthOf(false, 'redis', [['error', { error: message }]], mend);
      }
    },

    async [Symbol.asyncDispose]() {
      // Commands are answered in order: this answer comes after those of everything that is under way.
      if (redis.status === 'ready') await redis.ping().catch(() => {});
      closed = true;
      redis.disconnect();
    },
  };
}

/** ioredis's errors carry the command with its arguments (a password, documents): only name and words are kept. */
const slim = (error: unknown): Error | undefined =>
  error instanceof Error ? Object.assign(new Error(error.message), { name: error.name }) : undefined;

const bound = (rank: number): string =>
  rank === Infinity ? '+inf' : rank === -Infinity ? '-inf' : String(rank);

function stored(id: string, value: string, version: string, rank: string): Stored<unknown> {
  return { id, value: JSON.parse(value), rank: Number(rank), version: Number(version) };
}

/** A commit as the script takes it. Everything is checked here: an error inside a script would leave half of it done. */
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
