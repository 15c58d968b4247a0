import type { LogRecord } from '../../../domain/log/record.ts';
import { MINUTE } from '../../../domain/time/units.ts';
import { LruMap } from '../../lru-map.ts';
import { against } from '../statistics/odds.ts';

const MAX_BEATS = 10_000;
const MAX_SERVICES = 2_000;
/** Intervals kept of one beat, and how many are needed. */
const KEPT = 16;
const MIN_INTERVALS = 10;
/** Beats faster than this are traffic, not a heartbeat. */
const LEAST_MS = 1_000;
/** A template with so many of them is traffic for good. */
const BUSY = 200;
/** A beat whose intervals differ more than this share from their median is not regular. */
const JITTER = 0.25;
/** It is missing when so many periods have passed. */
const PERIODS = 3;
/** Odds that something regular that is not there has stopped. */
const PRIOR = 0.1;
/** Lines and time after which a service's longest pause so far says something. */
const MIN_LINES = 300;
const MIN_WATCHED_MS = 10 * MINUTE;
/** A service is silent after so many times its longest pause so far, and this besides. */
const PAUSES = 4;
const GRACE_MS = 30_000;
/** A record this far behind is of another source and another time: nothing can be said about what is missing. */
const BACKWARDS_MS = MINUTE;

/** In place of a time: what was before is not known, so the next interval says nothing. */
const UNHEARD = -1;

interface Beat {
  service: string;
  host: string;
  /** Undefined for the service as a whole. */
  template?: { id: string; pattern: string };
  last: number;
  n: number;
  /** For a template: latest intervals. */
  intervals: number[];
  /** For a service: its first line and its longest pause. */
  first: number;
  longest: number;
  missed: number;
  /** When it is missing, were it to stop now; 0 while that cannot be said. */
  due: number;
  period: number;
}

/** Something regular that has stopped. */
export interface HeartbeatFinding {
  service: string;
  template?: { id: string; pattern: string };
  /** Epoch milliseconds of its last line. */
  last: number;
  /** Usual time between two, in milliseconds; for a service the longest pause there was. */
  period: number;
  beats: number;
  confidence: number;
  at: number;
}

export interface HeartbeatsState {
  clock: number;
  beats: Beat[];
}

/**
 * Notices that something regular has stopped: a template that came at a steady period, or a whole service that was
 * never silent for long. Found by the clock of all records, or by `advance` where none come any more.
 */
