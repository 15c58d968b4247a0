/** Buckets after which a burst is over. */
const OVER = 12;
/** Bursts that are forgotten after so many buckets without one: two days of ten seconds. */
const FORGOTTEN = 17_280;
/** A burst of at most this many times the largest is as usual. */
const AS_USUAL = 1.5;
/** So many earlier bursts make one usual. */
const MIN_BURSTS = 2;

export interface BurstsState {
  bursts: number;
  most: number;
  now: number;
  at: number;
}

/** How large the bursts of something have been, apart from the one that goes on. */
export class Bursts {
  #bursts = 0;
  #most = 0;
  #now = 0;
  #at = 0;

  /** Counts a bucket that is over; only the loud ones, of which a few would be a burst. */
  push(bucket: number, count: number): void {
    this.#settle(bucket);
    this.#now = Math.max(this.#now, count);
    this.#at = bucket;
  }

  /** Whether bursts as large as this have come several times, and passed. */
  isUsual(bucket: number, count: number): boolean {
    this.#settle(bucket);
    return this.#bursts >= MIN_BURSTS && count <= AS_USUAL * this.#most;
  }

  save(): BurstsState {
    return { bursts: this.#bursts, most: this.#most, now: this.#now, at: this.#at };
  }

  static from(state: BurstsState): Bursts {
    const bursts = new Bursts();
    bursts.#bursts = state.bursts;
    bursts.#most = state.most;
    bursts.#now = state.now;
    bursts.#at = state.at;
    return bursts;
  }

  #settle(bucket: number): void {
    if (this.#now === 0 || bucket - this.#at <= OVER) return;
    if (bucket - this.#at > FORGOTTEN) {
      this.#bursts = 0;
      this.#most = 0;
    }
    this.#bursts += 1;
    this.#most = Math.max(this.#most, this.#now);
    this.#now = 0;
  }
}
