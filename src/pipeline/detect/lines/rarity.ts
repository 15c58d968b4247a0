import type { Level, LogRecord } from '../../../domain/log/record.ts';
import { LruMap } from '../../lru-map.ts';
import { against } from '../statistics/odds.ts';

const MAX_TEMPLATES = 20_000;
/** Lines after which all counts are halved: what was common long ago may be rare now. */
const HALF = 1_000_000;
/** A larger share of the lines is not rare. */
const RARE = 1e-3;
const MIN_LINES = 200;
/** Halvings of the share that are told apart. */
const BINS = 24;
/** Odds that a line tells of something wrong, by the level it was written at. */
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
 * How rare a line's template is, weighed against how many lines are as rare: a stream of ever new templates (its share
 * of rare lines estimates the chance of the next, after Good and Turing) makes a rare one mean little.
 */
export function createRarity() {
  const counts = new LruMap<string, { n: number }>(MAX_TEMPLATES);
  const bins = new Float64Array(BINS);
  let lines = 0;

  return {
    /** @param excused the line belongs to a session, which is the better judge of what is rare */
    add(record: LogRecord, excused: boolean): RarityFinding | undefined {
      const { id } = record.template!;
      let entry = counts.get(id);
      if (!entry) {
        entry = { n: 0 };
        counts.set(id, entry);
      }
      counts.touch(id);
      entry.n += 1;
      lines += 1;
      if (lines > HALF) {
        lines /= 2;
        for (let i = 0; i < BINS; i++) bins[i]! /= 2;
        for (const other of counts.values()) other.n /= 2;
      }
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
        confidence: against(Math.max(share, asRare), PRIOR[record.level]),
      };
    },
    save: (): RarityState => ({
      lines,
      bins: [...bins],
      counts: [...counts.entries()].map(([id, { n }]) => [id, n]),
    }),
    restore(state: RarityState): void {
      lines = state.lines;
      bins.set(state.bins);
      for (const [id, n] of state.counts) counts.set(id, { n });
    },
  };
}
