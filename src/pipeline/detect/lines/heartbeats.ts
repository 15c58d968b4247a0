import type { LogRecord } from '../../../domain/log/record.ts';
import { LruMap } from '../../../domain/lru-map.ts';
import { MINUTE } from '../../../domain/time/units.ts';
import { posterior } from '../statistics/probability.ts';

const MAX_BEATS = 10_000;
const MAX_SERVICES = 2_000;
/** Intervals kept of one template, and how many are needed. */
const KEPT_INTERVALS = 16;
const MIN_INTERVALS = 10;
/** Lines that come faster than this are traffic, not a heartbeat. */
const MIN_PERIOD_MS = 1_000;
/** A template with this many fast lines is traffic from then on. */
const MAX_FAST = 200;
/** A template is not regular when its intervals differ from their median by more than this share. */
const JITTER = 0.25;
/** It is missing after this many periods. */
const PERIODS = 3;
/**
 * A template that came during less than this share of its service's life had something to do and is done: a batch. With this many
 * beats it is a heartbeat all the same.
 */
const MIN_SHARE = 0.5;
const MANY_BEATS = 120;
const DONE_CONFIDENCE = 0.5;
/** How likely something regular has stopped when it does not come. */
const PRIOR = 0.1;
/** Lines and time after which the longest pause of a service says something. */
const MIN_LINES = 300;
const MIN_WATCHED_MS = 10 * MINUTE;
/** A service is silent after this many times its longest pause, and this time in addition: it may be started again. */
const PAUSES = 4;
const GRACE_MS = 2 * MINUTE;
/** A record this far behind is of another source and another time: nothing can be said about what is missing. */
const BACKWARDS_MS = MINUTE;

/** In place of a time: it is not known when it came before, so the next interval says nothing. */
const UNKNOWN_TIME = -1;

/** A template of one host, or a service as a whole, with the times of its lines. The names of the fields are stored. */
interface Beat {
  service: string;
  host: string;
  /** Undefined for the service as a whole. */
  template?: { id: string; pattern: string };
  last: number;
  n: number;
  /** For a template: its latest intervals. */
  intervals: number[];
  /** For a service: its first line and its longest pause. */
  first: number;
  longest: number;
  missed: number;
  /** When it is missing if it stops now; 0 while that cannot be said. */
  due: number;
  period: number;
}

/** Something regular that has stopped. */
export interface HeartbeatFinding {
  service: string;
  template?: { id: string; pattern: string };
  /** Epoch milliseconds of its last line. */
  last: number;
  /** Usual time between two lines, in milliseconds; for a service the longest pause so far. */
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
 * Notices that something regular has stopped: a template that came at a steady period, or a whole service that was never
 * silent for long. The clock of all records shows it, or `advance` where no records come any more.
 */
export class Heartbeats {
  readonly #templates = new LruMap<string, Beat>(MAX_BEATS, (_, gone) => this.#armed.delete(gone));
  readonly #services = new LruMap<string, Beat>(MAX_SERVICES, (_, gone) => this.#armed.delete(gone));
  /** Those that will be missing at their due time. */
  readonly #armed = new Set<Beat>();
  /** Templates that are known to be traffic. */
  readonly #traffic = new LruMap<string, true>(MAX_BEATS);
  #clock = 0;
  /** The earliest due time of all. */
  #earliest = Number.POSITIVE_INFINITY;

