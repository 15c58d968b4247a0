import { randomUUID } from 'node:crypto';
import type { Put, StateStore, Stored } from '../backends/state/store.ts';
import { type ErrorCode, toAppError } from '../domain/errors.ts';
import type { Health } from '../domain/health.ts';
import type { Log } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import type { Chat } from './chat.ts';
import { type Delivery, type Entry, IDLE, isTask, putEntry, type Task } from './delivery.ts';
import { createLane, type Lane } from './lane.ts';
import { createSender, type Render } from './sender.ts';
import { foldStorm } from './storm.ts';

const DEFAULT_PACE = { perSecond: 1, burst: 3 };
const POLL_MS = 1_000;
const ENTRIES_AT_ONCE = 200;
const SIDE_BY_SIDE = 8;
const TASKS_AT_ONCE = 2;
const TASK_BACKOFF_MS = { first: 1_000, most: 60_000 };
/** How long one bot process may be the only sender before it has to say so again. */
const LEASE_MS = 5_000;
/** What waits for a chat that is not configured (any more) is looked at this often. */
const UNKNOWN_CHAT_MS = 3_600_000;

export interface OutboxOptions {
  state: StateStore;
  chats: readonly Chat[];
  render: Render;
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

/** Sends what waits in the state store: nothing is dropped, nothing is sent twice, the worst goes first. */
export function createOutbox(options: OutboxOptions): Outbox {
  const { state, metrics, log } = options;
  const chats = new Map<string, Chat>(options.chats.map((chat) => [chat.name, chat]));
  const paceOf = (chat: string) => chats.get(chat)?.pace ?? DEFAULT_PACE;
  const sender = createSender({ ...options, chats });
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

  async function workLane(chat: string, lane: Lane, entries: Stored<Delivery>[]): Promise<void> {
    const left = await foldStorm(state, entries, paceOf(chat), Date.now());
    left.sort(
      (a, b) => b.value.severity - a.value.severity || a.value.due - b.value.due || (a.id < b.id ? -1 : 1),
    );
    // Messages of one incident go one after the other, those of different ones side by side.
    const turns = new Map<string, Stored<Delivery>[]>();
    for (const entry of left.slice(0, ENTRIES_AT_ONCE)) {
      const key = entry.value.incidentId ?? entry.id;
      const others = turns.get(key);
      if (others) others.push(entry);
      else turns.set(key, [entry]);
    }
    const queue = [...turns.values()];
    const work = async (): Promise<void> => {
      for (let next = queue.shift(); next; next = queue.shift())
        for (const entry of next) if (!(await sendOne(lane, entry))) return;
    };
    await Promise.all(Array.from({ length: Math.min(SIDE_BY_SIDE, paceOf(chat).burst) }, work));
  }

  /** False when the lane takes no more for now. */
  async function sendOne(lane: Lane, entry: Stored<Delivery>): Promise<boolean> {
    if (!running || lane.notBefore > Date.now()) return false;
    try {
      const ready = await sender.prepare(entry);
      if (!ready) return true;
      if (!lane.take()) return false;
      await sender.transmit(ready);
      lane.succeeded();
    } catch (cause) {
      const error = toAppError(cause);
      lane.failed(error);
      await sender.failed(entry, error);
    }
    return true;
  }

  async function workTask({ id, value: task }: Stored<Task>): Promise<void> {
    tasksRunning.add(id);
    try {
      const outcome = await options.runTask(task);
      if ('again' in outcome) {
        await state.commit({ put: [putEntry(id, { ...task, due: outcome.again, attempts: 0 })] });
        return;
      }
      const over = putEntry(id, task, undefined, true);
      // A conflict means that its notes are there already: another process was faster.
      if ((await state.commit({ put: [over, ...outcome.puts] })) === 'conflict')
        await state.commit({ put: [over] });
    } catch (cause) {
      if (!running) return; // It comes again after the next start.
      log.warn({ err: cause, task: id }, 'a task failed and waits');
      const wait = Math.min(TASK_BACKOFF_MS.most, TASK_BACKOFF_MS.first * 2 ** Math.min(task.attempts, 12));
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

  /** Puts entries behind all that can be sent: there may be more of them than are read at once. */
  async function postpone(entries: Stored<Delivery>[], now: number): Promise<void> {
    for (const { id, value, version } of entries)
      await state.commit({ put: [putEntry(id, { ...value, due: now + UNKNOWN_CHAT_MS }, version)] });
  }

  function launchLane(entries: Stored<Delivery>[], now: number): number {
    const { chat, channel } = entries[0]!.value;
    if (!chats.has(chat)) {
      launch(postpone(entries, now));
      return Infinity;
    }
    const key = `${chat}/${channel}`;
    const lane = lanes.get(key) ?? createLane(paceOf(chat));
    lanes.set(key, lane);
    if (lane.busy) return Infinity;
    if (lane.notBefore > now) return lane.notBefore;
    lane.busy = true;
    launch(workLane(chat, lane, entries), () => {
      lane.busy = false;
    });
    return Infinity;
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
      } else if (isTask(entry.value)) {
        if (!tasksRunning.has(entry.id) && tasksRunning.size < TASKS_AT_ONCE)
          launch(workTask(entry as Stored<Task>));
      } else {
        const key = `${entry.value.chat}/${entry.value.channel}`;
        const others = due.get(key);
        if (others) others.push(entry as Stored<Delivery>);
        else due.set(key, [entry as Stored<Delivery>]);
      }
    }
    for (const entries of due.values()) next = Math.min(next, launchLane(entries, now));
    return next;
  }

  /** Whether this process is the sender now. */
  async function leads(): Promise<boolean> {
    if (!options.shared) return true;
    const stored = await state.get<{ owner: string; until: number }>('fact', 'outbox-leader');
    const now = Date.now();
    if (stored && stored.value.owner !== owner && stored.value.until > now) return false;
    if (stored?.value.owner === owner && stored.value.until > now + LEASE_MS / 2) return true;
    const value = { owner, until: now + LEASE_MS };
    const put = { kind: 'fact' as const, id: 'outbox-leader', value, ifVersion: stored?.version ?? 0 };
    return (await state.commit({ put: [put] })) === 'done';
  }

  async function sleepUntil(at: number): Promise<void> {
    if (!rung)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.max(0, at - Date.now()));
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
        rung = false;
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
      for (const until = Date.now() + timeoutMs; Date.now() < until; ) {
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
      if (storeProblem) return { ok: false, kind: 'outbox', detail: `state store: ${storeProblem}` };
      const problems = [...lanes].flatMap(([name, { problem }]) => (problem ? [{ name, problem }] : []));
      if (problems.length > 0)
        return {
          ok: false,
          kind: 'outbox',
          detail: problems.map(({ name, problem }) => `${name}: ${problem}`).join('; '),
          mend: mend(problems.map(({ problem }) => problem)),
        };
      const waiting = await state.list('outbox', { to: Date.now(), limit: 1_000 });
      return { ok: true, kind: 'outbox', detail: `${waiting.length} waiting` };
    },
  };
}

function mend(codes: ErrorCode[]): string {
  if (codes.includes('unauthorized')) return 'check the token';
  if (codes.includes('forbidden')) return 'invite the bot to the channel and check its scopes';
  if (codes.includes('not_found')) return 'check the configured channel';
  return 'nothing is lost: it is sent when the platform answers again';
}
