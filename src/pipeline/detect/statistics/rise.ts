import { posterior } from './probability.ts';

/** Failures kept of one kind: the beginning of a rise is looked for among them. */
const KEPT = 32;
/** Failures closer together than this are one event: one failed request writes several lines. */
const APART_MS = 1_000;
/** Fewer events than this are no rise. */
const MIN_EVENTS = 3;

/** A rise is over when the latest event came later than after so many of its mean pauses, or this time if that is longer. */
const PAUSES = 10;
const SHORT_MS = 30_000;
/** Events from which their usual pace is known. */
const MIN_PAST = 8;

/** One event: its time, how many other lines the stream had written before it, and how many lines tell of it. */
type Moment = [at: number, before: number, lines: number];

export interface RiseState {
  events: number;
  recent: Moment[];
}

/** A kind of failure that comes more often than before. */
export interface Rising {
  /** Epoch milliseconds of the first of `events`, which have `lines`. */
  from: number;
  events: number;
  lines: number;
  confidence: number;
  /** Minus the logarithm of the chance that nothing has changed. */
  evidence: number;
}

/** How far a stream has come: what a rise is measured against. */
export interface Exposure {
  /** Epoch milliseconds. */
  at: number;
  /** Lines of the stream that are no failures of this kind. */
  lines: number;
}

/**
 * Whether failures of one kind have become more frequent, however short the past is. If nothing had changed, each failure
 * would fall anywhere in what was seen so far; the chance that so many of them fall into its last part is Chernoff's bound
 * of the binomial tail. Both clocks must show it, the time and the other lines: where all traffic doubles nothing has
 * become worse. A start has no past, so failures there show nothing.
 */
export class Rise {
  #events = 0;
  readonly #recent: Moment[] = [];

  /** Failures so far; those within a second are one. */
  get events(): number {
    return this.#events;
  }

  /** Counts a line; `now.lines` are the other lines of the stream so far. */
  add(now: Exposure): void {
    const last = this.#recent.at(-1);
    if (last && Math.abs(now.at - last[0]) < APART_MS) {
      last[2] += 1;
      return;
    }
    this.#events += 1;
    this.#recent.push([now.at, now.lines, 1]);
    if (this.#recent.length > KEPT) this.#recent.shift();
  }

  /**
   * The rise that lasts until now, if there is one.
   * @param since where the past begins
   * @param prior how likely something is wrong at any one moment
   */
  rising(since: Exposure, now: Exposure, prior: number): Rising | undefined {
    if (this.#events < MIN_EVENTS) return undefined;
    let best: Rising | undefined;
    let lines = 0;
    for (let i = this.#recent.length - 1; i >= 0; i--) {
      const [at, before, some] = this.#recent[i]!;
      lines += some;
      const events = this.#recent.length - i;
      if (events < MIN_EVENTS) continue;
      const past = this.#events - events;
      if (!this.#lasts(i) || this.#isUsualAgain(at - since.at, past)) continue;
      // The first of them only says where the part begins.
      const share = (events - 1) / (events - 1 + past);
      const evidence =
        (events - 1 + past) *
        Math.min(
          divergence(share, partOf(now.at - at, at - since.at)),
          divergence(share, partOf(now.lines - before, before - since.lines)),
        );
      if (!best || evidence > best.evidence) best = { from: at, events, lines, confidence: 0, evidence };
    }
    if (best) best.confidence = posterior(Math.exp(-best.evidence), prior);
    return best;
  }

  /** Whether the latest event still belongs to the rise that began with event `first`. */
  #lasts(first: number): boolean {
    const before = this.#recent.at(-2)![0];
    const pauses = this.#recent.length - 2 - first;
    const mean = (before - this.#recent[first]![0]) / Math.max(1, pauses);
    return this.#recent.at(-1)![0] - before <= Math.max(SHORT_MS, PAUSES * mean);
  }

  /** Whether the latest events came about as slowly as `past` events did in a time of `ms`. */
  #isUsualAgain(ms: number, past: number): boolean {
    if (past < MIN_PAST) return false;
    const latest = (this.#recent.at(-1)![0] - this.#recent.at(-MIN_EVENTS)![0]) / (MIN_EVENTS - 1);
    return latest > ms / past / 2;
  }

  save(): RiseState {
    return { events: this.#events, recent: this.#recent };
  }

  static from(state: RiseState): Rise {
    const rise = new Rise();
    rise.#events = state.events;
    rise.#recent.push(...state.recent.map((one): Moment => [...one]));
    return rise;
  }
}

/** Which part of all that was seen came last, at least one line or millisecond of it. */
const partOf = (last: number, past: number): number =>
  Math.max(1, last) / (Math.max(1, last) + Math.max(1, past));

/** Relative entropy of two shares; nothing where the first is not above the second. */
function divergence(share: number, usual: number): number {
  if (share <= usual) return 0;
  const rest = share === 1 ? 0 : (1 - share) * Math.log((1 - share) / (1 - usual));
  return share * Math.log(share / usual) + rest;
}
