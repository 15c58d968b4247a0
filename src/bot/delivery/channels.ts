import type { Stored } from '../../backends/state/store.ts';
import { toAppError } from '../../domain/errors.ts';
import { MINUTE } from '../../domain/time/units.ts';
import type { Chat } from '../chat/chat.ts';
import type { DeliveryContext, Ready, Term } from './attempt.ts';
import { type Delivery, isAlert, routeOf } from './delivery.ts';
import { isUrgent, postpone, sequenceKey, urgency } from './priority.ts';
import { createRateLimiter, createTokenBucket, type RateLimiter, type TokenBucket } from './rate-limiter.ts';
import { fail, prepare, transmit } from './stages.ts';
import { foldStorm } from './storm.ts';
import { NEEDS_PERSON } from './unreachable-channels.ts';

const DEFAULT_PACE: NonNullable<Chat['pace']> = { perSecond: 1, burst: 3 };
/** So many messages of one channel are sent at the same time. */
const SIDE_BY_SIDE = 8;
/** After a refusal that a person has to mend, alerts for the channel go to the fallback at once, for this long. */
const CLOSED_MS = MINUTE;

/** Takes the entries of each channel through the stages: the most urgent first, as many as its rate limiter allows. */
export class Channels {
  readonly #context: DeliveryContext;
  readonly #launch: (work: Promise<void>, after?: () => void) => void;
  readonly #isRunning: () => boolean;
  readonly #limiters = new Map<string, RateLimiter>();
  readonly #workspaces = new Map<string, TokenBucket>();

  /** @param launch lets work go on by itself, and calls `after` when it has ended */
  constructor(
    context: DeliveryContext,
    launch: (work: Promise<void>, after?: () => void) => void,
    isRunning: () => boolean,
  ) {
    this.#context = context;
    this.#launch = launch;
    this.#isRunning = isRunning;
  }

  /** The limiter of each channel, by its name (`slack/C1`). */
  get limiters(): ReadonlyMap<string, RateLimiter> {
    return this.#limiters;
  }

  /** Starts on the due entries of one channel. Where that has to wait, returns until when (epoch ms); else infinity. */
  start(entries: Stored<Delivery>[], now: number): number {
    const { chat, channel } = routeOf(entries[0]!.value);
    if (!this.#context.chats.has(chat)) {
      this.#launch(postpone(this.#context.state, entries, now));
      return Infinity;
    }
    const limiter = this.#limiterOf(chat, channel);
    if (limiter.busy) return Infinity;
    const urgent = entries.some(
      (entry) => isUrgent(entry.value) && !limiter.inFlight.has(sequenceKey(entry)),
    );
    const from = urgent ? limiter.notBefore : Math.max(limiter.notBefore, limiter.sparingNotBefore);
    if (from > now) return from;
    limiter.busy = true;
    this.#launch(this.#work(chat, limiter, entries), () => {
      limiter.busy = false;
    });
    return Infinity;
  }

  async #work(chat: string, limiter: RateLimiter, entries: Stored<Delivery>[]): Promise<void> {
    const { state, lease, clock } = this.#context;
    const term = lease.term();
    if (!term) return;
    const now = clock.now();
    const left = await foldStorm(state, entries, this.#paceOf(chat), now);
    left.sort(
      (a, b) =>
        urgency(a.value, now) - urgency(b.value, now) || a.value.due - b.value.due || (a.id < b.id ? -1 : 1),
    );
    for (const entry of left) if (!(await this.#offer(limiter, entry, term))) return;
  }

  /** Starts to send an entry; false when the channel takes no more for now. */
  async #offer(limiter: RateLimiter, entry: Stored<Delivery>, term: Term): Promise<boolean> {
    const { lease, clock } = this.#context;
    if (!this.#isRunning() || !lease.holds(term.id)) return false;
    const flight = sequenceKey(entry);
    if (limiter.inFlight.has(flight)) return true;
    // An incident in a storm message costs nothing: only the storm message is marked as changed.
    const costs = !entry.value.storm;
    if (costs && (limiter.inFlight.size >= SIDE_BY_SIDE || !limiter.take(!isUrgent(entry.value))))
      return false;
    limiter.inFlight.add(flight);
    let ready: Ready | undefined;
    try {
      const closed = limiter.closedUntil > clock.now() ? limiter.problem : undefined;
      ready = await prepare({ stored: entry, term, ...(closed ? { closed } : {}) }, this.#context);
    } catch (cause) {
      await this.#failed(limiter, entry, cause);
    } finally {
      if (!ready) {
        limiter.inFlight.delete(flight);
        if (costs) limiter.giveBack();
      }
    }
    if (ready) this.#launch(this.#transmit(limiter, ready), () => limiter.inFlight.delete(flight));
    return true;
  }

  async #transmit(limiter: RateLimiter, ready: Ready): Promise<void> {
    try {
      await transmit(ready, this.#context);
      limiter.succeeded();
    } catch (cause) {
      await this.#failed(limiter, ready.stored, cause);
    }
  }

  async #failed(limiter: RateLimiter, entry: Stored<Delivery>, cause: unknown): Promise<void> {
    const error = toAppError(cause);
    // Another process has become the sender and goes on with it.
    if (error.code === 'stopped') return;
    limiter.failed(error);
    if (isAlert(entry.value) && NEEDS_PERSON.has(error.code))
      limiter.closedUntil = this.#context.clock.now() + CLOSED_MS;
    await fail(entry, error, this.#context);
  }

  #paceOf(chat: string): NonNullable<Chat['pace']> {
    return this.#context.chats.get(chat)?.pace ?? DEFAULT_PACE;
  }

  #limiterOf(chat: string, channel: string): RateLimiter {
    const key = `${chat}/${channel}`;
    const known = this.#limiters.get(key);
    if (known) return known;
    const { clock } = this.#context;
    const pace = this.#paceOf(chat);
    const buckets = [createTokenBucket(pace, clock)];
    if (pace.workspace) {
      const shared = this.#workspaces.get(chat) ?? createTokenBucket(pace.workspace, clock);
      this.#workspaces.set(chat, shared);
      buckets.push(shared);
    }
    const limiter = createRateLimiter(buckets, clock);
    this.#limiters.set(key, limiter);
    return limiter;
  }
}
