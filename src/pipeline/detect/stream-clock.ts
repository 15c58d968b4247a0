import type { LogRecord } from '../../domain/log/record.ts';
import { HOUR, MINUTE } from '../../domain/time/units.ts';

/** A record this far from the clock is a leap: its date may be wrong. */
const LEAP_MS = HOUR;
/** Clocks of hosts may differ by so much. */
const SKEW_MS = MINUTE;
/** So many records in a row with the same leap are the new time of the stream. */
const BELIEVED = 50;

/** The time of a stream of records; no single wrong date moves it. */
export interface StreamClock {
  /** Epoch milliseconds of the newest record whose date is believed; 0 before the first. */
  readonly now: number;
  /** Two records in a row have agreed. Before that, the date of the only record may be wrong. */
  readonly isSure: boolean;
  /**
   * Gives the records that can be judged now, in order. A record that is dated far ahead waits for the next ones. When
   * they do not follow it, it is judged with the clock's time, as of when it came; when they do, all keep their own time.
   */
  take(record: LogRecord): LogRecord[];
  /**
   * Gives the records that wait: with their own time, unless that is later than the wall clock.
   * @param present the wall clock, epoch milliseconds
   */
  release(present: number): LogRecord[];
  /** Whether a record is dated so far before the others that it says nothing about the present. */
  isPast(record: LogRecord): boolean;
  save(): { now: number; waiting: LogRecord[] };
  restore(state: { now: number; waiting: LogRecord[] }): void;
}

/**
 * @param wall the wall clock in epoch milliseconds: a record of the present is believed at once
 */
export function createStreamClock(wall: () => number): StreamClock {
  let now = 0;
  let waiting: LogRecord[] = [];
  let sure = false;
  /** Records in a row that were dated far before the clock. */
  let behind = 0;

  const asOfNow = (record: LogRecord): LogRecord => ({ ...record, timestamp: now });
  const waited = (): LogRecord[] => waiting.splice(0);

  /** The clock goes on from the earliest waiting record; a record that is still far ahead of it waits again. */
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
