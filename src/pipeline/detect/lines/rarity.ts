import type { Level, LogRecord } from '../../../domain/log/record.ts';
import { LruMap } from '../../../domain/lru-map.ts';
import { posterior } from '../statistics/probability.ts';

const MAX_TEMPLATES = 20_000;
/** Lines after which all counts are halved: what was common long ago may be rare now. */
const HALVE_AT = 1_000_000;
/** A larger share of the lines is not rare. */
const RARE = 1e-3;
const MIN_LINES = 200;
/** Classes of rarity; each is half as frequent as the one before. */
const BINS = 24;
/** How likely a line tells about something wrong, by its level. */
const PRIOR: Record<Level, number> = {
  trace: 2e-4,
  debug: 2e-4,
  info: 1e-3,
  warn: 3e-3,
  error: 1e-2,
  fatal: 3e-2,
};

export interface RarityFinding {
  /** Share of the template in all lines so far, and of lines that were as rare. */
  share: number;
  asRare: number;
  /** Lines of the template so far, this one included; all lines so far. */
  count: number;
  lines: number;
  score: number;
  confidence: number;
}

export interface RarityState {
  lines: number;
  bins: number[];
  counts: [template: string, count: number][];
}

/**
 * How rare a line's template is, compared with how many lines are as rare: in a stream of ever new templates a rare one
 * means little (the share of rare lines estimates the chance of the next one, after Good and Turing).
 */
export class Rarity {
  readonly #counts = new LruMap<string, { n: number }>(MAX_TEMPLATES);
  readonly #bins = new Float64Array(BINS);
  #lines = 0;

  /** @param excused the line belongs to a session, and sessions judge better what is rare */
  add(record: LogRecord, excused: boolean): RarityFinding | undefined {
    const { id } = record.template!;
    const bins = this.#bins;
    let entry = this.#counts.get(id);
    if (!entry) {
      entry = { n: 0 };
      this.#counts.set(id, entry);
    }
    this.#counts.touch(id);
    entry.n += 1;
    this.#lines += 1;
    if (this.#lines > HALVE_AT) this.#halve();
    const lines = this.#lines;
    const share = entry.n / lines;
    if (share > RARE) return undefined;
    const bin = Math.min(BINS - 1, Math.floor(-Math.log2(share)));
    let before = 0;
    for (let i = bin; i < BINS; i++) before += bins[i]!;
    bins[bin]! += 1;
    if (excused || lines < MIN_LINES) return undefined;
    const asRare = (before + 1) / lines;
    return {
      share,
      asRare,
      count: Math.ceil(entry.n),
      lines: Math.round(lines),
      score: Number((-Math.log10(share)).toFixed(3)),
      confidence: posterior(Math.max(share, asRare), PRIOR[record.level]),
    };
  }

  save(): RarityState {
    return {
      lines: this.#lines,
      bins: [...this.#bins],
      counts: [...this.#counts.entries()].map(([id, { n }]) => [id, n]),
    };
  }

  restore(state: RarityState): void {
    this.#lines = state.lines;
    this.#bins.set(state.bins);
    for (const [id, n] of state.counts) this.#counts.set(id, { n });
  }

  #halve(): void {
    this.#lines /= 2;
    for (let i = 0; i < BINS; i++) this.#bins[i]! /= 2;
    for (const other of this.#counts.values()) other.n /= 2;
  }
}