export function createHeartbeats() {
  const beats = new LruMap<string, Beat>(MAX_BEATS, (_, gone) => armed.delete(gone));
  const services = new LruMap<string, Beat>(MAX_SERVICES, (_, gone) => armed.delete(gone));
  const armed = new Set<Beat>();
  /** Templates that are known to be traffic. */
  const busy = new LruMap<string, true>(MAX_BEATS);
  let clock = 0;
  let earliest = Number.POSITIVE_INFINITY;

  const newBeat = (record: LogRecord, template: Beat['template']): Beat => ({
    service: record.service,
    host: record.host ?? '',
    ...(template ? { template } : {}),
    last: record.timestamp,
    n: 1,
    intervals: [],
    first: record.timestamp,
    longest: 0,
    missed: 0,
    due: 0,
    period: 0,
  });

  function arm(beat: Beat, due: number, period: number): void {
    beat.due = due;
    beat.period = period;
    if (due === 0) armed.delete(beat);
    else {
      armed.add(beat);
      earliest = Math.min(earliest, due);
    }
  }

  function ofTemplate(record: LogRecord): void {
    const { id, pattern } = record.template!;
    if (busy.has(id)) return;
    const key = keyOf(record.service, record.host ?? '', id);
    const beat = beats.get(key);
    if (!beat) {
      beats.set(key, newBeat(record, { id, pattern }));
      return;
    }
    const interval = record.timestamp - beat.last;
    if (interval < 0) return;
    if (beat.last === UNHEARD) {
      beat.last = record.timestamp;
      return;
    }
    beat.n += 1;
    beat.last = record.timestamp;
    // Traffic is soon known to be no heartbeat, and costs no more than this.
    if (interval < LEAST_MS / 2) {
      beat.intervals.length = 0;
      if (beat.due > 0) arm(beat, 0, 0);
      beat.missed += 1;
      if (beat.missed > BUSY) {
        busy.set(id, true);
        beats.delete(key);
      }
      return;
    }
    beats.touch(key);
    beat.intervals.push(interval);
    if (beat.intervals.length > KEPT) beat.intervals.shift();
    if (beat.intervals.length < MIN_INTERVALS) return;
    const sorted = [...beat.intervals].sort((a, b) => a - b);
    const median = sorted[sorted.length >> 1]!;
    // One late one is forgiven: the process was busy, or it was missing and came back.
    const spread = Math.max(median - sorted[0]!, sorted.at(-2)! - median);
    const regular = median >= LEAST_MS && spread <= JITTER * median;
    arm(beat, regular ? beat.last + PERIODS * median + 2 * spread + LEAST_MS : 0, median);
  }

  function ofService(record: LogRecord): void {
    const beat = services.get(record.service);
    if (!beat) {
      services.set(record.service, newBeat(record, undefined));
      return;
    }
    services.touch(record.service);
    const pause = beat.last === UNHEARD ? 0 : record.timestamp - beat.last;
    if (pause < 0) return;
    beat.n += 1;
    beat.last = record.timestamp;
    if (pause > beat.longest) beat.longest = pause;
    if (beat.n < MIN_LINES || beat.last - beat.first < MIN_WATCHED_MS) return;
    const due = beat.last + PAUSES * beat.longest + GRACE_MS;
    // Re-arming for every line would cost more than it says: the due time only moves on.
    beat.due = due;
    beat.period = beat.longest;
    if (!armed.has(beat)) arm(beat, due, beat.longest);
  }

  /**
   * @param before the clock before it moved on: a stop counts only when time went by without the beat, in steps. Where
   *   it leaps over the whole pause, one source has ended and another, later one begins.
   */
  function overdue(before: number): HeartbeatFinding[] {
    if (clock < earliest) return [];
    const found: HeartbeatFinding[] = [];
    earliest = Number.POSITIVE_INFINITY;
    for (const beat of armed) {
      if (beat.due > clock) {
        earliest = Math.min(earliest, beat.due);
        continue;
      }
      armed.delete(beat);
      beat.due = 0;
      if (before <= beat.last + Math.max(LEAST_MS, beat.period)) {
        beat.last = UNHEARD;
        continue;
      }
      const chances = beat.template ? beat.n : (beat.last - beat.first) / (PAUSES * beat.longest + GRACE_MS);
      const confidence = against((beat.missed + 1) / (chances + 2), PRIOR);
      beat.missed += 1;
      found.push({
        service: beat.service,
        ...(beat.template ? { template: beat.template } : {}),
        last: beat.last,
        period: beat.period,
        beats: beat.n,
        confidence,
        at: clock,
      });
    }
    return found;
  }

  return {
    add(record: LogRecord): HeartbeatFinding[] {
      if (record.timestamp < clock - BACKWARDS_MS) this.disarm();
      const before = clock;
      if (record.timestamp > clock) clock = record.timestamp;
      const found = overdue(before);
      ofTemplate(record);
      ofService(record);
      return found;
    },
    /** Lets time pass without a record. */
    advance(now: number): HeartbeatFinding[] {
      if (now <= clock || clock === 0) return [];
      const before = clock;
      clock = now;
      return overdue(before);
    },
    /** The sources have ended or changed: what stops now does so by itself. */
    disarm(): void {
      for (const beat of armed) {
        beat.due = 0;
        beat.last = UNHEARD;
      }
      armed.clear();
      for (const service of services.values()) service.last = UNHEARD;
      earliest = Number.POSITIVE_INFINITY;
      clock = 0;
    },
    save: (): HeartbeatsState => ({ clock, beats: [...services.values(), ...regular(beats)] }),
    restore(state: HeartbeatsState): void {
      clock = state.clock;
      for (const saved of state.beats) {
        const beat = { ...saved, intervals: [...saved.intervals] };
        if (beat.template) beats.set(keyOf(beat.service, beat.host, beat.template.id), beat);
        else services.set(beat.service, beat);
        // While the program was down nothing was heard: it is armed anew by what comes.
        beat.due = 0;
        beat.last = UNHEARD;
      }
    },
  };
}

const keyOf = (service: string, host: string, template: string): string =>
  `${service}\u0000${host}\u0000${template}`;

/** Only what may become a heartbeat is worth keeping. */
function* regular(beats: LruMap<string, Beat>): Generator<Beat> {
  for (const beat of beats.values()) if (beat.intervals.length >= MIN_INTERVALS) yield beat;
}
