import { setTimeout as sleep } from 'node:timers/promises';
import type { ForeignIndex } from '../../backends/logs/foreign/foreign-index.ts';
import type { Segment } from '../../backends/logs/foreign/mirror-cache.ts';
import type { StateStore } from '../../backends/state/store.ts';
import { toAppError } from '../../domain/errors.ts';
import type { Health } from '../../domain/health.ts';
import type { TimeWindow } from '../../domain/log/record.ts';
import type { SourceLine } from '../../domain/log/source-line.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../../domain/time/units.ts';
import { healthOf, type Phrase } from '../../i18n/health.ts';
import type { Log } from '../../log.ts';
import type { IndexReading } from './index-lines.ts';

/** How often the server is asked for new documents. */
const POLL_MS = 3 * SECOND;
/** Documents are counted in slots of this length: what is new in one is found by reading it again. */
const SLOT = 10 * SECOND;
/** How late a document may arrive, behind the newest one, to be looked at for alerts. Questions find it however late it is. */
const LATE = 5 * MINUTE;
/** How far back a first look goes, so that the detectors know what is usual. */
const FIRST = HOUR;
/** How far back a process looks that was away. */
const LONGEST = DAY;
/** Slots that are read together: so many lie within ten minutes. */
const TOGETHER = 60;
/** How often the place is kept, and how many ids with it. */
const SAVE_MS = 15 * SECOND;
const IDS_KEPT = 2_000;
/** Ids of documents that are remembered, so that none is taken twice. */
const MOST_IDS = 200_000;

interface WatchOptions {
  foreign: ForeignIndex;
  reading: () => Promise<IndexReading | undefined>;
  /** Stores lines and publishes their anomalies. */
  take: (lines: SourceLine[], options: { source: string; signal: AbortSignal }) => Promise<void>;
  state: StateStore;
  /** Told about minutes of which every document was taken. */
  noteRead?: (segments: Segment[]) => Promise<void>;
  log: Log;
  /** For tests. */
  pollMs?: number;
  now?: () => number;
}

/** Takes what comes new to an index. Disposing ends it; what was taken is stored. */
export interface Watch extends AsyncDisposable {
  health(): Health;
}

/** What is taken of a slot. */
interface Slot {
  /** Documents that the server counted when it was read last. */
  documents: number;
  ids: Set<string>;
}

/**
 * Watches an index of others: every few seconds the documents since a while ago are counted in short slots, and a slot with more
 * than before is read again, so that one that arrives late is found. Each document is taken once. The place is kept: after a
 * restart it goes on from there, at most a day back. While the server or a store is away it waits.
 */
export function watchIndex(options: WatchOptions): Watch {
  const { foreign, log } = options;
  const stop = new AbortController();
  const place = new Place(options);
  let trouble: string | undefined;
  const running = (async () => {
    while (!stop.signal.aborted) {
      try {
        await place.step(stop.signal);
        trouble = undefined;
      } catch (error) {
        const failure = toAppError(error);
        if (stop.signal.aborted) return;
        if (trouble === undefined)
          log.warn({ err: failure, index: foreign.name }, 'an index cannot be watched, tried again');
        trouble = failure.message;
      }
      await sleep(options.pollMs ?? POLL_MS, undefined, { signal: stop.signal, ref: false }).catch(() => {});
    }
  })();
  return {
    health() {
      if (trouble) return healthOf(false, foreign.kind, [['error', { error: trouble }]]);
      const detail: Phrase[] = [['foreignWatch', { name: foreign.name, count: place.taken }]];
      if (place.skippedMs > 0)
        detail.push(['foreignSkipped', { minutes: Math.ceil(place.skippedMs / MINUTE) }]);
      return healthOf(true, foreign.kind, detail);
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
      await running;
      // The store may be gone already; then some documents are looked at again after the start.
      await place.save().catch((err: unknown) => log.debug({ err }, 'the place in an index was not kept'));
    },
  };
}

/** How far an index was taken. */
class Place {
  /** Documents taken by this process. */
  taken = 0;
  /** The time that was left out because the process was away too long. */
  skippedMs = 0;
  readonly #options: WatchOptions;
  readonly #now: () => number;
  /** By number: all that may still get documents. */
  readonly #slots = new Map<number, Slot>();
  /** Epoch milliseconds: nothing before is looked at any more. */
  #from: number | undefined;
  #ids = 0;
  #savedAt = 0;

  constructor(options: WatchOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
  }

