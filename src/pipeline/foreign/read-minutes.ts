import type { ForeignIndex, TimeField } from '../../backends/logs/foreign/foreign-index.ts';
import type { MirrorCache, Segment } from '../../backends/logs/foreign/mirror-cache.ts';
import type { TimeWindow } from '../../domain/log/record.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../../domain/time/units.ts';

/** Minutes that are counted by one request: a server gives at most 65,536 buckets. */
const PER_REQUEST = 7 * DAY;
/** How long a count may be used: new documents are of the present, seldom of the past. */
const FRESH_MS = 3 * SECOND;
const FRESH_PAST_MS = MINUTE;
const PRESENT = HOUR;
/** Counts that are remembered: the questions about one incident are about few windows. */
const REMEMBERED = 20;

/** A stretch of minutes of which the server has more documents than were read. */
export interface Unread extends TimeWindow {
  /** Documents in it. */
  documents: number;
  minutes: Segment[];
}

/**
 * Which minutes of an index have to be read, again or for the first time: those of which the server counts more documents than
 * when they were read. So what arrives late is found, and nothing else is read twice.
 */
export class ReadMinutes {
  readonly #foreign: ForeignIndex;
  readonly #cache: Pick<MirrorCache, 'segments'>;
  readonly #now: () => number;
  /** Windows that were counted and are complete, the latest last. */
  #complete: (TimeWindow & { at: number })[] = [];

  constructor(foreign: ForeignIndex, cache: Pick<MirrorCache, 'segments'>, now: () => number) {
    this.#foreign = foreign;
    this.#cache = cache;
    this.#now = now;
  }

  /** Whether a window was counted a moment ago, and has been complete since. */
  isComplete({ from, to }: TimeWindow): boolean {
    const now = this.#now();
    const fresh = to > now - PRESENT ? FRESH_MS : FRESH_PAST_MS;
    return this.#complete.some((known) => known.from <= from && to <= known.to && now - known.at < fresh);
  }

  /** To be called when what was read of a window is forgotten. */
  forget({ from, to }: TimeWindow): void {
    this.#complete = this.#complete.filter((known) => known.to <= from || known.from >= to);
  }

  /**
   * What has to be read before a window is complete.
   * @returns with what to call when it was read
   */
  async unread(time: TimeField, window: TimeWindow): Promise<{ stretches: Unread[]; done: () => void }> {
    const at = this.#now();
    const whole = {
      from: Math.floor(window.from / MINUTE) * MINUTE,
      to: Math.ceil(window.to / MINUTE) * MINUTE,
    };
    const stretches: Unread[] = [];
    for (const part of await this.#parts(time, whole)) {
      const counts = await this.#foreign.counts(time, part, MINUTE);
      const read = new Map(this.#cache.segments(part));
      stretches.push(...stretchesOf(counts, read));
    }
    return {
      stretches,
      done: () => {
        this.#complete = [...this.#complete.slice(-REMEMBERED), { ...whole, at }];
      },
    };
  }

  /** A window in parts for one request each; of years, in which a stray date may lie, only the weeks with documents. */
  async #parts(time: TimeField, window: TimeWindow): Promise<TimeWindow[]> {
    if (window.to - window.from <= PER_REQUEST) return [window];
    const weeks = await this.#foreign.counts(time, window, PER_REQUEST);
    return [...weeks.keys()]
      .sort((a, b) => a - b)
      .map((week) => ({
        from: Math.max(window.from, week * PER_REQUEST),
        to: Math.min(window.to, (week + 1) * PER_REQUEST),
      }));
  }
}

/** The minutes with more documents than were read; those with nothing else between them are read together. */
function stretchesOf(counts: ReadonlyMap<number, number>, read: ReadonlyMap<number, number>): Unread[] {
  const found: Unread[] = [];
  let open: Unread | undefined;
  for (const [minute, documents] of [...counts].sort(([a], [b]) => a - b)) {
    if (documents <= (read.get(minute) ?? 0)) {
      open = undefined;
      continue;
    }
    if (!open) {
      open = { from: minute * MINUTE, to: 0, documents: 0, minutes: [] };
      found.push(open);
    }
    open.to = (minute + 1) * MINUTE;
    open.documents += documents;
    open.minutes.push([minute, documents]);
  }
  return found;
}
