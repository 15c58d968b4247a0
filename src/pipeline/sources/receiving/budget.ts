import { AppError } from '../../../domain/errors.ts';

/** Memory for some bytes, until it is released. */
export interface Reservation {
  readonly bytes: number;
  /**
   * Changes the size. Smaller always works; larger works only if there is room now and nobody of this share waits for it.
   * @returns whether the size was changed
   */
  resize(bytes: number): boolean;
  /** Takes a part of it out as a reservation of its own. */
  split(bytes: number): Reservation;
  /** Gives the memory back. Safe to call more than once. */
  release(): void;
}

/**
 * One collector's share of the budget. It may hold half of the whole, so that a flood at one collector leaves room for
 * the others. A request for more than that half counts as the half: it gets through, alone.
 */
export interface BudgetShare {
  /**
   * Waits for room; the first to ask gets it first.
   * @throws AppError `stopped` when `signal` aborts or the budget is closed
   */
  take(bytes: number, signal?: AbortSignal): Promise<Reservation>;
  /** Room that is free now and that nobody of this share waits for; undefined if there is none. */
  tryTake(bytes: number): Reservation | undefined;
  /** Whether somebody waits for room, in any share. */
  readonly contended: boolean;
  /** The most bytes that it may hold. */
  readonly most: number;
}

/**
 * One count of all bytes that were received or unpacked and are not stored yet, over all collectors and connections. A caller
 * that asks for more than is free waits, and reads nothing from its socket meanwhile. To rule out deadlocks nobody waits while
 * holding memory that others need to go on: a reservation is either for lines on their way to the store, or for the one message
 * that is being received.
 */
export interface ByteBudget {
  share(): BudgetShare;
  /** Bytes that are reserved now. */
  readonly held: number;
  /** Rejects everybody who waits, and everybody who asks later. */
  close(): void;
}

/** @param limit bytes; `Infinity` for no limit */
export const createBudget = (limit: number): ByteBudget => new WaitingBudget(limit);

/** Memory of a waiting line, made of text of this many bytes: two bytes a character, and the objects around it. */
export const weightOf = (bytes: number): number => 2 * bytes + 256;

interface Waiter {
  share: Share;
  bytes: number;
  grant(reservation: Reservation): void;
  refuse(error: AppError): void;
}

const stopped = (): AppError => new AppError('stopped', 'the collector is closed');

class WaitingBudget implements ByteBudget {
  readonly #limit: number;
  readonly #waiting: Waiter[] = [];
  #held = 0;
  #closed = false;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get held(): number {
    return this.#held;
  }

  get contended(): boolean {
    return this.#waiting.length > 0;
  }

  get closed(): boolean {
    return this.#closed;
  }

  share(): BudgetShare {
    return new Share(this, this.#limit / 2);
  }

  close(): void {
    this.#closed = true;
    for (const waiter of this.#waiting.splice(0)) waiter.refuse(stopped());
  }

  /** Whether a share may hold this much more now. */
  allows(share: Share, more: number): boolean {
    return (
      !this.#waiting.some((waiter) => waiter.share === share) &&
      share.held + more <= share.most &&
      this.#held + more <= this.#limit
    );
  }

  /** Counts this many bytes more, or fewer if `bytes` is below zero. */
  count(share: Share, bytes: number): void {
    this.#held += bytes;
    share.held += bytes;
  }

  wait(share: Share, bytes: number, signal?: AbortSignal): Promise<Reservation> {
    if (this.#closed || signal?.aborted) return Promise.reject(stopped());
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
        reject(stopped());
        this.settle();
      };
      const waiter: Waiter = {
        share,
        bytes,
        grant(reservation) {
          signal?.removeEventListener('abort', leave);
          resolve(reservation);
        },
        refuse(error) {
          signal?.removeEventListener('abort', leave);
          reject(error);
        },
      };
      signal?.addEventListener('abort', leave, { once: true });
      this.#waiting.push(waiter);
    });
  }

  /** Gives free room to those who wait, first come first served. A share that holds its half lets the others pass. */
  settle(): void {
    const full = new Set<Share>();
    for (let at = 0; at < this.#waiting.length; ) {
      const waiter = this.#waiting[at]!;
      const { share, bytes } = waiter;
      if (full.has(share) || share.held + bytes > share.most) {
        full.add(share);
        at += 1;
        continue;
      }
      // The next one gets what becomes free, however much it needs: the others come after it.
      if (this.#held + bytes > this.#limit) return;
      this.#waiting.splice(at, 1);
      waiter.grant(new HeldBytes(this, share, bytes));
    }
  }
}

class Share implements BudgetShare {
  readonly most: number;
  /** Bytes; only the budget changes it. */
  held = 0;
  readonly #budget: WaitingBudget;

  constructor(budget: WaitingBudget, most: number) {
    this.#budget = budget;
    this.most = most;
  }

  get contended(): boolean {
    return this.#budget.contended;
  }

  tryTake(wanted: number): Reservation | undefined {
    const bytes = clamped(wanted, this.most);
    if (this.#budget.closed || !this.#budget.allows(this, bytes)) return undefined;
    return new HeldBytes(this.#budget, this, bytes);
  }

  take(wanted: number, signal?: AbortSignal): Promise<Reservation> {
    const now = signal?.aborted ? undefined : this.tryTake(wanted);
    return now ? Promise.resolve(now) : this.#budget.wait(this, clamped(wanted, this.most), signal);
  }
}

class HeldBytes implements Reservation {
  readonly #budget: WaitingBudget;
  readonly #share: Share;
  #bytes: number;

  constructor(budget: WaitingBudget, share: Share, bytes: number) {
    this.#budget = budget;
    this.#share = share;
    this.#bytes = bytes;
    budget.count(share, bytes);
  }

  get bytes(): number {
    return this.#bytes;
  }

  resize(wanted: number): boolean {
    const size = clamped(wanted, this.#share.most);
    const more = size - this.#bytes;
    if (more > 0 && !this.#budget.allows(this.#share, more)) return false;
    this.#set(size);
    if (more < 0) this.#budget.settle();
    return true;
  }

  split(wanted: number): Reservation {
    const out = Math.min(this.#bytes, Math.max(0, wanted));
    // Nobody can take the bytes in between: those who wait are looked at only in `settle`.
    this.#set(this.#bytes - out);
    return new HeldBytes(this.#budget, this.#share, out);
  }

  release(): void {
    if (this.#bytes === 0) return;
    this.#set(0);
    this.#budget.settle();
  }

  #set(size: number): void {
    this.#budget.count(this.#share, size - this.#bytes);
    this.#bytes = size;
  }
}

const clamped = (bytes: number, most: number): number => Math.min(Math.max(0, bytes), most);