  async step(signal: AbortSignal): Promise<void> {
    const reading = await this.#options.reading();
    if (!reading) return;
    const { time } = reading.map;
    this.#from ??= await this.#start();
    // The clocks of hosts may be a little ahead.
    const window = { from: this.#from, to: this.#now() + HOUR };
    const counts = await this.#options.foreign.counts(time, window, SLOT);
    // A host whose clock is ahead makes no other one late.
    const newest = Math.min(Math.max(...counts.keys()) * SLOT, this.#now());
    for (const stretch of this.#grown(counts)) {
      await this.#take(reading, { from: stretch[0]! * SLOT, to: (stretch.at(-1)! + 1) * SLOT }, signal);
      for (const slot of stretch) this.#slotOf(slot).documents = counts.get(slot)!;
      await this.#moveTo(Math.min(stretch.at(-1)! * SLOT, newest - LATE), counts);
    }
  }

  /** Slots with more documents than before, in order; those beside each other are read together. */
  #grown(counts: ReadonlyMap<number, number>): number[][] {
    const grown: number[][] = [];
    for (const [slot, documents] of [...counts].sort(([a], [b]) => a - b)) {
      if (documents <= (this.#slots.get(slot)?.documents ?? 0)) continue;
      const last = grown.at(-1);
      if (last?.at(-1) === slot - 1 && last.length < TOGETHER) last.push(slot);
      else grown.push([slot]);
    }
    return grown;
  }

  /** Where the last process stopped; at first a while ago. */
  async #start(): Promise<number> {
    const now = this.#now();
    const kept = (await this.#options.state.get('index-position', this.#key))?.value as
      | { from: number; slots: [number, number, string[]][] }
      | undefined;
    if (!kept) return now - FIRST;
    for (const [slot, documents, ids] of kept.slots) {
      this.#slots.set(slot, { documents, ids: new Set(ids) });
      this.#ids += ids.length;
    }
    const from = Math.max(kept.from, now - LONGEST);
    this.skippedMs = from - kept.from;
    return from;
  }

  get #key(): string {
    const { kind, place, name } = this.#options.foreign;
    return `${kind} ${place} ${name}`;
  }

  #slotOf(slot: number): Slot {
    let found = this.#slots.get(slot);
    if (!found) {
      found = { documents: 0, ids: new Set() };
      this.#slots.set(slot, found);
    }
    return found;
  }

  async #take({ map, lineOf }: IndexReading, window: TimeWindow, signal: AbortSignal): Promise<void> {
    const { foreign, take } = this.#options;
    for await (const documents of foreign.read(map.time, window, signal)) {
      const fresh = documents.filter(({ id, at }) => !this.#slotOf(slotAt(at)).ids.has(id));
      if (fresh.length === 0) continue;
      await take(fresh.map(lineOf), { source: foreign.kind, signal });
      for (const { id, at } of fresh) this.#slotOf(slotAt(at)).ids.add(id);
      this.#ids += fresh.length;
      this.taken += fresh.length;
    }
  }

  /** Forgets the slots before a time, tells that their minutes are complete, and keeps the place. */
  async #moveTo(from: number, counts: ReadonlyMap<number, number>): Promise<void> {
    const before = this.#from!;
    let begin = Math.max(before, Math.floor(from / MINUTE) * MINUTE);
    for (const slot of [...this.#slots.keys()].sort((a, b) => a - b)) {
      // With more documents in so short a time than can be remembered, fewer late ones are looked for.
      if (slot * SLOT >= begin && this.#ids <= MOST_IDS) break;
      begin = Math.max(begin, (slot + 1) * SLOT);
      this.#ids -= this.#slots.get(slot)!.ids.size;
      this.#slots.delete(slot);
    }
    const minutes = new Map<number, number>();
    for (const [slot, documents] of counts) {
      const minute = Math.floor((slot * SLOT) / MINUTE);
      // The first minute may have begun before what was looked at.
      if (minute * MINUTE < before || (minute + 1) * MINUTE > begin) continue;
      minutes.set(minute, (minutes.get(minute) ?? 0) + documents);
    }
    await this.#options.noteRead?.([...minutes]);
    this.#from = begin;
    if (this.#now() - this.#savedAt >= SAVE_MS) await this.save();
  }

  /** Keeps the place, with the ids of the newest documents: of others that are late after a restart, some are taken twice. */
  async save(): Promise<void> {
    if (this.#from === undefined) return;
    let left = IDS_KEPT;
    const slots = [...this.#slots]
      .sort(([a], [b]) => b - a)
      .map(([slot, { documents, ids }]): [number, number, string[]] => {
        left -= ids.size;
        return [slot, documents, left >= 0 ? [...ids] : []];
      });
    const value = { from: this.#from, slots };
    await this.#options.state.commit({ put: [{ kind: 'index-position', id: this.#key, value }] });
    this.#savedAt = this.#now();
  }
}

const slotAt = (ms: number): number => Math.floor(ms / SLOT);
