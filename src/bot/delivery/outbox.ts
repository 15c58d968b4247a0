import { type Lease, sharedLease, soleLease } from '../../backends/state/lease.ts';
import type { StateStore, Stored } from '../../backends/state/store.ts';
import { type ErrorCode, toAppError } from '../../domain/errors.ts';
import type { Health } from '../../domain/health.ts';
import { MINUTE } from '../../domain/time/units.ts';
import { healthOf } from '../../i18n/health.ts';
import type { Log } from '../../log.ts';
import type { Metrics } from '../../metrics.ts';
import type { Chat } from '../chat/chat.ts';
import { type Delivery, isAlert, isTask, routeOf, type Task } from './delivery.ts';
import type { Fallback } from './fallback.ts';
import { outboxHealth } from './health.ts';
import { type Clock, createClock } from './monotonic-clock.ts';
import { dueEntries, flightOf, isUrgent, postpone, reclaim, urgency } from './priority.ts';
import { type Bucket, createBucket, createLane, type Lane } from './rate-limiter.ts';
import { sweepResolved } from './retention.ts';
import { CLOSED, createSender, type Ready, type Render } from './sender.ts';
import { foldStorm } from './storm.ts';
import { createTasks, type RunTask } from './tasks.ts';
import { openTrouble } from './unreachable-channels.ts';

/** How long a term of the sender is: nothing is sent meanwhile after a process died. */
const TERM_MS = 4_000;
const DEFAULT_PACE = { perSecond: 1, burst: 3 };
const POLL_MS = 1_000;
/** Looks at the store are at least this far apart, and further where a look takes long: every anomaly asks for one. */
const LOOK_MS = 25;
const LOOK_SHARE = 1;
const PAGE = 1_000;
const SIDE_BY_SIDE = 8;
const RECLAIM_MS = MINUTE;
/** After a refusal that a person has to mend, alerts of the place go to the fallback at once for this long. */
const CLOSED_MS = MINUTE;
const SWEEP_MS = 10 * MINUTE;

