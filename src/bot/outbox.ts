import { randomUUID } from 'node:crypto';
import type { Put, StateStore, Stored } from '../backends/state/store.ts';
import { type AppError, type ErrorCode, toAppError } from '../domain/errors.ts';
import type { Health } from '../domain/health.ts';
import type { Message } from '../domain/message.ts';
import type { Log } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import type { Chat, MessageRef } from './chat.ts';
import {
  type Delivery,
  type Entry,
  IDLE,
  isPending,
  isTask,
  parentId,
  putEntry,
  type Task,
  threadKey,
} from './delivery.ts';
import { foldStorm } from './storm.ts';
import { sentence } from './views/replies.ts';

const DEFAULT_PACE = { perSecond: 1, burst: 3 };
const POLL_MS = 1_000;
const BACKOFF_MS = { first: 500, most: 60_000 };
/** For what a person has to mend: a channel that is gone, a missing scope, a revoked token. */
const LONG_BACKOFF_MS = { first: 30_000, most: 10 * 60_000 };
/** Clocks of the platform and of this machine may differ by this much when a message is looked for. */
const SKEW_MS = 5 * 60_000;
const ENTRIES_AT_ONCE = 20;
const TASKS_AT_ONCE = 2;
/** How long one bot process may be the only sender before it has to say so again. */
const LEASE_MS = 5_000;

/** The platform answered: what was sent is certainly not there. */
const NOT_DELIVERED: ReadonlySet<ErrorCode> = new Set([
  'rate_limited',
  'unauthorized',
  'forbidden',
  'not_found',
  'too_large',
  'malformed',
]);
const NEEDS_MENDING: ReadonlySet<ErrorCode> = new Set(['unauthorized', 'forbidden', 'not_found']);

export interface OutboxOptions {
  state: StateStore;
  chats: readonly Chat[];
  /** The message as it is now; undefined when there is nothing (any more) to say. */
  render(delivery: Delivery): Promise<{ message: Message; opensThread?: string } | undefined>;
  /** Does a task. Resolves with what to write when it is over, or when to look again (epoch ms). */
  runTask(task: Task): Promise<{ puts: Put[] } | { again: number }>;
  /** Least time between two edits of one message. */
  debounceMs: number;
  metrics: Metrics;
  log: Log;
  /** Whether other processes send from the same store; then only one of them does at a time. */
  shared?: boolean;
}

export interface Outbox {
  start(): void;
  /** Something became due: look at once. */
  wake(): void;
  /** Resolves when nothing that is due or under way is left, or after `timeoutMs`. */
  drain(timeoutMs: number): Promise<void>;
  /** Stops sending; resolves when what was under way has ended. What waits stays in the store. */
  stop(): Promise<void>;
  health(): Promise<Health>;
}

/** What is known of one channel of one chat, or of the tasks. */
interface Lane {
  tokens: number;
  refilled: number;
  /** Epoch ms before which nothing is sent: the platform asked, or it is down. */
  notBefore: number;
  failures: number;
  busy: boolean;
  problem?: { code: ErrorCode; waiting: number };
}

