import type { LogRecord } from '../../domain/log/record.ts';
import { HOUR, MINUTE } from '../../domain/time/units.ts';

/** A record this far from the clock leaps: its date may be wrong. */
const LEAP_MS = HOUR;
/** Clocks of hosts differ by so much. */
const SKEW_MS = MINUTE;
/** So many records in a row that leap alike are the stream's new time. */
const BELIEVED = 50;

/** The time of a stream of records, which no single wrong date moves. */
export interface StreamClock {
  /** Epoch milliseconds of the newest record that is believed; 0 before the first. */
  readonly now: number;
  /** Two records that followed each other have agreed: before that, the date of the only one may be the wrong one. */
  readonly isSure: boolean;
  /**
   * Gives the records that can be judged now, in order. One that is dated far ahead waits for the next ones: where they do
   * not follow it, it is judged as of when it came, with the clock's time; where they do, all keep their own.
   */
  take(record: LogRecord): LogRecord[];
  /**
   * Gives those that wait: with their own time if that is not later than the wall clock's.
   * @param present the wall clock, epoch milliseconds
   */
  release(present: number): LogRecord[];
  /** Whether a record is dated so far before the others that it says nothing of what happens now. */
  isPast(record: LogRecord): boolean;
  save(): { now: number; waiting: LogRecord[] };
  restore(state: { now: number; waiting: LogRecord[] }): void;
}

/**
 * @param wall the wall clock in epoch milliseconds: what is dated just now needs nobody to follow it
 */
export function createStreamClock(wall: () => number): StreamClock {
  let now = 0;
  let waiting: LogRecord[] = [];
  let sure = false;
  /** Records in a row that were dated far before the clock. */
  let behind = 0;

  const asOfNow = (record: LogRecord): LogRecord => ({ ...record, timestamp: now });
  const waited = (): LogRecord[] => waiting.splice(0);

  /** They go on from the earliest of them; what is still far ahead of that waits again. */
  function believed(): LogRecord[] {
    const all = waited();
    now = Math.min(...all.map((record) => record.timestamp));
    return all.flatMap(take);
  }

  function take(record: LogRecord): LogRecord[] {
    const { timestamp } = record;
    if (!sure) {
      sure = now > 0 && Math.abs(timestamp - now) <= LEAP_MS;
      now = sure ? Math.max(now, timestamp) : timestamp;
      return [record];
    }
    if (timestamp > now + LEAP_MS) {
      const present = wall();
      if (Math.abs(timestamp - present) > SKEW_MS) {
        waiting.push(record);
        return waiting.length >= BELIEVED ? believed() : [];
      }
      const before = waited();
      now = timestamp;
      return [...before.map((one) => (one.timestamp > timestamp ? asOfNow(one) : one)), record];
    }
    if (timestamp < now - LEAP_MS) {
      behind += 1;
      if (behind >= BELIEVED) {
        now = timestamp;
        behind = 0;
      }
      return [record];
    }
    behind = 0;
    const strays = waited().map(asOfNow);
    now = Math.max(now, timestamp);
    return [...strays, record];
  }

  return {
    get now() {
      return now;
    },
    get isSure() {
      return sure;
    },
    take,
    release(present) {
      const latest = present + SKEW_MS;
      return waited().map((record) => {
        if (record.timestamp > latest) return asOfNow(record);
        now = Math.max(now, record.timestamp);
        return record;
      });
    },
    isPast: ({ timestamp }) => timestamp < now - LEAP_MS,
    save: () => ({ now, waiting: [...waiting] }),
    restore(state) {
      now = state.now;
      sure = now > 0;
      waiting = [...state.waiting];
    },
  };
}
