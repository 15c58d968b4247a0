import { setTimeout as sleep } from 'node:timers/promises';
import { type Lease, sharedLease, soleLease } from '../../backends/state/lease.ts';
import type { StateStore, Stored } from '../../backends/state/store.ts';
import { type ErrorCode, toAppError } from '../../domain/errors.ts';
import type { Health } from '../../domain/health.ts';
import { MINUTE } from '../../domain/time/units.ts';
import { healthOf } from '../../i18n/health.ts';
import { type ContextOptions, type DeliveryContext, deliveryContext } from './attempt.ts';
import { Channels } from './channels.ts';
import { type Delivery, isTask, routeOf, type Task } from './delivery.ts';
import { outboxHealth } from './health.ts';
import { type Clock, createClock } from './monotonic-clock.ts';
import { dueEntries, reclaim } from './priority.ts';
import { createTasks, type RunTask } from './tasks.ts';

/** The length of a sender's term. After the sending process died, nothing is sent for at most this long. */
const TERM_MS = 4_000;
const POLL_MS = 1_000;
/** Every anomaly asks for a look at the store. Between two looks this time passes, or as long as the last look took. */
const LOOK_MS = 25;
const LOOK_SHARE = 1;
const PAGE = 1_000;
const RECLAIM_MS = MINUTE;
const DRAIN_POLL_MS = 20;

export interface OutboxOptions extends ContextOptions {
  state: StateStore;
  runTask: RunTask;
  /** Other processes use the same store too: then only one of them sends at a time. */
  shared?: boolean;
}

export interface Outbox {
  start(): void;
  /** Something has become due: look at the store at once. */
  wake(): void;
  /** Resolves when nothing is due or being sent any more, or after `timeoutMs`. */
  drain(timeoutMs: number): Promise<void>;
  /** Stops sending; resolves when the sends that had begun have ended. Waiting entries stay in the store. */
  stop(): Promise<void>;
  health(): Promise<Health>;
}

/** Sends what waits in the state store. Nothing is dropped, nothing is sent twice, the most severe goes first. */
export function createOutbox(options: OutboxOptions): Outbox {
  const loop = new OutboxLoop(options);
  return {
    start: () => loop.start(),
    wake: () => loop.wake(),
    drain: (timeoutMs) => loop.drain(timeoutMs),
    stop: () => loop.stop(),
    health: () => loop.health(),
  };
}

/** Looks at the store again and again for entries that are due, and starts on them. */
class OutboxLoop implements Outbox {
  readonly #clock: Clock = createClock();
  readonly #lease: Lease;
  readonly #context: DeliveryContext;
  readonly #channels: Channels;
  readonly #tasks: ReturnType<typeof createTasks>;
  readonly #underWay = new Set<Promise<void>>();
  #running = false;
  #loop: Promise<void> | undefined;
  /** Ends the sleep between two looks. Where there is none, `#woken` skips the next one. */
  #endSleep: (() => void) | undefined;
  #woken = false;
  #storeProblem: ErrorCode | undefined;
  #reclaimAt = 0;

  constructor(options: OutboxOptions) {
    const clock = this.#clock;
    this.#lease = options.shared ? this.#sharedLease(options) : soleLease(options.state, clock.now);
    this.#context = deliveryContext(options, this.#lease, clock);
    const goesOn = () => this.#running;
    this.#channels = new Channels(this.#context, (work, after) => this.#launch(work, after), goesOn);
    this.#tasks = createTasks({ ...options, state: this.#context.state, clock, goesOn });
  }

  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#lease.start();
    this.#loop = this.#run();
  }

  wake(): void {
    this.#woken = true;
    this.#endSleep?.();
  }

  async drain(timeoutMs: number): Promise<void> {
    const { state, chats } = this.#context;
    for (const until = Date.now() + timeoutMs; Date.now() < until; ) {
      if (!this.#lease.term()) return;
      const waiting = await state.list('outbox', { to: this.#clock.now(), limit: PAGE });
      const sendable = waiting.some(({ value }) => !isTask(value) && chats.has(routeOf(value).chat));
      if (this.#underWay.size === 0 && !sendable) return;
      this.wake();
      await sleep(DRAIN_POLL_MS);
    }
  }

  async stop(): Promise<void> {
    this.#running = false;
    this.wake();
    await this.#loop;
    await Promise.all(this.#underWay);
    await this.#lease.stop();
  }

  async health(): Promise<Health> {
    if (this.#storeProblem)
      return healthOf(false, 'outbox', [['noStore', { error: this.#storeProblem }]], ['mend.claim']);
    return outboxHealth(this.#context, this.#channels.limiters);
  }

  #sharedLease({ state, log }: OutboxOptions): Lease {
    const { now } = this.#clock;
    return sharedLease({ state, name: 'sender', termMs: TERM_MS, now, changed: () => this.wake(), log });
  }

  async #run(): Promise<void> {
    while (this.#running) {
      let next = this.#clock.now() + POLL_MS;
      const begun = performance.now();
      try {
        if (this.#lease.term()) next = await this.#look();
        this.#storeProblem = undefined;
      } catch (cause) {
        this.#lookFailed(cause);
      }
      const took = performance.now() - begun;
      if (this.#running) await sleep(Math.max(LOOK_MS, took * LOOK_SHARE));
      if (this.#running) await this.#sleepUntil(next);
    }
  }

  #lookFailed(cause: unknown): void {
    const error = toAppError(cause);
    if (error.code !== 'stopped') {
      if (!this.#storeProblem) this.#context.log.error({ err: error }, 'the outbox cannot read its store');
      this.#storeProblem = error.code;
    }
    this.#woken = false;
  }

  /** Starts on what is due; resolves with the time (epoch ms) of the next look. */
  async #look(): Promise<number> {
    const { state, chats, metrics } = this.#context;
    const now = this.#clock.now();
    if (now >= this.#reclaimAt) {
      await reclaim(state, now, (chat) => chats.has(chat));
      this.#reclaimAt = now + RECLAIM_MS;
    }
    const { due, next } = await dueEntries(state, now);
    metrics.outboxPending.set(due.length);
    const byChannel = new Map<string, Stored<Delivery>[]>();
    for (const entry of due) {
      if (isTask(entry.value)) {
        const work = this.#tasks.offer(entry as Stored<Task>);
        if (work) this.#launch(work);
        continue;
      }
      const { chat, channel } = routeOf(entry.value);
      const others = byChannel.get(`${chat}/${channel}`);
      if (others) others.push(entry as Stored<Delivery>);
      else byChannel.set(`${chat}/${channel}`, [entry as Stored<Delivery>]);
    }
    const held = [...byChannel.values()].map((entries) => this.#channels.start(entries, now));
    return Math.min(now + POLL_MS, next, ...held);
  }

  /** Lets work go on by itself. When it has ended, the outbox looks again. */
  #launch(work: Promise<void>, after?: () => void): void {
    const done = work
      .catch((error) => this.#context.log.error({ err: error }, 'the outbox could not note an outcome'))
      .finally(() => {
        after?.();
        this.#underWay.delete(done);
        this.wake();
      });
    this.#underWay.add(done);
  }

  async #sleepUntil(at: number): Promise<void> {
    if (!this.#woken)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.max(0, at - this.#clock.now()));
        this.#endSleep = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    this.#endSleep = undefined;
    this.#woken = false;
  }
}