/** Sends what waits in the state store: nothing is dropped, nothing is sent twice, the worst goes first. */
export function createOutbox(options: OutboxOptions): Outbox {
  const { state, metrics, log } = options;
  const chats = new Map(options.chats.map((chat) => [chat.name as string, chat]));
  const owner = randomUUID();
  const lanes = new Map<string, Lane>();
  const underWay = new Set<Promise<void>>();
  const tasksRunning = new Set<string>();
  let running = false;
  let loop: Promise<void> | undefined;
  let ring: (() => void) | undefined;
  let rung = false;
  let storeProblem: ErrorCode | undefined;

  const wake = (): void => {
    rung = true;
    ring?.();
  };
  const laneOf = (chat: string, channel: string): Lane => {
    const key = `${chat}/${channel}`;
    const known = lanes.get(key);
    if (known) return known;
    const made: Lane = {
      tokens: paceOf(chat).burst,
      refilled: Date.now(),
      notBefore: 0,
      failures: 0,
      busy: false,
    };
    lanes.set(key, made);
    return made;
  };
  const paceOf = (chat: string) => chats.get(chat)?.pace ?? DEFAULT_PACE;

  /** Takes one token, or says how many ms until there is one. */
  function take(lane: Lane, chat: string): number {
    const { perSecond, burst } = paceOf(chat);
    const now = Date.now();
    lane.tokens = Math.min(burst, lane.tokens + ((now - lane.refilled) / 1_000) * perSecond);
    lane.refilled = now;
    if (lane.tokens >= 1) {
      lane.tokens -= 1;
      return 0;
    }
    return Math.ceil(((1 - lane.tokens) / perSecond) * 1_000);
  }

  /** Changes an entry whatever others write to it meanwhile. */
  async function alter(
    id: string,
    change: (entry: Delivery) => { next: Delivery },
    also: () => Promise<Put[]> = async () => [],
  ): Promise<void> {
    for (;;) {
      const stored = await state.get<Delivery>('outbox', id);
      if (!stored) return;
      const { next } = change(stored.value);
      const result = await state.commit({ put: [putEntry(id, next, stored.version), ...(await also())] });
      if (result === 'done') return;
    }
  }

  async function place(
    delivery: Delivery,
  ): Promise<{ channel: string; thread?: string } | 'later' | 'never'> {
    const { chat, channel, thread, incidentId, content } = delivery;
    if (thread || content.kind === 'incident' || content.kind === 'storm' || !incidentId)
      return { channel, ...(thread ? { thread } : {}) };
    const parent = await state.get<Delivery>('outbox', parentId(chat, incidentId));
    if (parent?.value.ref) return { channel: parent.value.ref.channel, thread: parent.value.ref.thread };
    // Its incident is told of elsewhere (storm, cause) or not at all.
    return parent && isPending(parent.value) ? 'later' : 'never';
  }

  async function send(stored: Stored<Delivery>, lane: Lane): Promise<void> {
    const { id, value: delivery } = stored;
    const chat = chats.get(delivery.chat);
    if (!chat) return;
    const wanted = delivery.wanted;
    const settle = (): Promise<void> =>
      alter(id, (now) => ({ next: { ...now, shown: Math.max(now.shown, wanted), sending: undefined } }));

    if (delivery.storm) {
      // Told in a storm message: that one changes instead.
      await alter(delivery.storm, (storm) => ({
        next: { ...storm, wanted: storm.wanted + 1, due: Math.max(storm.due, Date.now()) },
      }));
      return settle();
    }
    const where = await place(delivery);
    if (where === 'never') return settle();
    if (where === 'later') return alter(id, (now) => ({ next: { ...now, due: Date.now() + 500 } }));
    const rendered = await options.render(delivery);
    if (!rendered) return settle();
    const message =
      delivery.attempts >= 3 && isRefused(delivery.problem) ? plain(rendered.message) : rendered.message;

    let ref = delivery.ref;
    let shown = wanted;
    if (ref) {
      await chat.edit(ref, message);
      metrics.messagesSent.inc({ chat: chat.name, operation: 'edit' });
    } else {
      const { opensThread } = rendered;
      if (delivery.sending !== undefined) {
        ref = await chat.find(where, id, delivery.sending - SKEW_MS, {
          ...(opensThread ? { opensThread } : {}),
        });
        // Found as it was then: what changed since is shown by an edit.
        if (ref)
          shown =
            delivery.content.kind === 'incident' || delivery.content.kind === 'storm' ? wanted - 1 : wanted;
      } else {
        const marked = { ...delivery, sending: Date.now() };
        // Someone changed it just now: it comes again at once with that change.
        if ((await state.commit({ put: [putEntry(id, marked, stored.version)] })) !== 'done') return;
      }
      if (!ref) {
        ref = await chat.post(where, message, { nonce: id, ...(opensThread ? { opensThread } : {}) });
        metrics.messagesSent.inc({ chat: chat.name, operation: 'post' });
      }
    }
    lane.failures = 0;
    lane.problem = undefined;
    await sent(id, delivery, ref, shown);
    if (delivery.since !== undefined)
      metrics.alertDelay.observe(Math.max(0, Date.now() - delivery.since) / 1_000);
  }

  /** Notes that the platform has it. Repeats while the store is away: the message must not go out again. */
  async function sent(id: string, delivery: Delivery, ref: MessageRef, shown: number): Promise<void> {
    const opened = !delivery.ref && delivery.content.kind === 'incident' && ref.thread;
    const { incidentId } = delivery;
    const threadOpened = async (): Promise<Put[]> => {
      if (!opened || !incidentId) return [];
      const task = `task/analysis/${incidentId}`;
      const known = await state.get('outbox', task);
      return [
        { kind: 'thread', id: threadKey(delivery.chat, ref.channel, opened), value: { incidentId } },
        ...(known
          ? []
          : [putEntry(task, { task: 'analysis', subject: incidentId, due: Date.now(), attempts: 0 }, 0)]),
      ];
    };
    await alter(
      id,
      (now) => ({
        next: {
          ...now,
          ref,
          shown: Math.max(now.shown, shown),
          sending: undefined,
          attempts: 0,
          problem: undefined,
          since: undefined,
          due: Math.max(now.due, Date.now() + options.debounceMs),
        },
      }),
      threadOpened,
    );
  }

  async function failed(stored: Stored<Delivery>, lane: Lane, error: AppError): Promise<void> {
    const { id, value: delivery } = stored;
    const mending = NEEDS_MENDING.has(error.code);
    const { first, most } = mending ? LONG_BACKOFF_MS : BACKOFF_MS;
    const backoff = Math.min(most, first * 2 ** Math.min(delivery.attempts, 12)) * (0.5 + Math.random() / 2);
    const wait = error.retryAfterMs ?? backoff;
    const now = Date.now();
    lane.problem = { code: error.code, waiting: lane.problem?.waiting ?? 0 };
    if (error.retryable) {
      // The platform or the way to it is the trouble: the others of this channel need not find out one by one.
      lane.notBefore = now + (error.retryAfterMs ?? Math.min(30_000, 250 * 2 ** lane.failures));
      if (error.retryAfterMs === undefined) lane.failures = Math.min(lane.failures + 1, 10);
    }
    log.warn(
      {
        err: error,
        chat: delivery.chat,
        delivery: id,
        attempt: delivery.attempts + 1,
        waitMs: Math.round(wait),
      },
      'a delivery failed and waits',
    );
    await alter(id, (current) => ({
      next: {
        ...current,
        attempts: current.attempts + 1,
        due: now + Math.round(wait),
        problem: error.code,
        sending: NOT_DELIVERED.has(error.code) && !delivery.sending ? undefined : current.sending,
      },
    }));
  }

  async function workLane(chat: string, lane: Lane, entries: Stored<Delivery>[]): Promise<void> {
    const now = Date.now();
    const left = await foldStorm(state, entries, paceOf(chat), now);
    left.sort(
      (a, b) => b.value.severity - a.value.severity || a.value.due - b.value.due || (a.id < b.id ? -1 : 1),
    );
    for (const entry of left.slice(0, ENTRIES_AT_ONCE)) {
      if (!running || lane.notBefore > Date.now()) return;
      // An answer that only settles or postpones costs a token too: that is rare, and simpler.
      const wait = take(lane, chat);
      if (wait > 0) {
        lane.notBefore = Date.now() + wait;
        return;
      }
      try {
        await send(entry, lane);
      } catch (cause) {
        await failed(entry, lane, toAppError(cause));
      }
    }
  }

  async function workTask({ id, value: task }: Stored<Task>): Promise<void> {
    tasksRunning.add(id);
    try {
      const outcome = await options.runTask(task);
      if ('again' in outcome)
        await state.commit({ put: [putEntry(id, { ...task, due: outcome.again, attempts: 0 })] });
      else {
        const over = putEntry(id, task, undefined, true);
        // A conflict means that its notes are there already: another process was faster.
        if ((await state.commit({ put: [over, ...outcome.puts] })) === 'conflict')
          await state.commit({ put: [over] });
      }
    } catch (cause) {
      const error = toAppError(cause);
      if (error.code === 'stopped' && !running) return;
      log.warn({ err: error, task: id }, 'a task failed and waits');
      const wait = Math.min(BACKOFF_MS.most, BACKOFF_MS.first * 2 ** Math.min(task.attempts + 1, 12));
      await state.commit({
        put: [putEntry(id, { ...task, attempts: task.attempts + 1, due: Date.now() + wait })],
      });
    } finally {
      tasksRunning.delete(id);
    }
  }

  function launch(work: Promise<void>, after?: () => void): void {
    const done = work
      .catch((error) => log.error({ err: error }, 'the outbox could not note an outcome'))
      .finally(() => {
        after?.();
        underWay.delete(done);
        wake();
      });
    underWay.add(done);
  }

  /** Starts what is due; resolves with the time (epoch ms) to look again. */
  async function tick(): Promise<number> {
    const waiting = await state.list<Entry>('outbox', { to: IDLE - 1, limit: 1_000 });
    metrics.outboxPending.set(waiting.length);
    const now = Date.now();
    let next = now + POLL_MS;
    const due = new Map<string, Stored<Delivery>[]>();
    for (const entry of waiting) {
      if (entry.value.due > now) {
        next = Math.min(next, entry.value.due);
        continue;
      }
      if (isTask(entry.value)) {
        if (!tasksRunning.has(entry.id) && tasksRunning.size < TASKS_AT_ONCE)
          launch(workTask(entry as Stored<Task>));
        continue;
      }
      const { chat, channel } = entry.value;
      const key = `${chat}/${channel}`;
      const others = due.get(key);
      if (others) others.push(entry as Stored<Delivery>);
      else due.set(key, [entry as Stored<Delivery>]);
    }
    for (const lane of lanes.values()) if (lane.problem) lane.problem.waiting = 0;
    for (const [, entries] of due) {
      const { chat, channel } = entries[0]!.value;
      const lane = laneOf(chat, channel);
      if (lane.problem) lane.problem.waiting = entries.length;
      if (lane.busy || !chats.has(chat)) continue;
      if (lane.notBefore > now) {
        next = Math.min(next, lane.notBefore);
        continue;
      }
      lane.busy = true;
      launch(workLane(chat, lane, entries), () => {
        lane.busy = false;
      });
    }
    return next;
  }

  /** Whether this process is the sender now. */
  async function leads(): Promise<boolean> {
    if (!options.shared) return true;
    const stored = await state.get<{ owner: string; until: number }>('fact', 'outbox-leader');
    if (stored && stored.value.owner !== owner && stored.value.until > Date.now()) return false;
    if (stored?.value.owner === owner && stored.value.until > Date.now() + LEASE_MS / 2) return true;
    const result = await state.commit({
      put: [
        {
          kind: 'fact',
          id: 'outbox-leader',
          value: { owner, until: Date.now() + LEASE_MS },
          ifVersion: stored?.version ?? 0,
        },
      ],
    });
    return result === 'done';
  }

  async function sleepUntil(at: number): Promise<void> {
    if (rung) {
      rung = false;
      return;
    }
    const wait = Math.max(0, at - Date.now());
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, wait);
      ring = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    ring = undefined;
    rung = false;
  }

  async function run(): Promise<void> {
    while (running) {
      let next = Date.now() + POLL_MS;
      try {
        if (await leads()) next = await tick();
        storeProblem = undefined;
      } catch (cause) {
        const error = toAppError(cause);
        if (!storeProblem) log.error({ err: error }, 'the outbox cannot read its store');
        storeProblem = error.code;
      }
      if (running) await sleepUntil(next);
    }
  }

  return {
    start() {
      if (running) return;
      running = true;
      loop = run();
    },
    wake,
    async drain(timeoutMs) {
      const until = Date.now() + timeoutMs;
      while (Date.now() < until) {
        const waiting = await state.list<Entry>('outbox', { to: Date.now(), limit: 1_000 });
        const sendable = waiting.some(({ value }) => !isTask(value) && chats.has(value.chat));
        if (underWay.size === 0 && !sendable) return;
        wake();
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    async stop() {
      running = false;
      wake();
      await loop;
      await Promise.all(underWay);
    },
    async health() {
      const problems = [...lanes].filter(([, lane]) => lane.problem);
      if (storeProblem) return { ok: false, kind: 'outbox', detail: `state store: ${storeProblem}` };
      const waiting = (await state.list('outbox', { to: Date.now(), limit: 1_000 })).length;
      if (problems.length === 0) return { ok: true, kind: 'outbox', detail: `${waiting} waiting` };
      return {
        ok: false,
        kind: 'outbox',
        detail: problems.map(([name, lane]) => `${name}: ${lane.problem!.code}`).join('; '),
        mend: mend(problems.map(([, lane]) => lane.problem!.code)),
      };
    },
  };
}

const isRefused = (code: ErrorCode | undefined): boolean =>
  code === 'malformed' || code === 'too_large' || code === 'internal';

/** What is left when a platform refuses a message as it is: its one line. Better than nothing for ever. */
const plain = (message: Message): Message => ({ ...sentence(message.summary), tone: message.tone });

function mend(codes: ErrorCode[]): string {
  if (codes.includes('unauthorized')) return 'check the token';
  if (codes.includes('forbidden')) return 'invite the bot to the channel and check its scopes';
  if (codes.includes('not_found')) return 'check the configured channel';
  return 'nothing is lost: it is sent when the platform answers again';
}
