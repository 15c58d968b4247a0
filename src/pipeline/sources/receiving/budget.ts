import { AppError } from '../../../domain/errors.ts';

/** Room for some bytes, until it is given back. */
export interface Reservation {
  readonly bytes: number;
  /** Takes another size: a smaller one always, a larger one where there is room now and nobody waits for it. */
  resize(bytes: number): boolean;
  /** Takes a part of it out as a reservation of its own. */
  split(bytes: number): Reservation;
  /** Gives the room back; once is enough, more does no harm. */
  release(): void;
}

/**
 * A collector's part of the budget. It may hold half of the whole, so that a flood at one door leaves room for the others.
 * What is larger than that counts as the half: it passes alone.
 */
export interface BudgetShare {
  /** Waits for room, in the order of asking. Throws AppError `stopped` when `signal` aborts or the budget is closed. */
  take(bytes: number, signal?: AbortSignal): Promise<Reservation>;
  /** Room that is there now and that nobody waits for; undefined when there is none. */
  tryTake(bytes: number): Reservation | undefined;
  /** Somebody waits, so what is held for nothing is missed. */
  readonly contended: boolean;
  /** Most that it may hold. */
  readonly most: number;
}

/**
 * One measure for all that was received or unpacked and is not stored yet, over all collectors and connections. Who asks
 * for more than there is waits and reads nothing meanwhile. Nobody may wait while holding what others need to go on: a
 * reservation is either on its way to the store or for the one thing that is just being received.
 */
export interface Budget {
  share(): BudgetShare;
  readonly held: number;
  /** Refuses everybody who waits, and who comes later. */
  close(): void;
}

interface Part {
  held: number;
}
interface Waiter {
  part: Part;
  bytes: number;
  grant(reservation: Reservation): void;
  refuse(error: AppError): void;
}

/** @param limit bytes; `Infinity` for none */
export function createBudget(limit: number): Budget {
  const waiting: Waiter[] = [];
  const most = limit / 2;
  let held = 0;
  let closed = false;

  const fits = (part: Part, more: number): boolean => part.held + more <= most && held + more <= limit;
  const clamped = (bytes: number): number => Math.min(Math.max(0, bytes), most);

  const reserve = (part: Part, bytes: number): Reservation => {
    let own = bytes;
    held += own;
    part.held += own;
    const set = (size: number): void => {
      held += size - own;
      part.held += size - own;
      own = size;
    };
    return {
      get bytes() {
        return own;
      },
      resize(wanted) {
        const size = clamped(wanted);
        if (size > own && (waits(part) || !fits(part, size - own))) return false;
        const less = size < own;
        set(size);
        if (less) settle();
        return true;
      },
      split(wanted) {
        const out = Math.min(own, Math.max(0, wanted));
        // Nothing becomes free in between.
        set(own - out);
        return reserve(part, out);
      },
      release() {
        if (own === 0) return;
        set(0);
        settle();
      },
    };
  };
  const waits = (part: Part): boolean => waiting.some((waiter) => waiter.part === part);

  /** Gives room to who waits, first come first served; a part that holds its half lets the others by. */
  function settle(): void {
    const full = new Set<Part>();
    for (let at = 0; at < waiting.length; ) {
      const waiter = waiting[at]!;
      const { part, bytes } = waiter;
      if (full.has(part) || part.held + bytes > most) {
        full.add(part);
        at += 1;
        continue;
      }
      // Whoever is next gets what becomes free, however much it needs: the others come after it.
      if (held + bytes > limit) return;
      waiting.splice(at, 1);
      waiter.grant(reserve(part, bytes));
    }
  }

  const stopped = (): AppError => new AppError('stopped', 'the collector is closed');

  return {
    share() {
      const part: Part = { held: 0 };
      const tryTake = (wanted: number): Reservation | undefined => {
        const bytes = clamped(wanted);
        return closed || waits(part) || !fits(part, bytes) ? undefined : reserve(part, bytes);
      };
      return {
        most,
        get contended() {
          return waiting.length > 0;
        },
        tryTake,
        take(wanted, signal) {
          if (closed || signal?.aborted) return Promise.reject(stopped());
          const now = tryTake(wanted);
          if (now) return Promise.resolve(now);
          return new Promise((resolve, reject) => {
            const leave = (): void => {
              waiting.splice(waiting.indexOf(waiter), 1);
              reject(stopped());
              settle();
            };
            const waiter: Waiter = {
              part,
              bytes: clamped(wanted),
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
            waiting.push(waiter);
          });
        },
      };
    },
    get held() {
      return held;
    },
    close() {
      closed = true;
      for (const waiter of waiting.splice(0)) waiter.refuse(stopped());
    },
  };
}

/** Memory of a text of so many bytes as a line that waits: two bytes a character, and what is around it. */
export const weightOf = (bytes: number): number => 2 * bytes + 256;