  /** @param fails the record tells of a failure: its template is no heartbeat (nor is that of a warning), only its service is heard of */
  add(record: LogRecord, fails = false): HeartbeatFinding[] {
    if (record.timestamp < this.#clock - BACKWARDS_MS) this.disarm();
    const before = this.#clock;
    if (record.timestamp > before) this.#clock = record.timestamp;
    const found = this.#overdue(before);
    if (!fails && record.level !== 'warn') this.#addToTemplate(record);
    this.#addToService(record);
    return found;
  }

  /** Lets time pass without a record. */
  advance(now: number): HeartbeatFinding[] {
    const before = this.#clock;
    if (now <= before || before === 0) return [];
    this.#clock = now;
    return this.#overdue(before);
  }

  /** The sources have ended or changed: what stops now does so by itself. */
  disarm(): void {
    for (const beat of this.#armed) {
      beat.due = 0;
      beat.last = UNKNOWN_TIME;
    }
    this.#armed.clear();
    for (const service of this.#services.values()) service.last = UNKNOWN_TIME;
    this.#earliest = Number.POSITIVE_INFINITY;
    this.#clock = 0;
  }

  save(): HeartbeatsState {
    return { clock: this.#clock, beats: [...this.#services.values(), ...possible(this.#templates)] };
  }

  restore(state: HeartbeatsState): void {
    this.#clock = state.clock;
    for (const saved of state.beats) {
      const beat = { ...saved, intervals: [...saved.intervals] };
      if (beat.template) this.#templates.set(keyOf(beat.service, beat.host, beat.template.id), beat);
      else this.#services.set(beat.service, beat);
      // While the program was down it saw nothing: the next lines start the watch again.
      beat.due = 0;
      beat.last = UNKNOWN_TIME;
    }
  }

  #addToTemplate(record: LogRecord): void {
    const { id, pattern } = record.template!;
    if (this.#traffic.has(id)) return;
    const key = keyOf(record.service, record.host ?? '', id);
    const beat = this.#templates.get(key);
    if (!beat) {
      this.#templates.set(key, newBeat(record, { id, pattern }));
      return;
    }
    const interval = record.timestamp - beat.last;
    if (interval < 0) return;
    if (beat.last === UNKNOWN_TIME) {
      beat.last = record.timestamp;
      return;
    }
    beat.n += 1;
    beat.last = record.timestamp;
    // Traffic is soon known not to be a heartbeat, and costs no more than this.
    if (interval < MIN_PERIOD_MS / 2) {
      beat.intervals.length = 0;
      if (beat.due > 0) this.#arm(beat, 0, 0);
      beat.missed += 1;
      if (beat.missed > MAX_FAST) {
        this.#traffic.set(id, true);
        this.#templates.delete(key);
      }
      return;
    }
    this.#templates.touch(key);
    beat.intervals.push(interval);
    if (beat.intervals.length > KEPT_INTERVALS) beat.intervals.shift();
    if (beat.intervals.length >= MIN_INTERVALS) this.#armIfRegular(beat);
  }

  #armIfRegular(beat: Beat): void {
    const sorted = [...beat.intervals].sort((a, b) => a - b);
    const median = sorted[sorted.length >> 1]!;
    // One late line is allowed: the process was busy, or it was missing and came back.
    const spread = Math.max(median - sorted[0]!, sorted.at(-2)! - median);
    const regular = median >= MIN_PERIOD_MS && spread <= JITTER * median;
    this.#arm(
      beat,
      regular ? beat.last + Math.max(GRACE_MS, PERIODS * median + 2 * spread + MIN_PERIOD_MS) : 0,
      median,
    );
  }

  /** Whether a template came for a while only. */
  #isDone({ template, service, first, last, n }: Beat): boolean {
    const began = this.#services.get(service)?.first ?? first;
    return template !== undefined && n < MANY_BEATS && last - first < MIN_SHARE * (last - began);
  }

  #addToService(record: LogRecord): void {
    const beat = this.#services.get(record.service);
    if (!beat) {
      this.#services.set(record.service, newBeat(record, undefined));
      return;
    }
    this.#services.touch(record.service);
    const pause = beat.last === UNKNOWN_TIME ? 0 : record.timestamp - beat.last;
    if (pause < 0) return;
    beat.n += 1;
    beat.last = record.timestamp;
    if (pause > beat.longest) beat.longest = pause;
    if (beat.n < MIN_LINES || beat.last - beat.first < MIN_WATCHED_MS) return;
    const due = beat.last + PAUSES * beat.longest + GRACE_MS;
    // To arm it anew for every line would cost much: the due time only moves on.
    beat.due = due;
    beat.period = beat.longest;
    if (!this.#armed.has(beat)) this.#arm(beat, due, beat.longest);
  }

  #arm(beat: Beat, due: number, period: number): void {
    beat.due = due;
    beat.period = period;
    if (due === 0) this.#armed.delete(beat);
    else {
      this.#armed.add(beat);
      this.#earliest = Math.min(this.#earliest, due);
    }
  }

  /**
   * @param before the clock before it moved on: something has stopped only when time passed in steps without it. When the
   *   clock leaps over the whole pause, one source has ended and another, later one begins.
   */
  #overdue(before: number): HeartbeatFinding[] {
    if (this.#clock < this.#earliest) return [];
    const found: HeartbeatFinding[] = [];
    this.#earliest = Number.POSITIVE_INFINITY;
    for (const beat of this.#armed) {
      if (beat.due > this.#clock) {
        this.#earliest = Math.min(this.#earliest, beat.due);
        continue;
      }
      this.#armed.delete(beat);
      beat.due = 0;
      if (before <= beat.last + Math.max(MIN_PERIOD_MS, beat.period)) {
        beat.last = UNKNOWN_TIME;
        continue;
      }
      const chances = beat.template ? beat.n : (beat.last - beat.first) / (PAUSES * beat.longest + GRACE_MS);
      const sure = posterior((beat.missed + 1) / (chances + 2), PRIOR);
      const confidence = this.#isDone(beat) ? Math.min(sure, DONE_CONFIDENCE) : sure;
      beat.missed += 1;
      found.push({
        service: beat.service,
        ...(beat.template ? { template: beat.template } : {}),
        last: beat.last,
        period: beat.period,
        beats: beat.n,
        confidence,
        at: this.#clock,
      });
    }
    return found;
  }
}

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

const keyOf = (service: string, host: string, template: string): string =>
  `${service}\u0000${host}\u0000${template}`;

/** Those that may become a heartbeat; no others are worth keeping. */
function* possible(beats: LruMap<string, Beat>): Generator<Beat> {
  for (const beat of beats.values()) if (beat.intervals.length >= MIN_INTERVALS) yield beat;
}