export interface OutboxOptions {
  state: StateStore;
  chats: readonly Chat[];
  render: Render;
  runTask: RunTask;
  /** Least time between two edits of one message. */
  debounceMs: number;
  fallback?: Fallback;
  /** As in `SenderOptions`. */
  removed?: (incidentId: string) => Promise<void>;
  /** How long a platform may take to carry out what it was sent; `GRACE_MS` when absent. */
  graceMs?: number;
  /** How long resolved incidents are kept; for ever when absent. */
  keepMs?: number;
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

/** Sends what waits in the state store: nothing is dropped, nothing is sent twice, the worst goes first. */
export function createOutbox(options: OutboxOptions): Outbox {
  const { metrics, log } = options;
  const clock: Clock = createClock();
  const chats = new Map<string, Chat>(options.chats.map((chat) => [chat.name, chat]));
  const paceOf = (chat: string) => chats.get(chat)?.pace ?? DEFAULT_PACE;
  const lease: Lease = options.shared
    ? sharedLease({
        state: options.state,
        name: 'sender',
        termMs: TERM_MS,
        now: clock.now,
        changed: () => wake(),
        log,
      })
    : soleLease(options.state, clock.now);
  const state = lease.fenced;
  const trouble = openTrouble(state);
  const sender = createSender({ ...options, state, chats, lease, clock, trouble });
  const tasks = createTasks({ ...options, state, clock, goesOn: () => running });
  const lanes = new Map<string, Lane>();
  const workspaces = new Map<string, Bucket>();
  const underWay = new Set<Promise<void>>();
  let running = false;
  let loop: Promise<void> | undefined;
  let ring: (() => void) | undefined;
  let rung = false;
  let storeProblem: ErrorCode | undefined;
  let reclaimAt = 0;
  let sweepAt = clock.now() + SWEEP_MS;

  const laneOf = (chat: string, channel: string): Lane => {
    const key = `${chat}/${channel}`;
    const known = lanes.get(key);
    if (known) return known;
    const pace = paceOf(chat);
    const buckets = [createBucket(pace, clock)];
    const { workspace } = pace as NonNullable<Chat['pace']>;
    if (workspace) {
      const shared = workspaces.get(chat) ?? createBucket(workspace, clock);
      workspaces.set(chat, shared);
      buckets.push(shared);
    }
    const lane = createLane(buckets, clock);
    lanes.set(key, lane);
    return lane;
  };

  const wake = (): void => {
    rung = true;
    ring?.();
  };

  async function workLane(chat: string, lane: Lane, entries: Stored<Delivery>[]): Promise<void> {
    const term = lease.term();
    if (!term) return;
    const now = clock.now();
    const left = await foldStorm(state, entries, paceOf(chat), now);
    left.sort(
      (a, b) =>
        urgency(a.value, now) - urgency(b.value, now) || a.value.due - b.value.due || (a.id < b.id ? -1 : 1),
    );
    for (const entry of left) if (!(await offer(lane, entry, term))) return;
  }

  /** Sends it if it is its turn; false when the lane takes no more for now. */
  async function offer(lane: Lane, entry: Stored<Delivery>, term: Term): Promise<boolean> {
    if (!running || !lease.holds(term.id)) return false;
    const key = flightOf(entry);
    if (lane.flying.has(key)) return true;
    // What a storm message tells of costs nothing: it only marks that message as changed.
    const costs = !entry.value.storm;
    if (costs && (lane.flying.size >= SIDE_BY_SIDE || !lane.take(!isUrgent(entry.value)))) return false;
    lane.flying.add(key);
    let ready: Ready | undefined;
    try {
      const closed = lane.closedUntil > clock.now() && lane.problem;
      if (!closed || !isAlert(entry.value) || !(await sender.move(entry, closed)))
        ready = await sender.prepare(entry, term);
    } catch (cause) {
      await failed(lane, entry, cause);
    } finally {
      if (!ready) {
        lane.flying.delete(key);
        if (costs) lane.giveBack();
      }
    }
    if (ready) launch(fly(lane, ready, term), () => lane.flying.delete(key));
    return true;
  }

  async function fly(lane: Lane, ready: Ready, term: Term): Promise<void> {
    try {
      await sender.transmit(ready, term);
      lane.succeeded();
    } catch (cause) {
      await failed(lane, ready.stored, cause);
    }
  }

  async function failed(lane: Lane, entry: Stored<Delivery>, cause: unknown): Promise<void> {
    const error = toAppError(cause);
    // Another process goes on with it.
    if (error.code === 'stopped') return;
    lane.failed(error);
    if (isAlert(entry.value) && CLOSED.has(error.code)) lane.closedUntil = clock.now() + CLOSED_MS;
    await sender.failed(entry, error);
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

  function launchLane(entries: Stored<Delivery>[], now: number): number {
    const { chat, channel } = routeOf(entries[0]!.value);
    if (!chats.has(chat)) {
      launch(postpone(state, entries, now));
      return Infinity;
    }
    const lane = laneOf(chat, channel);
    if (lane.busy) return Infinity;
    const urgent = entries.some((entry) => isUrgent(entry.value) && !lane.flying.has(flightOf(entry)));
    const from = urgent ? lane.notBefore : Math.max(lane.notBefore, lane.sparingNotBefore);
    if (from > now) return from;
    lane.busy = true;
    launch(workLane(chat, lane, entries), () => {
      lane.busy = false;
    });
    return Infinity;
  }

  /** Starts what is due; resolves with the time to look again. */
  async function tick(): Promise<number> {
    const now = clock.now();
    if (now >= reclaimAt) {
      await reclaim(state, now, (chat) => chats.has(chat));
      reclaimAt = now + RECLAIM_MS;
    }
    if (options.keepMs !== undefined && now >= sweepAt) {
      sweepAt = now + SWEEP_MS;
      launch(sweepResolved(state, now - options.keepMs));
    }
    const waiting = await dueEntries(state, now);
    metrics.outboxPending.set(waiting.due.length);
    let next = Math.min(now + POLL_MS, waiting.next);
    const due = new Map<string, Stored<Delivery>[]>();
    for (const entry of waiting.due) {
      if (isTask(entry.value)) {
        const work = tasks.offer(entry as Stored<Task>);
        if (work) launch(work);
      } else {
        const { chat, channel } = routeOf(entry.value);
        const others = due.get(`${chat}/${channel}`);
        if (others) others.push(entry as Stored<Delivery>);
        else due.set(`${chat}/${channel}`, [entry as Stored<Delivery>]);
      }
    }
    for (const entries of due.values()) next = Math.min(next, launchLane(entries, now));
    return next;
  }

  async function sleepUntil(at: number): Promise<void> {
    if (!rung)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.max(0, at - clock.now()));
        ring = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    ring = undefined;
    rung = false;
  }

  const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

  async function run(): Promise<void> {
    while (running) {
      let next = clock.now() + POLL_MS;
      const begun = performance.now();
      try {
        if (lease.term()) next = await tick();
        storeProblem = undefined;
      } catch (cause) {
        const error = toAppError(cause);
        if (error.code !== 'stopped') {
          if (!storeProblem) log.error({ err: error }, 'the outbox cannot read its store');
          storeProblem = error.code;
        }
        rung = false;
      }
      const took = performance.now() - begun;
      if (running) await pause(Math.max(LOOK_MS, took * LOOK_SHARE));
      if (running) await sleepUntil(next);
    }
  }

  return {
    start() {
      if (running) return;
      running = true;
      lease.start();
      loop = run();
    },
    wake,
    async drain(timeoutMs) {
      for (const until = Date.now() + timeoutMs; Date.now() < until; ) {
        if (!lease.term()) return;
        const waiting = await state.list('outbox', { to: clock.now(), limit: PAGE });
        const sendable = waiting.some(({ value }) => !isTask(value) && chats.has(routeOf(value).chat));
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
      await lease.stop();
    },
    async health() {
      if (storeProblem)
        return healthOf(false, 'outbox', [['noStore', { error: storeProblem }]], ['mend.claim']);
      return outboxHealth({ state, lanes, trouble, clock, lease });
    },
  };
}

type Term = NonNullable<ReturnType<Lease['term']>>;
